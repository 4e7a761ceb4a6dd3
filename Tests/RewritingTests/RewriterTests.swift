// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Rewriting
import Testing

@Suite struct RewriterTests {
    private static let hash = FixedOutput(method: .recursive, hash: .of([1, 2, 3]))

    private func past(_ fixed: FixedOutput, name: String, output: StorePath? = nil) throws -> Derivation {
        let place = try output ?? StorePath.fixed(fixed.method, fixed.hash, name: name, in: .guix)
        return Derivation(
            outputs: [DerivationOutput(path: place, fixed: fixed)], inputDerivations: [], inputSources: [],
            system: "i686-linux", builder: "/old/guile", arguments: ["x"], environment: [])
    }

    private func rewrite(
        _ origin: Origin, _ fixed: FixedOutput = hash, output: StorePath? = nil
    ) throws -> Rewriter.Rewritten {
        let mirrors = try PresentMirrors(in: .guix)
        return try Rewriter(mirrors: mirrors).rewrite(
            try past(fixed, name: "a", output: output), name: "a", origin: origin)
    }

    private static let origins: [Origin] = [
        .download(urls: ["https://a/b", "https://c/\"d\""], isExecutable: true),
        .git(url: "https://a/b", commit: "v1", isRecursive: true), .mercurial(url: "https://a", changeset: "12"),
        .bazaar(url: "lp:a", revision: "3"), .cvs(root: ":pserver:a", module: "b", revision: "2018-02-18"),
        .subversion(
            SubversionOrigin(
                checkouts: [.init(url: "svn://a/\"b\"", folder: "c/d"), .init(url: "svn://a/e", folder: "")],
                revision: 4,
                isRecursive: true, user: "u", password: "p")),
    ]

    @Test(arguments: origins)
    func `the output stays where it was, and the present derivation says the same origin`(origin: Origin) throws {
        let rewritten = try rewrite(origin)
        #expect(rewritten.derivation.system == "i686-linux")
        #expect(rewritten.derivation.outputs[0].path == rewritten.output)
        var verifier = DerivationVerifier { _ in nil }
        #expect(verifier.faults(in: rewritten.derivation.printed(), fileName: rewritten.path.baseName) == [])
        #expect(try OriginReader(rewritten.derivation) { _ in nil }.origin() == origin)
        let again = try Rewriter(mirrors: PresentMirrors(in: .guix)).rewrite(
            rewritten.derivation, name: "a", origin: origin)
        #expect(again.path == rewritten.path)
    }

    @Test func `a download names the lists it reads, and they come with it`() throws {
        let flat = FixedOutput(method: .flat, hash: .of([4]))
        let rewritten = try rewrite(.download(urls: ["mirror://gnu/a"], isExecutable: false), flat)
        #expect(rewritten.texts.map(\.path).sorted() == rewritten.derivation.inputSources)
        #expect(rewritten.isBuiltByDaemon)
        for text in rewritten.texts {
            let data = try SchemeReader.read(text.contents)
            #expect(data.count == 1)
            #expect(!String(decoding: text.contents, as: UTF8.self).contains("{"))
        }
    }

    @Test func `an output that would move, and a hash of the wrong kind, are refused`() throws {
        let elsewhere = try StorePath(parsing: "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-a")
        #expect(throws: RewriteError.self) { try rewrite(Self.origins[1], output: elsewhere) }
        let flat = FixedOutput(method: .flat, hash: .of([4]))
        #expect(throws: RewriteError.wrongMethod(kind: "git")) { try rewrite(Self.origins[1], flat) }
        #expect(throws: RewriteError.wrongMethod(kind: "download")) {
            try rewrite(.download(urls: ["https://a"], isExecutable: false))
        }
    }

    @Test func `lists of mirrors are taken from a download of a present Guix only`() throws {
        #expect(throws: RewriteError.self) { try PresentMirrors(of: try past(Self.hash, name: "a")) }
        let present = try rewrite(Self.origins[0]).derivation
        let mirrors = try PresentMirrors(of: present)
        #expect([mirrors.mirrors, mirrors.contentAddressed, mirrors.disarchive].sorted() == present.inputSources)
    }
}
