// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import Transfer

private let message = MailMessage(
    from: "almanac@example.org", to: ["one@example.org", "two@example.org"],
    content: Array("Subject: a trap\n\nIt fails from 2038 on.\n.\n..two dots\r\nend".utf8))

/// What the server took so far, as JSON.
private func mails(_ server: LoopbackServer) async throws -> String {
    String(decoding: try await HTTPTransfer().send(HTTPRequest(server.url("/mails"))).body, as: UTF8.self)
}

@Suite(.enabled(if: LoopbackServer.isPossible, "python3 and openssl are needed for the server"), .serialized)
struct MailTransferTests {
    private let transfer = MailTransfer()

    private func plain(_ server: LoopbackServer) -> MailServer {
        MailServer(host: "127.0.0.1", port: server.mail, security: .none, ownName: "almanac.example.org")
    }

    private func secure(
        _ server: LoopbackServer, _ security: MailServer.Security, password: String = "secret"
    ) -> MailServer {
        MailServer(
            host: "127.0.0.1", port: server.secureMail, security: security,
            credentials: MailServer.Credentials(user: "robot", password: password))
    }

    @Test func `a message arrives with its envelope, dots and line ends`() async throws {
        try await LoopbackServer.run { server throws in
            try await transfer.send(message, through: plain(server))
            let taken = try await mails(server)
            #expect(taken.contains(#""from": "<almanac@example.org>""#))
            #expect(taken.contains(#""to": ["<one@example.org>", "<two@example.org>"]"#))
            #expect(taken.contains(#"It fails from 2038 on.\r\n..\r\n...two dots\r\nend\r\n"#))
            #expect(taken.contains(#""secured": false"#))
        }
    }

    @Test func `STARTTLS and a password are used where they are wanted`() async throws {
        try await LoopbackServer.run { server throws in
            let trusting = MailTransfer(TransferEngine(certificates: server.certificates))
            try await trusting.send(message, through: secure(server, .startTLS))
            try await trusting.send(message, through: secure(server, .startTLSIfOffered))
            #expect(try await mails(server).components(of: #""secured": true"#) == 2)
        }
    }

    @Test func `nothing is sent in the clear where STARTTLS is required`() async throws {
        try await LoopbackServer.run { server throws in
            var needy = plain(server)
            needy.security = .startTLS
            let error = await #expect(throws: TransferError.self) { try await transfer.send(message, through: needy) }
            guard case .insecure = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            #expect(try await mails(server) == "[]")
        }
    }

    @Test func `a server with an unknown certificate gets no message`() async throws {
        try await LoopbackServer.run { server throws in
            let error = await #expect(throws: TransferError.self) {
                try await transfer.send(message, through: secure(server, .startTLS))
            }
            guard case .insecure = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            #expect(try await mails(server) == "[]")
        }
    }

    @Test func `a wrong password is refused for good`() async throws {
        try await LoopbackServer.run { server throws in
            let trusting = MailTransfer(TransferEngine(certificates: server.certificates))
            let error = await #expect(throws: TransferError.self) {
                try await trusting.send(message, through: secure(server, .startTLS, password: "wrong"))
            }
            guard case .mailRefused(535, _) = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            #expect(error?.isTransient == false)
        }
    }

    @Test(arguments: [("nobody@example.org", 550, false), ("later@example.org", 451, true)])
    func `a refused recipient tells whether to try again`(
        _ recipient: String, _ status: Int, _ isTransient: Bool
    ) async throws {
        try await LoopbackServer.run { server throws in
            var refused = message
            refused.recipients.append(recipient)
            let error = await #expect(throws: TransferError.self) {
                try await transfer.send(refused, through: plain(server))
            }
            guard case .mailRefused(let seen, _) = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            #expect(seen == status)
            #expect(error?.isTransient == isTransient)
            #expect(try await mails(server) == "[]")
        }
    }

    @Test(arguments: ["a@b\r\nRCPT TO:<c@d>", "<a@b>", "a b@c", ""])
    func `an address that is none goes nowhere`(_ address: String) async throws {
        var odd = message
        odd.recipients = address.isEmpty ? [] : [address]
        let error = await #expect(throws: TransferError.self) {
            try await transfer.send(odd, through: MailServer(host: "127.0.0.1", port: 1))
        }
        guard case .invalidMessage = error else {
            Issue.record("the error is \(String(describing: error))")
            return
        }
    }
}

extension String {
    /// How often a text occurs in this one.
    fileprivate func components(of text: String) -> Int {
        indices.count { self[$0...].hasPrefix(text) }
    }
}
