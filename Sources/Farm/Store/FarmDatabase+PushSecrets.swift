// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Postgres

extension FarmDatabase {
    /// The secret that a forge signs its notices to a jobset with; nil where there is none, or no such jobset.
    ///
    /// It is kept as it is, since a signature cannot be checked otherwise; nothing shows it.
    package func pushSecret(ofJobset name: String) async throws -> [UInt8]? {
        try await pool.query(
            "select s.secret from push_secret s join jobset j on j.id = s.jobset_id where j.name = $1 and j.removed is null",
            [name]
        ).first?.decode("secret")
    }

    /// Gives a jobset a secret, in place of the one it has.
    package func setPushSecret(_ secret: [UInt8], jobset: Int) async throws {
        _ = try await pool.query(
            """
            insert into push_secret (jobset_id, secret) values ($1, $2)
            on conflict (jobset_id) do update set secret = excluded.secret, changed = clock_timestamp()
            """, [jobset, secret])
    }

    /// - Returns: whether there was one.
    package func removePushSecret(jobset: Int) async throws -> Bool {
        try await pool.query("delete from push_secret where jobset_id = $1", [jobset]).affectedRows == 1
    }

    /// A secret of 256 random bits, as text.
    package static func newPushSecret() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in
            String(0x100 + Int(UInt8.random(in: 0...255, using: &generator)), radix: 16).dropFirst()
        }.joined()
    }
}
