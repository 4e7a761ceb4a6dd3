// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import FileServerFixture
import Foundation
import Rewriting
import Testing

@testable import Sources

/// Uses the real programs on repositories and a server of our own.
@Suite(.serialized) struct SourceHuntTests {
    /// A folder to serve, a tree with a file in it, and that tree's hash.
    private struct Scene {
        let folder: String
        let tree: String
        let fixed: FixedOutput
        let output: StorePath

        var served: String { "\(folder)/served" }

        init(_ folder: String) throws {
            self.folder = folder
            tree = "\(folder)/tree"
            for name in ["cache", "served", "tree/sub"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try "one\n".write(toFile: "\(tree)/one", atomically: true, encoding: .utf8)
            try "two\n".write(toFile: "\(tree)/sub/two", atomically: true, encoding: .utf8)
            fixed = try FixedOutput.of(file: tree, method: .recursive)
            output = try StorePath.fixed(.recursive, fixed.hash, name: "t", in: .guix)
        }

        func find(
            _ origin: Origin, _ servers: SourcePlan.Servers = .init()
        ) async throws -> (file: String, from: String) {
            let plan = SourcePlan(origin, fixed: fixed, output: output, servers: servers)
            let found = try await SourceHunt(fetcher: SourceFetcher(cache: "\(folder)/cache")).find(plan, fixed)
            #expect(try FixedOutput.of(file: found.file, method: .recursive) == fixed)
            return found
        }

        /// Runs a script in the folder, as the programs' own users would.
        func run(_ script: String) async throws {
            let variables = [
                "HOME=\(folder)", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a",
                "GIT_COMMITTER_EMAIL=a@b", "HGUSER=a", "BRZ_EMAIL=a <a@b>",
            ]
            let answer = try await HostTool.run("env", variables + ["sh", "-ec", script], in: folder)
            #expect(answer.isSuccess, "\(script): \(answer.complaint)")
        }
    }

    static func has(_ program: String) -> Bool {
        ["/usr/bin", "/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }

    private static let nowhere = Origin.git(
        url: "file:///nowhere", commit: String(repeating: "0", count: 40), isRecursive: false)

    @Test func `a git tag and a commit are checked out without git's own files`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            try await scene.run(
                "cp -r tree git; cd git; git init -q; git add .; git commit -qm a; git tag v1; echo x > one; git commit -qam b; git rev-parse v1 > ../commit"
            )
            let url = "file://\(folder)/git"
            #expect(try await scene.find(.git(url: url, commit: "v1", isRecursive: false)).from == url)
            let commit = try String(contentsOfFile: "\(folder)/commit", encoding: .utf8).trimmingCharacters(
                in: .newlines)
            try FileManager.default.removeItem(atPath: "\(folder)/cache")
            #expect(try await scene.find(.git(url: url, commit: commit, isRecursive: true)).from == url)
            #expect(try await scene.find(Self.nowhere).from == "the farm's cache")
        }
    }

    @Test(.enabled(if: has("svn") && has("svnadmin"), "subversion is not installed"))
    func `folders and files of Subversion come to where they were asked for`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            let url = "file://\(folder)/repository"
            try await scene.run(
                "svnadmin create repository; svn import -qm a tree \(url)/trunk; svn mkdir -qm b \(url)/c")
            let whole = SubversionOrigin(
                checkouts: [.init(url: "\(url)/trunk", folder: "")], revision: 1, isRecursive: true)
            #expect(try await scene.find(.subversion(whole)).from == "\(url)/trunk")
            try FileManager.default.removeItem(atPath: "\(folder)/cache")
            let parts = SubversionOrigin(
                checkouts: [
                    .init(url: "\(url)/trunk//sub/", folder: "sub"), .init(url: "\(url)/trunk/one", folder: ""),
                ],
                revision: 2, isRecursive: false)
            #expect(try await scene.find(.subversion(parts)).from == "\(url)/trunk//sub/")
        }
    }

    @Test(.enabled(if: has("hg"), "mercurial is not installed"))
    func `a Mercurial changeset is checked out`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            try await scene.run(
                "cp -r tree hg; cd hg; hg init; hg add -q; hg commit -m a; echo x > one; hg commit -m b; hg id -ir 0 > ../id"
            )
            let id = try String(contentsOfFile: "\(folder)/id", encoding: .utf8).trimmingCharacters(in: .newlines)
            let url = "file://\(folder)/hg"
            #expect(try await scene.find(.mercurial(url: url, changeset: id)).from == url)
        }
    }

    @Test(.enabled(if: has("brz"), "brz is not installed"))
    func `a Bazaar revision is checked out`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            try await scene.run(
                "cp -r tree b; cd b; brz init -q; brz add -q; brz commit -qm a; echo x > one; brz commit -qm b")
            let url = "file://\(folder)/b"
            #expect(try await scene.find(.bazaar(url: url, revision: "1")).from == url)
        }
    }

    @Test(.enabled(if: has("cvs"), "cvs is not installed"))
    func `a CVS tag is checked out`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            try await scene.run(
                "mkdir r; cvs -Q -d $PWD/r init; cd tree; cvs -Q -d $PWD/../r import -m a module vendor start")
            let root = ":local:\(folder)/r"
            #expect(try await scene.find(.cvs(root: root, module: "module", revision: "start")).from.hasPrefix(root))
        }
    }

    @Test func `a ready-made output is taken from a server, unpacked and checked`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            var reader = ArchiveReader(of: scene.tree)
            var nar: [UInt8] = []
            while let bytes = try reader.next() { nar += bytes }
            try Data(nar).write(to: URL(fileURLWithPath: "\(scene.served)/x.nar"))
            try await scene.run("gzip served/x.nar")
            let info = NarInfo(
                path: scene.output, narHash: scene.fixed.hash, narSize: UInt64(nar.count),
                archives: [.init(url: "x.nar.gz", compression: "gzip", fileHash: nil, fileSize: nil)])
            try info.printedForGuix().write(
                toFile: "\(scene.served)/\(scene.output.digest).narinfo", atomically: true, encoding: .utf8)
            let server = try FileServer(scene.served)
            defer { server.end() }
            let found = try await scene.find(Self.nowhere, .init(substitutes: [server.address]))
            #expect(found.from == "\(server.address)\(scene.output.digest).narinfo")
        }
    }

    @Test func `Software Heritage's record leads to the directory`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            let identifier = "swh:1:dir:\(String(repeating: "a", count: 40))"
            try await scene.run(
                """
                r=served/api/1/extid/nar-sha256/hex:\(scene.fixed.hash.base16); v=served/api/1/vault/flat/\(identifier)/raw
                mkdir -p $r $v; echo '{"target": "\(identifier)"}' > $r/index.html
                cp -r tree \(identifier); tar --force-local -cf $v/index.html \(identifier)
                """)
            let server = try FileServer(scene.served)
            defer { server.end() }
            let found = try await scene.find(Self.nowhere, .init(heritage: "\(server.address)api/1/"))
            #expect(found.from.hasPrefix("\(server.address)api/1/extid/"))
        }
    }

    @Test func `what has another hash is not taken, and every place is named`() async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            try await scene.run(
                "cp -r tree git; cd git; echo x > one; git init -q; git add .; git commit -qm a; git tag v1")
            let server = try FileServer(scene.served)
            defer { server.end() }
            let error = await #expect(throws: SourceError.self) {
                try await scene.find(
                    .git(url: "file://\(folder)/git", commit: "v1", isRecursive: false),
                    .init(substitutes: [server.address]))
            }
            #expect(error?.description.contains("404") == true)
            #expect(error?.description.contains("has the hash") == true)
            #expect(error?.isFinal == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache") == [])
        }
    }

    @Test(arguments: [
        Origin.git(url: "ext::sh -c true", commit: "v1", isRecursive: false),
        .git(url: "ssh://-oProxyCommand=x/y", commit: "v1", isRecursive: false),
        .mercurial(url: "ssh://a/b", changeset: "1"), .cvs(root: ":ext:a@b:/c", module: "d", revision: "e"),
        .cvs(root: ":fork:/c", module: "d", revision: "e"), .bazaar(url: "bzr+ssh://a/b", revision: "1"),
        .subversion(
            SubversionOrigin(checkouts: [.init(url: "svn+ssh://a", folder: "")], revision: 1, isRecursive: true)),
    ])
    func `an address that would run a program is not followed`(origin: Origin) async throws {
        try await withTemporaryFolder { folder in
            let scene = try Scene(folder)
            let error = await #expect(throws: SourceError.self) { try await scene.find(origin) }
            #expect(error?.description.hasPrefix("nobody here knows") == true)
        }
    }
}
