// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// Why a build does not run: everything that it waits for.
package struct BuildExplanation: Codable, Sendable, Equatable {
    /// An input whose output is not in the store yet.
    package struct Input: Codable, Sendable, Equatable {
        package var name: String
        package var derivation: String
        /// Of its screening build, or of its source: the words of docs/states.md.
        package var state: String
        /// Null for a source.
        package var build: Int?
        package var verdict: Verdict?
        /// Whether an investigation looks for conditions under which it builds.
        package var isInvestigated: Bool
        package var error: String?
    }

    package struct Lease: Codable, Sendable, Equatable {
        package var worker: String
        package var host: String
        package var since: Instant
        package var run: Int64?
        /// When the worker was last heard of.
        package var heartbeat: Instant
    }

    /// How the jobset stands beside the others.
    package struct Quota: Codable, Sendable, Equatable {
        package var jobset: String
        package var shares: Int
        package var guestsInUse: Int
        /// Guests of the workers that take builds, and how many of these are at work.
        package var capacity: Int
        package var busy: Int
        /// Ready builds of the same jobset that come first.
        package var ahead: Int
        /// Jobsets of a higher priority that have ready builds.
        package var before: [String]
    }

    package var build: Int
    package var name: String
    package var state: String
    package var error: String?
    /// The first hundred; `waitingFor` counts them all.
    package var inputs: [Input]
    package var waitingFor: Int
    package var needs: [String]
    package var memory: Int?
    /// Of `needs`, what no worker offers; empty while some worker offers all.
    package var missing: [String]
    /// Workers that could take it, whatever they do now.
    package var ableWorkers: Int
    package var retryAt: Instant?
    package var lease: Lease?
    package var quota: Quota?
    /// Of a ready build: how the pool stands that workers come from.
    package var pool: String?

    /// The same in words, the likeliest reason first.
    package var sentences: [String] {
        switch state {
        case "blocked": blockedSentences
        case "ready": readySentences
        case "leased":
            [
                lease.map {
                    "It is being built by \($0.worker) on \($0.host) since \($0.since)\($0.run.map { ", run \($0)" } ?? "");"
                        + " that worker was last heard of at \($0.heartbeat)."
                } ?? "It is being built."
            ]
        default: ["It has ended: \(state)\(error.map { ", \($0)" } ?? "")."]
        }
    }

    private var blockedSentences: [String] {
        let list = inputs.map { input in
            let what = input.build.map { "build \($0) \(input.state)" } ?? "source \(input.state)"
            let more = input.isInvestigated ? ", under investigation" : ""
            return "\(input.name) (\(what)\(more)\(input.error.map { ": \($0)" } ?? ""))"
        }
        let rest = waitingFor > inputs.count ? " and \(waitingFor - inputs.count) more" : ""
        return ["It waits for \(waitingFor) of its inputs: \(list.joined(separator: ", "))\(rest)."]
    }

    private var readySentences: [String] {
        var sentences: [String] = []
        if let retryAt {
            sentences.append("Infrastructure failed it; it is tried again at \(retryAt): \(error ?? "-").")
        }
        if ableWorkers == 0 {
            let features = missing.isEmpty ? needs.joined(separator: ", ") : missing.joined(separator: ", ")
            sentences.append(
                "No worker that takes builds offers what it needs (\(features)\(memory.map { ", \($0) MiB" } ?? "")).")
        }
        if let quota {
            if !quota.before.isEmpty {
                sentences.append("Jobsets of a higher priority come first: \(quota.before.joined(separator: ", ")).")
            }
            sentences.append(
                "\(quota.busy) of \(quota.capacity) guests are at work, \(quota.guestsInUse) of them for jobset "
                    + "\(quota.jobset), which has \(quota.shares) shares; \(quota.ahead) of its builds come first.")
        }
        if let pool { sentences.append("Pool \(pool).") }
        return sentences.isEmpty ? ["It is ready: the next free worker takes it."] : sentences
    }
}
