// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Jobsets
import Transfer

/// An alert as a request to a webhook, in the form that its receiver understands.
struct WebhookMessage {
    let url: String
    let form: WebhookForm
    /// Nil where the target has none.
    let secret: [UInt8]?
    let key: String
    let kind: String
    /// The alert as JSON.
    let payload: [UInt8]
    let text: AlertText
    let limits: TransferLimits

    func request() throws -> HTTPRequest {
        switch form {
        case .json: signed
        case .matrix:
            try request(
                "PUT", url + "/" + key, ["msgtype": "m.text", "body": text.subject + "\n\n" + text.body], bearer: true)
        case .mattermost: try request("POST", secretURL, ["text": Self.withoutMentions(words)])
        case .slack: try request("POST", secretURL, ["text": Self.escapedForSlack(words)])
        case .ntfy:
            try request(
                "POST", topic.server,
                ["topic": topic.name, "title": text.subject, "message": String(text.body.prefix(4_000))], bearer: true)
        }
    }

    /// The alert itself, as the forges' webhooks are signed.
    private var signed: HTTPRequest {
        let signature = KeyedHash.sha256(key: secret ?? [], message: payload)
        return HTTPRequest(
            url, method: "POST",
            fields: [
                HTTPField("Content-Type", "application/json"), HTTPField("Idempotency-Key", key),
                HTTPField("X-Almanac-Event", kind), HTTPField("X-Almanac-Signature-256", "sha256=\(signature)"),
            ], body: payload, limits: limits, redirects: .refused)
    }

    private func request(
        _ method: String, _ url: String, _ body: [String: String], bearer: Bool = false
    ) throws -> HTTPRequest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var fields = [HTTPField("Content-Type", "application/json"), HTTPField("Idempotency-Key", key)]
        if bearer, let secret {
            fields.append(HTTPField("Authorization", "Bearer \(String(decoding: secret, as: UTF8.self))"))
        }
        return HTTPRequest(
            url, method: method, fields: fields, body: Array(try encoder.encode(body)), limits: limits,
            redirects: .refused)
    }

    private var words: String { "\(text.subject)\n```\n\(text.body.replacing("```", with: "'''"))\n```" }

    private var secretURL: String {
        secret.map { url + (url.hasSuffix("/") ? "" : "/") + String(decoding: $0, as: UTF8.self) } ?? url
    }

    private var topic: (server: String, name: String) {
        let parts = url.split(separator: "/", omittingEmptySubsequences: false)
        return (parts.dropLast().joined(separator: "/"), parts.last.map(String.init) ?? "")
    }

    /// `<!channel>` and links are control sequences of Slack.
    static func escapedForSlack(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// A package that is named `@all` calls nobody.
    static func withoutMentions(_ text: String) -> String { text.replacing("@", with: "@\u{200b}") }
}
