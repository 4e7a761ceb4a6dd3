// SPDX-License-Identifier: GPL-3.0-or-later

/// A channel that is evaluated beside Guix's own, as a `channels.scm` lists more than one.
package struct CompanionChannel: Hashable, Sendable, Encodable {
    package var name: String
    package var url: ChannelLocation
    package var branch: String
    /// Nil: for each revision of Guix, the last commit of the branch that is no younger than it.
    package var commit: String?
    /// What authenticates its commits.
    package var introduction: ChannelDescription.Introduction?

    package init(
        name: String, url: ChannelLocation, branch: String = ChannelDescription.defaultBranch, commit: String? = nil,
        introduction: ChannelDescription.Introduction? = nil
    ) {
        self.name = name
        self.url = url
        self.branch = branch
        self.commit = commit
        self.introduction = introduction
    }

    /// Beside one channel.
    package static let most = 20

    /// The channel by itself.
    package var channel: ChannelDescription {
        ChannelDescription(name: name, url: url, branch: branch, introduction: introduction)
    }
}

extension ChannelDescription {
    /// The same channel with relative paths, of companions too, made to start at `folder`.
    package func resolved(against folder: String) -> ChannelDescription {
        var resolved = self
        resolved.url = url.resolved(against: folder)
        for index in companions.indices {
            resolved.companions[index].url = companions[index].url.resolved(against: folder)
        }
        return resolved
    }

    private enum Key: String, CodingKey {
        case name, url, branch, introduction, expression, companions
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(url, forKey: .url)
        try container.encode(branch, forKey: .branch)
        try container.encodeIfPresent(introduction, forKey: .introduction)
        try container.encodeIfPresent(expression, forKey: .expression)
        // What was stored before there were any stays as it is.
        if !companions.isEmpty { try container.encode(companions, forKey: .companions) }
    }
}
