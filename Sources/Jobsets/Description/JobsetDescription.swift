// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// What to evaluate, where, when, and under which conditions to screen it: one file of `Jobsets/`.
///
/// The canonical form (see `canonicalJSON`) has the keys of the YAML file, with every default written out.
package struct JobsetDescription: Hashable, Sendable, Encodable {
    package var name: String
    /// A sentence for people.
    package var description: String
    package var engine: Engine
    package var channel: ChannelDescription
    package var revisions: [RevisionSelector]
    package var packages: PackageSelection
    package var screen: Screening
    package var reference: ReferenceConditions
    /// How closely the ends of windows are wanted.
    package var precision: Precision
    /// Nil: evaluated when loaded, changed or triggered only.
    package var schedule: Schedule?
    /// Higher goes first between jobsets that have used equal shares.
    package var priority: Int
    /// The part of the farm's time this jobset is due, relative to the others'.
    package var shares: Int
    package var retention: Retention
    package var alerts: [AlertTarget]
    package var limits: BuildLimits
    package var enabled: Bool

    package init(
        name: String, description: String = "", engine: Engine, channel: ChannelDescription,
        revisions: [RevisionSelector], packages: PackageSelection = .all, screen: Screening = .standard,
        reference: ReferenceConditions = ReferenceConditions(), precision: Precision = .minute,
        schedule: Schedule? = nil, priority: Int = 0,
        shares: Int = 100, retention: Retention = Retention(), alerts: [AlertTarget] = [],
        limits: BuildLimits = BuildLimits(), enabled: Bool = true
    ) {
        self.name = name
        self.description = description
        self.engine = engine
        self.channel = channel
        self.revisions = revisions
        self.packages = packages
        self.screen = screen
        self.reference = reference
        self.precision = precision
        self.schedule = schedule
        self.priority = priority
        self.shares = shares
        self.retention = retention
        self.alerts = alerts
        self.limits = limits
        self.enabled = enabled
    }

    /// The same jobset with relative paths of the channel and the manifest made to start at `folder`.
    package func resolvingPaths(against folder: String) -> JobsetDescription {
        var resolved = self
        resolved.channel = channel.resolved(against: folder)
        if case .manifest(let path) = packages {
            resolved.packages = .manifest(path: JobsetDescription.path(path, in: folder))
        }
        return resolved
    }

    /// `path` itself when absolute, else inside `folder`.
    static func path(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }
}
