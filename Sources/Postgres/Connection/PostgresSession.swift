// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres
import Glibc

/// One session of libpq, driven by blocking calls; only the thread of its `PostgresConnection` uses it.
///
/// Waiting is done in poll(2) on the session's socket and on a wake descriptor, so that a call can be interrupted.
final class PostgresSession {
    let configuration: PostgresConfiguration
    let wake: WakeDescriptor
    var statements = StatementCache(limit: 256)
    /// Set while the session is in the middle of something that excludes other statements.
    var occupation: String?
    private(set) var connection: OpaquePointer?
    private var cancelHandle: OpaquePointer?
    /// How long the server may take to answer a request to cancel before the session is given up.
    private let cancelPatience: Duration = .seconds(30)

    init(_ configuration: PostgresConfiguration, wake: WakeDescriptor) {
        self.configuration = configuration
        self.wake = wake
    }

    deinit {
        close()
    }

    var isOpen: Bool { connection != nil && PQstatus(connection) == CONNECTION_OK }

    func close() {
        if let cancelHandle { PQfreeCancel(cancelHandle) }
        if let connection { PQfinish(connection) }
        cancelHandle = nil
        connection = nil
    }

    func adopt(_ connection: OpaquePointer) {
        self.connection = connection
        cancelHandle = PQgetCancel(connection)
    }

    /// libpq's words about the last failure of the session.
    var lastMessage: String { Self.message(of: connection) }

    static func message(of connection: OpaquePointer?) -> String {
        guard let connection, let text = PQerrorMessage(connection) else { return "the connection is closed" }
        let bytes = String(cString: text).split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }
        return bytes.isEmpty ? "no reason was given" : bytes.joined(separator: "; ")
    }

    /// Why the session is of no further use, after one of libpq's calls failed.
    func lost() -> PostgresError { .connectionLost(message: lastMessage) }

    func requireIdle() throws(PostgresError) -> OpaquePointer {
        guard let connection, isOpen else { throw lost() }
        if let occupation { throw .busy(with: occupation) }
        return connection
    }

    // MARK: Waiting

    enum Readiness {
        case ready
        case woken
        case timedOut
    }

    /// Waits until the socket can be read (and written, if asked), the wake descriptor is signalled, or time is up.
    func wait(writing: Bool = false, until deadline: ContinuousClock.Instant? = nil) -> Readiness {
        wait(on: PQsocket(connection), events: POLLIN | (writing ? POLLOUT : 0), until: deadline)
    }

    func wait(on socket: Int32, events: Int32, until deadline: ContinuousClock.Instant?) -> Readiness {
        var descriptors = [
            pollfd(fd: socket, events: Int16(events), revents: 0),
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let status = poll(&descriptors, 2, deadline.map(Self.milliseconds(until:)) ?? -1)
        if status == 0 { return .timedOut }
        if descriptors[1].revents != 0 {
            wake.drain()
            return .woken
        }
        return .ready
    }

    static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let (seconds, attoseconds) = (deadline - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: min(seconds, 1_000_000) * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// Sends what libpq has buffered, reading meanwhile so that neither side blocks the other.
    func flush(_ interruption: Interruption) throws(PostgresError) {
        var watch = CancelWatch(patience: cancelPatience)
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                if wait(writing: true, until: watch.deadline) == .timedOut { throw giveUp() }
                if PQconsumeInput(connection) == 0 { throw lost() }
                if watch.begins(interruption) { askToCancel() }
            default: throw lost()
            }
        }
    }

    /// The next result of what was sent, nil after the last one.
    func nextResult(_ interruption: Interruption) throws(PostgresError) -> PostgresResult? {
        var watch = CancelWatch(patience: cancelPatience)
        while PQisBusy(connection) == 1 {
            if watch.begins(interruption) { askToCancel() }
            if wait(until: watch.deadline) == .timedOut { throw giveUp() }
            if PQconsumeInput(connection) == 0 { throw lost() }
        }
        return PQgetResult(connection).map(PostgresResult.init)
    }

    /// Asks the server to cancel what it does; it answers with an error on the session.
    private func askToCancel() {
        guard let cancelHandle else { return }
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(cancelHandle, &reason, 256)
    }

    private func giveUp() -> PostgresError {
        close()
        return .connectionLost(message: "the server did not answer a request to cancel within \(cancelPatience)")
    }
}

/// Notices an interruption once, and from then on limits the wait.
private struct CancelWatch {
    let patience: Duration
    private(set) var deadline: ContinuousClock.Instant?

    init(patience: Duration) {
        self.patience = patience
    }

    mutating func begins(_ interruption: Interruption) -> Bool {
        guard deadline == nil, interruption.isRequested else { return false }
        deadline = .now + patience
        return true
    }
}
