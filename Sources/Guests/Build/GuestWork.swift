// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import SecureShell
internal import StoreDaemon
internal import TimeTravel

/// What came of the work in a guest that was as asked at its beginning.
struct GuestCourse: Sendable {
    var evidence: GuestEvidence
    var outcome = GuestBuildOutcome.infrastructure("nothing was built")
    var outputs: [StorePath] = []
    var durations = GuestBuildResult.Durations()
}

/// The work in a verified guest: build, look again, take the outputs home.
struct GuestWork: Sendable {
    let guest: Guest
    let request: GuestBuildRequest
    let inputs: BuildInputs
    let log: BuildLog
    let progress: @Sendable (GuestBuild.Progress) -> Void

    /// - Throws: what ended the work without a result; the guest itself may be to blame.
    func perform(_ course: inout GuestCourse) async throws {
        let session = try await guest.session()
        let daemon = GuestDaemon(session: session, store: request.store)
        let killsBefore = course.evidence.outOfMemoryKills
        do {
            let before = course
            course = try await daemon.use(settings: settings) { connection in
                var course = before
                try await build(over: connection, &course, killsBefore: killsBefore)
                return course
            }
        } catch let limit as BuildWatch.Limit {
            // A guest that still answers, with the right clock, shows that the build was slow, not the guest stuck.
            course.evidence = try await guest.verifyAgain()
            course.outcome = .timedOut(limit.reason)
        } catch let error where error is StoreDaemonError || error is SecureShellError {
            try await explain(error, daemon, &course, killsBefore: killsBefore)
        }
    }

    private var settings: BuildSettings {
        var settings = BuildSettings()
        settings.cores = UInt64(request.conditions.cores)
        settings.keepsGoing = false
        settings.tracesBuilds = true
        return settings
    }

    private func build(over connection: StoreConnection, _ course: inout GuestCourse, killsBefore: Int) async throws {
        let (begun, watch) = (ContinuousClock.now, BuildWatch())
        let (log, inputs, request, progress) = (log, inputs, request, progress)
        let result = try await watch.run(limits: request.limits, eachSecond: { try await log.flush() }) {
            try await inputs.build(over: connection) { event in
                watch.hear()
                switch event {
                case .output(let bytes, _):
                    try await log.append(bytes)
                    progress(.said(bytes.count))
                case .message(let line): try await log.append(Array((line + "\n").utf8))
                case .started: break
                }
            }
        }
        course.durations.build = begun.duration(to: .now)
        course.evidence = try await guest.verifyAgain()
        let judgement = BuildJudgement(
            result: result, killsBefore: killsBefore, killsAfter: course.evidence.outOfMemoryKills,
            disk: course.evidence.disk, logMentionsFullDisk: await log.mentionsFullDisk)
        course.outcome = judgement.outcome
        guard case .succeeded = course.outcome, request.keepsOutputs else { return }
        try await takeOutputs(over: connection, &course)
    }

    private func takeOutputs(over connection: StoreConnection, _ course: inout GuestCourse) async throws {
        let begun = ContinuousClock.now
        let outputs = try inputs.outputs()
        do {
            try await request.store.importArchive(
                of: outputs, from: connection, inputs: inputs.closure.map(\.path), deriver: request.derivation,
                limit: request.limits.outputBytes)
            course.outputs = outputs
        } catch let error as StoreDaemonError {
            course.outcome = .infrastructure("the outputs could not be taken over: \(error)")
        }
        course.durations.export = begun.duration(to: .now)
    }

    /// The daemon or the way to it broke: finds out why while the guest can still be asked.
    private func explain(
        _ error: any Error, _ daemon: GuestDaemon, _ course: inout GuestCourse, killsBefore: Int
    ) async throws {
        do {
            course.evidence = try await guest.verifyAgain()
        } catch is SecureShellError {
            throw error
        }
        if course.evidence.outOfMemoryKills > killsBefore {
            course.outcome = .infrastructure(
                "the guest ran out of memory and its kernel killed the store's daemon: allow more memory")
        } else {
            let words = await daemon.lastWords()
            course.outcome = .infrastructure(words.isEmpty ? "\(error)" : "\(error); the daemon's last words: \(words)")
        }
    }
}
