// SPDX-License-Identifier: GPL-3.0-or-later

import SecureShell
import Testing

@testable import Guests

/// A machine and the work in it end in either order: the outcome names the one that was the cause.
@Suite struct CourseTests {
    private let broken = SecureShellError.broken("end of file")

    private func outcome(_ course: Course<Int>) -> String {
        do { return "\(try course.outcome(console: ""))" } catch { return "\(error)" }
    }

    @Test func `work that is done ends the machine, whose end then means nothing`() {
        var course = Course<Int>()
        #expect(course.take(.finished(.success(7))) == .endMachine)
        #expect(course.take(.ended(.killed(signal: 9))) == .nothing)
        #expect(outcome(course) == "7")
    }

    @Test func `a machine that ends first cancels the work and is the reason`() {
        var course = Course<Int>()
        #expect(course.take(.ended(.kernelPanic("oops"))) == .cancelWork)
        #expect(course.take(.finished(.failure(CancellationError()))) == .nothing)
        #expect(outcome(course) == "the guest died: kernel panic: oops")
    }

    @Test func `work that fails for want of its machine is explained by the machine`() {
        var course = Course<Int>()
        #expect(course.take(.finished(.failure(broken))) == .endMachine)
        #expect(course.patience > .zero)
        course.machineEndedByItself = true
        _ = course.take(.ended(.killed(signal: 11)))
        #expect(outcome(course) == "the guest died: QEMU was killed by signal 11")
    }

    @Test func `work that fails in a living machine keeps its own reason`() {
        var course = Course<Int>()
        _ = course.take(.finished(.failure(broken)))
        _ = course.take(.ended(.killed(signal: 9)))
        #expect(outcome(course) == "the SSH connection broke: end of file")
    }

    @Test func `a cancelled guest is cancelled, not dead`() {
        var course = Course<Int>()
        _ = course.take(.finished(.failure(CancellationError())))
        #expect(course.patience == .zero)
        _ = course.take(.ended(.killed(signal: 9)))
        #expect(throws: CancellationError.self) { try course.outcome(console: "") }
    }

    @Test func `a full host is the reason whatever else was noticed`() {
        var course = Course<Int>()
        _ = course.take(.finished(.failure(broken)))
        _ = course.take(.ended(.hostDisk("nospace")))
        #expect(outcome(course).contains("free disk space"))
    }

    @Test func `a boot that failed by its own words is not called a power-off`() {
        var course = Course<Int>()
        _ = course.take(.finished(.failure(GuestError.bootFailed("mounting"))))
        course.machineEndedByItself = true
        _ = course.take(.ended(.poweredOff))
        #expect(outcome(course) == "the guest's boot failed: mounting")
    }

    @Test(arguments: [
        (Int32(0), "", GuestEnding.poweredOff), (9, "", .killed(signal: 9)),
        (1 << 8, "", .gaveUp(status: 1, "bad option")),
        (
            0, "[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n[ 1.1] CPU: 0",
            .kernelPanic("Attempted to kill init!")
        ),
    ])
    func `an ending is read from the status and the console`(
        _ status: Int32, _ console: String, _ expected: GuestEnding
    ) {
        #expect(GuestEnding.reading(status: status, console: console, errors: "bad option") == expected)
    }
}
