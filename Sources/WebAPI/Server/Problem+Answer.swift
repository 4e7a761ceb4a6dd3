// SPDX-License-Identifier: GPL-3.0-or-later

import Postgres

extension Problem {
    /// What an error of the farm looks like from outside; details stay in the server's log.
    init(failure error: any Error) {
        switch error as? PostgresError {
        case .connectionFailed, .connectionLost, .poolWaitTimedOut, .poolTooManyWaiters, .poolClosed:
            self = .databaseUnreachable
        case .server(let failure) where failure.isConnectionLost:
            self = .databaseUnreachable
        case .server, .commitOutcomeUnknown, .transactionWasAborted, .decoding, .encoding, .cancelled, .busy, nil:
            self = .internalError
        }
    }

    func reply(for audience: Endpoint.Audience) -> Reply {
        var reply: Reply
        switch audience {
        case .people: reply = Page.of(self).reply()
        case .cuirassClients:
            reply = Reply(mediaType: "application/json", body: .bytes((try? JSON.encode(["error": detail])) ?? []))
        case .programs:
            reply = Reply(mediaType: "application/problem+json", body: .bytes((try? JSON.encode(self)) ?? []))
        }
        reply.status = status
        reply.headers += headers
        return reply
    }
}
