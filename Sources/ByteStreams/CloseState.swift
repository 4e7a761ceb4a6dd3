// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// Whether a stream was closed on this side; seen by both of its threads.
final class CloseState: Sendable {
    private let closed = Atomic<Bool>(false)

    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Closes; false when it was closed already.
    @discardableResult
    func close() -> Bool { !closed.exchange(true, ordering: .acquiringAndReleasing) }
}
