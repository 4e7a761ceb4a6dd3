// SPDX-License-Identifier: GPL-3.0-or-later

/// An address that alerts are delivered to.
package enum AlertPlace: Hashable, Sendable {
    /// A request to a web address; what the secret is for depends on the form.
    case webhook(url: String, secret: SecretSource?, form: WebhookForm)
    case email(address: String)

    var customaryGrouping: AlertGrouping {
        switch self {
        case .webhook: .each
        case .email: .nightly
        }
    }
}

/// What a webhook's receiver understands.
package enum WebhookForm: String, CaseIterable, Codable, Hashable, Sendable {
    /// A POST of the alert as JSON, signed with HMAC-SHA-256 under the secret.
    case json
    /// `PUT` of an `m.room.message` event, Matrix client-server API; the URL ends in `/send/m.room.message`, the secret is
    /// an access token.
    case matrix
    /// Incoming webhooks of Mattermost; the secret, if any, is the last part of the URL.
    case mattermost
    /// Incoming webhooks of Slack, likewise.
    case slack
    /// Publishing as JSON to a topic of ntfy; the URL ends in the topic, the secret, if any, is an access token.
    case ntfy

    var needsSecret: Bool {
        switch self {
        case .json, .matrix: true
        case .mattermost, .slack, .ntfy: false
        }
    }
}

/// Where a secret is read from when it is needed; never the secret itself, so that jobset files can be published.
package enum SecretSource: Hashable, Sendable {
    case environment(variable: String)
    case file(path: String)
}

extension AlertPlace: Codable {
    private enum CodingKeys: String, CodingKey { case webhook, secret, template, email }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .webhook(let url, let secret, let form):
            try container.encode(url, forKey: .webhook)
            try container.encodeIfPresent(secret, forKey: .secret)
            if form != .json { try container.encode(form, forKey: .template) }
        case .email(let address):
            try container.encode(address, forKey: .email)
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let url = try container.decodeIfPresent(String.self, forKey: .webhook) {
            self = .webhook(
                url: url, secret: try container.decodeIfPresent(SecretSource.self, forKey: .secret),
                form: try container.decodeIfPresent(WebhookForm.self, forKey: .template) ?? .json)
        } else {
            self = .email(address: try container.decode(String.self, forKey: .email))
        }
    }
}

extension SecretSource: Codable {
    private enum CodingKeys: String, CodingKey { case environment, file }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .environment(let variable): try container.encode(variable, forKey: .environment)
        case .file(let path): try container.encode(path, forKey: .file)
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let variable = try container.decodeIfPresent(String.self, forKey: .environment) {
            self = .environment(variable: variable)
        } else {
            self = .file(path: try container.decode(String.self, forKey: .file))
        }
    }
}
