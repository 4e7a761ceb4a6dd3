// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Guests
import StoreDaemon
import Testing
import TimeTravel

/// Builds in real guests by guix-daemon, from a store that guix-daemon keeps.
extension RealGuests {
    @Suite(.enabled(if: Laboratory.isEquippedForGuix, Comment(rawValue: Laboratory.missingGuix)))
    struct GuixGuestTests {
        let laboratory = Laboratory.guix

        @Test func `a build of a build sees the year 2100, and its output comes home`() async throws {
            let first = try await laboratory.derivation("echo made in $(date -u +%Y) > $out", name: "first")
            let input = try await laboratory.build(derivation: first, keepsOutputs: true)
            #expect(input.result.outcome == .succeeded)
            let made = try #require(input.result.outputs.first)
            let second = try await laboratory.derivation(
                "cat \(made); id -u; nproc; echo cores $NIX_BUILD_CORES; ls -1 /etc; pwd; echo \(made) > $out",
                name: "second", inputs: [first])
            let run = try await laboratory.build(derivation: second, keepsOutputs: true)
            #expect(run.result.outcome == .succeeded)
            let log = try await run.log()
            #expect(
                log.contains(
                    "made in 2100\n30001\n1\ncores 1\ngroup\nhosts\npasswd\n/tmp/guix-build-second.drv-0\n"), "\(log)")
            #expect(!log.contains("@ build"))
            let output = try #require(run.result.outputs.first)
            let store = try await laboratory.hostStore()
            let info = try #require(try await store.closure(of: [output]).last)
            #expect(info.references == [made] && info.deriver == second)
            #expect(try String(contentsOfFile: store.physicalPath(of: output), encoding: .utf8) == "\(made)\n")
            let evidence = try #require(run.result.evidence)
            #expect(evidence.began.description.hasPrefix("2100-01-01T00:00:"))
            #expect(abs(try #require(evidence.drift)) < 1.5)
            #expect(!["pni", "cx16", "avx"].contains { evidence.cpuFlags.contains($0) })
        }

        @Test func `a build that fails is a failure with its log`() async throws {
            let run = try await laboratory.build("echo one test of three failed; echo '@ build-log 1 2'; exit 3")
            guard case .failed(let reason) = run.result.outcome else {
                Issue.record("the outcome is \(run.result.outcome)")
                return
            }
            #expect(reason.contains("exit code 3"))
            let log = try await run.log()
            #expect(log.hasPrefix("one test of three failed\n@ build-log 1 2\n"), "\(log)")
            #expect(!log.contains("@ build-failed"))
        }

        @Test func `an output that is not made is a failure of the build`() async throws {
            let run = try await laboratory.build("echo nothing comes of this")
            guard case .failed(let reason) = run.result.outcome else {
                Issue.record("the outcome is \(run.result.outcome)")
                return
            }
            #expect(reason.contains("failed to produce output path"))
        }

        @Test func `a full disk is the guest's fault`() async throws {
            let run = try await laboratory.build(
                "dd if=/dev/zero of=$out bs=1M count=500", limits: BuildLimits(diskBytes: 256 << 20))
            guard case .infrastructure(let reason) = run.result.outcome else {
                Issue.record("the outcome is \(run.result.outcome)")
                return
            }
            #expect(reason.contains("disk"))
        }

        @Test func `a build that falls silent is stopped`() async throws {
            let run = try await laboratory.build(
                "echo last words; sleep 1000", limits: BuildLimits(silence: .seconds(4)))
            #expect(run.result.outcome == .timedOut("the build said nothing for 4 seconds"))
            #expect(try await run.log() == "last words\n")
        }
    }
}
