// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct ReferenceScannerTests {
    private let paths: [StorePath]

    init() throws {
        paths = try (0..<5).map {
            try StorePath(.guix, StorePath.Digest(folding: .of([UInt8($0)])), name: "item\($0)")
        }.sorted()
    }

    private func scan(_ text: String, pieces: Int = Int.max) -> [StorePath] {
        var scanner = ReferenceScanner(candidates: paths)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            scanner.read(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
        }
        return scanner.references
    }

    @Test func `an item is found by its hash alone, wherever it stands`() {
        let hash = paths[2].digest.description
        for text in [hash, "x\(hash)", "\(hash)x", "zzzz\(hash)zzzz", "/gnu/store/\(hash)", "e\(hash)e\(hash)"] {
            #expect(scan(text) == [paths[2]], "\(text)")
        }
    }

    @Test func `all but one character of a hash is none`() {
        let hash = paths[2].digest.description
        #expect(scan(String(hash.dropLast())) == [])
        #expect(scan(String(hash.dropLast()) + "-" + hash.suffix(1)) == [])
        #expect(scan(String(hash.reversed())) == [])
        #expect(scan("") == [])
    }

    @Test func `pieces of any size find the same`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed)
        let alphabet = Array("0123456789abcdfghijklmnpqrsvwxyz/-e\n")
        for round in 0..<50 {
            var text = ""
            var expected: Set<StorePath> = []
            for _ in 0..<10 {
                let fill = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
                text += String(fill)
                if Bool.random(using: &generator) {
                    let path = paths[Int.random(in: 0..<paths.count, using: &generator)]
                    text += path.digest.description
                    expected.insert(path)
                }
            }
            for pieces in [1, 7, 31, 32, 33, 64, 1000] {
                #expect(scan(text, pieces: pieces) == expected.sorted(), "seed \(seed) round \(round)")
            }
        }
    }
}
