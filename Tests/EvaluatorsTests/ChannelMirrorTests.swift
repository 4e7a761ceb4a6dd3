// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Jobsets
import Testing
import TimeTravel

@testable import Evaluators

@Suite("A channel's mirror and its revisions")
struct ChannelMirrorTests {
    /// A repository with a commit on the first of each of the first months of 2020, the third tagged.
    private func makeRepository(_ repository: String, months: Int = 6) async throws -> [String] {
        try await GitCommand.run(["init", "--quiet", "--bare", "--initial-branch=main", "--", repository])
        var commits: [String] = []
        for month in 1...months {
            try await append(month, to: repository, &commits)
        }
        try await GitCommand.run(["update-ref", "refs/tags/v1", commits[2]], in: repository)
        return commits
    }

    private func append(_ month: Int, to repository: String, _ commits: inout [String]) async throws {
        let blob = try await line(["hash-object", "-w", "--stdin"], repository, input: "month \(month)\n")
        let tree = try await line(["mktree"], repository, input: "100644 blob \(blob)\tmonth\n")
        let date = try #require(Instant("2020-0\(month)-01T00:00:00Z"))
        let dates = [
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b",
            "GIT_AUTHOR_DATE": "\(date.seconds) +0000", "GIT_COMMITTER_DATE": "\(date.seconds) +0000",
        ]
        commits.append(
            try await GitCommand.run(
                ["commit-tree", "-m", "Month \(month)", tree] + (commits.last.map { ["-p", $0] } ?? []), in: repository,
                environment: dates
            ).trimmingCharacters(in: .newlines))
        try await GitCommand.run(["update-ref", "refs/heads/main", commits[commits.count - 1]], in: repository)
    }

    private func line(_ arguments: [String], _ repository: String, input: String) async throws -> String {
        try await GitCommand.run(arguments, in: repository, input: input).trimmingCharacters(in: .newlines)
    }

    private func mirror(of repository: String, in folder: String) throws -> ChannelMirror {
        try FileManager.default.createDirectory(atPath: "\(folder)/channels", withIntermediateDirectories: true)
        return ChannelMirror(
            ChannelDescription(name: "test", url: .path(repository), branch: "main"), channels: "\(folder)/channels")
    }

    private func months(_ revisions: [ChannelRevision]) -> [String] { revisions.map { String($0.subject.last ?? "?") } }

    @Test func `each way to name revisions finds them, oldest first and each once`() async throws {
        try await withTemporaryFolder { folder in
            let commits = try await makeRepository("\(folder)/origin.git")
            let mirror = try mirror(of: "\(folder)/origin.git", in: folder)
            try await mirror.update()
            func found(_ selectors: RevisionSelector...) async throws -> [String] {
                months(try await mirror.revisions(selectors))
            }
            func date(_ text: String) throws -> Instant { try #require(Instant(text)) }
            #expect(try await found(.tag("v1")) == ["3"])
            #expect(try await found(.commit(commits[4])) == ["5"])
            #expect(try await found(.head(branch: "main")) == ["6"])
            #expect(try await found(.newest(2), .tag("v1"), .head(branch: "main")) == ["3", "5", "6"])
            let (march, early, may) = (
                try date("2020-03-15T00:00:00Z"), try date("2000-01-01T00:00:00Z"), try date("2020-05-01T00:00:00Z")
            )
            #expect(try await found(.nearest(march)) == ["3"])
            #expect(try await found(.nearest(early)) == ["1"])
            #expect(try await found(.range(from: march, to: nil, every: .commits(1))) == ["4", "5", "6"])
            #expect(try await found(.range(from: early, to: may, every: .commits(2))) == ["2", "4"])
        }
    }

    @Test func `files that a copy of the history lacks are named, and left out where nothing needs them`() async throws
    {
        try await withTemporaryFolder { folder in
            let origin = "\(folder)/origin.git"
            try await GitCommand.run(["init", "--quiet", "--bare", "--initial-branch=main", "--", origin])
            let kept = try await line(["hash-object", "-w", "--stdin"], origin, input: "kept\n")
            let lost = try await line(["hash-object", "-w", "--stdin"], origin, input: "lost\n")
            let manual = try await line(["mktree"], origin, input: "100644 blob \(lost)\tmanual [de].po\n")
            let tree = try await line(
                ["mktree"], origin, input: "100644 blob \(kept)\tgnu.scm\n040000 tree \(manual)\tpo\n")
            let names = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]
            let commit = try await GitCommand.run(
                ["commit-tree", "-m", "One", tree], in: origin,
                environment: Dictionary(uniqueKeysWithValues: names.map { ($0, "a") })
            ).trimmingCharacters(in: .newlines)
            try await GitCommand.run(["update-ref", "refs/heads/main", commit], in: origin)
            let mirror = try mirror(of: origin, in: folder)
            try await mirror.update()
            #expect(try await mirror.checkOut(commit, to: "\(folder)/all", needed: ["gnu.scm"]).isEmpty)
            try await lose(lost, below: folder)
            #expect(
                try await mirror.checkOut(commit, to: "\(folder)/some", needed: ["gnu.scm"]) == ["po/manual [de].po"])
            #expect(try String(contentsOfFile: "\(folder)/some/gnu.scm", encoding: .utf8) == "kept\n")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/some/po/manual [de].po"))
            for (index, needed) in [nil, ["gnu.scm", "po"]].enumerated() {
                await #expect(throws: EvaluationError.self) {
                    try await mirror.checkOut(commit, to: "\(folder)/none\(index)", needed: needed)
                }
            }
        }
    }

    /// Removes an object from every repository.
    private func lose(_ blob: String, below folder: String) async throws {
        let file = "objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        let mirrors = try FileManager.default.contentsOfDirectory(atPath: folder + "/channels")
        for repository in ["origin.git"] + mirrors.map({ "channels/\($0)" }) {
            try FileManager.default.removeItem(atPath: "\(folder)/\(repository)/\(file)")
        }
    }

    @Test func `a revision that is not there is named`() async throws {
        try await withTemporaryFolder { folder in
            _ = try await makeRepository("\(folder)/origin.git")
            let mirror = try mirror(of: "\(folder)/origin.git", in: folder)
            try await mirror.update()
            for (selector, words) in [
                (RevisionSelector.tag("v2"), "tag 'v2'"), (.head(branch: "other"), "branch 'other'"),
                (.commit(String(repeating: "0", count: 40)), "commit 0000"),
            ] {
                let error = await #expect(throws: EvaluationError.self) { try await mirror.revisions([selector]) }
                #expect(error?.description.contains(words) == true)
            }
        }
    }

    @Test func `new commits come with an update`() async throws {
        try await withTemporaryFolder { folder in
            var commits = try await makeRepository("\(folder)/origin.git")
            let mirror = try mirror(of: "\(folder)/origin.git", in: folder)
            try await mirror.update()
            try await append(7, to: "\(folder)/origin.git", &commits)
            #expect(months(try await mirror.revisions([.newest(1)])) == ["6"])
            try await mirror.update()
            #expect(months(try await mirror.revisions([.newest(1)])) == ["7"])
        }
    }

    @Test func `a repository that is not there is an error that says so`() async throws {
        try await withTemporaryFolder { folder in
            let mirror = try mirror(of: "\(folder)/none.git", in: folder)
            let error = await #expect(throws: EvaluationError.self) { try await mirror.update() }
            #expect(error?.description.contains("none.git") == true)
        }
    }

    @Test func `a revision's files are laid out as they were then`() async throws {
        try await withTemporaryFolder { folder in
            let commits = try await makeRepository("\(folder)/origin.git")
            let mirror = try mirror(of: "\(folder)/origin.git", in: folder)
            try await mirror.update()
            try await mirror.checkOut(commits[1], to: "\(folder)/files")
            #expect(try String(contentsOfFile: "\(folder)/files/month", encoding: .utf8) == "month 2\n")
        }
    }

    @Test func `nothing of a repository runs when it is mirrored or laid out`() async throws {
        try await withTemporaryFolder { folder in
            let origin = "\(folder)/origin.git"
            let commits = try await makeRepository(origin)
            for hook in ["post-checkout", "reference-transaction", "pre-receive"] {
                try write("#!/bin/sh\ntouch \(folder)/was-run\n", to: "\(origin)/hooks/\(hook)")
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o755], ofItemAtPath: "\(origin)/hooks/\(hook)")
            }
            let mirror = try mirror(of: origin, in: folder)
            try await mirror.update()
            try await mirror.checkOut(commits[0], to: "\(folder)/files")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/was-run"))
        }
    }

    @Test func `a range by the calendar takes the last commit of each stretch, and the newest`() throws {
        let all = try (1...12).map { day in
            ChannelRevision(
                commit: "\(day)", date: try #require(CivilDate(year: 2020, month: 1, day: day)).start, subject: "\(day)"
            )
        }
        let step = RevisionStep.calendar(CalendarOffset(count: 5, unit: .day))
        #expect(step.pick(from: all).map(\.commit) == ["5", "10", "12"])
        #expect(step.pick(from: []).isEmpty)
        #expect(RevisionStep.commits(5).pick(from: all).map(\.commit) == ["2", "7", "12"])
    }

    @Test func `a companion's commit is the pinned one, or the last of the time of Guix's revision`() async throws {
        try await withTemporaryFolder { folder in
            let commits = try await makeRepository("\(folder)/origin.git")
            let mirror = try mirror(of: "\(folder)/origin.git", in: folder)
            try await mirror.update()
            var companion = CompanionChannel(name: "past", url: .path("\(folder)/origin.git"), branch: "main")
            let (march, early) = (Instant("2020-03-15T00:00:00Z"), Instant("2000-01-01T00:00:00Z"))
            #expect(try await mirror.commit(of: companion, by: march) == commits[2])
            for date in [early, nil] {
                let error = await #expect(throws: EvaluationError.self) {
                    try await mirror.commit(of: companion, by: date)
                }
                #expect(error?.description.contains("no commit on branch 'main'") == true)
            }
            companion.commit = commits[4]
            #expect(try await mirror.commit(of: companion, by: nil) == commits[4])
            companion.commit = String(repeating: "0", count: 40)
            let error = await #expect(throws: EvaluationError.self) {
                try await mirror.commit(of: companion, by: march)
            }
            #expect(error?.description.contains("(the channel 'past')") == true)
        }
    }
}
