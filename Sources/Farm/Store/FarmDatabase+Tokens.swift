// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Postgres
package import TimeTravel

/// What a token allows; `admin` allows everything.
package enum TokenScope: String, CaseIterable, Codable, Sendable {
    /// To ask for evaluations and builds.
    case trigger
    /// To say under which conditions a package builds.
    case annotate
    case admin
}

/// A bearer token of the web API, without the token itself, which is kept nowhere.
package struct AccessTokenRecord: Codable, Sendable {
    package var id: Int
    package var name: String
    package var scopes: [TokenScope]
    package var created: Instant
    /// Null: never.
    package var expires: Instant?
    package var revoked: Instant?
    /// To the minute.
    package var lastUsed: Instant?

    package func allows(_ scope: TokenScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}

extension FarmDatabase {
    /// Makes a token.
    ///
    /// - Returns: the token, which cannot be had again: only its hash is stored.
    package func createToken(
        name: String, scopes: [TokenScope], expires: Instant?
    ) async throws -> (record: AccessTokenRecord, token: String) {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let text = Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        let token = "almanac_" + text
        let rows = try await pool.query(
            """
            insert into access_token (name, hash, scopes, expires) values ($1, $2, $3, $4)
            returning id, name, scopes, created, expires, revoked, last_used
            """, [name, Self.hash(token), scopes.map(\.rawValue), expires?.timestamp])
        guard let row = rows.first else { throw PostgresError.decoding(column: "id", reason: "no row came back") }
        return (try Self.tokenRecord(row), token)
    }

    /// The token that somebody shows, nil where it is unknown, expired or revoked; notes that it was used.
    package func accessToken(_ token: String) async throws -> AccessTokenRecord? {
        let found = try await pool.query(
            """
            select id, name, scopes, created, expires, revoked, last_used,
                   coalesce(last_used < clock_timestamp() - interval '1 minute', true) stale
            from access_token
            where hash = $1 and revoked is null and (expires is null or expires > clock_timestamp())
            """, [Self.hash(token)])
        guard let row = found.first else { return nil }
        let record = try Self.tokenRecord(row)
        if try row.decode("stale") {
            _ = try await pool.query(
                "update access_token set last_used = clock_timestamp() where id = $1", [record.id])
        }
        return record
    }

    /// All tokens, the revoked included, newest first.
    package func accessTokens() async throws -> [AccessTokenRecord] {
        try await pool.query(
            "select id, name, scopes, created, expires, revoked, last_used from access_token order by id desc"
        ).map(Self.tokenRecord)
    }

    /// - Returns: whether there was such a token that was not revoked before.
    package func revokeToken(_ id: Int) async throws -> Bool {
        try await pool.query(
            "update access_token set revoked = clock_timestamp() where id = $1 and revoked is null", [id]
        ).affectedRows == 1
    }

    private static func tokenRecord(_ row: PostgresRow) throws -> AccessTokenRecord {
        AccessTokenRecord(
            id: try row.decode("id"), name: try row.decode("name"),
            scopes: try row.decode("scopes", as: [String].self).compactMap { TokenScope(rawValue: $0) },
            created: try row.instant("created"), expires: try row.optionalInstant("expires"),
            revoked: try row.optionalInstant("revoked"), lastUsed: try row.optionalInstant("last_used"))
    }

    private static func hash(_ token: String) -> [UInt8] {
        var hasher = ContentHasher(.sha256)
        hasher.update(Array(token.utf8))
        return hasher.finalize().bytes
    }
}
