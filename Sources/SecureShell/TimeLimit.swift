// SPDX-License-Identifier: GPL-3.0-or-later

/// Runs `body`, cancelling it when `limit` is over, which then throws `SecureShellError.timeLimit`.
package func withTimeLimit<Result: Sendable>(
    _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
    _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await clock.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw SecureShellError.timeLimit(limit)
        }
        return result
    }
}
