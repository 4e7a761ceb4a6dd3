// SPDX-License-Identifier: GPL-3.0-or-later

/// Finds instants that text formats mark as deadlines: tokens, signed zones, update metadata, leap-second files, assertions.
enum DeadlineMiner {
    struct Deadline: Hashable {
        var kind: Candidate.Kind
        var side: Candidate.Side
        var instant: Instant
        var offset: Int
        var length: Int
    }

    private static let most = 1_000

    static func deadlines(in text: ArraySlice<UInt8>) -> [Deadline] {
        tokens(text) + zones(text) + metadata(text) + leapSeconds(text) + assertions(text)
    }

    /// JSON web tokens (RFC 7519): `exp` and `nbf` of the payload, which is base 64 for a JSON object.
    private static func tokens(_ text: ArraySlice<UInt8>) -> [Deadline] {
        var found: [Deadline] = []
        var start = text.startIndex
        while found.count < most, let head = text.firstIndex(of: "eyJ", from: start) {
            let end = text[head...].firstIndex { !Base64.isLetter($0) } ?? text.endIndex
            start = max(end, head + 3)
            guard end < text.endIndex, text[end] == UInt8(ascii: "."),
                text[(end + 1)...].prefix(3).elementsEqual("eyJ".utf8)
            else { continue }
            let stop = text[(end + 1)...].firstIndex { !Base64.isLetter($0) } ?? text.endIndex
            let payload = Base64.decode(text[(end + 1)..<stop], limit: 16_384)
            start = stop
            for (key, kind, side) in [
                ("\"exp\"", Candidate.Kind.tokenExpiry, Candidate.Side.notAfter), ("\"nbf\"", .tokenFrom, .notBefore),
            ] {
                guard let number = number(after: key, in: payload[...]) else { continue }
                let instant = Instant(seconds: Int64(number))
                found.append(
                    Deadline(
                        kind: kind, side: side, instant: instant, offset: head - text.startIndex, length: stop - head))
            }
        }
        return found
    }

    private static func number(after key: String, in json: ArraySlice<UInt8>) -> Int? {
        guard let place = json.firstIndex(of: key) else { return nil }
        let rest = json[(place + key.utf8.count)...].drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: " ") }
        return Digits.value(of: rest.prefix(while: Digits.isDigit))
    }

    /// Signatures of DNS zones (RFC 4034, 3.2): expiration, then inception, 14 digits each, on lines that say RRSIG.
    private static func zones(_ text: ArraySlice<UInt8>) -> [Deadline] {
        each("RRSIG", text) { line, offset in
            let dates = DateScanner.dates(in: line, limit: 4).filter { $0.range.count >= 14 }.map(\.instant)
            guard dates.count >= 2 else { return [] }
            return [
                Deadline(
                    kind: .signatureExpiry, side: .notAfter, instant: dates[0], offset: offset, length: line.count),
                Deadline(kind: .signatureFrom, side: .notBefore, instant: dates[1], offset: offset, length: line.count),
            ]
        }
    }

    /// Signed update metadata (TUF): `"expires": "2030-01-01T00:00:00Z"`.
    private static func metadata(_ text: ArraySlice<UInt8>) -> [Deadline] {
        each("\"expires\"", text) { line, offset in
            DateScanner.dates(in: line.prefix(80), limit: 1).map {
                Deadline(kind: .dataExpiry, side: .notAfter, instant: $0.instant, offset: offset, length: 80)
            }
        }
    }

    /// The expiry of leap-second files: `#@` and seconds since 1900, as the file's own head explains.
    private static func leapSeconds(_ text: ArraySlice<UInt8>) -> [Deadline] {
        each("#@", text) { line, offset in
            let digits = line.dropFirst(2).drop { $0 == 0x20 || $0 == 0x09 }.prefix(while: Digits.isDigit)
            guard digits.count == 10, let value = Digits.value(of: digits) else { return [] }
            let instant = Instant(seconds: Int64(value) - 2_208_988_800)
            return [Deadline(kind: .dataExpiry, side: .notAfter, instant: instant, offset: offset, length: line.count)]
        }
    }

    /// SAML assertions: `NotOnOrAfter="…"` and `NotBefore="…"`.
    private static func assertions(_ text: ArraySlice<UInt8>) -> [Deadline] {
        let until = each("NotOnOrAfter=", text) { line, offset in
            DateScanner.dates(in: line.prefix(60), limit: 1).map {
                Deadline(kind: .tokenExpiry, side: .notAfter, instant: $0.instant, offset: offset, length: 60)
            }
        }
        let from = each("NotBefore=", text) { line, offset in
            DateScanner.dates(in: line.prefix(60), limit: 1).map {
                Deadline(kind: .tokenFrom, side: .notBefore, instant: $0.instant, offset: offset, length: 60)
            }
        }
        return until + from
    }

    /// From each `word` to the end of its line, at most 512 bytes.
    private static func each(
        _ word: String, _ text: ArraySlice<UInt8>, _ read: (ArraySlice<UInt8>, Int) -> [Deadline]
    ) -> [Deadline] {
        var found: [Deadline] = []
        var start = text.startIndex
        while found.count < most, let hit = text.firstIndex(of: word, from: start) {
            let line = text[hit...].prefix(512).prefix { $0 != UInt8(ascii: "\n") }
            found += read(line, hit - text.startIndex)
            start = hit + word.utf8.count
        }
        return found
    }
}
