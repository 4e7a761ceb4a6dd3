// SPDX-License-Identifier: GPL-3.0-or-later

internal import Synchronization

/// Stops a build that takes too long or has been silent for too long, on the host's clock.
final class BuildWatch: Sendable {
    private let heard = Mutex(ContinuousClock.now)

    /// Which limit was passed.
    enum Limit: Error, Equatable {
        case wallTime(Duration)
        case silence(Duration)

        var reason: String {
            switch self {
            case .wallTime(let limit): "the build took longer than \(limit.components.seconds) seconds"
            case .silence(let limit): "the build said nothing for \(limit.components.seconds) seconds"
            }
        }
    }

    /// To be called whenever the builder says something.
    func hear() { heard.withLock { $0 = .now } }

    /// Runs `body`, cancelling it at a limit, which is thrown then; `eachSecond` is called while it runs.
    func run<Value: Sendable>(
        limits: BuildLimits, eachSecond: @Sendable @escaping () async throws -> Void = {},
        _ body: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        hear()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limits.wallTime)
                throw Limit.wallTime(limits.wallTime)
            }
            group.addTask {
                try await self.silence(limits.silence)
                throw Limit.silence(limits.silence)
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    try await eachSecond()
                }
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw CancellationError() }
            return value
        }
    }

    /// Returns once nothing has been heard for `limit`.
    private func silence(_ limit: Duration) async throws {
        while true {
            let end = heard.withLock { $0 }.advanced(by: limit)
            if end <= .now { return }
            try await Task.sleep(until: end, clock: .continuous)
        }
    }
}
