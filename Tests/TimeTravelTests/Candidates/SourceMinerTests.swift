// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import TimeTravel

@Suite struct SourceMinerTests {
    private func candidates(_ path: String, _ bytes: [UInt8]) -> [Candidate] {
        var miner = SourceMiner()
        miner.add(path: path, bytes: bytes)
        return miner.candidates
    }

    private func has(_ found: [Candidate], _ kind: Candidate.Kind, _ text: String) -> Bool {
        found.contains { $0.kind == kind && $0.instant.description == text }
    }

    @Test(arguments: ["certificate.pem", "pkg.tar.gz", "pkg.zip"])
    func `a certificate's validity is found in a file, a tarball and a zip`(name: String) throws {
        let found = candidates(name, try Fixture.bytes(name))
        #expect(has(found, .certificateNotBefore, "2018-08-29T14:23:16Z"))
        #expect(has(found, .certificateNotAfter, "2052-01-01T00:00:00Z"))
        let place = try #require(found.first { $0.kind == .certificateNotAfter }?.origin)
        #expect(place.path?.contains(name) == true)
        #expect((place.length ?? 0) > 100)
    }

    @Test func `a certificate is found in a string literal and as plain DER`() throws {
        let pem = try Fixture.bytes("certificate.pem")
        let literal = String(decoding: pem, as: UTF8.self).replacing("\n", with: "\\n")
        #expect(
            has(
                candidates("tests/x.py", Array("KEY = b\"\(literal)\"".utf8)), .certificateNotAfter,
                "2052-01-01T00:00:00Z"))
        let body = pem[(pem.firstIndex(of: UInt8(ascii: "\n")) ?? 0)...]
        let der = Base64.decode(body.prefix { $0 != UInt8(ascii: "-") }, limit: 10_000)
        #expect(has(candidates("tests/x.der", [0, 1, 2] + der), .certificateNotAfter, "2052-01-01T00:00:00Z"))
    }

    @Test func `literals near tests weigh more than those of change logs`() throws {
        let text = Array("expires = datetime(2038, 1, 1, 4, 5, 6)\n".utf8)
        let test = candidates("pkg/tests/test_cookie.py", text).first { $0.kind == .literalDate }
        let log = candidates("pkg/CHANGES.txt", text).first { $0.kind == .literalDate }
        #expect(try #require(test).weight > 10 * (try #require(log).weight))
    }

    @Test func `a year stands for its first day, the next year's and the pivot fifty years on`() {
        let found = candidates("t/date.t", Array("is 1994".utf8))
        #expect(has(found, .literalYear, "1994-01-01T00:00:00Z"))
        #expect(has(found, .literalYear, "1995-01-01T00:00:00Z"))
        #expect(has(found, .twoDigitPivot, "2044-01-01T00:00:00Z"))
    }

    @Test func `an OpenPGP key's life is read`() throws {
        let found = candidates("tests/key.asc", try Fixture.bytes("key.asc"))
        #expect(has(found, .keyCreated, "2020-01-01T00:00:00Z"))
        #expect(
            found.contains { $0.kind == .keyExpiry && $0.instant.date.year == 2021 || $0.instant.date.year == 2022 })
    }

    @Test func `tokens, signed zones, update metadata and leap seconds are read`() {
        // {"exp":1893456000,"nbf":1577836800}
        let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjE4OTM0NTYwMDAsIm5iZiI6MTU3NzgzNjgwMH0.sig"
        let found = candidates(
            "tests/data.txt",
            Array(
                """
                \(token)
                example. 3600 IN RRSIG A 8 2 3600 20300101000000 20200101000000 12345 example. AAAA
                {"expires": "2029-05-06T07:08:09Z"}
                #@ 3896899200
                """.utf8))
        #expect(has(found, .tokenExpiry, "2030-01-01T00:00:00Z"))
        #expect(has(found, .tokenFrom, "2020-01-01T00:00:00Z"))
        #expect(has(found, .signatureExpiry, "2030-01-01T00:00:00Z"))
        #expect(has(found, .dataExpiry, "2029-05-06T07:08:09Z"))
        #expect(has(found, .dataExpiry, "2023-06-28T00:00:00Z"))
    }

    @Test(arguments: ["certificate.pem", "pkg.tar.gz", "pkg.zip", "key.asc"])
    func `damaged files never stop the miner`(name: String) throws {
        let sound = try Fixture.bytes(name)
        var random = SeededRandom(seed: 9)
        for trial in 0..<300 {
            var bytes = trial % 2 == 0 ? Array(sound.prefix(Int.random(in: 0...sound.count, using: &random))) : sound
            for _ in 0..<Int.random(in: 1...20, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            #expect(candidates(name, bytes).count <= 2_000)
        }
    }

    @Test func `random bytes never stop the packet reader`() {
        var random = SeededRandom(seed: 10)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(OpenPGPMiner.packets(bytes[...]).count <= 10_000)
            #expect(CertificateMiner.validities(in: bytes[...]).count <= 100)
            #expect(DeadlineMiner.deadlines(in: bytes[...]).count <= 100)
        }
    }

    @Test func `an archive that unpacks to too much is cut`() throws {
        // 1 MB of one letter as fixed-Huffman DEFLATE: a literal, then copies of the longest length.
        var limits = SourceMiner.Limits()
        limits.totalBytes = 10_000
        var miner = SourceMiner(limits: limits)
        miner.add(path: "pkg.tar.gz", bytes: try Fixture.bytes("pkg.tar.gz"))
        #expect(miner.candidates.count <= 50)
        #expect(Inflate.unpack(try Fixture.bytes("pkg.tar.gz")[10...], limit: 700).bytes.count <= 700)
    }
}
