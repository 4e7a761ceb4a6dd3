// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import Evaluators

@Suite("Names that somebody may have meant")
struct NearMissesTests {
    private let names = ["requests", "requests-toolbelt", "python", "python-dateutil", "six"]

    @Test func `a slip of the keyboard finds the name`() {
        #expect(NearMisses.of("reqeusts", among: names) == ["requests"])
        #expect(NearMisses.of("Pyhton", among: names) == ["python"])
    }

    @Test func `a part of a name finds the whole, after what is nearer`() {
        #expect(NearMisses.of("toolbelt", among: names) == ["requests-toolbelt"])
        #expect(NearMisses.of("pythom", among: names) == ["python"])
    }

    @Test func `what resembles nothing finds nothing`() {
        #expect(NearMisses.of("zlib", among: names) == [])
        #expect(NearMisses.of("", among: names) == [])
    }
}
