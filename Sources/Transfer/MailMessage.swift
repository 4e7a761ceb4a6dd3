// SPDX-License-Identifier: GPL-3.0-or-later

/// A server that takes mail, RFC 5321.
package struct MailServer: Sendable {
    /// How the connection is protected.
    package enum Security: Sendable, Equatable {
        case none
        /// STARTTLS, RFC 3207, where the server offers it.
        case startTLSIfOffered
        /// STARTTLS or nothing.
        case startTLS
        /// TLS from the first byte, RFC 8314.
        case implicitTLS
    }

    package struct Credentials: Sendable {
        package var user: String
        package var password: String

        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    package var host: String
    package var port: Int
    package var security: Security
    package var credentials: Credentials?
    /// How we greet the server; nil for this machine's name.
    package var ownName: String?

    package init(
        host: String, port: Int = 587, security: Security = .startTLS, credentials: Credentials? = nil,
        ownName: String? = nil
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
        self.ownName = ownName
    }
}

/// A message as it goes to a mail server.
package struct MailMessage: Sendable {
    /// The envelope's sender, an address without name or angle brackets.
    package var sender: String
    /// The envelope's recipients, likewise.
    package var recipients: [String]
    /// Header and body, RFC 5322; lines may end with LF or CRLF.
    package var content: [UInt8]

    package init(from sender: String, to recipients: [String], content: [UInt8]) {
        self.sender = sender
        self.recipients = recipients
        self.content = content
    }

    /// Why the envelope cannot be sent, nil when it can.
    var envelopeFault: String? {
        if recipients.isEmpty { return "there is no recipient" }
        for address in [sender] + recipients where !Self.isPlain(address) {
            return "\"\(address)\" is no plain mail address"
        }
        return nil
    }

    /// The content with every line ended by CRLF.
    var wireContent: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count + content.count / 32 + 2)
        var last: UInt8 = 0
        for byte in content {
            if byte == 10 && last != 13 { result.append(13) }
            result.append(byte)
            last = byte
        }
        if !result.isEmpty && last != 10 { result += [13, 10] }
        return result
    }

    /// Nothing that could end the command or the address; an empty sender is allowed, RFC 5321 section 4.5.5.
    private static func isPlain(_ address: String) -> Bool {
        address.utf8.allSatisfy { $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }
}
