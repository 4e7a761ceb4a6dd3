// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// The three lists that a present `builtin:download` reads: places by name, places by hash, and places that know how to
/// put a lost archive together again.
package struct PresentMirrors: Sendable {
    package let mirrors: StorePath
    package let contentAddressed: StorePath
    package let disarchive: StorePath
    /// The lists' texts, for a store that has them not yet; empty where they are those of a Guix.
    package let texts: [Text]

    /// An item of the store, a text that mentions no other.
    package struct Text: Sendable {
        package let path: StorePath
        package let contents: [UInt8]
    }

    /// The lists that a present Guix gives its own downloads.
    ///
    /// - Parameter present: a `builtin:download` derivation of that Guix.
    /// - Throws: `RewriteError.variable` where it names no such list.
    package init(of present: Derivation) throws(RewriteError) {
        func list(_ name: String) throws(RewriteError) -> StorePath {
            guard let path = present[variable: name].flatMap({ try? StorePath(parsing: $0) }),
                present.inputSources.contains(path)
            else {
                throw .variable(name, problem: "names no list among its sources: take a download of a present Guix")
            }
            return path
        }
        mirrors = try list("mirrors")
        contentAddressed = try list("content-addressed-mirrors")
        disarchive = try list("disarchive-mirrors")
        texts = []
    }

    /// Almanac's own lists, in `directory`.
    package init(in directory: StoreDirectory) throws(DerivationsError) {
        func text(_ name: String, _ contents: String) throws(DerivationsError) -> Text {
            let bytes = Array(contents.utf8)
            let path = try StorePath.text(bytes, name: name, references: EmptyCollection(), in: directory)
            return Text(path: path, contents: bytes)
        }
        let lists = [
            try text("mirrors", MirrorLists.byName), try text("content-addressed-mirrors", MirrorLists.byHash),
            try text("disarchive-mirrors", MirrorLists.disarchive),
        ]
        (mirrors, contentAddressed, disarchive) = (lists[0].path, lists[1].path, lists[2].path)
        texts = lists
    }
}
