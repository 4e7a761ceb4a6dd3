// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Synchronization
import Testing
import Transfer

/// Sums up what it is shown.
private final class Witness: Sendable {
    private let seen = Mutex<[UInt8]>([])

    var bytes: [UInt8] { seen.withLock { $0 } }

    func see(_ bytes: RawSpan) {
        seen.withLock { seen in bytes.withUnsafeBytes { seen += $0 } }
    }
}

private func content(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 21)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
}

/// Runs a test with a server and a path to which nothing was written yet.
private func withServerAndPath(
    _ body: @escaping @Sendable (LoopbackServer, String) async throws -> Void
) async throws {
    try await LoopbackServer.run { server in
        let path = server.certificates + ".download"
        try await body(server, path)
    }
}

@Suite(.enabled(if: LoopbackServer.isPossible, "python3 and openssl are needed for the server"), .serialized)
struct DownloadTests {
    private let transfer = HTTPTransfer()

    @Test func `a download is in the file, and was seen in order`() async throws {
        try await withServerAndPath { server, path throws in
            let witness = Witness()
            let answer = try await transfer.download(HTTPRequest(server.url("/bytes/1048576")), to: path) {
                witness.see($0)
            }
            #expect(answer.bodySize == 1_048_576)
            #expect(answer.body.isEmpty)
            let file = try #require(content(of: path))
            #expect(file.count == 1_048_576)
            #expect(file.enumerated().allSatisfy { $0.element == UInt8(truncatingIfNeeded: $0.offset) })
            #expect(witness.bytes == file)
        }
    }

    @Test func `an empty body makes an empty file`() async throws {
        try await withServerAndPath { server, path throws in
            _ = try await transfer.download(HTTPRequest(server.url("/bytes/0")), to: path)
            #expect(content(of: path) == [])
        }
    }

    @Test func `the words of a refusal do not go to the file`() async throws {
        try await withServerAndPath { server, path throws in
            let answer = try await transfer.download(HTTPRequest(server.url("/status/404")), to: path)
            #expect(answer.status == 404)
            #expect(answer.body == Array("status 404".utf8))
            #expect(content(of: path) == nil)
        }
    }

    @Test(arguments: ["/broken", "/endless", "/stall/body"])
    func `a download that fails leaves no file`(_ url: String) async throws {
        try await withServerAndPath { server, path throws in
            let limits = TransferLimits(stalled: .seconds(1), bodySize: 1 << 20)
            await #expect(throws: TransferError.self) {
                _ = try await transfer.download(HTTPRequest(server.url(url), limits: limits), to: path)
            }
            #expect(content(of: path) == nil)
        }
    }

    @Test func `a file that cannot be written is named`() async throws {
        try await withServerAndPath { server, path throws in
            let absent = path + "/absent"
            let error = await #expect(throws: TransferError.self) {
                _ = try await transfer.download(HTTPRequest(server.url("/bytes/256")), to: absent)
            }
            #expect(error == .file(absent, reason: "No such file or directory"))
            let full = await #expect(throws: TransferError.self) {
                _ = try await transfer.download(HTTPRequest(server.url("/bytes/256")), to: "/dev/full")
            }
            #expect(full == .file("/dev/full", reason: "No space left on device"))
            #expect(access("/dev/full", F_OK) == 0)
        }
    }
}
