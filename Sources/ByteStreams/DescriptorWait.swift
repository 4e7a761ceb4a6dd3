// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Waits for a descriptor in a way that closing and cancellation end at once.
enum DescriptorWait {
    /// Returns when `descriptor` is ready or has failed; call it on a thread that may wait.
    ///
    /// - Throws: `ByteStreamError.closed`, or `CancellationError` when the current task is cancelled.
    static func until(
        _ events: Int32, _ descriptor: Int32, wake: WakeSignal, state: CloseState
    ) throws {
        while true {
            if state.isClosed { throw ByteStreamError.closed }
            try Task.checkCancellation()
            var polled = [
                pollfd(fd: descriptor, events: Int16(events), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&polled, nfds_t(polled.count), -1)
            if ready < 0 && errno != EINTR { throw ByteStreamError.system(operation: "poll", code: errno) }
            if polled[1].revents != 0 { wake.clear() }
            if ready > 0 && polled[0].revents != 0 { return }
        }
    }
}
