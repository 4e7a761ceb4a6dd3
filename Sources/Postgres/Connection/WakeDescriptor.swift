// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres
import Glibc

/// An eventfd(2) by which any thread wakes one that waits in poll(2).
final class WakeDescriptor: Sendable {
    let descriptor: Int32

    init() {
        descriptor = almanac_pg_eventfd()
        precondition(descriptor >= 0, "no eventfd could be made: raise the limit on open files")
    }

    deinit {
        close(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Forgets earlier signals.
    func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
