// SPDX-License-Identifier: GPL-3.0-or-later

package import ByteStreams
internal import Derivations
internal import ThreadExecutors

/// A client's connection to a store's daemon, of Nix or Guix, over any byte stream.
///
/// Operations run one at a time, in the order in which they were asked for. What the daemon refuses throws
/// `StoreDaemonError.refused` and leaves the connection usable; any other error, and cancellation in the middle
/// of an operation, closes it. Source of the protocol: the recordings under test, and the Nix manual.
package actor StoreConnection {
    private let executor = ThreadExecutor(name: "store daemon")
    let channel: WireChannel
    /// Nix or Guix, and which protocol; settled by the handshake.
    package private(set) var dialect = DaemonDialect.nix(minor: DaemonDialect.oldestNix)
    /// The daemon's own version, where it says it.
    package private(set) var daemonVersion: String?
    /// Whether the daemon marks what is a builder's output and what is its own.
    var isTracing = false
    private var failure: String?
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(stream: any ByteStream, limits: DaemonLimits) {
        channel = WireChannel(stream: stream, limits: limits)
    }

    /// Greets the daemon at the other end of `stream` and tells it the settings.
    ///
    /// - Throws: `StoreDaemonError`; the stream is closed then.
    package static func open(
        over stream: any ByteStream, settings: BuildSettings = BuildSettings(), limits: DaemonLimits = DaemonLimits()
    ) async throws -> StoreConnection {
        let connection = StoreConnection(stream: stream, limits: limits)
        try await connection.exclusively { try await connection.greet() }
        try await connection.apply(settings)
        return connection
    }

    /// Closes the stream; an operation under way fails.
    package func close() async {
        failure = failure ?? "it was closed here"
        await channel.stream.close()
    }

    private func greet() async throws {
        var hello = WireEncoder()
        hello.integer(0x6e69_7863)
        try await channel.send(hello)
        guard try await channel.integer() == 0x6478_696f else {
            throw StoreDaemonError.protocolViolation("it greets with another number")
        }
        dialect = try DaemonDialect(daemonVersion: try await channel.integer())
        var answer = WireEncoder()
        answer.integer(dialect.clientVersion)
        answer.boolean(false)  // No processor to be bound to.
        answer.boolean(dialect.isGuix)  // Space kept back for garbage collection; Nix dropped it.
        try await channel.send(answer)
        if dialect.isNix(since: 33) { daemonVersion = try await channel.text() }
        try await untilDone()
    }
}

// MARK: One operation

extension StoreConnection {
    /// Asks for an operation and reads its answer.
    ///
    /// - Parameters:
    ///   - exchange: what passes while the daemon works.
    ///   - arguments: what follows the operation's number.
    ///   - body: sends more before the daemon starts to answer.
    ///   - answer: reads what follows the daemon's work.
    func operate<Answer: Sendable>(
        _ operation: DaemonOperation, exchange: DaemonExchange = DaemonExchange(),
        _ arguments: (inout WireEncoder) -> Void,
        body: nonisolated(nonsending) (WireChannel) async throws -> Void = { _ in },
        answer: nonisolated(nonsending) (WireChannel) async throws -> Answer
    ) async throws -> Answer {
        var request = WireEncoder()
        request.integer(operation.rawValue)
        arguments(&request)
        let bytes = request.bytes
        var pause = Self.firstPause
        while true {
            do {
                return try await exclusively {
                    try await channel.send(bytes)
                    try await body(channel)
                    try await untilDone(exchange)
                    return try await answer(channel)
                }
            } catch let error as StoreDaemonError
                where error.isBusyDatabase && operation.isRepeatable && pause <= Self.longestPause
            {
                // Nobody tells when the database is free again.
                try await Task.sleep(for: pause)
                pause *= 2
            }
        }
    }

    /// Between attempts where the daemon's database is busy; seven, over 12 seconds.
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.milliseconds(6400)

    /// An operation that answers with a number that says nothing.
    func operate(
        _ operation: DaemonOperation, exchange: DaemonExchange = DaemonExchange(),
        _ arguments: (inout WireEncoder) -> Void
    ) async throws {
        try await operate(operation, exchange: exchange, arguments, answer: { _ = try await $0.integer() })
    }

    /// Waits for the operations before this one, and closes the connection where one is left half done.
    private func exclusively<Result: Sendable>(
        _ operation: nonisolated(nonsending) () async throws -> Result
    ) async throws -> Result {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer { next() }
        if let failure { throw StoreDaemonError.connectionLost(failure) }
        do {
            return try await operation()
        } catch {
            if case StoreDaemonError.refused = error { throw error }
            failure = "an earlier operation failed: \(error)"
            await channel.stream.close()
            throw error is ByteStreamError ? StoreDaemonError.connectionLost("\(error)") : error
        }
    }

    private func next() {
        if waiting.isEmpty {
            isBusy = false
        } else {
            waiting.removeFirst().resume()
        }
    }
}
