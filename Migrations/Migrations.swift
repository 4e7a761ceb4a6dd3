// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres

/// Every step of the database's schema in order, embedded in the program; a new one is a new file beside this one and a
/// new line here and in `Package.swift`.
package let schemaMigrations: [Migration] = [
    Migration(version: 1, name: "initial", sql: String(decoding: PackageResources.V001_initial_sql, as: UTF8.self)),
    Migration(version: 2, name: "queue", sql: String(decoding: PackageResources.V002_queue_sql, as: UTF8.self)),
    Migration(
        version: 3, name: "scheduler",
        sql: String(
            decoding: PackageResources.V003_scheduler_sql
                + PackageResources.V003_scheduler_by_hand_and_ingestion_sql, as: UTF8.self)),
    Migration(
        version: 4, name: "alerts_and_access",
        sql: String(decoding: PackageResources.V004_alerts_and_access_sql, as: UTF8.self)),
    Migration(
        version: 5, name: "catalog_history",
        sql: String(decoding: PackageResources.V005_catalog_history_sql, as: UTF8.self)),
    Migration(version: 6, name: "revivals", sql: String(decoding: PackageResources.V006_revivals_sql, as: UTF8.self)),
    Migration(
        version: 7, name: "closures_and_retention",
        sql: String(
            decoding: PackageResources.V007_closures_sql + PackageResources.V007_closures_and_ingestion_sql
                + PackageResources.V007_retention_sql + PackageResources.V007_retention_and_shares_sql,
            as: UTF8.self)),
    Migration(version: 8, name: "counts", sql: String(decoding: PackageResources.V008_counts_sql, as: UTF8.self)),
    Migration(version: 9, name: "horizons", sql: String(decoding: PackageResources.V009_horizons_sql, as: UTF8.self)),
    Migration(version: 10, name: "pool", sql: String(decoding: PackageResources.V010_pool_sql, as: UTF8.self)),
    Migration(
        version: 11, name: "build_events",
        sql: String(decoding: PackageResources.V011_build_events_sql, as: UTF8.self)),
]
