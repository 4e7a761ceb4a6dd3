// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Revival
import Sources
import TimeTravel

/// A revival in words.
enum RevivalText {
    static func table(_ sources: [RevivalSource]) -> String {
        if sources.isEmpty { return "No source is needed.\n" }
        var table = TextTable(["STATE", "SOURCE", "KIND", "FROM"])
        for source in sources {
            table.add([source.state.rawValue, source.name, source.kind.isEmpty ? "-" : source.kind, place(source)])
        }
        return table.render(headerStyle: Terminal().bold) + "\n"
    }

    private static func place(_ source: RevivalSource) -> String {
        switch source.state {
        case .present: source.from ?? "the store"
        case .available, .likely: "\(source.place ?? ""): \(source.from ?? "")"
        case .unanswered, .lost: source.tried.last.map { "\($0.place): \($0.reason)" } ?? "no place is known"
        }
    }

    static func summary(_ revival: EnvironmentRevival, _ sources: [RevivalSource]) -> String {
        let outline = revival.plan.outline()
        let counts = RevivalSource.State.allCases.compactMap { state in
            let count = sources.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(state.rawValue)"
        }
        let size = revival.substituteBytes >> 20
        return """
            \(revival.environment.closure.count) derivations
            substitutes  \(outline.substitutes.count) to fetch (\(size) MiB)
            sources      \(sources.isEmpty ? "none needed" : counts.joined(separator: ", "))
            builds       \(outline.builds.count) to make
            """
    }

    static func problems(_ problems: [String: Int]) -> [String] {
        let sorted = problems.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(10).map {
            "substitutes: \(TextTable.oneLine($0.key))" + ($0.value > 1 ? " (\($0.value) times)" : "")
        }
        return sorted.count > 10 ? shown + ["substitutes: \(sorted.count - 10) more problems"] : Array(shown)
    }

    static func line(_ progress: RevivalBuildProgress) -> String {
        "building: \(progress.succeeded) done, \(progress.running) running, \(progress.waiting) waiting, "
            + "\(progress.failed) failed"
            + (progress.investigated > 0 ? ", \(progress.investigated) under investigation" : "")
    }

    // MARK: The end

    static func ending(_ result: RevivalResult, _ links: [String], store: String, data: String) -> String {
        var lines: [String] = []
        for member in result.environment {
            lines.append("\(member.isPresent ? "stands" : "does not stand")  \(member.name)  \(member.path)")
        }
        lines += result.isComplete ? usage(result, links, store: store) : missing(result)
        return lines.map(TextTable.oneLine).joined(separator: "\n") + "\n"
    }

    private static func usage(_ result: RevivalResult, _ links: [String], store: String) -> [String] {
        guard let first = result.environment.first else { return [] }
        var lines = links.map { "linked from \($0), which keeps it from being collected" }
        if links.isEmpty { lines.append("Give --profile LINK to keep it from being collected.") }
        let directory = first.path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        // A profile of Guix says itself which variables its programs want.
        let isProfile = first.name.hasPrefix("profile.")
        let program =
            isProfile ? "/bin/sh -c '. \(first.path)/etc/profile; exec PROGRAM'" : "\(first.path)/bin/PROGRAM"
        if store == directory {
            lines.append("Use it: \(isProfile ? ". \(first.path)/etc/profile" : program)")
        } else {
            lines += [
                "Its files lie below \(store), where nothing looks for them. A program of it runs so:",
                "  bwrap --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 "
                    + "--ro-bind /etc /etc --proc /proc --dev /dev --bind \"$HOME\" \"$HOME\" --tmpfs /tmp "
                    + "--ro-bind \(store) \(directory) \(program)",
            ]
        }
        return lines
    }

    private static func missing(_ result: RevivalResult) -> [String] {
        var lines: [String] = []
        for source in result.missingSources {
            lines += [
                "",
                "\(source.state == .lost ? "lost" : "not to be had now"): \(source.name) (\(source.derivation)), "
                    + "needed by \(source.neededBy.joined(separator: ", "))",
            ]
            lines += source.tried.map { "  \($0.place) \($0.address.isEmpty ? "" : $0.address + ": ")\($0.reason)" }
        }
        for failure in result.failedBuilds { lines += [""] + words(failure) }
        if !result.blockedBuilds.isEmpty {
            lines += ["", "\(result.blockedBuilds.count) builds wait for what is missing:"]
            lines += result.blockedBuilds.prefix(20).map { "  \($0)" }
            if result.blockedBuilds.count > 20 { lines.append("  and \(result.blockedBuilds.count - 20) more") }
        }
        if !result.openBuilds.isEmpty { lines += ["", "\(result.openBuilds.count) builds are still to be made."] }
        return lines
    }

    private static func words(_ failure: RevivalFailure) -> [String] {
        let basis =
            failure.annotation.map { "under annotation \($0) of the catalog" }
            ?? "for which the catalog has no annotation"
        var lines = [
            "\(failure.state): \(failure.derivation), \(basis)",
            "  at \(failure.conditions): \(String((failure.error ?? "no reason was given").prefix(500)))",
        ]
        if let run = failure.run { lines.append("  its log: almanac log \(run)") }
        if failure.isUnderInvestigation {
            lines.append(
                "  The farm looks for conditions under which it builds while a server runs ('almanac serve'): "
                    + "'almanac investigate \(failure.derivation)' follows that; revive again afterwards, or with "
                    + "--investigate at once.")
        }
        return lines
    }

    /// What the command's help says of exit codes.
    static func status(
        lost: [RevivalSource], open: [RevivalSource], failures: [RevivalFailure], isComplete: Bool = true
    ) -> Int32 {
        if !lost.isEmpty { return 3 }
        if !failures.isEmpty { return 4 }
        if open.contains(where: { $0.state == .unanswered }) { return 5 }
        return isComplete ? 0 : 4
    }
}
