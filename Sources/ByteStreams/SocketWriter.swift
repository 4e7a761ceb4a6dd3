// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc
internal import ThreadExecutors

/// Writes a socket on a thread of its own, where it may wait.
actor SocketWriter {
    private let executor = ThreadExecutor(name: "stream writer")
    private let state: CloseState
    private let wake: WakeSignal
    private var socket: OwnedDescriptor?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ socket: OwnedDescriptor, state: CloseState) throws(ByteStreamError) {
        self.socket = socket
        self.state = state
        wake = try WakeSignal()
    }

    func write(_ bytes: [UInt8]) async throws {
        try await withTaskCancellationHandler {
            try waitAndWrite(bytes)
        } onCancel: {
            wake.raise()
        }
    }

    /// Ends a write that waits, so that it sees that the stream was closed.
    nonisolated func interrupt() {
        wake.raise()
    }

    func releaseSocket() {
        socket = nil
    }

    private func waitAndWrite(_ bytes: [UInt8]) throws {
        guard let socket else { throw ByteStreamError.closed }
        var sent = 0
        while sent < bytes.count {
            try DescriptorWait.until(POLLOUT, socket.number, wake: wake, state: state)
            let count = bytes[sent...].withUnsafeBytes {
                // Without the signal that a write to a closed peer would raise.
                send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EAGAIN, EINTR: continue
            case EPIPE, ECONNRESET: throw ByteStreamError.peerClosed
            default: throw ByteStreamError.system(operation: "send", code: errno)
            }
        }
    }
}
