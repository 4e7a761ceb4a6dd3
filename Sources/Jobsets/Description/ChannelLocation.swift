// SPDX-License-Identifier: GPL-3.0-or-later

/// Where a channel's git repository comes from.
///
/// Written as git itself takes it (`https://…`, `git://…`, `ssh://…`, `file:///…`, `user@host:path`), as a path, or as
/// `demo:FOLDER`: a folder of package files from which the farm makes a repository. Relative paths start at the folder
/// of the jobset file. Git's `ext::` and other helper transports, which run commands, are refused.
package enum ChannelLocation: TextForm {
    case remote(url: String)
    case path(String)
    case demonstration(folder: String)

    package init(text: String) throws(Expectation) {
        guard let location = ChannelLocation.parsed(text) else {
            throw Expectation(
                "the URL of a git repository (https, http, git, ssh or file), a path, or 'demo:FOLDER'")
        }
        self = location
    }

    private static func parsed(_ text: String) -> ChannelLocation? {
        guard !text.isEmpty, !text.hasPrefix("-"), !text.contains("::"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        if text.hasPrefix("demo:") {
            let folder = String(text.dropFirst(5))
            return folder.isEmpty || folder.hasPrefix("-") ? nil : .demonstration(folder: folder)
        }
        if let scheme = text.firstRange(of: "://")?.lowerBound {
            let isKnown = ["https", "http", "git", "ssh", "file"].contains(String(text[..<scheme]))
            return isKnown && text[scheme...].count > 3 ? .remote(url: text) : nil
        }
        guard let colon = text.firstIndex(of: ":") else { return .path(text) }
        // As git decides: a colon before any slash makes it a host and a path.
        return text[..<colon].contains("/") ? .path(text) : .remote(url: text)
    }

    package var description: String {
        switch self {
        case .remote(let url): url
        case .path(let path): path
        case .demonstration(let folder): "demo:\(folder)"
        }
    }

    /// The same place with a relative path made to start at `folder`.
    package func resolved(against folder: String) -> ChannelLocation {
        switch self {
        case .remote: self
        case .path(let path): .path(JobsetDescription.path(path, in: folder))
        case .demonstration(let path): .demonstration(folder: JobsetDescription.path(path, in: folder))
        }
    }
}
