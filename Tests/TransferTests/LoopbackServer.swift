// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Subprocess
import Testing
import Transfer

/// The ports of a server on this machine's loopback interface that speaks HTTP, HTTPS with a certificate of its own, and
/// SMTP in four tempers.
struct LoopbackServer: Sendable {
    let http: Int
    let https: Int
    let mail: Int
    /// Offers STARTTLS, wants it before anything else, and then a user and a password.
    let secureMail: Int
    /// Where nobody listens.
    let nobody: Int
    let certificates: String

    func url(_ path: String) -> String { "http://127.0.0.1:\(http)\(path)" }

    /// Whether everything that the server needs is installed.
    static let isPossible: Bool = ["python3", "openssl"].allSatisfy { program in
        (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
            .contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    /// Runs a server while `body` runs; it goes when its standard input ends, hence with this process at the latest.
    static func run(_ body: @Sendable (LoopbackServer) async throws -> Void) async throws {
        var template = Array("/tmp/almanac-transfer-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let result = try await Subprocess.run(
            .name("python3"), arguments: ["-u", "-c", loopbackServerScript, folder], input: .inputWriter,
            output: .sequence, error: .discarded
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            let ports = (try await lines.next() ?? "").split(separator: " ").compactMap { Int($0) }
            try #require(ports.count == 5, "the server did not start")
            try await body(
                LoopbackServer(
                    http: ports[0], https: ports[1], mail: ports[2], secureMail: ports[3], nobody: ports[4],
                    certificates: "\(folder)/certificate.pem"))
            try await execution.standardInputWriter.finish()
            while try await lines.next() != nil {}
        }
        #expect(result.terminationStatus.isSuccess)
        #expect(access(folder, F_OK) != 0)
    }
}
