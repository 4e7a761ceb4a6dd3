// SPDX-License-Identifier: GPL-3.0-or-later

/// How closely the ends of a window are wanted.
package enum Precision: String, CaseIterable, Codable, Hashable, Sendable {
    case day, minute, second
}
