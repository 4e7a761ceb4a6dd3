// SPDX-License-Identifier: GPL-3.0-or-later

/// What evaluates a channel and realises its derivations.
package enum Engine: String, CaseIterable, Codable, Hashable, Sendable {
    case guix, nix
}
