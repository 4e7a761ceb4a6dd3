// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
package import Jobsets

/// An environment of the past that somebody wants to have again.
package struct RevivalRequest: Sendable {
    package var engine: Engine
    package var channel: ChannelDescription
    /// Nil: the head of the channel's branch.
    package var commit: String?
    package var packages: PackageSelection
    /// The manifest's text, where there is one: another text is another environment.
    package var manifest: String

    package init(
        engine: Engine, channel: ChannelDescription, commit: String?, packages: PackageSelection, manifest: String = ""
    ) {
        self.engine = engine
        self.channel = channel
        self.commit = commit
        self.packages = packages
        self.manifest = manifest
    }

    /// The jobset under which the farm keeps what it does for this environment; it is never evaluated by itself.
    package var jobset: JobsetDescription {
        JobsetDescription(
            name: "revive-\(fingerprint.prefix(12))",
            description: "An environment that 'almanac revive' was asked for.",
            engine: engine, channel: channel,
            revisions: [commit.map { .commit($0) } ?? .head(branch: channel.branch)], packages: packages,
            limits: BuildLimits(
                buildTime: TimeSpan(seconds: 24 * 3600), silentTime: TimeSpan(seconds: 6 * 3600),
                scratchSize: .gibibytes(32)), enabled: false)
    }

    /// The same for the same environment.
    var fingerprint: String {
        let selection =
            switch packages {
            case .manifest: "manifest\n\(manifest)"
            case .all, .channel, .names, .subset: "\(packages)"
            }
        let fields = [
            engine.rawValue, channel.url.description, channel.expression ?? "", commit ?? channel.branch, selection,
        ]
        let beside = channel.companions.flatMap { [$0.name, $0.url.description, $0.commit ?? $0.branch] }
        // What was evaluated when nobody vouched for it is not what an introduction vouches for.
        let vouching = ([channel.introduction] + channel.companions.map(\.introduction)).flatMap {
            [$0?.commit ?? "", $0?.fingerprint ?? ""]
        }
        return ContentHash.of(Array((fields + beside + vouching).joined(separator: "\0").utf8)).base16
    }
}

/// What the revision says of an environment: the jobs it consists of, by name.
package struct RevivedRevision: Codable, Sendable {
    package struct Job: Codable, Sendable {
        package var name: String
        package var package: String
        package var version: String
        package var system: String
        /// Store path of the derivation; nil where there is none, for the reason in `error`.
        package var derivation: String?
        package var error: String?
    }

    package var commit: String
    /// Seconds since 1970.
    package var date: Int64
    package var subject: String
    package var jobs: [Job]
    package var log: String

    package var failedJobs: [Job] { jobs.filter { $0.derivation == nil } }

    /// The environment as a whole where it has a profile, else each of its packages.
    package var members: [Job] {
        let profiles = jobs.filter { $0.name.hasPrefix("profile.") && $0.derivation != nil }
        return profiles.isEmpty ? jobs.filter { $0.derivation != nil } : profiles
    }
}
