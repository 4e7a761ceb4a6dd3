// SPDX-License-Identifier: GPL-3.0-or-later

internal import ThreadExecutors

/// Runs what would block on a thread of its own, away from the pool that serves everybody.
actor BlockingWork {
    private let executor: ThreadExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(name: String) { executor = ThreadExecutor(name: name) }

    private func perform<Result: Sendable>(_ body: @Sendable () throws -> Result) rethrows -> Result { try body() }

    static func run<Result: Sendable>(
        _ name: String, _ body: @Sendable () throws -> Result
    ) async throws -> Result {
        try await BlockingWork(name: name).perform(body)
    }
}
