// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
package import Jobsets

/// A derivation that a person asks about, and that no jobset's revision has: it gets a jobset of its own, never evaluated by
/// itself, whose only revision is the derivation.
package struct AskedDerivation: Sendable {
    package let path: StorePath

    package init(_ path: StorePath) {
        self.path = path
    }

    /// In the place of a channel's address.
    private static let location = ChannelLocation.remote(url: "derivation:")

    /// The revision's identifier: the derivation's own hash, 40 hexadecimal digits.
    package var commit: String { Hexadecimal.encode(path.digest.bytes) }

    package func jobset(engine: Engine) -> JobsetDescription {
        JobsetDescription(
            name: "derivation-\(path.baseName.prefix(12))",
            description: "\(path), which 'almanac investigate' was asked for.", engine: engine,
            channel: ChannelDescription(name: "derivations", url: Self.location), revisions: [.commit(commit)],
            packages: .names([path.description]), enabled: false)
    }

    /// The path of the derivation that a jobset was made for; nil for every other jobset.
    static func path(of jobset: JobsetDescription) -> String? {
        guard jobset.channel.url == location, case .names(let names) = jobset.packages else { return nil }
        return names.first
    }

    /// The derivation as the only job of its revision.
    func job(_ derivation: Derivation) -> IngestJob {
        let name = String(path.name.dropLast(".drv".utf8.count))
        let (package, version) = FarmDatabase.split(name)
        return IngestJob(
            name: "\(name).\(derivation.system)", package: package, version: version, system: derivation.system,
            derivation: .success(path))
    }
}
