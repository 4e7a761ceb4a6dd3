// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Guests

@Suite struct ConditionsCheckTests {
    private static let baseline = "fpu sse sse2 syscall nx lm"

    private func report(
        flags: String = baseline, kernel: String = "6.1.0-1-amd64", processors: Int = 1, memory: Int = 983_720,
        realtime: String = "4102444800.500000000"
    ) throws -> GuestReport {
        try GuestReport(
            parsing: """
                realtime=\(realtime)
                monotonic=4.1
                release=\(kernel)
                clocksource=hpet
                processors=\(processors)
                cpu=QEMU Virtual CPU
                cpu-flags=\(flags)
                memory-kib=\(memory)
                oom-kills=0
                disk-bytes=1000
                disk-free-bytes=900
                disk-least-free-bytes=800
                disk-least-free-inodes=70
                """)
    }

    private func check(_ cpu: CPUModel = .baseline) throws -> ConditionsCheck {
        ConditionsCheck(
            conditions: Conditions(
                date: try #require(Instant("2100-01-01T00:00:00Z")), cpu: cpu,
                kernel: try #require(KernelRelease(rawValue: "6.1.0-1-amd64")), cores: 1),
            memory: 1024)
    }

    @Test func `a guest that is as asked has no mismatch`() throws {
        #expect(try check().mismatches(in: try report(), warnings: []).isEmpty)
    }

    @Test func `each thing that is wrong is named`() throws {
        let check = try check()
        #expect(
            check.mismatches(in: try report(kernel: "6.12"), warnings: []) == [
                .kernel(asked: "6.1.0-1-amd64", found: "6.12")
            ])
        #expect(check.mismatches(in: try report(processors: 2), warnings: []) == [.cores(asked: 1, found: 2)])
        #expect(check.mismatches(in: try report(memory: 400_000), warnings: []) == [.memory(asked: 1024, found: 390)])
        #expect(
            check.mismatches(in: try report(flags: "sse sse2 pni ssse3"), warnings: []) == [
                .cpuHasToo(["pni", "ssse3"])
            ])
        #expect(check.mismatches(in: try report(flags: "sse"), warnings: []) == [.cpuLacks(["sse2"])])
        #expect(check.mismatches(in: try report(), warnings: ["no fma"]) == [.cpuNotInFull(["no fma"])])
    }

    @Test(arguments: [
        (CPUModel.core2duo, "pni cx16 ssse3", true), (.core2duo, "pni cx16", false),
        (.core2duo, "pni cx16 ssse3 sse4_1", false),
        (.nehalem, "pni cx16 ssse3 sse4_1 sse4_2 popcnt", true),
        (.nehalem, "pni cx16 ssse3 sse4_1 sse4_2 popcnt aes", false),
        (.max, "pni cx16 avx2 adx anything", true), (.qemu64, "pni cx16", true), (.baseline, "cx16", false),
    ])
    func `a processor has its model's instruction sets and no later ones`(
        _ cpu: CPUModel, _ flags: String, _ fits: Bool
    ) throws {
        let found = try check(cpu).mismatches(in: try report(flags: Self.baseline + " " + flags), warnings: [])
        #expect(found.isEmpty == fits)
    }

    private func reading(_ guest: Double, host: Duration, _ start: SuspendingClock.Instant) -> ClockReading {
        let at = start.advanced(by: host)
        return ClockReading(guest: .seconds(guest), asked: at, answered: at)
    }

    @Test(arguments: [
        (4_102_444_802.0, true), (4_102_444_830.0, false), (4_102_444_780.0, false), (2_963_000_000.0, false),
    ])
    func `the date must be the asked one, counted from readiness`(_ guest: Double, _ fits: Bool) throws {
        let reading = reading(guest, host: .seconds(2), .now)
        #expect((try check().mismatch(of: reading, elapsed: .seconds(2)) == nil) == fits)
    }

    @Test(arguments: [
        (600.0, true), (601.0, true), (596.0, true), (2400.0, false), (610.0, false), (590.0, false), (-3600.0, false),
    ])
    func `the clock must run at the host's rate`(_ gone: Double, _ fits: Bool) throws {
        let start = SuspendingClock.now
        let first = reading(4_102_444_800, host: .zero, start)
        let last = reading(4_102_444_800 + gone, host: .seconds(600), start)
        #expect((ConditionsCheck.mismatch(from: first, to: last) == nil) == fits)
    }

    @Test(arguments: [
        "", "realtime=1.000000000", "realtime=x\nrelease=1", String(repeating: "=", count: 5000), "realtime=1.5",
    ])
    func `a report that makes no sense is refused`(_ text: String) {
        #expect(throws: GuestError.self) { try GuestReport(parsing: text) }
    }
}
