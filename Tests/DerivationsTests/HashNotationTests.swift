// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct HashNotationTests {
    /// SHA-256 of the empty text, as `nix-hash --to-base32` and others write it.
    private let empty = ContentHash.of([])

    @Test func `the empty text's hash is written in every base`() {
        #expect(empty.base16 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(empty.base32 == "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73")
        #expect(empty.base64 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    }

    @Test func `a hash is read in every base`() throws {
        for text in [
            "sha256:\(empty.base16)", "sha256:\(empty.base32)", "sha256:\(empty.base64)", "sha256-\(empty.base64)",
        ] {
            #expect(try ContentHash(parsing: text) == empty)
        }
    }

    @Test(arguments: HashAlgorithm.allCases) func `every algorithm's digest goes through every base`(
        algorithm: HashAlgorithm
    ) throws {
        let hash = ContentHash.of(Array("text".utf8), algorithm)
        #expect(hash.bytes.count == algorithm.byteCount)
        for text in [hash.base16, hash.base32, hash.base64] {
            #expect(try ContentHash(algorithm, text) == hash)
        }
    }

    @Test(arguments: [
        "", "sha256", "sha256:", "sha256:zz", "sha256:e3b0", "md4:00",
        "sha1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c",
        "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c7e",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
    ])
    func `a text that is no hash is refused`(text: String) {
        #expect(throws: DerivationsError.self) { try ContentHash(parsing: text) }
    }

    @Test func `base 32 refuses bits that no byte has`() {
        #expect(Base32.decode("zz".utf8) == nil)
        #expect(Base32.decode("7z".utf8) == [255])
        #expect(Base32.decode("8z".utf8) == nil)
        #expect(Base32.decode("z".utf8) == nil)
        #expect(Base32.decode("".utf8) == [])
    }

    @Test func `random bytes go through every notation`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Base32.decode(Base32.encode(bytes).utf8) == bytes, "seed \(seed)")
            #expect(Hexadecimal.decode(Hexadecimal.encode(bytes).utf8) == bytes, "seed \(seed)")
            #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes, "seed \(seed)")
        }
    }

    @Test func `a hash in pieces is the hash of the whole`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var hasher = ContentHasher(.sha512)
        hasher.update(bytes[..<123])
        hasher.update(bytes[123...])
        #expect(hasher.finalize() == ContentHash.of(bytes, .sha512))
    }
}

/// SplitMix64: random histories that a printed seed repeats.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
