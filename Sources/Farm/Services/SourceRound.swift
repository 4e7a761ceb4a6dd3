// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging

/// What became of a fixed-output derivation on the host.
package enum SourceOutcome: Sendable {
    /// Its output is in the store; `from` says where it came from.
    case available(from: String)
    /// Nobody has it.
    case lost(reason: String)
    /// It might be had later: the network or a mirror is away.
    case failed(reason: String)
}

/// Realises wanted sources on the host, a few at a time.
package struct SourceRound: Sendable {
    /// After so many failures a source is taken for lost.
    static let attemptLimit = 6

    private let database: FarmDatabase
    private let realise: @Sendable (WantedSource) async throws -> SourceOutcome
    private let width: Int
    private let logger: Logger

    package init(
        database: FarmDatabase, width: Int = 4, logger: Logger,
        realise: @escaping @Sendable (WantedSource) async throws -> SourceOutcome
    ) {
        self.database = database
        self.width = width
        self.logger = logger
        self.realise = realise
    }

    package func callAsFunction() async throws {
        while true {
            let claimed = try await database.claimSources(count: width)
            if claimed.isEmpty { return }
            try await withThrowingDiscardingTaskGroup { group in
                for source in claimed { group.addTask { try await fetch(source) } }
            }
        }
    }

    private func fetch(_ source: WantedSource) async throws {
        let name = String(source.derivationPath.dropFirst(33).dropLast(4))
        let outcome: SourceOutcome
        do {
            outcome = try await realise(source)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            outcome = .failed(reason: "\(error)")
        }
        switch outcome {
        case .available(let place):
            try await database.sourceAvailable(source.derivation, from: place)
            logger.debug("A source is at hand", metadata: ["source": "\(name)", "from": "\(place)"])
        case .lost(let reason):
            try await lose(source, name, reason)
        case .failed(let reason) where source.attempts >= Self.attemptLimit:
            try await lose(source, name, "\(reason) (after \(source.attempts) attempts)")
        case .failed(let reason):
            let pause = Double(5 << min(source.attempts, 8))
            try await database.sourceFailed(source.derivation, error: reason, retryIn: pause)
            logger.warning(
                "A source could not be fetched; it is tried again",
                metadata: ["source": "\(name)", "seconds": "\(pause)", "error": "\(reason)"])
        }
    }

    private func lose(_ source: WantedSource, _ name: String, _ reason: String) async throws {
        try await database.sourceLost(source.derivation, name: name, error: reason)
        logger.error("A source is lost", metadata: ["source": "\(name)", "error": "\(reason)"])
    }
}
