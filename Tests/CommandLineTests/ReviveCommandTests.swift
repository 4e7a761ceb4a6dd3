// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@Suite("almanac revive", .enabled(if: SmallGuix.isPossible, "needs guile, git, bubblewrap and nix-bin in PATH"))
struct ReviveCommandTests {
    private func withSmallGuix(_ body: (SmallGuix) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let scene = try await SmallGuix(in: folder)
            try scene.write(
                "(list (channel (name 'guix) (url \"guix\") (commit \"\(scene.commit)\")))", "channels.scm")
            try await body(scene)
        }
    }

    @Test func `the report tells of a source that nobody has, and the second one begins where the first ended`()
        async throws
    {
        try await withSmallGuix { scene in
            let first = try await scene.revive("hello", "--dry-run", "--format", "json")
            #expect([3, 5].contains(first.status), "\(first)")
            let records = try #require(
                try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [[String: Any]])
            #expect(records.map { $0["name"] as? String } == ["hello-2.10"])
            #expect(first.errors.contains("revision \(scene.commit.prefix(12))"))
            let again = try await scene.revive("hello", "--dry-run", "--format", "json")
            #expect(again.status == first.status && again.output == first.output)
            #expect(!again.errors.contains("files loaded"), "what was evaluated is kept: \(again.errors)")
        }
    }

    @Test func `what is wrong with the request is said, with its place, and nothing is done`() async throws {
        try await withSmallGuix { scene in
            let unknown = try await scene.revive("helo", "--dry-run")
            #expect(unknown.status == 1)
            #expect(
                unknown.errors.contains("no package is named 'helo'; similar: hello"), "\(unknown.errors)")
            try scene.write("(list (channel (name 'guix)\n  (comit \"x\")))", "channels.scm")
            let wrong = try await scene.revive("hello", "--dry-run")
            #expect(wrong.status == 1 && wrong.errors.contains("channels.scm:2:"), "\(wrong.errors)")
            let both = try await scene.revive("hello", "-m", "manifest.scm")
            #expect(both.status == 64 && both.errors.contains("give a manifest or packages, not both"))
        }
    }

    @Test func `a channel that its introduction does not vouch for is not evaluated`() async throws {
        try await withSmallGuix { scene in
            try scene.write(
                """
                (list (channel (name 'guix) (url "guix") (commit "\(scene.commit)")
                        (introduction (make-channel-introduction "\(scene.commit)"
                                        (openpgp-fingerprint "\(String(repeating: "AB", count: 20))")))))
                """, "channels.scm")
            let answer = try await scene.revive("hello", "--dry-run")
            #expect(answer.status == 1)
            #expect(
                answer.errors.contains(
                    "commit \(scene.commit.prefix(12)) of the channel 'guix' could not be authenticated by Guix: "),
                "\(answer.errors)")
        }
    }
}
