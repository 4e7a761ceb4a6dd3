// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@Suite("almanac drv")
struct DrvCommandTests {
    /// A download and what is built from it, as files below `folder` with the names that they have in the store.
    private func write(to folder: String) throws -> (source: String, package: String) {
        var calculator = OutputPathCalculator { path in
            try Derivation(
                parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path.baseName)"))))
        }
        func add(_ derivation: Derivation, _ name: String) throws -> StorePath {
            let complete = try calculator.completed(derivation, name: name, in: .guix)
            let path = try StorePath.text(
                complete.printed(), name: name + ".drv", references: complete.references, in: .guix)
            try Data(complete.printed()).write(to: URL(fileURLWithPath: "\(folder)/\(path.baseName)"))
            return path
        }
        let hash = ContentHash.of(Array("source".utf8))
        let source = try add(
            Derivation(
                outputs: [
                    DerivationOutput(name: "out", path: nil, hashAlgorithm: "sha256", hash: hash.base16)
                ], inputDerivations: [], inputSources: [], system: "x86_64-linux", builder: "builtin:download",
                arguments: [],
                environment: [
                    .init(name: "out", value: ""), .init(name: "url", value: "\"https://example.org/hello.tar\""),
                ]), "hello.tar")
        let package = try add(
            Derivation(
                outputs: [DerivationOutput(name: "out", path: nil)],
                inputDerivations: [.init(path: source, outputs: ["out"])], inputSources: [], system: "x86_64-linux",
                builder: "/gnu/store/guile", arguments: ["--no-auto-compile", "two\nlines"],
                environment: [.init(name: "out", value: ""), .init(name: "note", value: "first\nsecond")]), "hello-1")
        return (source.baseName, package.baseName)
    }

    @Test func `what holds is counted, and the exit status is 1 unless all hold`() async throws {
        try await withTemporaryFolder { folder in
            let files = try write(to: folder)
            let good = try await AlmanacProgram.run(["drv", "verify", files.source, files.package], in: folder)
            #expect(good.status == 0 && good.output == "verified 2 of 2\n" && good.errors.isEmpty, "\(good)")
            let text = try String(contentsOfFile: "\(folder)/\(files.package)", encoding: .utf8)
            try text.replacing("first", with: "third").write(
                toFile: "\(folder)/\(files.package)", atomically: true, encoding: .utf8)
            try text.prefix(40).write(toFile: "\(folder)/cut.drv", atomically: true, encoding: .utf8)
            let bad = try await AlmanacProgram.run(
                ["drv", "verify", files.source, files.package, "cut.drv", "none.drv"], in: folder)
            #expect(bad.status == 1 && bad.output == "verified 1 of 4\n")
            for name in [files.package, "cut.drv", "none.drv"] { #expect(bad.errors.contains(name + ": ")) }
            #expect(bad.errors.contains("40"), "a hostile file's error has an offset: \(bad.errors)")
        }
    }

    @Test func `a derivation is shown as records that recsel reads, and as JSON`() async throws {
        try await withTemporaryFolder { folder in
            let files = try write(to: folder)
            let shown = try await AlmanacProgram.run(["drv", "show", files.package], in: folder)
            let lines = shown.output.split(separator: "\n").map(String.init)
            #expect(shown.status == 0 && lines.first == "name: hello-1")
            #expect(lines.contains("inputs: /gnu/store/\(files.source) [out]"))
            #expect(lines.contains("builder: /gnu/store/guile") && lines.contains("+ --no-auto-compile"))
            #expect(lines.contains("system: x86_64-linux"))
            let records = shown.output.split(separator: "\n").filter { !$0.hasPrefix("+") }
            #expect(records.allSatisfy { $0.contains(": ") }, "every line is a field or goes on with one: \(records)")
            let json = try await AlmanacProgram.run(["drv", "show", "--format", "json", files.source], in: folder)
            let value = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            #expect(value["name"] as? String == "hello.tar" && value["builder"] as? String == "builtin:download")
            let text = try String(contentsOfFile: "\(folder)/\(files.package)", encoding: .utf8)
            let piped = try await AlmanacProgram.run(["drv", "show", "-"], in: folder, input: text)
            #expect(piped.output.contains("+ --no-auto-compile"))
        }
    }

    @Test func `a past download is rewritten to one of the same output, and what is none is named`() async throws {
        try await withTemporaryFolder { folder in
            let files = try write(to: folder)
            let answer = try await AlmanacProgram.run(
                ["drv", "rewrite", "--output", "present", "--format", "json", files.source, files.package], in: folder)
            #expect(answer.status == 1 && answer.errors.contains(files.package + ": "))
            let records = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [[String: Any]])
            let derivation = try #require(records.first?["derivation"] as? String)
            let past = try Derivation(
                parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(files.source)"))))
            #expect(records.count == 1 && records[0]["output"] as? String == past.outputs[0].path?.description)
            let name = (derivation as NSString).lastPathComponent
            let verified = try await AlmanacProgram.run(
                ["drv", "verify", "--allow-missing-inputs", "present/" + name], in: folder)
            #expect(verified.status == 0, "\(verified)")
        }
    }
}
