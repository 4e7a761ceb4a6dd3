// SPDX-License-Identifier: GPL-3.0-or-later

/// The processors between which a build starts to work, each seen in a run; both are tested models.
package struct CPUEdge: Hashable, Codable, Sendable {
    package var lastBad: CPUModel
    package var firstGood: CPUModel

    package init(lastBad: CPUModel, firstGood: CPUModel) {
        self.lastBad = lastBad
        self.firstGood = firstGood
    }
}
