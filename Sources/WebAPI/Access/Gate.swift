// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Synchronization

/// Who may read, and how often anybody may ask.
package struct AccessPolicy: Sendable, Equatable {
    /// Without it even reading needs a token, of any scope.
    package var readingIsOpen = true
    /// Requests a second of one address other than this machine's own, ten times as many at once; nil: no limit.
    package var requestsPerSecond: Int? = 50

    package init() {}
}

/// Lets requests in: counts them by address, and reads tokens.
final class Gate: Sendable {
    private let policy: AccessPolicy
    private let start = ContinuousClock.now
    private let requests: Mutex<RateLimiter>
    /// Wrong tokens: guessing 256 random bits is hopeless, but each guess costs a query.
    private let failures = Mutex(RateLimiter(burst: 20, perSecond: 0.2))

    init(_ policy: AccessPolicy) {
        self.policy = policy
        let rate = Double(policy.requestsPerSecond ?? 1)
        requests = Mutex(RateLimiter(burst: rate * 10, perSecond: rate))
    }

    /// - Parameters:
    ///   - address: of who asks; nil where no connection brought the request.
    ///   - authorization: the header, if there is one.
    /// - Returns: the token that was shown.
    func admit(
        _ endpoint: Endpoint, address: String?, authorization: String?, database: FarmDatabase
    ) async throws -> AccessTokenRecord? {
        let (address, time) = (address ?? "none", ContinuousClock.now - start)
        if policy.requestsPerSecond != nil, !Self.isHere(address),
            let wait = requests.withLock({ $0.take(address, at: time) })
        {
            throw Problem.tooMany(wait: wait)
        }
        guard let change = endpoint.change else {
            if policy.readingIsOpen || endpoint.isForEverybody { return nil }
            return try await token(Self.bearer(authorization) ?? Self.password(authorization), address, time, database)
        }
        guard let scope = change.scope else { return nil }
        let token = try await token(Self.bearer(authorization), address, time, database)
        guard token.allows(scope) else { throw Problem.outOfScope(scope) }
        return token
    }

    private func token(
        _ text: String?, _ address: String, _ time: Duration, _ database: FarmDatabase
    ) async throws -> AccessTokenRecord {
        guard let text, !text.isEmpty else { throw Problem.unauthorized("This needs a token.") }
        if let wait = failures.withLock({ $0.wait(address, at: time) }) { throw Problem.tooMany(wait: wait) }
        guard let token = try await database.accessToken(text) else {
            _ = failures.withLock { $0.take(address, at: time) }
            throw Problem.unauthorized("The token is unknown, expired or revoked.")
        }
        return token
    }

    private static func isHere(_ address: String) -> Bool {
        address == "none" || address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }

    /// RFC 6750, section 2.1.
    static func bearer(_ header: String?) -> String? {
        guard let header, header.prefix(7).lowercased() == "bearer " else { return nil }
        return String(header.dropFirst(7).drop { $0 == " " })
    }

    /// The password of RFC 7617's user and password: browsers ask people for these. For reading only, as browsers send
    /// them also with requests that other sites make them send.
    static func password(_ header: String?) -> String? {
        guard let header, header.prefix(6).lowercased() == "basic ",
            let data = Data(base64Encoded: String(header.dropFirst(6))),
            let text = String(validating: Array(data), as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        return String(text[text.index(after: colon)...])
    }
}

extension Problem {
    fileprivate static func unauthorized(_ reason: String) -> Problem {
        Problem(
            status: 401, title: "Unauthorized",
            detail: "\(reason) Send 'Authorization: Bearer TOKEN' with one made by 'almanac token create'.",
            headers: [Header(name: "WWW-Authenticate", value: "Bearer, Basic realm=\"almanac\", charset=\"UTF-8\"")])
    }

    fileprivate static func outOfScope(_ scope: TokenScope) -> Problem {
        Problem(
            status: 403, title: "Forbidden",
            detail: "This needs a token with the scope '\(scope.rawValue)'; the one that was sent has others only.")
    }

    static func tooMany(wait: Int) -> Problem {
        Problem(
            status: 429, title: "Too many requests", detail: "Ask again in \(wait) seconds.",
            headers: [Header(name: "Retry-After", value: "\(wait)")])
    }
}
