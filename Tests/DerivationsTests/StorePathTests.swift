// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct StorePathTests {
    private let hello = "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-hello-2.12.1.drv"

    @Test func `a path is taken apart and put together`() throws {
        let path = try StorePath(parsing: hello)
        #expect(path.description == hello)
        #expect(path.directory == .guix)
        #expect(path.name == "hello-2.12.1.drv")
        #expect(path.digest.description == "3zh2qpi897s2x229s93iakji86b08a20")
        #expect(path.digest.bytes.count == StorePath.Digest.byteCount)
        #expect(path.baseName == "3zh2qpi897s2x229s93iakji86b08a20-hello-2.12.1.drv")
        #expect(path.isDerivation)
        #expect(try StorePath(.guix, baseName: path.baseName) == path)
    }

    @Test(arguments: ["/nix/store", "/gnu/store", "/tmp/a/store", "/x"])
    func `any absolute directory may be a store`(directory: String) throws {
        let path = try StorePath(parsing: "\(directory)/3zh2qpi897s2x229s93iakji86b08a20-a")
        #expect(path.directory.path == directory)
    }

    @Test(arguments: ["", "/", "gnu/store", "/gnu/store/", "/gnu//store", "/gnu/../store", "/gnu/./x", "/a b"])
    func `a directory that cannot hold a store is refused`(directory: String) {
        #expect(throws: DerivationsError.invalidStoreDirectory(directory)) { try StoreDirectory(directory) }
    }

    @Test(arguments: [
        "", "hello", "/gnu/store", "/gnu/store/hello", "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20",
        "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-", "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-.x",
        "/gnu/store/3zh2qpi897s2x229s93iakji86b08a2e-x", "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-a b",
        "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-a/b", "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-é",
        "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-a\u{0}", "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20_x",
        "/gnu/store/../3zh2qpi897s2x229s93iakji86b08a20-x",
        "/gnu/store/3zh2qpi897s2x229s93iakji86b08a20-" + String(repeating: "a", count: 212),
    ])
    func `a text that is no store path is refused`(text: String) {
        #expect(throws: DerivationsError.self) { try StorePath(parsing: text) }
    }

    @Test func `paths are in the order of their texts`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed)
        let paths = try (0..<200).map { index in
            let hash = ContentHash.of((0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let digest =
                index.isMultiple(of: 3)
                ? StorePath.Digest(folding: .of([])) : StorePath.Digest(folding: hash)
            return try StorePath(index.isMultiple(of: 2) ? .guix : .nix, digest, name: "n\(index)")
        }
        #expect(paths.sorted().map(\.description) == paths.map(\.description).sortedByBytes(), "seed \(seed)")
    }

    @Test func `texts and sources lie where a real store puts them`() throws {
        // Made by guix-daemon.
        let greeting = try StorePath.text(
            Array("hello from 2026\n".utf8), name: "greeting", references: [], in: .guix)
        #expect(greeting.description == "/gnu/store/x53nhxagayi9qhlpradhc5fbhgqrjamr-greeting")
        // Made by `nix-store --add-fixed sha256` from a file of "hi" and a line end.
        let hi = try StorePath.fixed(.flat, .of(Array("hi\n".utf8)), name: "hi.txt", in: .guix)
        #expect(hi.description == "/gnu/store/488il3f7z21cr6dyr2yykbfvasq9x8r7-hi.txt")
    }

    @Test func `a known source lies where a public text says`() throws {
        let hash = try ContentHash(.sha256, "086vqwk2wl8zfs47sq2xpjc9k066ilmb8z6dn0q6ymwjzlm196cd")
        let path = try StorePath.fixed(.flat, hash, name: "hello-2.12.1.tar.gz", in: .guix)
        #expect(path.description == "/gnu/store/3dq55rw99wdc4g4wblz7xikc8a2jy7a3-hello-2.12.1.tar.gz")
    }

    @Test func `a recursive source lies where a public text says`() throws {
        let hash = try ContentHash(.sha256, "1razjpvlcp85hqli77mwr9nmn5jnv3lm1fxbbqjpx1brv3h1lvm5")
        let path = try StorePath.fixed(.recursive, hash, name: "txt2man-1.6.0-checkout", in: .guix)
        #expect(path.description == "/gnu/store/ba80al8r1yn09d0vy29h534igdlszdh7-txt2man-1.6.0-checkout")
    }
}
