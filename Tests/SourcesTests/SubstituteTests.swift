// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import FileServerFixture
import Foundation
import Signatures
import StoreDaemon
import Testing

@testable import Sources

/// Narinfos and archives of our own on servers of our own, signed with keys made for the test.
@Suite struct SubstituteTests {
    /// Two items, the second of which refers to the first, as a server would have them.
    private struct Shelf {
        let folder: String
        let key: GuixSecretKey
        let store: HostStore
        let first: StorePath
        let second: StorePath

        init(_ folder: String) throws {
            self.folder = folder
            key = try GuixSecretKey.generate()
            store = try HostStore.nix(dataDirectory: "\(folder)/data")
            first = try StorePath(.guix, baseName: "\(String(repeating: "a", count: 32))-first")
            second = try StorePath(.guix, baseName: "\(String(repeating: "b", count: 32))-second")
            for name in ["cache", "good", "wrong"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
        }

        var keys: SubstituteKeys { SubstituteKeys(guix: [key.publicKey]) }

        /// Puts an item whose archive holds `contents` on a shelf; `says` is what its narinfo claims.
        @discardableResult
        func put(
            _ path: StorePath, _ contents: String, refersTo references: [StorePath] = [], on shelf: String = "good",
            signed: Bool = true, says other: String? = nil
        ) throws -> NarInfo {
            let nar = try Self.archive(contents, folder)
            let claimed = try other.map { try Self.archive($0, folder) } ?? nar
            try Data(nar).write(to: URL(fileURLWithPath: "\(folder)/\(shelf)/\(path.digest).nar"))
            var info = NarInfo(
                path: path, narHash: .of(claimed), narSize: UInt64(claimed.count), references: references,
                archives: [.init(url: "\(path.digest).nar", compression: "none")])
            if signed { info = info.signedForGuix(with: key, host: "here") }
            try info.printedForGuix().write(
                toFile: "\(folder)/\(shelf)/\(path.digest).narinfo", atomically: true, encoding: .utf8)
            return info
        }

        static func archive(_ contents: String, _ folder: String) throws -> [UInt8] {
            let file = "\(folder)/contents"
            try contents.write(toFile: file, atomically: true, encoding: .utf8)
            var reader = ArchiveReader(of: file)
            var bytes: [UInt8] = []
            while let piece = try reader.next() { bytes += piece }
            return bytes
        }

        func fetcher(_ servers: SubstituteServers) -> SubstituteFetcher {
            SubstituteFetcher(servers: servers, store: store, fetcher: SourceFetcher(cache: "\(folder)/cache"))
        }
    }

    private func withShelf(_ body: (Shelf, _ good: String, _ wrong: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let shelf = try Shelf(folder)
            let (good, wrong) = (try FileServer("\(folder)/good"), try FileServer("\(folder)/wrong"))
            defer {
                good.end()
                wrong.end()
            }
            try await body(shelf, good.address, wrong.address)
        }
    }

    private func offer(_ found: SubstituteServers.Found) throws -> SubstituteServers.Offer {
        guard case .offered(let offer) = found else {
            Issue.record("\(found)")
            throw CancellationError()
        }
        return offer
    }

    private func problems(_ found: SubstituteServers.Found) -> [String]? {
        if case .none(let problems) = found { problems } else { nil }
    }

    @Test func `signed items come into the store, references first`() async throws {
        try await withShelf { shelf, good, _ in
            try shelf.put(shelf.first, "one\n")
            try shelf.put(shelf.second, "see \(shelf.first)\n", refersTo: [shelf.first])
            let servers = SubstituteServers(["http://127.0.0.1:1", good], keys: shelf.keys)
            let second = try offer(try await servers.look(for: shelf.second))
            await #expect(throws: SourceError.self) { try await shelf.fetcher(servers).fetch(second) }
            #expect(try await !shelf.store.isValid(shelf.second))
            let first = try offer(try await servers.look(for: shelf.first))
            #expect(try await shelf.fetcher(servers).fetch(first) == good)
            #expect(try await shelf.fetcher(servers).fetch(second) == good)
            let closure = try await shelf.store.closure(of: [shelf.second])
            #expect(closure.map(\.path) == [shelf.first, shelf.second])
            let file = shelf.store.physicalPath(of: shelf.second)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "see \(shelf.first)\n")
        }
    }

    @Test func `an item that nobody trusted has signed is no offer, and the reason is told`() async throws {
        try await withShelf { shelf, good, wrong in
            try shelf.put(shelf.first, "one\n", signed: false)
            let unsigned = SubstituteServers([good], keys: shelf.keys)
            let told = problems(try await unsigned.look(for: shelf.first))
            #expect(told?.count == 1 && told?[0].contains("lacks a signature") == true)
            try shelf.put(shelf.first, "one\n", on: "wrong")
            let untrusted = SubstituteServers([wrong], keys: .public)
            let why = problems(try await untrusted.look(for: shelf.first))
            #expect(why?.count == 1 && why?[0].contains("not among those that are trusted") == true)
            // A narinfo that somebody changed after it was signed.
            let file = "\(shelf.folder)/wrong/\(shelf.first.digest).narinfo"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try text.replacing("References: ", with: "References: \(shelf.second.baseName) ").write(
                toFile: file, atomically: true, encoding: .utf8)
            let changed = SubstituteServers([wrong], keys: shelf.keys)
            let reason = problems(try await changed.look(for: shelf.first))
            #expect(reason?.count == 1 && reason?[0].contains("doesn't match") == true)
        }
    }

    @Test func `nobody has it and nobody answers are told apart`() async throws {
        try await withShelf { shelf, good, _ in
            #expect(problems(try await SubstituteServers([good], keys: .public).look(for: shelf.first)) == [])
            let away = SubstituteServers(["http://127.0.0.1:1/"], keys: .public)
            #expect(problems(try await away.look(for: shelf.first))?.count == 1)
            // A host that does not answer is left alone after a while.
            for _ in 0..<3 { _ = try await away.look(for: shelf.first) }
            #expect(problems(try await away.look(for: shelf.first))?.first?.contains("asked no more") == true)
        }
    }

    @Test func `an archive that is not what was signed is refused, and the next server is taken`() async throws {
        try await withShelf { shelf, good, wrong in
            try shelf.put(shelf.first, "another\n", on: "wrong", says: "one\n")
            let alone = SubstituteServers([wrong], keys: shelf.keys)
            let bad = try offer(try await alone.look(for: shelf.first))
            let error = await #expect(throws: SourceError.self) { try await shelf.fetcher(alone).fetch(bad) }
            #expect(error?.description.contains("has hash") == true || error?.description.contains("File size") == true)
            #expect(try await !shelf.store.isValid(shelf.first))
            try shelf.put(shelf.first, "one\n")
            let both = SubstituteServers([wrong, good], keys: shelf.keys)
            let first = try offer(try await both.look(for: shelf.first))
            #expect(first.server == wrong)
            #expect(try await shelf.fetcher(both).fetch(first) == good)
            #expect(try await shelf.store.isValid(shelf.first))
        }
    }

    @Test func `keys are read in every form in which people have them`() throws {
        var keys = SubstituteKeys()
        let key = try GuixSecretKey.generate()
        try keys.add(text: key.publicKey.text)
        try keys.add(text: "(acl (entry \(key.publicKey.text) (tag (guix import))))")
        #expect(keys.guix == [key.publicKey])
        try keys.add(text: "cache-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
        #expect(keys.nix.map(\.name) == ["cache-1"])
        #expect(throws: SignatureError.self) { try keys.add(text: "no key") }
        #expect(SubstituteKeys.public.guix.count == 2)
    }
}
