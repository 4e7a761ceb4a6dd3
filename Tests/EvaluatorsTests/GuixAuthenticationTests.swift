// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Jobsets
import StoreDaemon
import Testing

@testable import Evaluators

/// What is asked of Guix and what becomes of its answer, with a `(guix channels)` of our own in a real Guile and the real
/// sandbox. Guix's own is asked by `RealGuixTests`.
@Suite(
    "Authenticating a channel's commits",
    .enabled(if: GuixRevision.guile != nil, "needs guile in PATH: Debian's guile-3.0"))
struct GuixAuthenticationTests {
    private static let introduction = ChannelDescription.Introduction(
        commit: String(repeating: "a", count: 40), fingerprint: "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA")

    /// A channel whose repository calls `commits` authentic.
    private func channel(_ folder: String, authentic commits: [String]) throws -> GuixEvaluator.Commit {
        try write("(channel (version 0) (keyring-reference \"keys\"))", to: folder + "/checkout/.guix-channel")
        try write(
            commits.map { "\($0) \(Self.introduction.commit) \(Self.introduction.fingerprint)\n" }.joined(),
            to: folder + "/mirror.git/authentic")
        return GuixEvaluator.Commit(
            channel: ChannelDescription(
                name: "science", url: .path(folder + "/origin"), introduction: Self.introduction),
            commit: "", checkout: folder + "/checkout", repository: folder + "/mirror.git")
    }

    private func authenticate(_ asked: GuixEvaluator.Commit, _ commit: String, _ folder: String) async throws -> String
    {
        let host = GuixHost(
            guile: try #require(GuixRevision.guile), loadPath: [try FixtureFolder.path() + "/host"], compiledPath: [],
            extensionsPath: "")
        var asked = asked
        asked.commit = commit
        let store = try HostStore.nix(dataDirectory: folder + "/data")
        return try await GuixEvaluator(store: store, limits: GuixRevision.limits, host: host)
            .authenticate(asked, cache: folder + "/cache")
    }

    @Test func `Guix is told the commit, the introduction and where the keys are, and may keep what it found`()
        async throws
    {
        try await withTemporaryFolder { folder in
            let commit = String(repeating: "b", count: 40)
            let asked = try channel(folder, authentic: [commit])
            let words =
                "channel 'science', commit bbbbbbbbbbbb, is authentic: Authenticating channel, 7 new commits...\n"
            #expect(try await authenticate(asked, commit, folder) == words)
            // From here on only what was kept says so; for another introduction nothing is kept.
            try write("", to: asked.repository + "/authentic")
            #expect(try await authenticate(asked, commit, folder) == words)
            var other = asked
            other.channel.introduction?.commit = commit
            await #expect(throws: EvaluationError.self) { try await authenticate(other, commit, folder) }
        }
    }

    @Test func `what Guix does not take for authentic is refused in its words`() async throws {
        try await withTemporaryFolder { folder in
            let commit = String(repeating: "c", count: 40)
            let asked = try channel(folder, authentic: [])
            let error = await #expect(throws: EvaluationError.self) { try await authenticate(asked, commit, folder) }
            #expect(
                error?.description
                    == "commit cccccccccccc of the channel 'science' could not be authenticated by Guix: "
                    + "commit \(commit) was signed by a stranger")
        }
    }

    @Test func `a channel without an introduction is evaluated, and the log says that nobody vouches for it`()
        async throws
    {
        try await withTemporaryFolder { folder in
            var asked = try channel(folder, authentic: [])
            asked.channel.introduction = nil
            #expect(
                try await authenticate(asked, "d", folder)
                    == "channel 'science', commit d: the channel has no introduction, so that nobody vouches for its commits.\n"
            )
        }
    }

    @Test func `a repository that borrows objects is read with those`() async throws {
        try await withTemporaryFolder { folder in
            let commit = String(repeating: "b", count: 40)
            let asked = try channel(folder, authentic: [])
            // The file with what is authentic lies in the repository that is borrowed from.
            try write(
                "\(commit) \(Self.introduction.commit) \(Self.introduction.fingerprint)", to: folder + "/lender/list")
            try write(folder + "/lender\n", to: asked.repository + "/objects/info/alternates")
            try FileManager.default.removeItem(atPath: asked.repository + "/authentic")
            try FileManager.default.createSymbolicLink(
                atPath: asked.repository + "/authentic", withDestinationPath: folder + "/lender/list")
            #expect(try await authenticate(asked, commit, folder).contains("is authentic"))
        }
    }
}
