// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@Suite struct ArchiveTests {
    private func archive(_ words: String...) -> [UInt8] {
        var encoder = WireEncoder()
        for word in words { encoder.text(word) }
        return encoder.bytes
    }

    /// The archive of a directory with one entry of a given name.
    private func directory(holding names: String...) -> [UInt8] {
        var bytes = archive("nix-archive-1", "(", "type", "directory")
        for name in names {
            bytes += archive("entry", "(", "name", name, "node", "(", "type", "regular", "contents", "", ")", ")")
        }
        return bytes + archive(")")
    }

    private func events(_ bytes: [UInt8], pieces: Int = Int.max) throws -> [ArchiveEvent] {
        var decoder = ArchiveDecoder()
        var events: [ArchiveEvent] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try decoder.read(rest.prefix(pieces)) { event in
                if case .fileBytes(let bytes) = event, case .fileBytes(let before)? = events.last {
                    events[events.count - 1] = .fileBytes(before + bytes)
                } else {
                    events.append(event)
                }
            }
            rest = rest.dropFirst(count)
            if decoder.isFinished { break }
        }
        try decoder.finish()
        return events
    }

    private func temporary() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("archive-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }

    private func archive(of path: String) throws -> [UInt8] {
        var reader = ArchiveReader(of: path)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        return bytes
    }

    private func extract(_ bytes: [UInt8], to path: String) throws {
        var decoder = ArchiveDecoder()
        var extractor = ArchiveExtractor(to: path)
        _ = try decoder.read(bytes[...]) { try extractor.handle($0) }
        try decoder.finish()
    }

    @Test func `a tree is archived, extracted, and archived the same again`() throws {
        let top = try temporary()
        defer { try? FileManager.default.removeItem(at: top) }
        let tree = top.appendingPathComponent("tree")
        try FileManager.default.createDirectory(
            at: tree.appendingPathComponent("a/b/c"), withIntermediateDirectories: true)
        try Data(repeating: 1, count: 600_003).write(to: tree.appendingPathComponent("a/large"))
        try Data("run".utf8).write(to: tree.appendingPathComponent("a.run"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: tree.appendingPathComponent("a.run").path)
        try FileManager.default.createSymbolicLink(
            atPath: tree.appendingPathComponent("link").path, withDestinationPath: "/etc/passwd")
        let bytes = try archive(of: tree.path)
        let copy = top.appendingPathComponent("copy").path
        try extract(bytes, to: copy)
        #expect(try archive(of: copy) == bytes)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: copy + "/link") == "/etc/passwd")
        #expect(FileManager.default.isExecutableFile(atPath: copy + "/a.run"))
        #expect(try FixedOutput.of(file: tree.path, method: .recursive).hash == ContentHash.of(bytes))
    }

    @Test func `pieces of any size mean the same`() throws {
        let bytes = directory(holding: "a", "b")
        let whole = try events(bytes)
        for pieces in [1, 3, 7, 8, 9, 100] { #expect(try events(bytes, pieces: pieces) == whole) }
        #expect(whole.first == .directoryBegin && whole.last == .directoryEnd)
    }

    @Test func `a file, an executable, a link and an empty file are told apart`() throws {
        #expect(
            try events(archive("nix-archive-1", "(", "type", "regular", "contents", "12345678", ")")) == [
                .fileBegin(size: 8, isExecutable: false), .fileBytes(Array("12345678".utf8)[...]), .fileEnd,
            ])
        #expect(
            try events(archive("nix-archive-1", "(", "type", "regular", "executable", "", "contents", "x", ")")) == [
                .fileBegin(size: 1, isExecutable: true), .fileBytes([UInt8(ascii: "x")]), .fileEnd,
            ])
        #expect(
            try events(archive("nix-archive-1", "(", "type", "symlink", "target", "t", ")")) == [
                .symbolicLink(target: "t")
            ])
        #expect(
            try events(archive("nix-archive-1", "(", "type", "regular", ")")) == [
                .fileBegin(size: 0, isExecutable: false), .fileEnd,
            ])
    }

    @Test(arguments: ["", ".", "..", "a/b", "/etc", "a\u{0}b", String(repeating: "n", count: 256)])
    func `a name that leads out of its directory is refused`(name: String) {
        #expect(throws: DerivationsError.self) { try events(directory(holding: name)) }
    }

    @Test(arguments: [["a", "a"], ["b", "a"], ["ab", "a"]])
    func `names that are not in strict order are refused`(names: [String]) {
        #expect(throws: DerivationsError.self) { try events(directory(holding: names[0], names[1])) }
    }

    @Test func `every beginning of an archive is refused`() {
        let bytes = directory(holding: "a", "b")
        for count in 0..<bytes.count {
            #expect(throws: DerivationsError.self) { try events(Array(bytes.prefix(count))) }
        }
    }

    @Test func `directories within each other end at the limit`() throws {
        var bytes = archive("nix-archive-1", "(", "type", "directory")
        for _ in 0..<ArchiveLimits.depth {
            bytes += archive("entry", "(", "name", "d", "node", "(", "type", "directory")
        }
        #expect(throws: DerivationsError.self) { try events(bytes) }
    }

    @Test func `a text too long to be one is refused before it is read`() {
        let bytes = archive("nix-archive-1") + [0, 0, 0, 0, 0, 1, 0, 0]
        #expect(throws: DerivationsError.self) { try events(bytes) }
    }

    @Test func `a byte changed anywhere never breaks the reader`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed)
        let original = directory(holding: "a", "b", "c")
        for _ in 0..<5_000 {
            var bytes = original
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            if bytes == original { continue }
            // What is accepted can differ only in a name or a keyword of equal meaning.
            if let found = try? events(bytes) { #expect(found.last == .directoryEnd, "seed \(seed)") }
        }
    }

    @Test func `an extractor never replaces a file nor follows a link`() throws {
        let top = try temporary()
        defer { try? FileManager.default.removeItem(at: top) }
        let existing = top.appendingPathComponent("existing").path
        try Data("mine".utf8).write(to: URL(fileURLWithPath: existing))
        let file = archive("nix-archive-1", "(", "type", "regular", "contents", "theirs", ")")
        #expect(throws: DerivationsError.self) { try extract(file, to: existing) }
        let link = top.appendingPathComponent("link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: existing)
        #expect(throws: DerivationsError.self) { try extract(file, to: link) }
        #expect(throws: DerivationsError.self) { try extract(directory(holding: "a"), to: link) }
        #expect(try String(contentsOfFile: existing, encoding: .utf8) == "mine")
    }

    @Test func `a pipe cannot be archived`() throws {
        let top = try temporary()
        defer { try? FileManager.default.removeItem(at: top) }
        let path = top.appendingPathComponent("pipe").path
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: DerivationsError.self) { try archive(of: top.path) }
        #expect(throws: DerivationsError.self) { try FixedOutput.of(file: path, method: .flat) }
    }
}
