// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// What `almanac-bench queue` measured: seconds, and builds per second.
struct QueueFigures: Sendable {
    struct Rate: Sendable {
        var claimers = 0
        var builds = 0
        var seconds = 0.0
        var perSecond: Double { seconds > 0 ? Double(builds) / seconds : 0 }
    }

    struct Point: Sendable {
        var queued: Int
        var pick: [Double] = []
        var river: [Double] = []
    }

    /// The same of the plain job table.
    struct River: Sendable {
        var ingestSeconds: [Double] = []
        var knownRevisionSeconds = 0.0
        var restartSeconds = 0.0
        var failPropagationSeconds = 0.0
        var claimComplete: [Rate] = []
        var drain = Rate()
    }

    var builds: Int
    var edges: Int
    var dependents: Int
    var dependentsFailed = 0
    var ingestSeconds: [Double] = []
    var knownRevisionSeconds = 0.0
    var restartSeconds = 0.0
    var failSeconds = 0.0
    var failPropagationSeconds = 0.0
    var claimComplete: [Rate] = []
    var drain = Rate()
    var curve: [Point] = []
    var duplicates = 0
    var databaseBytes = 0
    var river = River()

    init(builds: Int, edges: Int, dependents: Int) {
        self.builds = builds
        self.edges = edges
        self.dependents = dependents
    }

    static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    private static func best(_ rates: [Rate]) -> Double { rates.map(\.perSecond).max() ?? 0 }

    /// The best of the numbers of claimers against the best of the plain table's.
    var ratioToRiver: Double { Self.best(claimComplete) / max(Self.best(river.claimComplete), 1) }

    // MARK: Printing

    func json() throws -> String {
        let values: [String: Double] = [
            "ingestSeconds": Self.median(ingestSeconds), "knownRevisionSeconds": knownRevisionSeconds,
            "claimCompletePerSecond": Self.best(claimComplete), "failPropagationSeconds": failPropagationSeconds,
            "restartSeconds": restartSeconds, "ratioToRiver": ratioToRiver, "duplicates": Double(duplicates),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    func table() -> String {
        var lines = [
            "\(QueueBenchmark.revisions) revisions of \(builds) builds and \(edges) edges, claims in batches of "
                + "\(QueueBenchmark.batch), every commit durable.", "",
            "| | almanac | plain job table |", "|---|--:|--:|",
            row("ingest a revision, s (median)", Self.median(ingestSeconds), Self.median(river.ingestSeconds)),
            row("ingest a known revision, s", knownRevisionSeconds, river.knownRevisionSeconds),
            row(
                "ready after a restart, \(builds * QueueBenchmark.revisions) queued, s", restartSeconds,
                river.restartSeconds),
            row("record the failed run, s", failSeconds, nil),
            row("fail its \(dependentsFailed) dependents, s", failPropagationSeconds, river.failPropagationSeconds),
        ]
        for (ours, plain) in zip(claimComplete, river.claimComplete) {
            lines.append(
                row("claim and complete, \(ours.claimers) claimers, builds/s", ours.perSecond, plain.perSecond))
        }
        lines.append(
            row("drain the other \(drain.builds), 4 claimers, builds/s", drain.perSecond, river.drain.perSecond))
        for point in curve {
            lines.append(
                row(
                    "claim one of \(point.queued) ready, ms (median)", Self.median(point.pick) * 1_000,
                    Self.median(point.river) * 1_000))
        }
        lines.append(row("given out or closed twice", Double(duplicates), nil))
        lines.append(row("size on disk, MB", Double(databaseBytes) / 1e6, nil))
        lines += ["", "The plain table knows no dependencies: it does less for each of these."]
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ ours: Double, _ plain: Double?) -> String {
        "| \(name) | \(Self.text(ours)) | \(plain.map(Self.text) ?? "–") |"
    }

    private static func text(_ value: Double) -> String {
        value >= 100 || value == value.rounded() ? String(Int(value.rounded())) : String(format: "%.2f", value)
    }
}
