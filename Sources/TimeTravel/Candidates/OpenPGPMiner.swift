// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads when OpenPGP keys and signatures were made and when they expire (RFC 4880), from armoured or binary packets.
enum OpenPGPMiner {
    struct Date: Hashable {
        enum Kind { case keyCreated, keyExpiry, signatureMade, signatureExpiry }

        var kind: Kind
        var instant: Instant
        var offset: Int
    }

    private static let mostPackets = 2_000
    private static let largestBlock = 1 << 20

    static func dates(in bytes: ArraySlice<UInt8>) -> [Date] {
        var found: [Date] = []
        var start = bytes.startIndex
        while found.count < mostPackets, let begin = bytes.firstIndex(of: "-----BEGIN PGP ", from: start) {
            let end = bytes.firstIndex(of: "-----END PGP ", from: begin) ?? bytes.endIndex
            // Armour headers end with an empty line.
            let body = bytes[begin..<end].firstIndex(of: "\n\n") ?? begin
            let decoded = Base64.decode(bytes[body..<end], limit: largestBlock)
            found += packets(decoded[...]).map {
                Date(kind: $0.kind, instant: $0.instant, offset: begin - bytes.startIndex)
            }
            start = end < bytes.endIndex ? end + 1 : end
        }
        return found
    }

    /// Packets from the first byte on, as keyrings and detached signatures are.
    static func packets(_ bytes: ArraySlice<UInt8>) -> [Date] {
        var found: [Date] = []
        var keyCreated: Instant?
        var index = bytes.startIndex
        for _ in 0..<mostPackets {
            guard let packet = packet(bytes, index) else { break }
            let body = bytes[packet.body]
            let offset = packet.body.lowerBound - bytes.startIndex
            if [5, 6, 7, 14].contains(packet.tag), body.first == 4,
                let seconds = body.bigEndian(at: body.startIndex + 1, count: 4)
            {
                let created = Instant(seconds: Int64(seconds))
                keyCreated = created
                found.append(Date(kind: .keyCreated, instant: created, offset: offset))
            } else if packet.tag == 2, body.first == 4 {
                found += signature(body, keyCreated: keyCreated, offset: offset)
            }
            index = packet.body.upperBound
        }
        return found
    }

    private static func packet(_ bytes: ArraySlice<UInt8>, _ index: Int) -> (tag: Int, body: Range<Int>)? {
        guard let header = bytes.bigEndian(at: index, count: 1), header & 0x80 != 0 else { return nil }
        let isNew = header & 0x40 != 0
        let tag = isNew ? header & 0x3f : (header >> 2) & 0x0f
        guard let length = isNew ? newLength(bytes, index + 1) : oldLength(bytes, index + 1, header & 3) else {
            return nil
        }
        let start = index + 1 + length.bytes
        guard length.value >= 0, start <= bytes.endIndex, length.value <= bytes.endIndex - start else { return nil }
        return (tag, start..<start + length.value)
    }

    private static func newLength(_ bytes: ArraySlice<UInt8>, _ index: Int) -> (value: Int, bytes: Int)? {
        guard let first = bytes.bigEndian(at: index, count: 1) else { return nil }
        if first < 192 { return (first, 1) }
        if first < 224 { return bytes.bigEndian(at: index + 1, count: 1).map { (((first - 192) << 8) + $0 + 192, 2) } }
        return first == 255 ? bytes.bigEndian(at: index + 1, count: 4).map { ($0, 5) } : nil
    }

    private static func oldLength(_ bytes: ArraySlice<UInt8>, _ index: Int, _ type: Int) -> (value: Int, bytes: Int)? {
        let count = [1, 2, 4, 0][type]
        return count == 0 ? nil : bytes.bigEndian(at: index, count: count).map { ($0, count) }
    }

    /// The hashed subpackets of a version 4 signature: when made (2), its expiry (3), the key's expiry (9).
    private static func signature(_ body: ArraySlice<UInt8>, keyCreated: Instant?, offset: Int) -> [Date] {
        guard let size = body.bigEndian(at: body.startIndex + 4, count: 2) else { return [] }
        let end = min(body.startIndex + 6 + size, body.endIndex)
        var index = body.startIndex + 6
        var numbers: [Int: Int] = [:]
        while index < end, numbers.count < 32, let length = newLength(body, index), length.value > 0 {
            let type = index + length.bytes
            guard let kind = body.bigEndian(at: type, count: 1) else { break }
            if length.value == 5, let value = body.bigEndian(at: type + 1, count: 4) { numbers[kind & 0x7f] = value }
            index = type + length.value
        }
        var found: [Date] = []
        let made = numbers[2].map { Instant(seconds: Int64($0)) }
        if let made { found.append(Date(kind: .signatureMade, instant: made, offset: offset)) }
        if let made, let life = numbers[3], life > 0 {
            found.append(Date(kind: .signatureExpiry, instant: made + Int64(life), offset: offset))
        }
        if let keyCreated, let life = numbers[9], life > 0 {
            found.append(Date(kind: .keyExpiry, instant: keyCreated + Int64(life), offset: offset))
        }
        return found
    }
}
