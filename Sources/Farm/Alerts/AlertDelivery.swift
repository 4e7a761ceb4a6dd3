// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Jobsets
import Postgres
package import TimeTravel
package import Transfer

/// Hands alerts to their targets, by mail or to a webhook.
///
/// Every message bears the alert's key: webhooks in `Idempotency-Key` (Matrix: in the address), mail in `Message-ID`. It is
/// the same at every try, so that a receiver that took one without our hearing of it can tell the second.
package struct AlertDelivery: Sendable {
    private let transfer = HTTPTransfer()
    private let limits: TransferLimits
    private let mail: MailTransfer
    private let settings: AlertSettings
    private let environment: [String: String]
    private let now: @Sendable () -> Instant

    /// - Parameter environment: where secrets named by a variable are looked up.
    package init(
        settings: AlertSettings, environment: [String: String], limits: TransferLimits = AlertDelivery.standardLimits,
        now: @escaping @Sendable () -> Instant
    ) {
        self.settings = settings
        self.environment = environment
        self.limits = limits
        self.now = now
        mail = MailTransfer(
            settings.mailCertificates.map { TransferEngine(certificates: $0) } ?? TransferEngine(),
            limits: limits)
    }

    package static let standardLimits = TransferLimits(stalled: .seconds(30), total: .seconds(60), bodySize: 1 << 20)

    package func callAsFunction(_ alert: Alert) async throws {
        let content = try JSONDecoder().decode(AlertContent.self, from: Data(alert.payload.bytes))
        try await send(
            content, payload: alert.payload.bytes, key: alert.key, kind: alert.kind, to: alert.place)
    }

    /// Sends what is in no outbox; the test of a target.
    package func send(_ content: AlertContent, key: String, to place: AlertPlace) async throws {
        let payload = try PostgresJSON(encoding: content).bytes
        try await send(content, payload: payload, key: key, kind: content.kind, to: place)
    }

    private func send(
        _ content: AlertContent, payload: [UInt8], key: String, kind: String, to place: AlertPlace
    ) async throws {
        let text = AlertText(content, pages: settings.publicURL)
        switch place {
        case .webhook(let url, let secret, let form):
            let message = WebhookMessage(
                url: url, form: form, secret: try secret.map(read), key: key, kind: kind, payload: payload, text: text,
                limits: limits)
            let response = try await transfer.send(try message.request())
            guard response.isSuccess else { throw AlertError.refused(url: url, status: response.status) }
        case .email(let address):
            guard let server = try settings.server(environment: environment) else {
                throw AlertError.noMailServer(address: address)
            }
            let letter = AlertMail(
                text: text, key: key, kind: kind, sender: settings.sender, recipient: address, date: now())
            try await mail.send(letter.message, through: server)
        }
    }

    private func read(_ secret: SecretSource) throws -> [UInt8] {
        switch secret {
        case .environment(let variable):
            guard let value = environment[variable], !value.isEmpty else { throw AlertError.noSecret("$\(variable)") }
            return Array(value.utf8)
        case .file(let path):
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw AlertError.noSecret(path) }
            return Array(text.trimmingCharacters(in: .whitespacesAndNewlines).utf8)
        }
    }
}

/// Why an alert was not delivered.
package enum AlertError: Error, CustomStringConvertible {
    case noSecret(String)
    case noMailServer(address: String)
    case refused(url: String, status: Int)

    package var description: String {
        switch self {
        case .noSecret(let place): "the target's secret is not to be had from \(place); set it and it is tried again"
        case .noMailServer(let address):
            "mail to \(address) is not sent: no mail server is set; set mail-server (docs/operations.md#mail)"
        case .refused(let url, let status): "\(url.prefix { $0 != "?" }) answered \(status)"
        }
    }
}
