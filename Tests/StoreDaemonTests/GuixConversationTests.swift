// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

/// Replays what a real guix-daemon said; skipped where the recordings are not beside the checkout.
@Suite(.enabled(if: RecordedConversation.isPresent, "the recordings of a real Guix are not beside the checkout"))
struct GuixConversationTests {
    private let derivation = "/gnu/store/n2dlj62hc6h1fg84bxpwi4fq6mbiv7pd-rec.drv"
    private let failing = "/gnu/store/kcvkfs276v79hgjlg0y08k256ciwr1vy-rec-fails.drv"
    private let output = "/gnu/store/9ir6dnfbymhnclb5f4xbqygrn01rgq08-rec"
    private let busybox = "/gnu/store/kpw5r3g9y7pid7076dvgr6i7vz6jfn2c-busybox-static"
    private let greeting = "/gnu/store/x53nhxagayi9qhlpradhc5fbhgqrjamr-greeting"

    /// The text that the recorded request at an index adds.
    private func text(_ conversation: RecordedConversation, _ index: Int) async -> [UInt8] {
        let request = await conversation.recordedRequest(index)
        func length(at offset: Int) -> Int { Int(request[offset]) | Int(request[offset + 1]) << 8 }
        let name = length(at: 8)
        let start = 16 + (name + 7) / 8 * 8
        return Array(request[(start + 8)..<(start + 8 + length(at: start))])
    }

    @Test func `texts are added, one build succeeds and another fails`() async throws {
        let conversation = try RecordedConversation("build.txt")
        let texts = [await text(conversation, 4), await text(conversation, 5)]
        let connection = try await StoreConnection.open(over: conversation)
        #expect(await connection.dialect == .guix(minor: 0x64))
        let greetingPath = try await connection.addText(Array("hello from 2026\n".utf8), name: "greeting")
        #expect(greetingPath.description == greeting)
        for (text, path) in zip(texts, [derivation, failing]) {
            let parsed = try Derivation(parsing: text)
            let added = try await connection.addText(
                text, name: try StorePath(parsing: path).name, references: parsed.references.sorted())
            #expect(added.description == path)
        }
        let recorded = try StorePath(parsing: derivation)
        #expect(try await connection.isValid(recorded))
        let recorder = Recorder()
        #expect(try await connection.build([recorded], log: recorder.log)[recorded]?.status == .built)
        #expect(recorder.output.contains("\nline one\nline two\n"))
        try await queries(connection)
        let bad = try StorePath(parsing: failing)
        let result = try #require(try await connection.build([bad], log: recorder.log)[bad])
        #expect(result.status == .permanentFailure)
        #expect(result.message == "build of `\(failing)' failed")
        #expect(recorder.output.contains("failed with exit code 3"))
        #expect(await conversation.left == 0)
        await connection.close()
    }

    private func queries(_ connection: StoreConnection) async throws {
        let path = try StorePath(parsing: output)
        let info = try #require(try await connection.pathInfo(of: path))
        #expect(info.deriver?.description == derivation)
        #expect(info.narHash.base16 == "0dc6f337626c5d996c587413e916aa120777513a2f72a77c0469818749be03f0")
        #expect(info.narSize > 0 && info.registrationTime > 1_700_000_000 && info.references.isEmpty)
        let references = try await connection.references(of: try StorePath(parsing: derivation))
        #expect(references.map(\.description) == [busybox, greeting])
        #expect(try await connection.validDerivers(of: path).map(\.description) == [derivation])
        try await connection.addTempRoot(path)
    }

    @Test func `a directory is added, exported, imported and looked up`() async throws {
        let conversation = try RecordedConversation("add-export-import.txt")
        let request = await conversation.recordedRequest(3)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tree-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        try extract(request.dropFirst(56), to: directory.path)
        let recorder = Recorder()
        let connection = try await StoreConnection.open(over: conversation)
        let path = try await connection.add(file: directory.path, name: "tree", method: .recursive)
        #expect(path.description == "/gnu/store/h33yp07v43paljifmn1l74wnr0y01saw-tree")
        #expect(try await connection.references(of: path) == [])
        try await connection.export([path], isSigned: true, to: recorder.sink)
        let rest = Feed(recorder.bytes)
        #expect(try await connection.importPaths { await rest.next($0) } == [path])
        let nope = try StorePath(parsing: "/gnu/store/00000000000000000000000000000000-nope")
        #expect(try await connection.isValid(nope) == false)
        #expect(try await connection.pathInfo(of: nope) == nil)
        #expect(await conversation.left == 0)
        let signed = try signedItem(in: recorder.bytes)
        #expect(signed.path == path)
        #expect(signed.signature?.contains("(curve Ed25519)") == true)
    }

    private func extract(_ archive: ArraySlice<UInt8>, to path: String) throws {
        var decoder = ArchiveDecoder()
        var extractor = ArchiveExtractor(to: path)
        let count = try decoder.read(archive) { try extractor.handle($0) }
        try #require(decoder.isFinished && count == archive.count)
    }

    private func signedItem(in export: [UInt8]) throws -> ExportedItem {
        var decoder = ExportDecoder()
        var items: [ExportedItem] = []
        _ = try decoder.read(export[...]) { event in
            if case .item(let item) = event { items.append(item) }
        }
        try decoder.finish()
        return try #require(items.first)
    }
}
