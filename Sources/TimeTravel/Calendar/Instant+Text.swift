// SPDX-License-Identifier: GPL-3.0-or-later

extension Instant: CustomStringConvertible, LosslessStringConvertible {
    /// RFC 3339 in UTC: `2100-01-01T00:00:00Z`.
    package var description: String {
        let time = secondOfDay
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { Digits.padded($0, to: 2) }
        return "\(date)T\(clock[0]):\(clock[1]):\(clock[2])Z"
    }

    /// Reads RFC 3339: any offset, a fraction of a second is dropped, `T` may be a space, second 60 counts as 59.
    package init?(_ description: String) {
        let bytes = Array(description.utf8)
        guard bytes.count >= 20, bytes.count <= 40,
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let date = CivilDate(String(decoding: bytes[0..<10], as: UTF8.self)),
            let hour = Digits.value(of: bytes[11..<13]), let minute = Digits.value(of: bytes[14..<16]),
            let second = Digits.value(of: bytes[17..<19]), second <= 60,
            let offset = Instant.offset(in: Instant.droppingFraction(bytes[19...])),
            let local = Instant(date, hour: hour, minute: minute, second: min(second, 59))
        else { return nil }
        self = local - offset
    }

    private static func droppingFraction(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard rest.first == UInt8(ascii: ".") else { return rest }
        let fraction = rest.dropFirst().prefix(while: Digits.isDigit)
        return fraction.isEmpty ? [] : rest.dropFirst(1 + fraction.count)
    }

    /// Seconds east of Greenwich that `Z` or `+hh:mm` name.
    private static func offset(in zone: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(zone)
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            let hours = Digits.value(of: bytes[1..<3]), let minutes = Digits.value(of: bytes[4..<6]),
            hours <= 23, minutes <= 59
        else { return nil }
        let size = Int64(hours * 3_600 + minutes * 60)
        if bytes[0] == UInt8(ascii: "+") { return size }
        return bytes[0] == UInt8(ascii: "-") ? -size : nil
    }
}

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an RFC 3339 instant such as 2100-01-01T00:00:00Z")
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
