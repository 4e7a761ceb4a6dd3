// SPDX-License-Identifier: GPL-3.0-or-later

/// Where a fixed output came from, whatever form its derivation says it in.
package enum Origin: Hashable, Sendable {
    /// One file, from the first of the addresses that has it; `mirror://` addresses among them.
    case download(urls: [String], isExecutable: Bool)
    case git(url: String, commit: String, isRecursive: Bool)
    case subversion(SubversionOrigin)
    case mercurial(url: String, changeset: String)
    case bazaar(url: String, revision: String)
    /// - root: for example `:pserver:anonymous@host:/sources/project`.
    /// - revision: a date or a tag.
    case cvs(root: String, module: String, revision: String)

    /// The word for it in tables and JSON.
    package var kind: String {
        switch self {
        case .download: "download"
        case .git: "git"
        case .subversion(let origin):
            origin.checkouts.count == 1 && origin.checkouts[0].folder.isEmpty ? "svn" : "svn-multi"
        case .mercurial: "hg"
        case .bazaar: "bzr"
        case .cvs: "cvs"
        }
    }

    /// Where to look for it, as people read it.
    package var addresses: [String] {
        switch self {
        case .download(let urls, _): urls
        case .git(let url, _, _), .mercurial(let url, _), .bazaar(let url, _): [url]
        case .subversion(let origin): origin.checkouts.map(\.url)
        case .cvs(let root, let module, _): ["\(root) \(module)"]
        }
    }
}

/// One or more folders or files of a Subversion repository at one revision.
package struct SubversionOrigin: Hashable, Sendable {
    package struct Checkout: Hashable, Sendable {
        package let url: String
        /// Where below the output it goes, without slashes at its ends; empty for the output itself.
        package let folder: String

        package init(url: String, folder: String) {
            self.url = url
            self.folder = folder
        }
    }

    package let checkouts: [Checkout]
    package let revision: Int
    package let isRecursive: Bool
    package let user: String?
    package let password: String?

    package init(checkouts: [Checkout], revision: Int, isRecursive: Bool, user: String? = nil, password: String? = nil)
    {
        self.checkouts = checkouts
        self.revision = revision
        self.isRecursive = isRecursive
        self.user = user
        self.password = password
    }
}
