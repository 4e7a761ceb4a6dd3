// SPDX-License-Identifier: GPL-3.0-or-later

extension JobsetDescription {
    /// Whether a reference of the channel's repository, written in full (`refs/heads/master`), may change which revisions
    /// the jobset selects.
    package func follows(ref: String) -> Bool {
        revisions.contains { selector in
            switch selector {
            case .tag(let tag): ref == "refs/tags/\(tag)"
            case .commit: false
            case .head(let branch): ref == "refs/heads/\(branch)"
            case .nearest, .newest, .range: ref == "refs/heads/\(channel.branch)"
            }
        }
    }
}
