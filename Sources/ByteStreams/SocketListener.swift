// SPDX-License-Identifier: GPL-3.0-or-later

internal import CByteStreams
internal import Glibc
internal import ThreadExecutors

/// A unix-domain socket that others connect to, waited at on a thread of its own.
package actor SocketListener {
    private let executor = ThreadExecutor(name: "socket listener")
    private let state = CloseState()
    private let wake: WakeSignal
    private let path: String
    private var socket: OwnedDescriptor?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Listens at `path`, where nothing may be yet.
    package init(path: String) throws(ByteStreamError) {
        let socket = OwnedDescriptor(try UnixSocket.listen(at: path))
        guard almanac_set_nonblocking(socket.number) == 0 else { throw .system(operation: "fcntl", code: errno) }
        wake = try WakeSignal()
        self.path = path
        self.socket = socket
    }

    /// The next connection.
    ///
    /// - Throws: `ByteStreamError.closed` once the listener is closed; `CancellationError`.
    package func accept() async throws -> SocketStream {
        try await withTaskCancellationHandler {
            try waitAndAccept()
        } onCancel: {
            wake.raise()
        }
    }

    /// Takes no more connections and removes the socket's name; those there are go on.
    package nonisolated func close() async {
        guard state.close() else { return }
        unlink(path)
        wake.raise()
        await release()
    }

    private func release() { socket = nil }

    private func waitAndAccept() throws -> SocketStream {
        guard let socket else { throw ByteStreamError.closed }
        while true {
            try DescriptorWait.until(POLLIN, socket.number, wake: wake, state: state)
            let descriptor = Glibc.accept(socket.number, nil, nil)
            if descriptor >= 0 { return try SocketStream(adopting: descriptor) }
            guard [EAGAIN, EINTR, ECONNABORTED].contains(errno) else {
                throw ByteStreamError.system(operation: "accept", code: errno)
            }
        }
    }
}
