// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension StoreConnection {
    /// Builds derivations that are in the store, with all that they need, and tells how each of them ended.
    ///
    /// A build that fails is a result, not an error. A daemon that reports for all of them together is asked
    /// for one after another.
    ///
    /// - Parameter log: receives the builders' output while they run.
    package func build(
        _ derivations: [StorePath], mode: BuildMode = .normal, log: @escaping LogHandler = { _ in }
    ) async throws -> [StorePath: BuildResult] {
        if dialect.isNix(since: 34) { return try await buildTogether(derivations, mode: mode, log: log) }
        var results: [StorePath: BuildResult] = [:]
        for derivation in derivations {
            results[derivation] = try await buildAlone(derivation, mode: mode, log: log)
        }
        return results
    }

    /// Builds a derivation that need not be in the store: all its inputs' outputs must be.
    ///
    /// Nix only, and only for a client it trusts.
    package func build(
        _ derivation: Derivation, at path: StorePath, inputs: some Collection<StorePath> & Sendable,
        mode: BuildMode = .normal, log: @escaping LogHandler = { _ in }
    ) async throws -> BuildResult {
        guard !dialect.isGuix else {
            throw StoreDaemonError.unsupportedOperation("building a derivation that is not in the store")
        }
        let dialect = dialect
        return try await operate(.buildDerivation, exchange: DaemonExchange(log: log)) { request in
            request.path(path)
            request.basicDerivation(derivation, inputs: inputs)
            request.integer(mode.rawValue)
        } answer: {
            try await Self.buildResult(from: $0, dialect: dialect)
        }
    }

    private func buildTogether(
        _ derivations: [StorePath], mode: BuildMode, log: @escaping LogHandler
    ) async throws -> [StorePath: BuildResult] {
        let targets = targets(derivations)
        let dialect = dialect
        return try await operate(.buildPathsWithResults, exchange: DaemonExchange(log: log)) { request in
            request.texts(targets)
            request.integer(mode.rawValue)
        } answer: { channel in
            var results: [StorePath: BuildResult] = [:]
            for _ in 0..<(try await channel.count(of: "results", limit: targets.count)) {
                let target = try await channel.text()
                let path = try StorePath(parsing: String(target.prefix { $0 != "!" }))
                results[path] = try await Self.buildResult(from: channel, dialect: dialect)
            }
            return results
        }
    }

    private func buildAlone(
        _ derivation: StorePath, mode: BuildMode, log: @escaping LogHandler
    ) async throws -> BuildResult {
        let targets = targets([derivation])
        let trace = BuildTrace(of: derivation)
        let exchange = DaemonExchange { event in
            if case .message(let line) = event, trace.take(line) { return }
            try await log(event)
        }
        do {
            try await operate(.buildPaths, exchange: exchange) { request in
                request.texts(targets)
                request.integer(mode.rawValue)
            }
            return BuildResult(status: .built)
        } catch StoreDaemonError.refused(let message, let status) {
            let known = BuildResult(status: Self.status(ofExit: status), message: message)
            return trace.result(otherwise: known)
        }
    }

    /// What the exit statuses mean that a daemon gives for failed builds.
    private static func status(ofExit status: UInt64) -> BuildStatus {
        switch status {
        case 100: .permanentFailure
        case 101: .timedOut
        case 102: .outputRejected
        case 104: .notDeterministic
        case 1: .transientFailure
        default: .miscFailure
        }
    }

    private static nonisolated(nonsending) func buildResult(
        from channel: WireChannel, dialect: DaemonDialect
    ) async throws -> BuildResult {
        let number = try await channel.integer()
        guard let status = BuildStatus(rawValue: number) else {
            throw StoreDaemonError.protocolViolation("build status \(number) is not known")
        }
        var result = BuildResult(status: status, message: withoutColours(try await channel.text()))
        if dialect.isNix(since: 29) {
            _ = try await channel.integer()  // Times it was built.
            _ = try await channel.boolean()  // Whether those differed.
            result.startTime = Int64(truncatingIfNeeded: try await channel.integer())
            result.stopTime = Int64(truncatingIfNeeded: try await channel.integer())
        }
        if dialect.isNix(since: 28) {
            for _ in 0..<(try await channel.count(of: "outputs", limit: 10_000)) {
                _ = try await channel.text()  // Which output: known from the derivation.
                _ = try await channel.text()  // Where it lies, as JSON.
            }
        }
        return result
    }
}

extension WireEncoder {
    /// A derivation with its inputs as plain paths.
    fileprivate mutating func basicDerivation(_ derivation: Derivation, inputs: some Collection<StorePath>) {
        integer(UInt64(derivation.outputs.count))
        for output in derivation.outputs {
            text(output.name)
            path(output.path)
            text(output.hashAlgorithm)
            text(output.hash)
        }
        paths(inputs)
        text(derivation.system)
        text(derivation.builder)
        texts(derivation.arguments)
        integer(UInt64(derivation.environment.count))
        for variable in derivation.environment {
            text(variable.name)
            text(variable.value)
        }
    }
}
