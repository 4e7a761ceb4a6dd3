// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Jobsets
import Transfer

/// How alerts leave the farm: the mail server, who answers for the farm, and where its pages are reached.
package struct AlertSettings: Sendable, Equatable {
    /// `smtp://HOST[:PORT]` (STARTTLS, demanded unless the host is this machine) or `smtps://HOST[:PORT]`.
    package var mailServer: String?
    package var mailUser: String?
    package var mailPasswordFile: String?
    /// The sender's address.
    package var mailFrom: String?
    /// A PEM file of certificates to trust instead of the system's.
    package var mailCertificates: String?
    /// Who hears of the farm's own trouble: an e-mail address, or the URL of a webhook.
    package var operatorAddress: String?
    package var operatorSecretFile: String?
    /// Where people reach the pages, for links in alerts.
    package var publicURL: String?

    package init() {}

    static let keys = [
        "mail-server": "smtp://HOST[:PORT] or smtps://HOST[:PORT]", "mail-user": "a name",
        "mail-password-file": "a file", "mail-from": "an e-mail address", "mail-certificates": "a file",
        "operator": "an e-mail address, or a URL with operator-secret-file", "operator-secret-file": "a file",
        "public-url": "an http or https URL",
    ]

    /// - Returns: whether the value fits; nil where the key is none of these.
    mutating func set(_ key: String, _ value: String) -> Bool? {
        switch key {
        case "mail-server":
            mailServer = value
            return Self.parse(value) != nil
        case "mail-user": mailUser = value
        case "mail-password-file": mailPasswordFile = DataDirectory.absolute(value)
        case "mail-from":
            mailFrom = value
            return JobsetReader.isEmailAddress(value)
        case "mail-certificates": mailCertificates = DataDirectory.absolute(value)
        case "operator":
            operatorAddress = value
            return JobsetReader.isEmailAddress(value) || JobsetReader.isWebAddress(value)
        case "operator-secret-file": operatorSecretFile = DataDirectory.absolute(value)
        case "public-url":
            publicURL = value.hasSuffix("/") ? String(value.dropLast()) : value
            return JobsetReader.isWebAddress(value)
        default: return nil
        }
        return true
    }

    /// Where the farm's own trouble is told; nil: in the log only.
    package var operatorTarget: AlertTarget? {
        operatorAddress.map { address in
            JobsetReader.isEmailAddress(address)
                ? AlertTarget(.email(address: address), grouping: .each)
                : AlertTarget(
                    .webhook(url: address, secret: operatorSecretFile.map { .file(path: $0) }, form: .json))
        }
    }

    var sender: String {
        mailFrom ?? operatorAddress.flatMap { JobsetReader.isEmailAddress($0) ? $0 : nil } ?? "almanac@\(FarmHost.name)"
    }

    /// The mail server with its password, which is read each time; nil where none is set.
    func server(environment: [String: String]) throws(AlertError) -> MailServer? {
        guard var server = mailServer.flatMap(Self.parse) else { return nil }
        guard let user = mailUser else { return server }
        guard let path = mailPasswordFile, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw .noSecret(mailPasswordFile ?? "mail-password-file")
        }
        server.credentials = MailServer.Credentials(
            user: user, password: text.trimmingCharacters(in: .whitespacesAndNewlines))
        return server
    }

    /// TLS is demanded on every way that leaves this machine.
    static func parse(_ text: String) -> MailServer? {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.query == nil, ["", "/"].contains(parts.path)
        else { return nil }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let isHere = name == "localhost" || name == "::1" || name.hasPrefix("127.")
        switch scheme {
        case "smtp":
            return MailServer(host: name, port: parts.port ?? 587, security: isHere ? .startTLSIfOffered : .startTLS)
        case "smtps": return MailServer(host: name, port: parts.port ?? 465, security: .implicitTLS)
        default: return nil
        }
    }
}
