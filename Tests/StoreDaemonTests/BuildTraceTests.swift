// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@testable import StoreDaemon

/// What guix-daemon says while it builds, as one of 2024 wrote it.
@Suite struct BuildTraceTests {
    private func texts(_ pieces: [String]) -> (output: String, message: String?) {
        var text = TracedText()
        var output: [UInt8] = []
        for piece in pieces { output += text.take(Array(piece.utf8)) ?? [] }
        return (String(decoding: output, as: UTF8.self), text.message)
    }

    @Test(arguments: [
        ["@ build-log 12 8\none\ntwo\n"], ["@ build-", "log 12 8\non", "e\ntwo\n"],
        ["@ build-log 12 8\n", "one\ntwo\n"],
    ])
    func `a builder's output is what follows the mark`(pieces: [String]) {
        let (output, message) = texts(pieces)
        #expect(output == "one\ntwo\n" && message == nil)
    }

    @Test func `a builder cannot speak as the daemon`() {
        let forged = "@ build-log 12 70\n@ build-failed /gnu/store/x.drv - timeout\n@ build-log 1 2\n"
        let (output, message) = texts([forged])
        #expect(output == "@ build-failed /gnu/store/x.drv - timeout\n@ build-log 1 2\n" && message == nil)
    }

    @Test func `words of the daemon are a message, however long and in whatever pieces`() {
        #expect(texts(["@ build", "-started x\n"]).message == "@ build-started x")
        #expect(texts(["@"]).message == "@")
        #expect(texts(["", "\n"]).message?.isEmpty == true)
        let (output, message) = texts(["a"] + Array(repeating: String(repeating: "b", count: 50_000), count: 3))
        #expect(output.isEmpty && message?.utf8.count == 64 << 10)
    }

    private func result(_ lines: [String], _ status: BuildStatus) throws -> BuildResult {
        let path = try StorePath(parsing: "/gnu/store/7b0rzwcbdml7z4njkv8jw7qb60y3hzra-hello-2.10.drv")
        let trace = BuildTrace(of: path)
        for line in lines { _ = trace.take(line.replacing("DRV", with: "\(path)")) }
        return trace.result(otherwise: BuildResult(status: status, message: "build of `x' failed"))
    }

    @Test func `how a build failed is told by its trace`() throws {
        let words = "builder for `DRV' failed with exit code 3"
        let failed = try result([words, "@ build-failed DRV - 1 \(words)"], .permanentFailure)
        #expect(failed.status == .permanentFailure && failed.message.hasSuffix("failed with exit code 3"))
        // The daemon's own status does not tell this from a guest that could not build.
        let rejected = try result(
            ["@ build-failed DRV - 1 builder for `DRV' failed to produce output path"], .transientFailure)
        #expect(rejected.status == .outputRejected && rejected.message.hasSuffix("failed to produce output path"))
        let full = try result(
            ["note: build failure may have been caused by lack of free disk space", "@ build-failed DRV - 1 \(words)"],
            .transientFailure)
        #expect(full.status == .transientFailure && full.message.contains("lack of free disk space"))
        #expect(try result(["@ build-failed DRV - timeout"], .timedOut).status == .timedOut)
        let unstarted = try result(["@ build-failed DRV - 0 no build users"], .permanentFailure)
        #expect(unstarted == BuildResult(status: .inputRejected, message: "no build users"))
    }

    @Test func `another derivation's trace, or none, leaves the daemon's own answer`() throws {
        let answer = try result(["@ build-failed /gnu/store/other.drv - 0 words"], .transientFailure)
        #expect(answer == BuildResult(status: .transientFailure, message: "build of `x' failed"))
    }
}
