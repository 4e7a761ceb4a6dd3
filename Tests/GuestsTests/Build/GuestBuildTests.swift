// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Guests
import StoreDaemon
import Testing
import TimeTravel

/// Builds in real guests, one guest at a time.
extension RealGuests {
    @Suite(.enabled(if: Laboratory.isEquipped, Comment(rawValue: Laboratory.missingEquipment)))
    struct GuestBuildTests {
        let laboratory = Laboratory.shared

        @Test func `a build sees the year 2100 on the baseline processor, and its output comes home`() async throws {
            let run = try await laboratory.build(
                "date -u; id -un; nproc; echo cores $NIX_BUILD_CORES; cat /proc/cpuinfo; date -u +%s > $out",
                keepsOutputs: true)
            #expect(run.result.outcome == .succeeded)
            let output = try #require(run.result.outputs.first)
            let store = try await laboratory.hostStore()
            #expect(try await store.isValid(output))
            let text = try String(contentsOfFile: store.physicalPath(of: output), encoding: .utf8)
            let seconds = try #require(Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(Instant(seconds: seconds).description.hasPrefix("2100-01-01T00:0"))
            let log = try await run.log()
            #expect(log.contains("UTC 2100"))
            #expect(log.contains("cores 1\n"))
            #expect(!log.contains(" pni "))
            try checkEvidence(run.result)
        }

        private func checkEvidence(_ result: GuestBuildResult) throws {
            let evidence = try #require(result.evidence)
            #expect(evidence.began.description.hasPrefix("2100-01-01T00:00:"))
            #expect(try #require(evidence.ended) >= evidence.began)
            #expect(abs(try #require(evidence.drift)) < 1.5)
            #expect(evidence.cpuFlags.contains("sse2"))
            #expect(!["pni", "cx16", "ssse3", "sse4_1", "avx"].contains { evidence.cpuFlags.contains($0) })
            #expect(evidence.kernel == evidence.asked.kernel.rawValue)
            #expect(evidence.cores == 1)
            #expect(evidence.qemuCommand.contains("base=2100-01-01T00:00:00,clock=vm"))
            #expect(result.began == evidence.began)
            #expect(result.ended == evidence.ended)
        }

        @Test func `only the inputs are visible to a build's guest, and nothing is copied into it`() async throws {
            let strange = try await laboratory.derivation("exit 1", name: "unrelated")
            let run = try await laboratory.build("ls /gnu/store; ls -1 /etc; exit 1")
            #expect(run.result.outcome.outcome == .failed)
            let log = try await run.log()
            #expect(!log.contains(strange.baseName))
            #expect(log.contains("group\nhosts\npasswd\n"))
            let evidence = try #require(run.result.evidence)
            #expect(evidence.disk.size - evidence.disk.leastFree < 32 << 20)
        }

        @Test func `a build that fails is a failure with its log`() async throws {
            let run = try await laboratory.build("echo one test of three failed; exit 3", keepsOutputs: true)
            guard case .failed(let reason) = run.result.outcome else {
                Issue.record("the outcome is \(run.result.outcome)")
                return
            }
            #expect(reason.contains("exit code 3"))
            #expect(try await run.log().contains("one test of three failed\n"))
            #expect(run.result.outputs.isEmpty)
            #expect(run.result.evidence?.ended != nil)
            #expect(!FileManager.default.fileExists(atPath: GuestFiles(directory: run.directory).transient))
        }

        @Test func `two cores are two cores`() async throws {
            let run = try await laboratory.build("nproc; echo cores $NIX_BUILD_CORES; echo > $out", cores: 2)
            #expect(run.result.outcome == .succeeded)
            #expect(try await run.log().contains("2\ncores 2\n"))
            #expect(run.result.evidence?.cores == 2)
        }

        @Test func `a build that takes too long is stopped`() async throws {
            let run = try await laboratory.build(
                "while true; do echo still here; sleep 1; done", limits: BuildLimits(wallTime: .seconds(6)))
            #expect(run.result.outcome == .timedOut("the build took longer than 6 seconds"))
            #expect(run.result.evidence?.ended != nil)
            #expect(try await run.log().contains("still here"))
        }

        @Test func `a build that falls silent is stopped`() async throws {
            let run = try await laboratory.build(
                "echo last words; sleep 1000", limits: BuildLimits(silence: .seconds(4)))
            #expect(run.result.outcome == .timedOut("the build said nothing for 4 seconds"))
            #expect(try await run.log() == "last words\n")
        }

        @Test func `a long log is kept compressed, with its middle left out and a note`() async throws {
            let limits = BuildLimits(logBytes: 1 << 20)
            let run = try await laboratory.build(
                "echo the beginning; yes 0123456789abcdef0123456789abcdef | head -c 4000000; echo; echo the end; exit 1",
                limits: limits)
            #expect(run.result.outcome.outcome == .failed)
            let log = try await run.log()
            #expect(log.hasPrefix("the beginning\n"))
            #expect(log.hasSuffix("the end\n"))
            #expect(log.contains("bytes are left out here: the log is limited to 1048576 bytes]"))
            #expect(log.utf8.count < (1 << 20) + 200)
            #expect(run.result.log.written > 4_000_000)
            #expect(run.result.log.kept == 1 << 20)
            #expect(!run.result.log.isComplete)
        }
    }
}
