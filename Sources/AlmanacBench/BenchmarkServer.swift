// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Postgres

/// The PostgreSQL server that is measured: the one of `DATABASE_URL`, or a durable cluster of its own that is removed.
enum BenchmarkServer {
    static func run<Result: Sendable>(
        _ body: (PostgresConfiguration) async throws -> Result
    ) async throws -> Result {
        if let url = ProcessInfo.processInfo.environment["DATABASE_URL"], !url.isEmpty {
            return try await body(PostgresConfiguration(connectionString: url))
        }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "almanac-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        defer { try? FileManager.default.removeItem(at: directory) }
        let cluster = PostgresCluster(
            PostgresClusterConfiguration(directory: "\(directory.path)/cluster", refuge: "\(directory.path)/refuge"))
        do {
            let result = try await body(try await cluster.start())
            try await cluster.stop()
            return result
        } catch {
            try? await cluster.stop()
            throw error
        }
    }
}
