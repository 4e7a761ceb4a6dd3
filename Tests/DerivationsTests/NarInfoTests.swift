// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@Suite struct NarInfoTests {
    private static let nix = """
        StorePath: /nix/store/3dq55rw99wdc4g4wblz7xikc8a2jy7a3-hello-2.12.1
        URL: nar/1.nar.xz
        Compression: xz
        FileHash: sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73
        FileSize: 50088
        NarHash: sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73
        NarSize: 226488
        References: 3dq55rw99wdc4g4wblz7xikc8a2jy7a3-hello-2.12.1 ba80al8r1yn09d0vy29h534igdlszdh7-glibc
        Deriver: 2p9bkv91gr64nm17qq0byavwg5q6w2lg-hello-2.12.1.drv
        Sig: cache:abc
        Sig: other:def
        CA: fixed:r:sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73

        """

    @Test func `what Nix's servers write is read and printed the same`() throws {
        let info = try NarInfo(parsing: Self.nix)
        #expect(info.references.count == 2)
        #expect(info.deriver?.isDerivation == true)
        #expect(info.archives.first?.compression == "xz")
        #expect(info.signatures == ["cache:abc", "other:def"])
        #expect(info.printedForNix() == Self.nix)
    }

    @Test func `an item without references or deriver is read`() throws {
        let text = Self.nix.replacing(/References: .*/, with: "References: ").replacing(/Deriver: .*/, with: "X: y")
        let info = try NarInfo(parsing: text)
        #expect(info.references.isEmpty && info.deriver == nil)
    }

    @Test(arguments: [
        ("StorePath: hello", 1), ("no colon", 1), ("FileSize: 3", 1), ("References: a b", 1), ("\nNarSize: -1", 2),
        ("NarHash: sha256:00", 1), ("", 1),
    ])
    func `the wrong line is named`(text: String, line: Int) {
        do {
            _ = try NarInfo(parsing: text)
            Issue.record("it was accepted")
        } catch {
            guard case .malformedNarInfo(let found, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(found == line)
        }
    }

    /// Skipped where the recordings are not beside the checkout.
    @Test(.enabled(if: RecordedGuix.isPresent, "the recordings of a real Guix are not beside the checkout"))
    func `what guix publish wrote is read and printed the same`() throws {
        let text = String(decoding: try RecordedGuix.sample("probe.narinfo"), as: UTF8.self)
        let body = String(text[(text.range(of: "StorePath:")?.lowerBound ?? text.startIndex)...])
        let info = try NarInfo(parsing: body)
        #expect(info.archives.map(\.compression) == ["gzip", "zstd"])
        #expect(info.guixSignature?.hasPrefix("1;vm;") == true)
        #expect(info.narSize == 136)
        #expect(info.printedForGuix() == body)
    }
}
