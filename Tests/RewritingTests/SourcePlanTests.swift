// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Rewriting
import Testing

@Suite struct SourcePlanTests {
    private static let commit = "0123456789012345678901234567890123456789"
    private static let servers = SourcePlan.Servers(
        substitutes: ["http://s/"], hashed: ["http://h/{name}/{algorithm}/{base32}", "http://i/{algorithm}:{base16}"],
        heritage: "http://heritage/api/1/", disarchive: ["http://d/"])

    private func plan(_ origin: Origin, _ method: IngestionMethod) throws -> [SourcePlan.Place] {
        let output = try StorePath(parsing: "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-a-1.tar")
        let mirrors = ["gnu": ["http://m/", "http://n/"]]
        return SourcePlan(
            origin, fixed: FixedOutput(method: method, hash: .of([])), output: output, servers: Self.servers,
            mirrors: mirrors
        ).places
    }

    @Test func `a file is looked for ready-made, at its addresses, by its hash, and put together again, in this order`()
        throws
    {
        let base16 = ContentHash.of([]).base16
        #expect(
            try plan(
                .download(urls: ["mirror://gnu/a/b", "http://o/b", "mirror://other/b"], isExecutable: false), .flat)
                == [
                    .substitute(narinfo: "http://s/2p9bkv91gr64nm17qq0byavwg5q6w2lg.narinfo"),
                    .file("http://m/a/b"), .file("http://n/a/b"), .file("http://o/b"), .file("mirror://other/b"),
                    .contentAddressed("http://h/a-1.tar/sha256/\(ContentHash.of([]).base32)"),
                    .contentAddressed("http://i/sha256:\(base16)"),
                    .disarchive("http://d/sha256/\(base16)"),
                ])
    }

    @Test func `a checkout is looked for ready-made, in its repository, and at Software Heritage`() throws {
        let origin = Origin.git(url: "https://a", commit: Self.commit, isRecursive: false)
        #expect(
            try plan(origin, .recursive) == [
                .substitute(narinfo: "http://s/2p9bkv91gr64nm17qq0byavwg5q6w2lg.narinfo"), .repository(origin),
                .heritageRecord("http://heritage/api/1/extid/nar-sha256/hex:\(ContentHash.of([]).base16)/"),
                .heritageArchive("http://heritage/api/1/vault/flat/swh:1:rev:\(Self.commit)/"),
            ])
        let tagged = try plan(.git(url: "https://a", commit: "v1", isRecursive: false), .recursive)
        #expect(!tagged.contains { if case .heritageArchive = $0 { true } else { false } })
        let modules = try plan(.git(url: "https://a", commit: Self.commit, isRecursive: true), .recursive)
        #expect(!modules.contains { if case .heritageArchive = $0 { true } else { false } })
    }

    @Test func `identifiers of Software Heritage are read, written and computed`() throws {
        // The identifier of an empty file, as git names it.
        #expect(HeritageIdentifier(contents: []).description == "swh:1:cnt:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(
            HeritageIdentifier(contents: Array("hello\n".utf8)).digest == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(HeritageIdentifier("swh:1:dir:\(Self.commit)")?.kind == .directory)
        for text in [
            "swh:1:dir:12", "swh:2:dir:\(Self.commit)", "swh:1:rel:\(Self.commit)", "",
            "swh:1:rev:" + String(repeating: "G", count: 40),
        ] {
            #expect(HeritageIdentifier(text) == nil)
        }
    }

    @Test func `a past list of mirrors is read, and anything else is none`() {
        #expect(
            MirrorLists.read(Array("((gnu \"http://a/\" \"http://b/\") (x \"http://c/\") 3 (y z))".utf8))
                == ["gnu": ["http://a/", "http://b/"], "x": ["http://c/"]])
        #expect(MirrorLists.read(Array("(((".utf8)).isEmpty)
        #expect(MirrorLists.read([]).isEmpty)
    }
}
