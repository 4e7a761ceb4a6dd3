// SPDX-License-Identifier: GPL-3.0-or-later

internal import StoreDaemon

/// Tells a build that failed from a guest that failed it: a pure function of what was observed.
struct BuildJudgement: Sendable {
    var result: BuildResult
    var killsBefore: Int
    var killsAfter: Int
    var disk: GuestReport.DiskSpace
    /// Whether the builder's output speaks of a full disk.
    var logMentionsFullDisk: Bool

    var outcome: GuestBuildOutcome {
        switch result.status {
        case .built, .substituted, .alreadyValid, .resolvesToAlreadyValid: .succeeded
        case .timedOut: .timedOut(result.message)
        case .permanentFailure, .outputRejected, .notDeterministic:
            shortage.map { .infrastructure($0) } ?? .failed(result.message)
        case .transientFailure, .inputRejected, .cachedFailure, .miscFailure, .dependencyFailed, .logLimitExceeded,
            .noSubstituters:
            .infrastructure(shortage ?? "the guest's daemon could not build: \(result.message)")
        }
    }

    /// What the guest ran out of; nil for nothing.
    private var shortage: String? {
        if killsAfter > killsBefore {
            return
                "the guest ran out of memory and killed \(killsAfter - killsBefore) processes: allow more memory"
        }
        if isDiskFull { return "the guest's disk was full: allow more disk space" }
        return nil
    }

    /// Below this many bytes a disk counts as full; Nix uses the same for its own note.
    private static let full = 8 << 20

    /// The least that was ever free tells; a file too large for what was left may fail with more than that free, then
    /// the builder's words count, but only on a disk that was mostly used.
    private var isDiskFull: Bool {
        if disk.leastFree < Self.full || disk.leastFreeInodes < 16 { return true }
        if result.message.contains("lack of free disk space") { return true }
        return logMentionsFullDisk && disk.leastFree < disk.size / 4
    }
}
