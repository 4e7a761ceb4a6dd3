// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import Postgres
package import Transfer

/// Hands alerts to their targets.
///
/// A webhook gets a POST of JSON with `Idempotency-Key`, and `X-Almanac-Signature-256: sha256=…`, the HMAC-SHA-256 of the
/// body under the target's secret, as the forges' own webhooks have it.
package struct AlertDelivery: Sendable {
    private let transfer: HTTPTransfer
    private let environment: [String: String]

    /// - Parameter environment: where secrets named by a variable are looked up.
    package init(transfer: HTTPTransfer, environment: [String: String]) {
        self.transfer = transfer
        self.environment = environment
    }

    package func callAsFunction(_ alert: Alert) async throws {
        switch alert.target {
        case .webhook(let url, let secret):
            try await post(alert, url: url, secret: try read(secret))
        case .email(let address):
            throw AlertError.noMailServer(address: address)
        }
    }

    private func post(_ alert: Alert, url: String, secret: [UInt8]) async throws {
        let signature = KeyedHash.sha256(key: secret, message: alert.payload.bytes)
        let response = try await transfer.send(
            HTTPRequest(
                url, method: "POST",
                fields: [
                    HTTPField("Content-Type", "application/json"), HTTPField("Idempotency-Key", alert.key),
                    HTTPField("X-Almanac-Event", alert.kind),
                    HTTPField("X-Almanac-Signature-256", "sha256=\(signature)"),
                ], body: alert.payload.bytes,
                limits: TransferLimits(stalled: .seconds(30), total: .seconds(60), bodySize: 1 << 20),
                redirects: .refused))
        guard response.isSuccess else { throw AlertError.refused(url: url, status: response.status) }
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
        case .noSecret(let place): "the secret of the webhook is not to be had from \(place); set it and it is tried again"
        case .noMailServer(let address): "mail to \(address) is not sent: this version delivers to webhooks only"
        case .refused(let url, let status): "\(url) answered \(status)"
        }
    }
}

/// HMAC, RFC 2104.
package enum KeyedHash {
    /// - Returns: the digest in base 16.
    package static func sha256(key: [UInt8], message: [UInt8]) -> String {
        var block = key.count > 64 ? hash([key]) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = hash([block.map { $0 ^ 0x36 }, message])
        return hash([block.map { $0 ^ 0x5C }, inner]).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
    }

    private static func hash(_ parts: [[UInt8]]) -> [UInt8] {
        var hasher = ContentHasher(.sha256)
        for part in parts { hasher.update(part) }
        return hasher.finalize().bytes
    }
}
