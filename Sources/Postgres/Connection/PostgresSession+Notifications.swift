// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres
import Glibc

/// A NOTIFY that arrived.
package struct PostgresNotification: Sendable, Equatable {
    package let channel: String
    package let payload: String

    package init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

extension PostgresSession {
    /// Waits until the server notifies, the wake descriptor is signalled (then none may be returned) or the session
    /// is lost.
    func awaitNotifications() throws(PostgresError) -> [PostgresNotification] {
        _ = try requireIdle()
        var arrived = try takeNotifications()
        if arrived.isEmpty, wait() == .ready { arrived = try takeNotifications() }
        return arrived
    }

    private func takeNotifications() throws(PostgresError) -> [PostgresNotification] {
        guard PQconsumeInput(connection) == 1, isOpen else { throw lost() }
        var arrived: [PostgresNotification] = []
        while let notify = PQnotifies(connection) {
            arrived.append(
                PostgresNotification(
                    channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra)))
            PQfreemem(notify)
        }
        return arrived
    }

    /// Whether the session can be handed to someone else: alive, idle, in no transaction. No question is sent.
    var isReusable: Bool {
        guard isOpen, occupation == nil, PQpipelineStatus(connection) == PQ_PIPELINE_OFF else { return false }
        // A server that ended the session has sent its reason and then the end of the stream: read up to there.
        for _ in 0..<64 {
            var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { break }
            if PQconsumeInput(connection) == 0 { return false }
        }
        return isOpen && PQtransactionStatus(connection) == PQTRANS_IDLE
    }

    var isInTransaction: Bool {
        let status = PQtransactionStatus(connection)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }
}
