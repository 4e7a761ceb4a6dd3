// SPDX-License-Identifier: GPL-3.0-or-later

/// Sees to it that nothing a past derivation says is taken for an option by a program, or leads out of an output.
enum SafeText {
    static func check(_ origin: Origin) throws(RewriteError) {
        switch origin {
        case .download(let urls, _): for url in urls { try check(url) }
        case .git(let url, let revision, _), .mercurial(let url, let revision), .bazaar(let url, let revision):
            try check(url)
            try check(revision)
        case .cvs(let root, let module, let revision): for text in [root, module, revision] { try check(text) }
        case .subversion(let origin):
            for checkout in origin.checkouts {
                try check(checkout.url)
                if checkout.folder.split(separator: "/").contains("..") { throw .unsafeText(checkout.folder) }
                if !checkout.folder.isEmpty { try check(checkout.folder) }
            }
            for text in [origin.user, origin.password].compactMap(\.self) { try check(text) }
        }
    }

    static func check(_ text: String) throws(RewriteError) {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPlain, !text.isEmpty, !text.hasPrefix("-") else { throw .unsafeText(text) }
    }
}
