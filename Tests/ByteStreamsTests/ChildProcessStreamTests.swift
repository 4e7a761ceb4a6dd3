// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Foundation
import Testing

@Suite struct ChildProcessStreamTests {
    private func shell(
        _ script: String, environment: [String: String] = [:], grace: Duration = .seconds(20)
    ) throws -> ChildProcessStream {
        try ChildProcessStream(
            executable: "/bin/sh", arguments: ["-c", script], environment: environment, grace: grace)
    }

    private func readAll(_ stream: ChildProcessStream) async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let piece = try await stream.read(upTo: 4096)
            if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece
        }
    }

    @Test func `a child echoes its input and ends with it`() async throws {
        let child = try shell("exec /bin/cat")
        try await child.write(Array("one\ntwo\n".utf8))
        child.finishWriting()
        #expect(try await readAll(child) == "one\ntwo\n")
        #expect(await child.end() == .exited(status: 0))
    }

    @Test func `a child has the environment it is given and no other`() async throws {
        let child = try shell("exec /usr/bin/env", environment: ["ONLY": "this"])
        let lines = try await readAll(child).split(separator: "\n").filter {
            !$0.hasPrefix("PWD=") && !$0.hasPrefix("_=")
        }
        #expect(lines == ["ONLY=this"])
        await child.close()
    }

    @Test func `a child gets no descriptor but the three`() async throws {
        let child = try shell("cd /proc/self/fd && echo *")
        // The shell's own glob opens the directory as a fourth one.
        #expect(try await readAll(child).split(separator: " ").count <= 4)
        await child.close()
    }

    @Test func `a child's exit status and last errors are told`() async throws {
        let child = try shell("echo first >&2; echo why >&2; exit 7")
        #expect(try await readAll(child) == "")
        #expect(await child.end() == .exited(status: 7))
        #expect(child.lastErrors() == "first\nwhy\n")
    }

    @Test func `a child that does not end is told to, and at last killed`() async throws {
        let told = try shell("exec /bin/sleep 1000", grace: .seconds(2))
        #expect(await told.end() == .signalled(SIGTERM))
        let stubborn = try shell("trap '' TERM; echo ready; exec /bin/sleep 1000", grace: .milliseconds(50))
        #expect(try await stubborn.read(upTo: 100) == Array("ready\n".utf8))
        #expect(await stubborn.end() == .signalled(SIGKILL))
        #expect(await stubborn.end() == .signalled(SIGKILL))
    }

    @Test func `a program that is not there is an error`() {
        #expect(throws: ByteStreamError.cannotStart(executable: "/no/such/program", code: ENOENT)) {
            try ChildProcessStream(executable: "/no/such/program", arguments: [], environment: [:])
        }
    }

    @Test func `a write to a child that has ended fails`() async throws {
        let child = try shell("exit 0")
        #expect(try await readAll(child) == "")
        await #expect(throws: ByteStreamError.peerClosed) {
            try await child.write([UInt8](repeating: 0, count: 1_000_000))
        }
        await child.close()
    }
}
