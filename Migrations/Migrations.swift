// SPDX-License-Identifier: GPL-3.0-or-later

/// One forward step of the database's schema, embedded in the program.
package struct SchemaMigration: Sendable {
    package let version: Int
    package let name: String
    package let sql: String
}

/// Every migration in order; a new one is a new file beside this one and a new line here.
package let schemaMigrations: [SchemaMigration] = [
    SchemaMigration(
        version: 1, name: "initial", sql: String(decoding: PackageResources.V001_initial_sql, as: UTF8.self)),
    SchemaMigration(
        version: 2, name: "queue", sql: String(decoding: PackageResources.V002_queue_sql, as: UTF8.self)),
]
