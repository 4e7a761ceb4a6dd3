// SPDX-License-Identifier: GPL-3.0-or-later

/// Lists what tar, gzip and zip files hold, for searching only: paths are labels, nothing is written anywhere.
enum Archive {
    struct Entry {
        var path: String
        var bytes: ArraySlice<UInt8>
        var modified: Instant?
    }

    /// The entries of an archive, nil if `bytes` are none; no more than `limit` bytes are unpacked.
    static func entries(in bytes: ArraySlice<UInt8>, path: String, limit: Int) -> [Entry]? {
        if bytes.prefix(2).elementsEqual([0x1f, 0x8b]) { return gzip(bytes, path: path, limit: limit) }
        if bytes.prefix(4).elementsEqual([0x50, 0x4b, 0x03, 0x04]) { return zip(bytes, path: path, limit: limit) }
        let magic = bytes.startIndex + 257
        if bytes.count > 512, bytes[magic..<magic + 5].elementsEqual("ustar".utf8) { return tar(bytes, path: path) }
        return nil
    }

    /// RFC 1952; the one member is named as the file without its suffix.
    private static func gzip(_ bytes: ArraySlice<UInt8>, path: String, limit: Int) -> [Entry] {
        guard let flags = bytes.bigEndian(at: bytes.startIndex + 3, count: 1) else { return [] }
        var start = bytes.startIndex + 10
        if flags & 4 != 0, let extra = bytes.littleEndian(at: start, count: 2) { start += 2 + extra }
        for flag in [8, 16] where flags & flag != 0 {
            guard start <= bytes.endIndex else { return [] }
            start = (bytes[start...].firstIndex(of: 0) ?? bytes.endIndex - 1) + 1
        }
        if flags & 2 != 0 { start += 2 }
        guard start < bytes.endIndex else { return [] }
        let unpacked = Inflate.unpack(bytes[start...], limit: limit).bytes
        return [Entry(path: path + "!", bytes: unpacked[...], modified: nil)]
    }

    /// Local headers in a row (APPNOTE 4.3.7); sizes in a trailing descriptor are found by unpacking.
    private static func zip(_ bytes: ArraySlice<UInt8>, path: String, limit: Int) -> [Entry] {
        var entries: [Entry] = []
        var (index, left) = (bytes.startIndex, limit)
        while left > 0, entries.count < 20_000,
            bytes[min(index, bytes.endIndex)...].prefix(4).elementsEqual([0x50, 0x4b, 3, 4])
        {
            guard let method = bytes.littleEndian(at: index + 8, count: 2),
                let packed = bytes.littleEndian(at: index + 18, count: 4),
                let nameLength = bytes.littleEndian(at: index + 26, count: 2),
                let extra = bytes.littleEndian(at: index + 28, count: 2)
            else { break }
            let data = index + 30 + nameLength + extra
            guard data <= bytes.endIndex, index + 30 + nameLength <= bytes.endIndex else { break }
            let name = String(decoding: bytes[index + 30..<index + 30 + nameLength], as: UTF8.self)
            let end = min(bytes.endIndex, data + packed)
            var content = bytes[data..<end]
            var next = end
            if method == 8 {
                let unpacked = Inflate.unpack(packed > 0 ? content : bytes[data...], limit: left)
                content = unpacked.bytes[...]
                if packed == 0 { next = bytes.firstIndex(of: "PK\u{3}\u{4}", from: unpacked.end) ?? bytes.endIndex }
            }
            left -= content.count
            entries.append(
                Entry(path: path + "/" + name, bytes: content.prefix(max(0, left + content.count)), modified: nil))
            index = max(next, index + 30)
        }
        return entries
    }

    /// POSIX tar: blocks of 512 bytes; only regular files are listed.
    private static func tar(_ bytes: ArraySlice<UInt8>, path: String) -> [Entry] {
        var entries: [Entry] = []
        var index = bytes.startIndex
        while index + 512 <= bytes.endIndex, entries.count < 60_000, bytes[index] != 0 {
            let header = bytes[index..<index + 512]
            guard let size = octal(header, 124, 12) else { break }
            let data = index + 512
            guard size <= bytes.endIndex - data else { break }
            let type = header[index + 156]
            if type == 0 || type == UInt8(ascii: "0") {
                let name = text(header, 345, 155) + (header[index + 345] == 0 ? "" : "/") + text(header, 0, 100)
                let modified = octal(header, 136, 12).map { Instant(seconds: Int64($0)) }
                entries.append(Entry(path: path + "/" + name, bytes: bytes[data..<data + size], modified: modified))
            }
            index = data + (size + 511) / 512 * 512
        }
        return entries
    }

    private static func octal(_ header: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> Int? {
        let start = header.startIndex + offset
        let digits = header[start..<start + count].drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x37 }
        guard digits.count <= 12 else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    private static func text(_ header: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> String {
        let start = header.startIndex + offset
        return String(decoding: header[start..<start + count].prefix { $0 != 0 }, as: UTF8.self)
    }
}
