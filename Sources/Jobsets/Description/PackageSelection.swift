// SPDX-License-Identifier: GPL-3.0-or-later

/// What of a revision becomes jobs.
package enum PackageSelection: Hashable, Sendable {
    /// Every package the channel defines.
    case all
    /// The channel itself as one job: the Guix of that revision (engine `guix` only).
    case channel
    /// Packages by name, as the engine writes them (`hello`, `python@3.11`).
    case names([String])
    /// A manifest file; a relative path starts at the folder of the jobset file.
    case manifest(path: String)
    /// What the revision's own continuous integration calls so, such as `core` (engine `guix` only).
    case subset(String)
}

extension PackageSelection: Encodable {
    private enum CodingKeys: String, CodingKey { case manifest, subset }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .all, .channel:
            var container = encoder.singleValueContainer()
            try container.encode(self == .all ? "all" : "channel")
        case .names(let names):
            var container = encoder.singleValueContainer()
            try container.encode(names)
        case .manifest(let path):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(path, forKey: .manifest)
        case .subset(let name):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .subset)
        }
    }
}
