// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

/// The kinds of message a daemon sends while it works.
private enum DaemonMessage: UInt64 {
    case next = 0x6f6c_6d67
    case read = 0x6461_7461
    case write = 0x6461_7416
    case last = 0x616c_7473
    case error = 0x6378_7470
    case startActivity = 0x5354_5254
    case stopActivity = 0x5354_4f50
    case result = 0x5253_4c54
}

/// Numbers of Nix's activities and results that matter here.
private enum ActivityNumber {
    static let build: UInt64 = 105
    static let buildLogLine: UInt64 = 101
    static let postBuildLogLine: UInt64 = 107
}

extension StoreConnection {
    /// Follows the daemon's messages until it has done the operation.
    ///
    /// - Throws: `StoreDaemonError.refused` where it says that it failed.
    func untilDone(_ exchange: DaemonExchange = DaemonExchange()) async throws {
        var activities: [UInt64: StorePath] = [:]
        while true {
            let number = try await channel.integer()
            guard let message = DaemonMessage(rawValue: number) else {
                throw StoreDaemonError.protocolViolation("message 0x\(String(number, radix: 16)) is not known")
            }
            switch message {
            case .last: return
            case .error: throw try await refusal()
            case .next: try await next(exchange)
            case .read: try await serve(exchange)
            case .write: try await receive(exchange)
            case .startActivity: try await start(&activities, exchange)
            case .stopActivity: activities[try await channel.integer()] = nil
            case .result: try await result(activities, exchange)
            }
        }
    }

    /// Guix sends builders' output this way, in pieces as it comes; Nix its own messages.
    private func next(_ exchange: DaemonExchange) async throws {
        if isTracing {
            var text = TracedText()
            try await channel.pieces {
                if let output = text.take($0) { try await exchange.log(.output(output, of: nil)) }
            }
            if let message = text.message { try await exchange.log(.message(message)) }
        } else if dialect.isGuix {
            try await channel.pieces { try await exchange.log(.output($0, of: nil)) }
        } else {
            let text = Self.withoutColours(try await channel.text())
            try await exchange.log(.message(text.hasSuffix("\n") ? String(text.dropLast()) : text))
        }
    }

    private func serve(_ exchange: DaemonExchange) async throws {
        let wanted = try await channel.integer()
        guard let source = exchange.source else {
            throw StoreDaemonError.protocolViolation("it asks for bytes where there are none")
        }
        let bytes = try await source(Int(min(wanted, 256 << 10)))
        var encoder = WireEncoder()
        encoder.data(bytes)
        try await channel.send(encoder)
    }

    private func receive(_ exchange: DaemonExchange) async throws {
        guard let sink = exchange.sink else {
            throw StoreDaemonError.protocolViolation("it sends bytes where none were asked for")
        }
        try await channel.pieces { try await sink($0) }
    }

    private func refusal() async throws -> StoreDaemonError {
        guard dialect.isNix(since: 26) else {
            let message = try await channel.text()
            return .refused(message: Self.withoutColours(message), status: try await channel.integer())
        }
        _ = try await channel.text()  // The error's type, always "Error".
        _ = try await channel.integer()  // Its level.
        _ = try await channel.text()  // Its name.
        let message = try await channel.text()
        try await noPosition()
        for _ in 0..<(try await channel.count(of: "a trace", limit: 10_000)) {
            try await noPosition()
            _ = try await channel.text()
        }
        return .refused(message: Self.withoutColours(message), status: 1)
    }

    private func noPosition() async throws {
        guard try await channel.integer() == 0 else {
            throw StoreDaemonError.protocolViolation("an error has a position")
        }
    }

    /// The text without a terminal's colour sequences.
    static func withoutColours(_ text: String) -> String {
        guard text.utf8.contains(0x1b) else { return text }
        return text.replacing(/\u{1b}\[[0-9;]*[A-Za-z]/, with: "")
    }
}

// MARK: Nix's activities

extension StoreConnection {
    /// Activities that builds have started and not ended; more than these are not told apart.
    private static let mostActivities = 10_000

    private func start(_ activities: inout [UInt64: StorePath], _ exchange: DaemonExchange) async throws {
        let activity = try await channel.integer()
        _ = try await channel.integer()  // Its level.
        let type = try await channel.integer()
        _ = try await channel.text()
        let fields = try await fields()
        _ = try await channel.integer()  // Its parent.
        guard type == ActivityNumber.build, case .text(let text)? = fields.first,
            let path = try? StorePath(parsing: text)
        else { return }
        if activities.count < Self.mostActivities { activities[activity] = path }
        try await exchange.log(.started(path))
    }

    private func result(_ activities: [UInt64: StorePath], _ exchange: DaemonExchange) async throws {
        let activity = try await channel.integer()
        let type = try await channel.integer()
        guard type == ActivityNumber.buildLogLine || type == ActivityNumber.postBuildLogLine else {
            _ = try await fields()
            return
        }
        guard try await channel.integer() == 1, try await channel.integer() == 1 else {
            throw StoreDaemonError.protocolViolation("a log line is not one text")
        }
        let derivation = activities[activity]
        try await channel.pieces { try await exchange.log(.output($0, of: derivation)) }
        try await exchange.log(.output([UInt8(ascii: "\n")], of: derivation))
    }

    private enum Field {
        case number(UInt64)
        case text(String)
    }

    private func fields() async throws -> [Field] {
        var fields: [Field] = []
        for _ in 0..<(try await channel.count(of: "fields", limit: 100)) {
            switch try await channel.integer() {
            case 0: fields.append(.number(try await channel.integer()))
            case 1: fields.append(.text(try await channel.text()))
            case let type: throw StoreDaemonError.protocolViolation("a field has type \(type)")
            }
        }
        return fields
    }
}
