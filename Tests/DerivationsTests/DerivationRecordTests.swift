// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@Suite struct DerivationRecordTests {
    private static func record() throws -> DerivationRecord {
        let fixed = FixedOutput(
            method: .recursive, hash: try ContentHash(.sha256, "1razjpvlcp85hqli77mwr9nmn5jnv3lm1fxbbqjpx1brv3h1lvm5"))
        let out = try StorePath.fixed(.recursive, fixed.hash, name: "t", in: .guix)
        let input = try StorePath(parsing: "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-y.drv")
        let derivation = Derivation(
            outputs: [DerivationOutput(path: out, fixed: fixed)],
            inputDerivations: [.init(path: input, outputs: ["lib", "out"]), .init(path: input, outputs: ["out"])],
            inputSources: [], system: "x86_64-linux", builder: "/bin/sh", arguments: ["-c", "one\ntwo"],
            environment: [.init(name: "git url", value: "u"), .init(name: "z", value: "\u{1B}[1m")])
        return try DerivationRecord(derivation, name: "t")
    }

    @Test func `a record has a field for each part, and lists as continuation lines`() throws {
        #expect(
            try Self.record().recutils() == """
                name: t
                outputs: out: /gnu/store/\(try Self.record().outputs[0].path?.dropFirst(11) ?? "")
                hash: 1razjpvlcp85hqli77mwr9nmn5jnv3lm1fxbbqjpx1brv3h1lvm5
                inputs: /gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-y.drv [lib, out]
                + /gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-y.drv [out]
                system: x86_64-linux
                builder: /bin/sh
                + -c
                + one
                + two
                environment: git url: u
                + z: \u{1B}[1m

                """)
    }

    @Test func `for people control characters are made visible`() throws {
        let text = try Self.record().human()
        #expect(text.contains("    z        \\u{1B}[1m\n"))
        #expect(text.contains("    one\\ntwo\n"))
    }

    @Test func `the same is JSON`() throws {
        let data = try JSONEncoder().encode(try Self.record())
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect((object["environment"] as? [String: String])?["git url"] == "u")
        #expect((object["outputs"] as? [[String: String]])?.first?["hashAlgorithm"] == "r:sha256")
        #expect((object["derivation"] as? String)?.hasSuffix("-t.drv") == true)
        #expect(object["variables"] == nil)
    }
}
