// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-9", ByteRange.part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-5", .part(95..<100)),
        ("bytes=-500", .part(0..<100)), ("bytes=99-500", .part(99..<100)), ("bytes=100-", .beyond),
        ("bytes=100-200", .beyond), ("bytes=-0", .beyond), ("bytes=9-0", .whole), ("bytes=a-b", .whole),
        ("bytes=0-1,5-6", .whole), ("lines=0-1", .whole), ("bytes=", .whole), ("bytes=-", .whole),
        ("bytes=0-99999999999999999999", .whole),
    ])
    func `ranges are read as RFC 9110 says`(header: String, range: ByteRange) {
        #expect(ByteRange.read(header, size: 100) == range)
    }

    @Test func `without a header it is the whole`() {
        #expect(ByteRange.read(nil, size: 100) == .whole)
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP;q=0.5", true), ("gzip;q=0", false), ("gzip; q=0.000", false), ("*", true),
        ("*;q=0", false), ("br, gzip", true), ("br", false), ("", false), ("*, gzip;q=0", false),
    ])
    func `content codings are read as RFC 9110 says`(header: String, accepted: Bool) {
        #expect(ContentCoding.accepts("gzip", in: header) == accepted)
    }
}
