// SPDX-License-Identifier: GPL-3.0-or-later

internal import CByteStreams
internal import Glibc

/// A descriptor that wakes a thread in `poll`, from any thread.
final class WakeSignal: Sendable {
    let descriptor: Int32

    init() throws(ByteStreamError) {
        descriptor = almanac_eventfd()
        guard descriptor >= 0 else { throw .system(operation: "eventfd", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    func raise() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
