// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// The wish, uttered by any thread, that one call in progress end early.
final class Interruption: Sendable {
    private let requested = Atomic<Bool>(false)
    private let wake: WakeDescriptor?

    /// - Parameter wake: what the call waits on; nil for a call that cannot be interrupted.
    init(waking wake: WakeDescriptor?) {
        self.wake = wake
    }

    var isRequested: Bool { requested.load(ordering: .acquiring) }

    func request() {
        guard let wake else { return }
        requested.store(true, ordering: .releasing)
        wake.signal()
    }
}
