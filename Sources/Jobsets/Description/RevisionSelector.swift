// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// Which revisions of the channel a jobset evaluates; a jobset has a list of them and evaluates their union.
package enum RevisionSelector: Hashable, Sendable {
    case tag(String)
    /// A full commit identifier, 40 or 64 hexadecimal digits.
    case commit(String)
    /// What the branch points to when the jobset is evaluated.
    case head(branch: String)
    /// The last commit of the channel's branch at or before the instant; the first one when all are later.
    case nearest(Instant)
    /// The last so many commits of the channel's branch.
    case newest(Int)
    /// Commits of the channel's branch dated from `from` up to and without `to` (nil: up to its head).
    case range(from: Instant, to: Instant?, every: RevisionStep)
}

extension RevisionSelector: Encodable {
    private enum CodingKeys: String, CodingKey { case tag, commit, head, nearest, newest, from, to, every }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .tag(let tag): try container.encode(tag, forKey: .tag)
        case .commit(let commit): try container.encode(commit, forKey: .commit)
        case .head(let branch): try container.encode(branch, forKey: .head)
        case .nearest(let instant): try container.encode(instant, forKey: .nearest)
        case .newest(let count): try container.encode(count, forKey: .newest)
        case .range(let from, let to, let every):
            try container.encode(from, forKey: .from)
            try container.encodeIfPresent(to, forKey: .to)
            try container.encode(every, forKey: .every)
        }
    }
}
