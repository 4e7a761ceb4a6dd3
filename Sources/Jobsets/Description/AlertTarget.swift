// SPDX-License-Identifier: GPL-3.0-or-later

/// What an alert is about.
package enum AlertKind: String, CaseIterable, Codable, Hashable, Sendable {
    case newTrap = "new-trap"
    /// A trapped package is sound in the newest revision.
    case trapFixed = "trap-fixed"
    /// The end of a known window is so many days ahead.
    case edgeComing = "edge-coming"
    /// A revision builds as a whole at fewer dates than was known.
    case horizonShortened = "horizon-shortened"
    /// A jobset that evaluated before does not any more.
    case evaluationFailed = "evaluation-failed"
    /// The farm cannot work: no worker, no space. Goes to the farm's operator, not to jobsets' targets.
    case farmTrouble = "farm-trouble"
}

/// How alerts to a target are put together.
package enum AlertGrouping: String, CaseIterable, Codable, Hashable, Sendable {
    case each
    /// One message per night for everything that is to be said.
    case nightly
}

/// Where a jobset's alerts go, and which of them.
package struct AlertTarget: Hashable, Sendable {
    package var place: AlertPlace
    /// Kinds to tell of; empty: all.
    package var kinds: [AlertKind]
    /// Names of packages to tell of, in which `*` stands for anything; empty: all.
    package var packages: [String]
    /// Who looks after the packages to tell of, as the channel names them, with `*` as well; empty: all.
    package var maintainers: [String]
    package var grouping: AlertGrouping
    /// How many days before an edge to tell of it.
    package var days: [Int]

    package static let standardDays = [30, 7]

    /// - Parameter grouping: nil for the place's own custom: mail once a night, webhooks at once.
    package init(
        _ place: AlertPlace, kinds: [AlertKind] = [], packages: [String] = [], maintainers: [String] = [],
        grouping: AlertGrouping? = nil, days: [Int] = AlertTarget.standardDays
    ) {
        self.place = place
        self.kinds = kinds
        self.packages = packages
        self.maintainers = maintainers
        self.grouping = grouping ?? place.customaryGrouping
        self.days = days
    }

    /// A webhook that gets every alert as JSON signed with HMAC-SHA-256 under the secret.
    package static func webhook(url: String, secret: SecretSource) -> AlertTarget {
        AlertTarget(.webhook(url: url, secret: secret, form: .json))
    }

    package static func email(address: String) -> AlertTarget { AlertTarget(.email(address: address)) }

    /// Whether an alert is for this target.
    ///
    /// - Parameters:
    ///   - package: nil where the alert is about no package.
    ///   - itsMaintainers: of that package.
    package func wants(_ kind: AlertKind, package: String?, maintainers itsMaintainers: [String] = []) -> Bool {
        guard kinds.isEmpty || kinds.contains(kind) else { return false }
        guard let package else { return true }
        return Self.any([package], of: packages) && Self.any(itsMaintainers, of: maintainers)
    }

    private static func any(_ names: [String], of patterns: [String]) -> Bool {
        patterns.isEmpty
            || names.contains { name in
                patterns.contains { matches(Array(name.unicodeScalars)[...], Array($0.unicodeScalars)[...]) }
            }
    }

    private static func matches(_ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last else { return name.isEmpty }
        if parts.count == 1 { return name == pattern }
        guard name.count >= first.count + last.count, name.starts(with: first), name.suffix(last.count) == last else {
            return false
        }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

extension AlertTarget: Encodable {
    private enum CodingKeys: String, CodingKey { case kinds, packages, maintainers, grouping, days }

    /// Leaves out what is the standard, as files written before there was anything else do.
    package func encode(to encoder: any Encoder) throws {
        try place.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !kinds.isEmpty { try container.encode(kinds, forKey: .kinds) }
        if !packages.isEmpty { try container.encode(packages, forKey: .packages) }
        if !maintainers.isEmpty { try container.encode(maintainers, forKey: .maintainers) }
        if grouping != place.customaryGrouping { try container.encode(grouping, forKey: .grouping) }
        if days != Self.standardDays { try container.encode(days, forKey: .days) }
    }
}
