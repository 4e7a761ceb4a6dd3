// SPDX-License-Identifier: GPL-3.0-or-later

/// The git repository of package definitions that a jobset follows.
package struct ChannelDescription: Hashable, Sendable, Encodable {
    package var name: String
    package var url: ChannelLocation
    package var branch: String
    /// Engine `guix`: what authenticates the channel's commits.
    package var introduction: Introduction?
    /// The file in the repository that is evaluated; nil with engine `guix` where the channel is Guix itself.
    package var expression: String?
    /// Engine `guix`: channels whose packages are evaluated with those of Guix, and seen by its manifests.
    package var companions: [CompanionChannel]

    package init(
        name: String, url: ChannelLocation, branch: String = defaultBranch, introduction: Introduction? = nil,
        expression: String? = nil, companions: [CompanionChannel] = []
    ) {
        self.name = name
        self.url = url
        self.branch = branch
        self.introduction = introduction
        self.expression = expression
        self.companions = companions
    }

    package static let defaultBranch = "master"
    package static let defaultExpression = "default.nix"

    /// A Guix channel introduction: the first commit to trust, and the OpenPGP key that signed it.
    package struct Introduction: Hashable, Sendable, Encodable {
        package var commit: String
        /// 40 hexadecimal digits without spaces, upper case.
        package var fingerprint: String

        package init(commit: String, fingerprint: String) {
            self.commit = commit
            self.fingerprint = fingerprint
        }

        /// As Guix writes it: groups of four digits, and two spaces in the middle.
        package var spacedFingerprint: String {
            let digits = Array(fingerprint)
            let groups = stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<min($0 + 4, digits.count)]) }
            return groups.prefix(5).joined(separator: " ") + "  " + groups.dropFirst(5).joined(separator: " ")
        }
    }
}
