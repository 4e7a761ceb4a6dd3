// SPDX-License-Identifier: GPL-3.0-or-later

package import ByteStreams
package import Derivations
internal import Synchronization

/// What an evaluation may do with a store: add texts and sources, and ask about what is there.
///
/// Guix evaluates with a daemon at hand, but the code of a revision is hostile, and a daemon's socket in its hands could
/// build, fetch, import and delete. So it gets a socket at which this speaks guix-daemon's protocol and refuses all that.
/// What it adds goes into the store by the ordinary client, be that of Guix or of Nix, within limits.
package final class StoreGate: Sendable {
    /// What one evaluation may put into the store.
    package struct Limits: Sendable {
        package var items: Int
        package var bytes: Int
        /// Connections at the same time.
        package var connections: Int

        package init(items: Int = 2_000_000, bytes: Int = 16 << 30, connections: Int = 8) {
            self.items = items
            self.bytes = bytes
            self.connections = connections
        }
    }

    let store: HostStore
    private let limits: Limits
    private let onAdded: @Sendable (StorePath) throws -> Void
    private let state = Mutex(State())

    private struct State {
        var added: Set<StorePath> = []
        var bytes = 0
        var connections = 0
        var failure: String?
    }

    /// - Parameter onAdded: told of every path before the client learns that it is there.
    package init(
        store: HostStore, limits: Limits = Limits(), onAdded: @escaping @Sendable (StorePath) throws -> Void = { _ in }
    ) {
        self.store = store
        self.limits = limits
        self.onAdded = onAdded
    }

    /// Serves whoever connects, until the task is cancelled or the listener closed.
    package func serve(_ listener: SocketListener) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let stream: SocketStream
                do {
                    stream = try await listener.accept()
                } catch ByteStreamError.closed {
                    return
                }
                group.addTask { await self.serve(stream) }
            }
        }
    }

    /// Serves one client to the end of the stream, which is closed then.
    package func serve(_ stream: any ByteStream) async {
        let isWelcome = state.withLock { state in
            guard state.connections < limits.connections else { return false }
            state.connections += 1
            return true
        }
        if isWelcome {
            do {
                try await store.withConnection { connection in
                    // A client that breaks the protocol loses its connection and nothing else.
                    try? await StoreGateSession(stream, gate: self, connection: connection).run()
                }
            } catch {
                fail(error)
            }
            state.withLock { $0.connections -= 1 }
        }
        await stream.close()
    }

    /// Whether the path was added through this gate.
    package func hasAdded(_ path: StorePath) -> Bool {
        state.withLock { $0.added.contains(path) }
    }

    /// Why the store itself failed a client, which only learns that it was hung up on; nil where it did not.
    package var failure: String? { state.withLock { $0.failure } }

    func fail(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        state.withLock { $0.failure = $0.failure ?? "\(error)" }
    }

    func take(bytes: Int) throws(StoreDaemonError) {
        let isAllowed = state.withLock { state in
            guard bytes <= limits.bytes - state.bytes, state.added.count < limits.items else { return false }
            state.bytes += bytes
            return true
        }
        if !isAllowed {
            throw .refused(
                message:
                    "the evaluation has put all into the store that it may: \(limits.bytes) bytes in \(limits.items) items",
                status: 1)
        }
    }

    func note(_ path: StorePath) throws {
        try onAdded(path)
        state.withLock { _ = $0.added.insert(path) }
    }
}
