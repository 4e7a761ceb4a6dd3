// SPDX-License-Identifier: GPL-3.0-or-later

import StoreDaemon
import Testing
import TimeTravel

@testable import Guests

@Suite struct BuildJudgementTests {
    private func judge(
        _ status: BuildStatus, message: String = "builder failed", kills: Int = 0, leastFree: Int = 900 << 20,
        inodes: Int = 1000, mention: Bool = false
    ) -> GuestBuildOutcome {
        BuildJudgement(
            result: BuildResult(status: status, message: message), killsBefore: 0, killsAfter: kills,
            disk: .init(size: 1 << 30, free: 900 << 20, leastFree: leastFree, leastFreeInodes: inodes),
            logMentionsFullDisk: mention
        ).outcome
    }

    @Test func `a build is a success, a failure or out of time as its daemon says`() {
        #expect(judge(.built) == .succeeded)
        #expect(judge(.permanentFailure) == .failed("builder failed"))
        #expect(judge(.outputRejected, message: "reference") == .failed("reference"))
        #expect(judge(.timedOut, message: "late") == .timedOut("late"))
    }

    @Test func `a daemon that could not build says nothing about the package`() {
        for status in [BuildStatus.miscFailure, .transientFailure, .inputRejected, .dependencyFailed, .noSubstituters] {
            #expect(judge(status).outcome == .infrastructure)
        }
    }

    @Test func `a shortage of memory or disk is not the package's fault`() {
        #expect(judge(.permanentFailure, kills: 1).reason.contains("memory"))
        #expect(judge(.permanentFailure, leastFree: 1 << 20).reason.contains("disk"))
        #expect(judge(.permanentFailure, inodes: 3).reason.contains("disk"))
        #expect(judge(.permanentFailure, leastFree: 200 << 20, mention: true).reason.contains("disk"))
        #expect(
            judge(.transientFailure, message: "note: build failure may have been caused by lack of free disk space")
                .reason.contains("disk was full"))
    }

    @Test func `a test about full disks on a nearly empty disk fails like any other`() {
        #expect(judge(.permanentFailure, mention: true) == .failed("builder failed"))
    }

    @Test func `a build that succeeded in spite of a shortage succeeded`() {
        #expect(judge(.built, kills: 1, leastFree: 0) == .succeeded)
    }
}
