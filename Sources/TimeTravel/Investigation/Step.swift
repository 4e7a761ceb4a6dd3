// SPDX-License-Identifier: GPL-3.0-or-later

/// What an investigation wants next.
package enum Step: Hashable, Sendable {
    /// Make these builds, all at once if there is room; conditions built before mean a repeat.
    case build([Conditions])
    /// Nothing to start until a run in flight has ended, or a guest is free.
    case wait
    case concluded(Finding)
}
