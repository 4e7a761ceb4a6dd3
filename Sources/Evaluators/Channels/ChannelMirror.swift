// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
package import Jobsets
package import TimeTravel

/// A commit of a channel.
package struct ChannelRevision: Hashable, Sendable {
    package let commit: String
    package let date: Instant
    package let subject: String
}

/// A bare mirror of a channel's git repository under the data directory.
package struct ChannelMirror: Sendable {
    private let location: ChannelLocation
    private let branch: String
    /// The folder of the bare repository.
    package let repository: String

    /// - Parameter channels: the folder that holds all mirrors.
    package init(_ channel: ChannelDescription, channels: String) {
        location = channel.url
        branch = channel.branch
        let name = ContentHash.of(Array(channel.url.description.utf8)).base16.prefix(32)
        repository = "\(channels)/\(name).git"
    }

    /// Makes the mirror or brings it up to date.
    package func update() async throws {
        switch location {
        case .demonstration(let folder):
            try await DemonstrationChannel(folder: folder).make(at: repository)
        case .path(let path):
            try await mirror(path)
        case .remote(let url):
            try await mirror(url)
        }
    }

    private func mirror(_ url: String) async throws {
        if FileManager.default.fileExists(atPath: repository + "/HEAD") {
            try await GitCommand.run(
                ["fetch", "--quiet", "--prune", "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"],
                in: repository)
            return
        }
        let temporary = repository + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        try await GitCommand.run(["clone", "--quiet", "--mirror", "--", url, temporary])
        guard rename(temporary, repository) == 0 else {
            throw EvaluationError.git("clone", "cannot write \(repository)")
        }
    }

    /// The commits that selectors ask for, oldest first, each once.
    package func revisions(_ selectors: [RevisionSelector]) async throws -> [ChannelRevision] {
        var found: [ChannelRevision] = []
        for selector in selectors { found += try await revisions(selector) }
        var seen: Set<String> = []
        return found.sorted { ($0.date, $0.commit) < ($1.date, $1.commit) }.filter { seen.insert($0.commit).inserted }
    }

    /// The commit of a companion that goes with a revision of Guix, this being the companion's mirror.
    ///
    /// - Parameter date: the revision's; nil to accept a pinned commit only.
    package func commit(of companion: CompanionChannel, by date: Instant?) async throws -> String {
        do {
            if let commit = companion.commit {
                _ = try await one(commit, named: "commit \(commit)")
                return commit
            }
            guard let date, let last = try await history().last(where: { $0.date <= date }) else {
                throw EvaluationError.noRevision(
                    "commit on branch '\(companion.branch)' of the time of Guix's revision, or before it")
            }
            return last.commit
        } catch EvaluationError.noRevision(let what) {
            throw EvaluationError.noRevision("\(what) (the channel '\(companion.name)')")
        }
    }

    private func revisions(_ selector: RevisionSelector) async throws -> [ChannelRevision] {
        switch selector {
        case .tag(let tag): return try await one("refs/tags/\(tag)", named: "tag '\(tag)'")
        case .commit(let commit): return try await one(commit, named: "commit \(commit)")
        case .head(let branch): return try await one("refs/heads/\(branch)", named: "branch '\(branch)'")
        case .nearest(let instant):
            let all = try await history()
            guard let nearest = all.last(where: { $0.date <= instant }) ?? all.first else {
                throw EvaluationError.noRevision("commits on branch '\(branch)'")
            }
            return [nearest]
        case .newest(let count):
            return Array(try await history().suffix(count))
        case .range(let from, let to, let every):
            let all = try await history().filter { $0.date >= from && ($0.date < (to ?? Instant(seconds: .max))) }
            return every.pick(from: all)
        }
    }

    private func one(_ name: String, named words: String) async throws -> [ChannelRevision] {
        do {
            return try await log(["--max-count=1", "\(name)^{commit}", "--"])
        } catch EvaluationError.git {
            throw EvaluationError.noRevision(words)
        }
    }

    /// The branch's first-parent history, oldest first.
    private func history() async throws -> [ChannelRevision] {
        do {
            return try await log(["--first-parent", "--reverse", "refs/heads/\(branch)", "--"])
        } catch EvaluationError.git {
            throw EvaluationError.noRevision("branch '\(branch)'")
        }
    }

    private func log(_ arguments: [String]) async throws -> [ChannelRevision] {
        let output = try await GitCommand.run(["log", "--format=%H%x09%ct%x09%s"] + arguments, in: repository)
        return output.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, let seconds = Int64(fields[1]) else { return nil }
            return ChannelRevision(
                commit: String(fields[0]), date: Instant(seconds: seconds), subject: String(fields[2].prefix(200)))
        }
    }

    /// Puts the files of a revision into `folder`, which must not exist.
    ///
    /// - Parameter needed: folders and files of the revision that must be there; nil for all. Copies of a history may lack
    ///   some of the rest, such as translations of a manual.
    /// - Returns: files that the repository lacks and `needed` does not name.
    /// - Throws: `EvaluationError.git`, also where a file is lacking that must be there.
    @discardableResult
    package func checkOut(_ commit: String, to folder: String, needed: [String]? = nil) async throws -> [String] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        do {
            try await write(commit, to: folder, without: [])
            return []
        } catch let error as EvaluationError {
            guard let needed, case .git = error else { throw error }
            let lacking = try await lacking(commit)
            let isNeeded = lacking.contains { file in needed.contains { file == $0 || file.hasPrefix($0 + "/") } }
            if lacking.isEmpty || isNeeded { throw error }
            try await write(commit, to: folder, without: lacking)
            return lacking
        }
    }

    private func write(_ commit: String, to folder: String, without files: [String]) async throws {
        try await GitCommand.run(
            ["--work-tree=\(folder)", "checkout", "--quiet", "--force", commit, "--", "."]
                + files.map { ":(exclude,top,literal)\($0)" }, in: repository,
            environment: ["GIT_INDEX_FILE": "\(folder).index"])
        unlink("\(folder).index")
    }

    /// The files of a revision whose contents the repository lacks.
    private func lacking(_ commit: String) async throws -> [String] {
        let listing = try await GitCommand.run(["ls-tree", "-r", "-z", commit], in: repository)
        let entries = listing.split(separator: "\0").compactMap { entry -> (name: String, blob: Substring)? in
            // Mode, type, name of the contents, a tab, the path.
            let halves = entry.split(separator: "\t", maxSplits: 1)
            let fields = halves.first?.split(separator: " ") ?? []
            guard halves.count == 2, fields.count == 3, fields[1] == "blob" else { return nil }
            return (String(halves[1]), fields[2])
        }
        let answers = try await GitCommand.run(
            ["cat-file", "--batch-check"], in: repository, input: entries.map { $0.blob + "\n" }.joined())
        let missing = Set(
            answers.split(separator: "\n").filter { $0.hasSuffix(" missing") }.map { $0.dropLast(" missing".count) })
        return entries.filter { missing.contains($0.blob) }.map(\.name)
    }
}

extension RevisionStep {
    /// Every Nth commit, or the last commit of each stretch of the calendar; always with the newest.
    func pick(from all: [ChannelRevision]) -> [ChannelRevision] {
        switch self {
        case .commits(let step):
            return all.enumerated().filter { (all.count - 1 - $0.offset) % max(1, step) == 0 }.map(\.element)
        case .calendar(let offset):
            guard let first = all.first else { return [] }
            var picked: [ChannelRevision] = []
            var end = offset.applied(to: first.date)
            for (revision, next) in zip(all, all.dropFirst().map { Optional($0) } + [nil]) {
                guard let next else {
                    picked.append(revision)
                    break
                }
                if next.date >= end { picked.append(revision) }
                while next.date >= end {
                    let later = offset.applied(to: end)
                    guard later > end else { return all }
                    end = later
                }
            }
            return picked
        }
    }
}
