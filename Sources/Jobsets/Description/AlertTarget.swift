// SPDX-License-Identifier: GPL-3.0-or-later

/// Where a jobset's alerts go.
package enum AlertTarget: Hashable, Sendable {
    /// A POST of JSON, signed with HMAC-SHA-256 under the secret.
    case webhook(url: String, secret: SecretSource)
    case email(address: String)
}

/// Where a secret is read from when it is needed; never the secret itself, so that jobset files can be published.
package enum SecretSource: Hashable, Sendable {
    case environment(variable: String)
    case file(path: String)
}

extension AlertTarget: Encodable {
    private enum CodingKeys: String, CodingKey { case webhook, secret, email }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .webhook(let url, let secret):
            try container.encode(url, forKey: .webhook)
            try container.encode(secret, forKey: .secret)
        case .email(let address):
            try container.encode(address, forKey: .email)
        }
    }
}

extension SecretSource: Encodable {
    private enum CodingKeys: String, CodingKey { case environment, file }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .environment(let variable): try container.encode(variable, forKey: .environment)
        case .file(let path): try container.encode(path, forKey: .file)
        }
    }
}
