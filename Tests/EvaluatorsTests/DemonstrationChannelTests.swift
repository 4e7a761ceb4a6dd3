// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Jobsets
import StoreDaemon
import Testing

@testable import Evaluators

@Suite("The demonstration channel")
struct DemonstrationChannelTests {
    /// The channel that is shipped.
    static let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Jobsets/demo").path

    private func makeFolder(_ folder: String) throws {
        try write("{ }", to: "\(folder)/channel/default.nix")
        try write(#"{"name": "always", "version": "1"}"#, to: "\(folder)/packages/always.json")
        try write(#"{"name": "tool", "released": "2019-05-01"}"#, to: "\(folder)/packages/tool-1.json")
        try write(#"{"name": "tool", "released": "2021-05-01"}"#, to: "\(folder)/packages/tool-2.json")
        try write(#"{"name": "late", "released": "2030-01-01"}"#, to: "\(folder)/packages/late.json")
        try write(#"{"name": "user", "dependencies": ["needy"]}"#, to: "\(folder)/packages/user.json")
        try write(#"{"name": "needy", "dependencies": ["late", "always"]}"#, to: "\(folder)/packages/needy.json")
        try write(
            """
            [{"date": "2018-01-01T00:00:00Z", "subject": "One"}, {"date": "2019-05-01T00:00:00Z", "subject": "Two"},
             {"date": "2022-01-01T00:00:00Z", "subject": "Three"}]
            """, to: "\(folder)/revisions.json")
    }

    private func files(of commit: String, in repository: String) async throws -> [String] {
        try await GitCommand.run(["ls-tree", "-r", "--name-only", commit], in: repository).split(separator: "\n").map(
            String.init)
    }

    private func commits(in repository: String) async throws -> [String] {
        try await GitCommand.run(["rev-list", "--reverse", "main"], in: repository).split(separator: "\n").map(
            String.init)
    }

    @Test
    func `a revision has what was released and complete by its date, the newest of each name, and the last has all`()
        async throws
    {
        try await withTemporaryFolder { folder in
            try makeFolder(folder)
            let repository = "\(folder)/made.git"
            try await DemonstrationChannel(folder: folder).make(at: repository)
            var found: [[String]] = []
            for commit in try await commits(in: repository) {
                found.append(try await files(of: commit, in: repository))
            }
            #expect(
                found == [
                    ["default.nix", "packages/always.json"],
                    ["default.nix", "packages/always.json", "packages/tool-1.json"],
                    [
                        "default.nix", "packages/always.json", "packages/late.json", "packages/needy.json",
                        "packages/tool-2.json", "packages/user.json",
                    ],
                ])
        }
    }

    @Test func `the same files give the same commits anywhere, and making them again changes nothing`() async throws {
        try await withTemporaryFolder { folder in
            for place in ["here", "there"] {
                try makeFolder("\(folder)/\(place)")
                try await DemonstrationChannel(folder: "\(folder)/\(place)").make(at: "\(folder)/\(place).git")
            }
            let first = try await commits(in: "\(folder)/here.git")
            try await DemonstrationChannel(folder: "\(folder)/here").make(at: "\(folder)/here.git")
            #expect(first.count == 3)
            #expect(try await commits(in: "\(folder)/here.git") == first)
            #expect(try await commits(in: "\(folder)/there.git") == first)
        }
    }

    @Test func `a package file that is added is in the last revision at once`() async throws {
        try await withTemporaryFolder { folder in
            try makeFolder(folder)
            let repository = "\(folder)/made.git"
            try await DemonstrationChannel(folder: folder).make(at: repository)
            let before = try await commits(in: repository)
            try write(#"{"name": "new", "released": "2021-12-31"}"#, to: "\(folder)/packages/new.json")
            try await DemonstrationChannel(folder: folder).make(at: repository)
            let after = try await commits(in: repository)
            #expect(Array(after.dropLast()) == Array(before.dropLast()))
            #expect(try await files(of: after[2], in: repository).contains("packages/new.json"))
        }
    }

    @Test(arguments: [
        ("packages/again.json", #"{"name": "always"}"#),
        ("packages/bad.json", #"{"name": "x", "released": "2019-13-01"}"#),
        ("packages/none.json", #"{"version": "1"}"#), ("revisions.json", "[]"), ("revisions.json", "{"),
        ("revisions.json", #"[{"date": "yesterday", "subject": "x"}]"#),
    ])
    func `a wrong file is named`(file: String, text: String) async throws {
        try await withTemporaryFolder { folder in
            try makeFolder(folder)
            try write(text, to: "\(folder)/\(file)")
            let error = await #expect(throws: EvaluationError.self) {
                try await DemonstrationChannel(folder: folder).make(at: "\(folder)/made.git")
            }
            #expect(
                error?.description.contains("\(folder)/packages") == true || error?.description.contains(file) == true)
        }
    }

    @Test func `every package of every shipped revision evaluates`() async throws {
        try await withTemporaryFolder { folder in
            let channel = ChannelDescription(
                name: "demo", url: .demonstration(folder: Self.shipped), branch: "main", expression: "default.nix")
            let mirror = ChannelMirror(channel, channels: "\(folder)/channels")
            try FileManager.default.createDirectory(atPath: "\(folder)/channels", withIntermediateDirectories: true)
            try await mirror.update()
            let revisions = try await mirror.revisions([.newest(100)])
            #expect(revisions.count >= 3)
            let store = try HostStore.nix(dataDirectory: "\(folder)/data")
            var versions: [String] = []
            for revision in revisions {
                let checkout = "\(folder)/\(revision.commit)"
                try await mirror.checkOut(revision.commit, to: checkout)
                let found = try await NixEvaluator(store: store).evaluate(
                    checkout: checkout, expression: "default.nix", packages: .all)
                for job in found.jobs { #expect(throws: Never.self, "\(job.name)") { try job.derivation.get() } }
                versions += found.jobs.filter { $0.name == "requests-toolbelt" }.map(\.version)
            }
            #expect(versions.first == "0.9.1")
            #expect(versions.last == "1.0.0")
        }
    }
}
