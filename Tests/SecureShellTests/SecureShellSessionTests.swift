// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Foundation
import Testing

@testable import SecureShell

/// Against OpenSSH's server, over a socket pair.
@Suite(.enabled(if: LocalServer.isInstalled, "needs the package openssh-server"))
struct SecureShellSessionTests {
    @Test func `a command's output, errors and status come back`() async throws {
        try await LocalServer.withSession { session, _ in
            let result = try await session.run("echo out; echo err >&2; exit 7")
            #expect(result.exit == .exited(7))
            #expect(result.outputText == "out\n")
            #expect(result.errorText == "err\n")
            #expect(!result.exit.isSuccess)
        }
    }

    @Test func `a command that a signal ends is told so`() async throws {
        try await LocalServer.withSession { session, _ in
            let result = try await session.run("kill -TERM $$")
            #expect(result.exit == .signalled("TERM"))
        }
    }

    @Test func `input reaches the command, and its end too`() async throws {
        try await LocalServer.withSession { session, _ in
            let input = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let result = try await session.run("cat", input: input)
            #expect(result.output == input)
        }
    }

    @Test func `a large output comes whole through a slow reader`() async throws {
        try await LocalServer.withSession { session, _ in
            let count = 8_000_000
            let total = try await session.withCommand("head -c \(count) /dev/zero; echo end") { channel in
                var total = 0
                var last: [UInt8] = []
                while true {
                    let chunk = try await channel.read(upTo: 1 << 16)
                    if chunk.isEmpty { break }
                    total += chunk.count
                    last = Array((last + chunk).suffix(4))
                    await Task.yield()
                }
                #expect(last == Array("end\n".utf8))
                let exit = try await channel.exitStatus()
                #expect(exit == .exited(0))
                return total
            }
            #expect(total == count + 4)
        }
    }

    @Test func `channels do not wait for each other`() async throws {
        try await LocalServer.withSession { session, _ in
            try await session.withCommand("cat") { echo in
                let results = try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<6 {
                        group.addTask {
                            try await session.run("head -c 400000 /dev/zero | wc -c; echo \(number)").outputText
                        }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(results == Set((0..<6).map { "400000\n\($0)\n" }))
                // The first channel is as good as ever.
                try await echo.write(Array("still here".utf8))
                let echoed = try await echo.read(upTo: 100)
                #expect(echoed == Array("still here".utf8))
            }
        }
    }

    @Test func `more output than wanted is an error, and the session goes on`() async throws {
        try await LocalServer.withSession { session, _ in
            await #expect(throws: SecureShellError.tooMuchOutput(limit: 1000)) {
                try await session.run("head -c 5000 /dev/zero", limit: 1000)
            }
            let result = try await session.run("echo fine")
            #expect(result.outputText == "fine\n")
        }
    }

    @Test func `a cancelled command leaves the session usable`() async throws {
        try await LocalServer.withSession { session, _ in
            await #expect(throws: SecureShellError.timeLimit(.milliseconds(300))) {
                try await withTimeLimit(.milliseconds(300)) { try await session.run("sleep 1000") }
            }
            let result = try await session.run("echo fine")
            #expect(result.outputText == "fine\n")
        }
    }

    @Test func `a server that dies ends what waits for it`() async throws {
        try await LocalServer.withSession { session, server in
            try await session.withCommand("echo ready; cat") { channel in
                let first = try await channel.read(upTo: 100)
                #expect(first == Array("ready\n".utf8))
                server.kill()
                // Either an orderly end or a broken connection, but an end.
                _ = try? await channel.read(upTo: 100)
            }
            await #expect(throws: SecureShellError.self) {
                try await withTimeLimit(.seconds(60)) { try await session.run("true") }
            }
        }
    }

    @Test func `a closed session refuses commands`() async throws {
        try await LocalServer.withSession { session, _ in
            await session.close()
            await #expect(throws: SecureShellError.self) { try await session.run("true") }
        }
    }

    @Test func `a wrong host key is refused before we show who we are`() async throws {
        let server = try LocalServer(pinned: try SecureShellKeyPair())
        defer { server.end() }
        await #expect(throws: SecureShellError.wrongHostKey) {
            try await SecureShellSession.connect(
                descriptor: server.descriptor, credentials: server.credentials, timeLimit: .seconds(60))
        }
    }

    @Test func `a key that the server does not know is refused`() async throws {
        let server = try LocalServer(identity: try SecureShellKeyPair())
        defer { server.end() }
        await #expect {
            try await SecureShellSession.connect(
                descriptor: server.descriptor, credentials: server.credentials, timeLimit: .seconds(60))
        } throws: { error in
            if case SecureShellError.authentication = error { true } else { false }
        }
    }

    @Test func `a peer that says nothing is given up, also when cancelled`() async throws {
        var pair: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let mute = pair[0]
        defer { close(pair[1]) }
        let credentials = SecureShellSession.Credentials(
            user: "root", identity: try SecureShellKeyPair(), hostKey: try SecureShellKeyPair().publicBase64)
        await #expect(throws: (any Error).self) {
            try await withTimeLimit(.milliseconds(300)) {
                _ = try await SecureShellSession.connect(
                    descriptor: mute, credentials: credentials, timeLimit: .seconds(600))
            }
        }
    }
}

@Suite struct SecureShellKeyPairTests {
    @Test func `each pair is new`() throws {
        #expect(try SecureShellKeyPair().publicBase64 != SecureShellKeyPair().publicBase64)
    }

    @Test func `a host key for dropbear holds the type and the public half`() throws {
        let pair = try SecureShellKeyPair()
        let file = try pair.dropbearHostKey()
        #expect(file.count == 4 + 11 + 4 + 64)
        #expect(file.prefix(15).elementsEqual([0, 0, 0, 11] + Array("ssh-ed25519".utf8)))
        let publicKey = try #require(Data(base64Encoded: pair.publicBase64))
        #expect(file.suffix(32).elementsEqual(publicKey.suffix(32)))
    }

    @Test func `the private key is not in what is given away`() throws {
        let pair = try SecureShellKeyPair()
        #expect(pair.authorizedKeysLine == "ssh-ed25519 \(pair.publicBase64)\n")
        #expect(!pair.authorizedKeysLine.contains("PRIVATE"))
    }
}
