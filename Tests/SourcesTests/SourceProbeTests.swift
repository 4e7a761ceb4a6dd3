// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import FileServerFixture
import Foundation
import Rewriting
import Testing

@testable import Sources

/// Asks servers and repositories of our own.
@Suite struct SourceProbeTests {
    private static let fixed = FixedOutput(method: .recursive, hash: .of([]))

    private func answers(_ places: [SourcePlan.Place]) async throws -> [PlaceFinding] {
        try await SourceProbe().ask(SourcePlan(places: places), Self.fixed)
    }

    private func serve(
        _ files: [String: String], _ body: (_ folder: String, _ address: String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let served = "\(folder)/served"
            for (name, contents) in files {
                let path = "\(served)/\(name)"
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try contents.write(toFile: path, atomically: true, encoding: .utf8)
            }
            let server = try FileServer(served)
            defer { server.end() }
            try await body(folder, server.address)
        }
    }

    @Test func `places are asked in order up to the first that has it`() async throws {
        try await serve(["a.tar": "x", "page": "<html>", "b.tar": "y"]) { _, address in
            let found = try await answers([
                .substitute(narinfo: "\(address)none.narinfo"), .file("http://127.0.0.1:1/a.tar"),
                .file("\(address)gone.tar"), .contentAddressed("\(address)a.tar"), .file("\(address)b.tar"),
            ])
            #expect(found.map(\.answer) == [.absent, .silent, .absent, .present])
            #expect(found.map(\.place) == ["substitute", "original", "original", "content-addressed"])
            #expect(found[2].reason == "it answers 404")
        }
    }

    @Test func `a page in place of a file may be anything, and is not taken for the file`() async throws {
        try await serve(["index.html": "<html>bought by somebody</html>"]) { _, address in
            let found = try await answers([.file("\(address)?file=a.tar"), .file("\(address)index.html")])
            #expect(found.map(\.answer) == [.likely, .present])
        }
    }

    @Test func `a narinfo that reads as none is no substitute`() async throws {
        try await serve(["x.narinfo": "<html>"]) { _, address in
            let found = try await answers([.substitute(narinfo: "\(address)x.narinfo")])
            #expect(found.map(\.answer) == [.silent])
        }
    }

    @Test func `a revision that the vault has not packed is known or not`() async throws {
        let (known, unknown) = (String(repeating: "1", count: 40), String(repeating: "2", count: 40))
        try await serve(["api/1/revision/\(known)/index.html": "{}"]) { _, address in
            let vault = "\(address)api/1/vault/flat/swh:1:rev:"
            let found = try await answers([
                .heritageArchive("\(vault)\(known)/"), .heritageArchive("\(vault)\(unknown)/"),
            ])
            #expect(found.map(\.answer) == [.likely, .absent])
        }
    }

    @Test func `repositories are asked for the very revision, as far as they tell`() async throws {
        try await withTemporaryFolder { folder in
            let script = """
                git init -q g; cd g; git config user.name a; git config user.email a@b; echo 1 > f; git add f
                git commit -qm 1; git tag v1; echo 2 > f; git commit -qam 2; git rev-parse HEAD > ../head
                """
            let answer = try await HostTool.run("env", ["HOME=\(folder)", "sh", "-ec", script], in: folder)
            try #require(answer.isSuccess, "\(answer.complaint)")
            let head = try String(contentsOfFile: "\(folder)/head", encoding: .utf8).trimmingCharacters(in: .newlines)
            func git(_ commit: String, _ place: String = "g") -> SourcePlan.Place {
                .repository(.git(url: "file://\(folder)/\(place)", commit: commit, isRecursive: false))
            }
            #expect(try await answers([git("v1")]).map(\.answer) == [.present])
            #expect(try await answers([git(head)]).map(\.answer) == [.present])
            let middle = String(repeating: "3", count: 40)
            let found = try await answers([git("v2"), git("v1", "nowhere"), git(middle)])
            #expect(found.map(\.answer) == [.absent, .silent, .likely])
        }
    }

    @Test func `an address that would run a program is not asked`() async throws {
        let found = try await answers([
            .repository(.git(url: "ext::sh -c true", commit: "v1", isRecursive: false)),
            .repository(.mercurial(url: "ssh://a/b", changeset: "1")),
        ])
        #expect(found.map(\.answer) == [.absent, .absent])
        #expect(found.allSatisfy { $0.reason.hasPrefix("nobody here knows") })
    }
}
