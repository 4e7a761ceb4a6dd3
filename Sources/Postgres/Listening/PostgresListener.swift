// SPDX-License-Identifier: GPL-3.0-or-later

import Synchronization

/// What those who listen to a channel are told.
package enum PostgresListenEvent: Sendable, Equatable {
    /// Someone notified the channel.
    case notified(payload: String)
    /// Listening has just begun, begun again after the connection was lost, or the reader fell behind: notifications
    /// may have been missed, so look in the tables.
    case mayHaveMissed
}

/// Receives NOTIFY on one connection of its own and hands it out by channel, for as long as `run()` runs.
package final class PostgresListener: Sendable {
    private let configuration: PostgresConfiguration
    private let backoff: PostgresBackoff
    private let jitter: @Sendable () -> Double
    private let state = Mutex(ListenerState())

    package init(
        _ configuration: PostgresConfiguration, backoff: PostgresBackoff = PostgresBackoff(),
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.configuration = configuration
        self.backoff = backoff
        self.jitter = jitter
    }

    /// The events of a channel, from now on; it may be asked for before and after `run()` begins.
    ///
    /// The first event is always `mayHaveMissed`, once the server listens. Up to `limit` events are kept for a slow
    /// reader; beyond that the oldest are dropped, and the reader is told that it may have missed some. The stream
    /// ends when `run()` does.
    package func events(of channel: String, keeping limit: Int = 256) -> AsyncStream<PostgresListenEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresListenEvent.self, bufferingPolicy: .bufferingNewest(max(limit, 2)))
        let (reader, connection) = state.withLock { $0.add(channel, continuation) }
        guard let reader else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(reader) }
        connection?.wakeUp()
        return stream
    }

    /// Listens until the task is cancelled, connecting again whenever the connection is lost.
    package func run() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await listen { failures = 0 }
            } catch {
                failures += 1
            }
            state.withLock { $0.connection = nil }
            let pause = backoff.delay(afterFailures: max(failures, 1), jitter: jitter())
            do { try await Task.sleep(for: pause) } catch { break }
        }
        for continuation in state.withLock({ $0.finish() }) { continuation.finish() }
    }

    private func remove(_ reader: UInt64) {
        state.withLock { $0.remove(reader) }?.wakeUp()
    }

    /// One connection's life.
    private func listen(connected: () -> Void) async throws(PostgresError) {
        let connection = try await PostgresConnection.connect(configuration)
        state.withLock { $0.connection = connection }
        connected()
        var channels: Set<String> = []
        do throws(PostgresError) {
            while !Task.isCancelled {
                try await adjust(&channels, on: connection)
                let arrived = try await connection.awaitNotifications()
                state.withLock { state in
                    for notification in arrived { state.deliver(notification) }
                }
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Listens to what readers want and no longer to what none wants.
    private func adjust(_ channels: inout Set<String>, on connection: PostgresConnection) async throws(PostgresError) {
        var wanted = state.withLock { $0.channels }
        // A statement may swallow the signal that tells of another change, hence the second look.
        while wanted != channels {
            for channel in channels.subtracting(wanted) {
                try await connection.execute(script: "UNLISTEN \(Self.quoted(channel))")
            }
            for channel in wanted.subtracting(channels) {
                try await connection.execute(script: "LISTEN \(Self.quoted(channel))")
            }
            channels = wanted
            wanted = state.withLock { $0.channels }
        }
        state.withLock { $0.welcome(listeningTo: channels, over: connection) }
    }

    private static func quoted(_ identifier: String) -> String {
        "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
