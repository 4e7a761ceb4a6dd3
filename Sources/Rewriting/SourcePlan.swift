// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// The places where a fixed output may still be had, best first.
package struct SourcePlan: Sendable {
    package enum Place: Hashable, Sendable {
        /// A server of ready-made items that may have the output itself: what its narinfo's address is.
        case substitute(narinfo: String)
        /// The file itself, at an address of its own.
        case file(String)
        /// The file itself, where files are kept by their hash.
        case contentAddressed(String)
        /// A repository, to be checked out with the program of its kind.
        case repository(Origin)
        /// Software Heritage's record of the directory with the output's hash; it gives the directory's identifier.
        case heritageRecord(String)
        /// Software Heritage's archive of a directory or revision by its identifier, as a tar file.
        case heritageArchive(String)
        /// A description of how to put the file together again.
        case disarchive(String)
    }

    /// Which servers to ask.
    package struct Servers: Sendable {
        /// Addresses before the name of a narinfo.
        package var substitutes: [String]
        /// Templates, see `MirrorLists.hashed`.
        package var hashed: [String]
        /// Of Software Heritage's programming interface, version 1; nil for none.
        package var heritage: String?
        package var disarchive: [String]

        package init(
            substitutes: [String] = [], hashed: [String] = [], heritage: String? = nil, disarchive: [String] = []
        ) {
            self.substitutes = substitutes
            self.hashed = hashed
            self.heritage = heritage
            self.disarchive = disarchive
        }

        /// Those of the public.
        package static let `public` = Servers(
            substitutes: ["https://bordeaux.guix.gnu.org/", "https://ci.guix.gnu.org/"], hashed: MirrorLists.hashed,
            heritage: "https://archive.softwareheritage.org/api/1/", disarchive: MirrorLists.disarchivePlaces)
    }

    package let places: [Place]

    package init(places: [Place]) {
        self.places = places
    }

    /// - Parameters:
    ///   - mirrors: places of projects named in `mirror://` addresses.
    package init(
        _ origin: Origin, fixed: FixedOutput, output: StorePath, servers: Servers = .public,
        mirrors: [String: [String]] = MirrorLists.present
    ) {
        var places = servers.substitutes.map { Place.substitute(narinfo: "\($0)\(output.digest).narinfo") }
        switch origin {
        case .download(let urls, _):
            places += urls.flatMap { Self.expand($0, mirrors) }.map { .file($0) }
            places += servers.hashed.map { .contentAddressed(Self.fill($0, fixed.hash, name: output.name)) }
            places += servers.disarchive.map {
                .disarchive("\($0)\(fixed.hash.algorithm.rawValue)/\(fixed.hash.base16)")
            }
        case .git, .subversion, .mercurial, .bazaar, .cvs:
            places.append(.repository(origin))
            if let heritage = servers.heritage { places += Self.heritage(origin, fixed, heritage) }
        }
        self.places = places
    }

    /// `mirror://NAME/PATH` at each place of that name; other addresses as they are.
    private static func expand(_ url: String, _ mirrors: [String: [String]]) -> [String] {
        guard url.hasPrefix("mirror://") else { return [url] }
        let parts = url.dropFirst("mirror://".count).split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let places = mirrors[String(parts[0])] else { return [url] }
        return places.map { $0 + parts[1] }
    }

    private static func fill(_ template: String, _ hash: ContentHash, name: String) -> String {
        [
            ("{name}", name), ("{algorithm}", hash.algorithm.rawValue), ("{base32}", hash.base32),
            ("{base16}", hash.base16),
        ]
        .reduce(template) { $0.replacing($1.0, with: $1.1) }
    }

    /// By the hash of the archive (NAR), which Software Heritage keeps for many directories, and by the commit.
    private static func heritage(_ origin: Origin, _ fixed: FixedOutput, _ server: String) -> [Place] {
        var places: [Place] = []
        if fixed.method == .recursive {
            let algorithm = fixed.hash.algorithm.rawValue
            places.append(.heritageRecord("\(server)extid/nar-\(algorithm)/hex:\(fixed.hash.base16)/"))
        }
        if case .git(_, let commit, false) = origin, let identifier = HeritageIdentifier(revision: commit) {
            places.append(.heritageArchive(identifier.vault(of: server)))
        }
        return places
    }
}

/// A persistent identifier of Software Heritage: `swh:1:dir:…`, `swh:1:rev:…` or `swh:1:cnt:…`.
///
/// Source: ISO/IEC 18670, SWHID version 1.2; the digests are git's.
package struct HeritageIdentifier: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case content = "cnt"
        case directory = "dir"
        case revision = "rev"
    }

    package let kind: Kind
    /// SHA-1 in base 16.
    package let digest: String

    /// Nil unless `commit` is a whole git commit's name.
    package init?(revision commit: String) {
        self.init("swh:1:rev:\(commit)")
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "swh", parts[1] == "1", let kind = Kind(rawValue: String(parts[2])),
            parts[3].utf8.count == 40, parts[3].utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else { return nil }
        self.kind = kind
        digest = String(parts[3])
    }

    /// Of a file's bytes.
    package init(contents: [UInt8]) {
        kind = .content
        digest = ContentHash.of(Array("blob \(contents.count)\0".utf8) + contents, .sha1).base16
    }

    package var description: String { "swh:1:\(kind.rawValue):\(digest)" }

    /// Where a server's vault keeps the directory or the revision's directory as a tar file.
    package func vault(of server: String) -> String { "\(server)vault/flat/\(self)/" }
}
