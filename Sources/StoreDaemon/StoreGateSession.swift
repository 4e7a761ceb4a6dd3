// SPDX-License-Identifier: GPL-3.0-or-later

internal import ByteStreams
internal import Derivations
internal import FoundationEssentials

/// One client's conversation with a `StoreGate`, in guix-daemon's protocol.
actor StoreGateSession {
    private let channel: WireChannel
    private let gate: StoreGate
    private let connection: StoreConnection

    init(_ stream: any ByteStream, gate: StoreGate, connection: StoreConnection) {
        // A text may be a derivation, which the parser limits.
        channel = WireChannel(stream: stream, limits: DaemonLimits(textBytes: Derivation.largestFile))
        self.gate = gate
        self.connection = connection
    }

    /// What this says that it is: the daemon of 2023.
    private static let version: UInt64 = 1 << 8 | 0x64

    /// - Throws: where the client breaks the protocol, and at the end of the stream.
    func run() async throws {
        guard try await channel.integer() == 0x6e69_7863 else { throw violation("it greets with another number") }
        var hello = WireEncoder()
        hello.integer(0x6478_696f)
        hello.integer(Self.version)
        try await channel.send(hello)
        _ = try await channel.integer()  // The client's version; all that speak to this daemon do so alike.
        if try await channel.boolean() { _ = try await channel.integer() }  // A processor to be bound to.
        _ = try await channel.boolean()  // Space kept back for garbage collection.
        try await answer { _ in }
        while true { try await serve(try await channel.integer()) }
    }

    private func violation(_ problem: String) -> StoreDaemonError {
        .protocolViolation("an evaluation's client: \(problem)")
    }

    // MARK: Answers

    private static let last: UInt64 = 0x616c_7473
    private static let error: UInt64 = 0x6378_7470

    private func answer(_ fill: (inout WireEncoder) -> Void) async throws {
        var encoder = WireEncoder()
        encoder.integer(Self.last)
        fill(&encoder)
        try await channel.send(encoder)
    }

    private func refuse(_ message: String) async throws {
        var encoder = WireEncoder()
        encoder.integer(Self.error)
        encoder.text(message)
        encoder.integer(1)
        try await channel.send(encoder)
    }

    /// Answers with what `work` gives, or with what the store refused it for.
    private func answer<Value: Sendable>(
        _ work: () async throws -> Value, _ fill: (inout WireEncoder, Value) -> Void
    ) async throws {
        let value: Value
        do {
            value = try await work()
        } catch StoreDaemonError.refused(let message, _) {
            return try await refuse(message)
        } catch StoreDaemonError.notValid(let path) {
            // In guix-daemon's words, by which clients know it.
            return try await refuse("path `\(path)' is not valid")
        } catch let error as DerivationsError {
            return try await refuse("\(error)")
        } catch {
            gate.fail(error)
            throw error
        }
        try await answer { fill(&$0, value) }
    }

    // MARK: Operations

    private func serve(_ number: UInt64) async throws {
        switch GateOperation(rawValue: number) {
        case .isValidPath:
            let path = try await channel.text()
            try await answer({ try await self.connection.isValid(StorePath(parsing: path)) }) { $0.boolean($1) }
        case .queryPathInfo, .queryPathHash, .queryReferences: try await describe(number)
        case .addToStore: try await addSource()
        case .addTextToStore: try await addText()
        case .addTempRoot:
            let path = try await channel.path()
            try await answer({ try await self.connection.addTempRoot(path) }) { answer, _ in answer.integer(1) }
        case .setOptions: try await readOptions()
        case .queryValidPaths:
            let paths = try await channel.paths()
            try await answer({ try await self.connection.validPaths(among: paths) }) { $0.paths($1.sorted()) }
        case .queryDerivationOutputs, .queryDerivationOutputNames: try await outputs(number)
        case .hasSubstitutes:
            _ = try await channel.text()
            try await answer { $0.boolean(false) }
        case .querySubstitutablePaths, .querySubstitutablePathInfos, .queryValidDerivers:
            if number == GateOperation.queryValidDerivers.rawValue {
                _ = try await channel.text()
            } else {
                _ = try await channel.texts()
            }
            try await answer { $0.integer(0) }
        case .syncWithGC: try await answer { $0.integer(1) }
        // Both come with every guix-daemon since October 2023; without them revisions give other derivations.
        case .builtinBuilders: try await answer { $0.texts(["download", "git-download"]) }
        case .substituteURLs: try await answer { $0.texts([String]()) }
        case .buildPaths:
            let wanted = try await channel.texts()
            _ = try await channel.integer()
            try await refuse(
                "an evaluation builds nothing, but this was to be built: \(wanted.prefix(3).joined(separator: ", "))")
        case .ensurePath:
            let path = try await channel.path()
            try await answer({ try await self.ensure(path) }) { answer, _ in answer.integer(1) }
        case nil:
            try await refuse("an evaluation may not do operation \(number) of the daemon")
            throw violation("it asks for operation \(number)")
        }
    }

    private func ensure(_ path: StorePath) async throws {
        guard try await connection.isValid(path) else { throw StoreDaemonError.notValid(path) }
    }

    /// Nine numbers and a list of pairs; what they ask for is not done here.
    private func readOptions() async throws {
        for _ in 0..<9 { _ = try await channel.integer() }
        let count = try await channel.count(of: "options", limit: 1_000)
        for _ in 0..<count {
            _ = try await channel.text()
            _ = try await channel.text()
        }
        try await answer { _ in }
    }

    private func describe(_ number: UInt64) async throws {
        let path = try await channel.path()
        try await answer({
            guard let info = try await self.connection.pathInfo(of: path) else { throw StoreDaemonError.notValid(path) }
            return info
        }) { answer, info in
            switch GateOperation(rawValue: number) {
            case .queryReferences: answer.paths(info.references)
            case .queryPathHash: answer.text(info.narHash.base16)
            default:
                answer.path(info.deriver)
                answer.text(info.narHash.base16)
                answer.paths(info.references)
                answer.integer(UInt64(bitPattern: info.registrationTime))
                answer.integer(info.narSize)
            }
        }
    }

    private func outputs(_ number: UInt64) async throws {
        let path = try await channel.path()
        try await answer({ try self.gate.store.derivation(at: path).outputs }) { answer, outputs in
            if number == GateOperation.queryDerivationOutputs.rawValue {
                answer.paths(outputs.compactMap(\.path))
            } else {
                answer.texts(outputs.map(\.name))
            }
        }
    }

    private func addText() async throws {
        let name = try await channel.text()
        let contents = try await channel.data()
        let references = try await channel.paths()
        try await answer({
            let path = try StorePath.text(
                contents, name: name, references: references, in: self.gate.store.logicalDirectory)
            if self.gate.hasAdded(path) { return path }
            try self.gate.take(bytes: contents.count)
            let added = try await self.connection.addText(contents, name: name, references: references)
            try self.gate.note(added)
            return added
        }) { $0.path($1) }
    }

    private func addSource() async throws {
        let name = try await channel.text()
        _ = try await channel.integer()  // Always 1.
        let isRecursive = try await channel.boolean()
        let algorithm = HashAlgorithm(rawValue: try await channel.text())
        let file = "\(gate.store.spoolDirectory)/source-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        var extractor = ArchiveExtractor(to: file)
        // Left in the middle of an archive, a client cannot be understood any more.
        try await channel.archive { event in
            switch event {
            case .fileBegin(let size, _): try gate.take(bytes: Int(clamping: size))
            case .directoryBegin, .symbolicLink: try gate.take(bytes: 512)
            case .directoryEnd, .entry, .fileBytes, .fileEnd: break
            }
            try extractor.handle(event)
        }
        try await answer({
            guard let algorithm else { throw StoreDaemonError.refused(message: "no such hash algorithm", status: 1) }
            let path = try await self.connection.add(
                file: file, name: name, method: isRecursive ? .recursive : .flat, algorithm: algorithm)
            try self.gate.note(path)
            return path
        }) { $0.path($1) }
    }
}

/// What a `StoreGate` answers; every other operation is refused.
private enum GateOperation: UInt64 {
    case isValidPath = 1
    case hasSubstitutes = 3
    case queryPathHash = 4
    case queryReferences = 5
    case addToStore = 7
    case addTextToStore = 8
    case buildPaths = 9
    case ensurePath = 10
    case addTempRoot = 11
    case syncWithGC = 13
    case setOptions = 19
    case queryDerivationOutputs = 22
    case queryPathInfo = 26
    case queryDerivationOutputNames = 28
    case querySubstitutablePathInfos = 30
    case queryValidPaths = 31
    case querySubstitutablePaths = 32
    case queryValidDerivers = 33
    case builtinBuilders = 80
    case substituteURLs = 81
}
