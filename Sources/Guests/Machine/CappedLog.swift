// SPDX-License-Identifier: GPL-3.0-or-later

/// A log file that stops growing at a limit, and its last bytes in memory.
struct CappedLog {
    private let file: Descriptor
    private let limit: Int
    private var written = 0
    private(set) var tail: [UInt8] = []
    private static let tailLength = 4096

    /// - Parameter limit: bytes; what comes after is left out, with a note.
    init(path: String, limit: Int) throws(GuestError) {
        file = try Descriptor.create(path)
        self.limit = limit
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        tail = Array((tail + bytes).suffix(CappedLog.tailLength))
        guard written < limit else { return }
        let kept = bytes.prefix(limit - written)
        written += kept.count
        // A log that cannot be written must not end the guest.
        try? file.write(kept)
        if written == limit { try? file.write(Array("\n[the rest is left out: limit of \(limit) bytes]\n".utf8)[...]) }
    }

    var tailText: String { String(decoding: tail, as: UTF8.self).replacing("\r\n", with: "\n") }
}
