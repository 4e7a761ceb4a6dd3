// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import PostgresFixture
import SecureShell
import StoreDaemon
import Synchronization
import Testing
import TimeTravel

@testable import Guests

/// Faults that are not the package's: each is brought about for real.
extension RealGuests {
    @Suite(.enabled(if: Laboratory.isEquipped, Comment(rawValue: Laboratory.missingEquipment)))
    struct GuestFaultTests {
        let laboratory = Laboratory.shared

        private func reason(_ run: LaboratoryRun) throws -> String {
            guard case .infrastructure(let reason) = run.result.outcome else {
                Issue.record("the outcome is \(run.result.outcome)")
                return ""
            }
            return reason
        }

        @Test func `a QEMU that is killed in the middle of a build is no failure of the package`() async throws {
            let run = try await laboratory.build("echo started; sleep 1000") { progress, directory in
                guard case .said = progress else { return }
                let path = GuestFiles(directory: directory).process
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                if let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) { kill(process, SIGKILL) }
            }
            #expect(try reason(run).contains("QEMU was killed by signal 9"))
        }

        @Test func `a disk that fills up in the build is no failure of the package`() async throws {
            let limits = BuildLimits(diskBytes: 128 << 20)
            let run = try await laboratory.build(
                "dd if=/dev/zero of=big bs=1M count=200 && cat big > $out", limits: limits)
            #expect(try reason(run) == "the guest's disk was full: allow more disk space")
        }

        @Test(.enabled(Comment(rawValue: SmallDisk.equipment)) { await SmallDisk.isPossible() })
        func `a host without room for what the guest writes ends it, and says so`() async throws {
            let disk = try await SmallDisk(mebibytes: 96)
            defer { disk.end() }
            await #expect {
                try await laboratory.withGuest(directory: "\(disk.path)/run") { guest in
                    _ = try await guest.verify()
                    try disk.fill()
                    _ = try await guest.session().run("dd if=/dev/zero of=/scratch/big bs=1M count=100 && sync")
                }
            } throws: { error in
                guard case GuestError.died(.hostDisk(let reason), _) = error else { return false }
                return reason.contains(#""nospace": true"#)
            }
        }

        @Test func `a disk that was full is recognised after the build cleaned up`() async throws {
            let limits = BuildLimits(diskBytes: 128 << 20)
            let script =
                "dd if=/dev/zero of=big bs=1M count=200 2>/dev/null; sleep 1; : > big; echo tidy; sleep 1; exit 1"
            let run = try await laboratory.build(script, limits: limits)
            #expect(try reason(run) == "the guest's disk was full: allow more disk space")
            let evidence = try #require(run.result.evidence)
            #expect(evidence.disk.free > 64 << 20)
        }

        @Test func `a failing build that merely speaks of a full disk has failed`() async throws {
            let run = try await laboratory.build("echo 'write: No space left on device'; exit 1")
            #expect(run.result.outcome.outcome == .failed)
        }

        @Test func `a guest that runs out of memory is no failure of the package`() async throws {
            let limits = BuildLimits(memory: 512)
            let run = try await laboratory.build(
                "for i in 1 2 3 4 5; do dd if=/dev/zero of=/dev/null bs=120M count=20 & done; wait; exit 1",
                limits: limits)
            #expect(try reason(run).contains("ran out of memory"))
        }

        @Test func `a kernel panic is told with its reason`() async throws {
            await #expect {
                try await laboratory.withGuest { guest in
                    _ = try await guest.verify()
                    let session = try await guest.session()
                    _ = try await session.run("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger")
                }
            } throws: { error in
                guard case GuestError.died(.kernelPanic(let reason), _) = error else { return false }
                return reason.contains("sysrq")
            }
        }

        @Test func `a guest that never becomes ready is given up`() async throws {
            await #expect {
                try await laboratory.withGuest(bootLimit: .milliseconds(300)) { _ in }
            } throws: { error in
                guard case GuestError.notReady(.milliseconds(300), _) = error else { return false }
                return true
            }
        }

        @Test func `a mount that fails ends the boot with its reason`() async throws {
            await #expect {
                try await laboratory.withGuest(storeDirectory: "/missing/store") { _ in }
            } throws: { error in
                guard case GuestError.bootFailed(let reason) = error else { return false }
                return reason == "mounting overlay on /missing/store as overlay: No such file or directory"
            }
        }

        @Test func `a QEMU that refuses its arguments is quoted`() async throws {
            await #expect {
                try await laboratory.withGuest(userland: "/nonexistent.erofs") { _ in }
            } throws: { error in
                guard case GuestError.died(.gaveUp(1, let errors), _) = error else { return false }
                return errors.contains("/nonexistent.erofs")
            }
        }

        @Test func `a missing QEMU is told with its package`() async throws {
            let host = try await laboratory.guestHost()
            let missing = GuestHost(
                qemu: QEMUProgram(path: "/nonexistent/qemu", version: ""), accelerator: host.accelerator,
                image: host.image,
                kernels: host.kernels)
            let run = try await laboratory.build("exit 0", on: missing)
            #expect(try reason(run) == "starting /nonexistent/qemu: No such file or directory")
            #expect(
                "\(GuestError.missingProgram("qemu-system-x86_64", package: HostProgram.qemu.package))".contains(
                    "install the package qemu-system-x86"))
        }

        @Test func `a derivation whose inputs are missing is not tried`() async throws {
            let store = try await laboratory.hostStore()
            let input = try await laboratory.derivation("exit 1", name: "never-built")
            let path = try await laboratory.derivation("exit 0", name: "dependent", inputs: [input])
            let run = try await laboratory.build(derivation: path)
            #expect(try reason(run).contains("never-built"))
            _ = store
        }

        @Test func `a build that is cancelled leaves no QEMU and no files behind`() async throws {
            let directory = laboratory.runDirectory()
            let (started, continuation) = AsyncStream<Void>.makeStream()
            let request = try await laboratory.request(
                derivation: try await laboratory.derivation("echo started; sleep 1000"), directory: directory)
            let host = try await laboratory.guestHost()
            let process = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await GuestBuild(request, on: host) { if case .said = $0 { continuation.yield() } }.run()
                }
                for await _ in started { break }
                let text = try String(contentsOfFile: GuestFiles(directory: directory).process, encoding: .utf8)
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
                return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            }
            #expect(kill(process, 0) != 0)
            #expect(!FileManager.default.fileExists(atPath: GuestFiles(directory: directory).transient))
        }
    }
}
