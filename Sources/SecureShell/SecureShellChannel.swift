// SPDX-License-Identifier: GPL-3.0-or-later

internal import ByteStreams

/// A command running at the other end, as a stream: what is written is its standard input, what is read its output.
///
/// The server stops sending when about 1.2 MB wait to be read, errors counted: read both, or let the command's error
/// output go elsewhere.
package struct SecureShellChannel: ByteStream {
    let session: SecureShellSession
    let number: Int

    package func read(upTo limit: Int) async throws -> [UInt8] {
        try await session.read(number, upTo: limit, errors: false)
    }

    /// As `read`, of the command's error output.
    package func readErrors(upTo limit: Int) async throws -> [UInt8] {
        try await session.read(number, upTo: limit, errors: true)
    }

    package func write(_ bytes: [UInt8]) async throws {
        try await session.write(number, bytes)
    }

    /// Tells the command that its input ends here.
    package func finishInput() async throws { try await session.finishInput(number) }

    /// Waits for the end of the command.
    package func exitStatus() async throws -> ExitStatus { try await session.ending(number) }

    package func close() async { await session.release(number) }
}
