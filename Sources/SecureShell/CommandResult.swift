// SPDX-License-Identifier: GPL-3.0-or-later

/// What a short remote command printed and how it ended.
package struct CommandResult: Sendable {
    package let exit: ExitStatus
    package let output: [UInt8]
    package let errors: [UInt8]

    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
}

extension SecureShellSession {
    /// Runs a command to its end, keeping what it prints.
    ///
    /// - Parameter limit: bytes of output and of error output, each; more is an error, and the command is left alone.
    package nonisolated func run(
        _ command: String, input: [UInt8] = [], limit: Int = 1 << 20
    ) async throws -> CommandResult {
        try await withCommand(command) { channel in
            async let output = gather(limit) { try await channel.read(upTo: 1 << 16) }
            async let errors = gather(limit) { try await channel.readErrors(upTo: 1 << 16) }
            if !input.isEmpty { try await channel.write(input) }
            try await channel.finishInput()
            let (kept, keptErrors) = try await (output, errors)
            return CommandResult(exit: try await channel.exitStatus(), output: kept, errors: keptErrors)
        }
    }

    /// Starts a command for as long as `body` runs, and closes its channel whatever happens.
    package nonisolated func withCommand<Result: Sendable>(
        _ command: String, _ body: @Sendable (SecureShellChannel) async throws -> Result
    ) async throws -> Result {
        let channel = try await start(command)
        do {
            let result = try await body(channel)
            await channel.close()
            return result
        } catch {
            await channel.close()
            throw error
        }
    }
}

/// Everything a stream gives.
private func gather(_ limit: Int, _ next: @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
    var gathered: [UInt8] = []
    while true {
        let chunk = try await next()
        if chunk.isEmpty { return gathered }
        guard gathered.count + chunk.count <= limit else { throw SecureShellError.tooMuchOutput(limit: limit) }
        gathered += chunk
    }
}
