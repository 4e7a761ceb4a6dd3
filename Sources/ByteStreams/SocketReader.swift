// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc
internal import ThreadExecutors

/// Reads a socket on a thread of its own, where it may wait.
actor SocketReader {
    private let executor = ThreadExecutor(name: "stream reader")
    private let state: CloseState
    private let wake: WakeSignal
    private var socket: OwnedDescriptor?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ socket: OwnedDescriptor, state: CloseState) throws(ByteStreamError) {
        self.socket = socket
        self.state = state
        wake = try WakeSignal()
    }

    /// Up to `limit` bytes; empty at the end of the stream.
    func read(upTo limit: Int) async throws -> [UInt8] {
        try await withTaskCancellationHandler {
            try waitAndRead(upTo: limit)
        } onCancel: {
            wake.raise()
        }
    }

    /// Ends a read that waits, so that it sees that the stream was closed.
    nonisolated func interrupt() {
        wake.raise()
    }

    func releaseSocket() {
        socket = nil
    }

    private func waitAndRead(upTo limit: Int) throws -> [UInt8] {
        guard let socket else { throw ByteStreamError.closed }
        while true {
            try DescriptorWait.until(POLLIN, socket.number, wake: wake, state: state)
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: max(limit, 1)) { buffer, count in
                let received = Glibc.read(socket.number, buffer.baseAddress, buffer.count)
                if received < 0 { failure = errno }
                count = max(received, 0)
            }
            switch failure {
            case 0:
                // Our own shutdown reads as an end of the stream too.
                if bytes.isEmpty, state.isClosed { throw ByteStreamError.closed }
                return bytes
            case EAGAIN, EINTR: continue
            case ECONNRESET: return []
            default: throw ByteStreamError.system(operation: "read", code: failure)
            }
        }
    }
}
