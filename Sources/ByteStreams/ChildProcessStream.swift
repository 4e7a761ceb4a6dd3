// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// A byte stream to a child process's standard input, from its standard output.
package struct ChildProcessStream: ByteStream {
    private let stream: SocketStream
    private let child: ChildProcess
    private let errors: ErrorTail
    private let grace: Duration

    /// Starts the child.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name looked up in `PATH`.
    ///   - environment: all of the child's environment.
    ///   - grace: how long the child may take to end by itself when the stream closes, before it is told to,
    ///     and then again before it is killed.
    /// - Throws: `ByteStreamError.cannotStart`.
    package init(
        executable: String, arguments: [String], environment: [String: String], grace: Duration = .seconds(5)
    ) throws(ByteStreamError) {
        let errors = try ErrorTail()
        let (ours, theirs) = try UnixSocket.pair()
        let theirSocket = OwnedDescriptor(theirs)
        stream = try SocketStream(adopting: ours)
        child = try ChildProcess(
            try ChildProcess.spawn(
                executable: executable, arguments: arguments, environment: environment,
                socket: theirSocket.number, errors: errors.descriptor))
        self.errors = errors
        self.grace = grace
    }

    package func read(upTo limit: Int) async throws -> [UInt8] {
        try await stream.read(upTo: limit)
    }

    package func write(_ bytes: [UInt8]) async throws {
        try await stream.write(bytes)
    }

    /// Tells the child by end of input that nothing more will come.
    package func finishWriting() {
        stream.finishWriting()
    }

    /// Ends the stream and the child; returns when the child is gone.
    package func close() async {
        await stream.close()
        _ = await child.end(grace: grace)
    }

    /// Closes, and tells how the child ended.
    package func end() async -> ChildExit {
        await stream.close()
        return await child.end(grace: grace)
    }

    /// The last bytes, so many at most, that the child wrote to standard error.
    package func lastErrors(limit: Int = 8 << 10) -> String {
        errors.text(limit: limit)
    }
}
