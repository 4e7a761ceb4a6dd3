// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct DerivationParserTests {
    private static let output = "/gnu/store/3dq55rw99wdc4g4wblz7xikc8a2jy7a3-x"
    private static let input = "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-y.drv"
    private static let hash = String(repeating: "0", count: 64)

    /// A small derivation with everything in it.
    private static let text =
        "Derive([(\"doc\",\"\(output)-doc\",\"\",\"\"),(\"out\",\"\(output)\",\"\",\"\")],"
        + "[(\"\(input)\",[\"lib\",\"out\"])],[\"\(output)\"],\"x86_64-linux\",\"/bin/sh\",[\"-c\",\"\"],"
        + "[(\"a\",\"quote \\\" slash \\\\ line\\nreturn\\rtab\\t\"),(\"é\",\"☃\")])"

    private func parse(_ text: String) throws -> Derivation {
        try Derivation(parsing: Array(text.utf8))
    }

    @Test func `everything in a derivation is read`() throws {
        let derivation = try parse(Self.text)
        #expect(derivation.outputs.map(\.name) == ["doc", "out"])
        #expect(derivation.output(named: "out")?.path?.description == Self.output)
        #expect(derivation.inputDerivations.first?.path.description == Self.input)
        #expect(derivation.inputDerivations.first?.outputs == ["lib", "out"])
        #expect(derivation.inputSources.map(\.description) == [Self.output])
        #expect(derivation.arguments == ["-c", ""])
        #expect(derivation[variable: "a"] == "quote \" slash \\ line\nreturn\rtab\t")
        #expect(derivation[variable: "é"] == "☃")
        #expect(derivation[variable: "b"] == nil)
        #expect(derivation.isFixedOutput == false)
        #expect(derivation.references.count == 2)
    }

    @Test func `what was read prints as the same bytes`() throws {
        #expect(try parse(Self.text).printed() == Array(Self.text.utf8))
    }

    @Test func `every beginning of a derivation is refused where it ends`() throws {
        let bytes = Array(Self.text.utf8)
        for count in 0..<bytes.count {
            do {
                _ = try Derivation(parsing: Array(bytes.prefix(count)))
                Issue.record("\(count) bytes were accepted")
            } catch DerivationsError.malformedDerivation(let offset, _) {
                #expect(offset <= count)
            }
        }
    }

    @Test func `a byte changed anywhere never breaks the reader, and what it accepts prints the same`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed)
        for _ in 0..<20_000 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if let derivation = try? Derivation(parsing: bytes) {
                #expect(derivation.printed() == bytes, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [
        ("", 0), ("derive(", 0), ("Derive([", 8), ("Derive([],[],[],\"\",\"\",[],[]) ", 28),
        ("Derive([],[],[],\"\",\"\",[],[])", -1), ("Derive([],[],[],\"\\a\",\"\",[],[])", 18),
        ("Derive([],[],[],\"\n\",\"\",[],[])", 17), ("Derive([],[],[],\"\\", 18), ("Derive([], [],", 10),
        ("Derive([],[],[\"hello\"],", 14), ("Derive([],[],[\"/gnu/store/a\\nb\"],", 15),
    ])
    func `the first wrong byte is named`(text: String, offset: Int) throws {
        if offset < 0 {
            _ = try parse(text)
            return
        }
        do {
            _ = try parse(text)
            Issue.record("it was accepted")
        } catch DerivationsError.malformedDerivation(let found, _) {
            #expect(found == offset)
        }
    }

    @Test func `a text that is not UTF-8 is refused`() {
        let bytes = Array("Derive([],[],[],\"".utf8) + [0xff] + Array("\",\"\",[],[])".utf8)
        #expect(throws: DerivationsError.malformedDerivation(offset: 16, expected: "a text in UTF-8")) {
            try Derivation(parsing: bytes)
        }
    }

    @Test func `a fixed output says how its hash is taken`() throws {
        let flat = try parse("Derive([(\"out\",\"\(Self.output)\",\"sha256\",\"\(Self.hash)\")],[],[],\"\",\"\",[],[])")
        #expect(flat.isFixedOutput)
        #expect(try flat.fixedOutput()?.method == .flat)
        let recursive = try parse("Derive([(\"out\",\"\",\"r:sha256\",\"\(Self.hash)\")],[],[],\"\",\"\",[],[])")
        #expect(try recursive.fixedOutput()?.method == .recursive)
        #expect(recursive.outputs[0].path == nil)
        let made = DerivationOutput(path: nil, fixed: try #require(try recursive.fixedOutput()))
        #expect(made == recursive.outputs[0])
    }

    @Test func `a fixed output with an unknown algorithm or a wrong digest is an error`() throws {
        let unknown = try parse("Derive([(\"out\",\"\",\"sha0\",\"\(Self.hash)\")],[],[],\"\",\"\",[],[])")
        #expect(throws: DerivationsError.unknownHashAlgorithm("sha0")) { try unknown.fixedOutput() }
        let wrong = try parse("Derive([(\"out\",\"\",\"sha256\",\"00\")],[],[],\"\",\"\",[],[])")
        #expect(throws: DerivationsError.invalidHash("00")) { try wrong.fixedOutput() }
    }
}
