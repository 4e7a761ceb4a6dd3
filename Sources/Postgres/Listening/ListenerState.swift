// SPDX-License-Identifier: GPL-3.0-or-later

/// Who reads which channel.
struct ListenerState {
    private struct Reader {
        let channel: String
        let continuation: AsyncStream<PostgresListenEvent>.Continuation
        /// The connection over which the server is known to listen for this reader.
        var connection: ObjectIdentifier?
    }

    var connection: PostgresConnection? {
        didSet {
            guard connection == nil else { return }
            for id in readers.keys { readers[id]?.connection = nil }
        }
    }
    private var readers: [UInt64: Reader] = [:]
    private var nextReader: UInt64 = 0
    private var isFinished = false

    var channels: Set<String> { Set(readers.values.map(\.channel)) }

    /// - Returns: the reader's number, nil when listening is over, and the connection to wake.
    mutating func add(
        _ channel: String, _ continuation: AsyncStream<PostgresListenEvent>.Continuation
    ) -> (UInt64?, PostgresConnection?) {
        if isFinished { return (nil, nil) }
        nextReader += 1
        readers[nextReader] = Reader(channel: channel, continuation: continuation)
        return (nextReader, connection)
    }

    mutating func remove(_ reader: UInt64) -> PostgresConnection? {
        readers[reader] = nil
        return connection
    }

    /// Tells readers for whom the server has begun to listen that they must look.
    mutating func welcome(listeningTo channels: Set<String>, over connection: PostgresConnection) {
        for (id, reader) in readers
        where channels.contains(reader.channel) && reader.connection != ObjectIdentifier(connection) {
            readers[id]?.connection = ObjectIdentifier(connection)
            yield(.mayHaveMissed, to: reader.continuation)
        }
    }

    func deliver(_ notification: PostgresNotification) {
        for reader in readers.values where reader.channel == notification.channel {
            yield(.notified(payload: notification.payload), to: reader.continuation)
        }
    }

    /// - Returns: the streams to end, which is to be done outside of any lock.
    mutating func finish() -> [AsyncStream<PostgresListenEvent>.Continuation] {
        isFinished = true
        defer { readers = [:] }
        return readers.values.map(\.continuation)
    }

    /// An event that fell out of a full buffer leaves `mayHaveMissed` as the newest one.
    private func yield(
        _ event: PostgresListenEvent, to continuation: AsyncStream<PostgresListenEvent>.Continuation
    ) {
        if case .dropped = continuation.yield(event) { continuation.yield(.mayHaveMissed) }
    }
}
