// SPDX-License-Identifier: GPL-3.0-or-later

/// Collects numbers and short texts of an archive from pieces that may end anywhere.
struct TokenBuffer: Sendable {
    private var held: [UInt8] = []

    struct Malformed: Error {
        let problem: String
    }

    /// The next text, once all of it is there; nil while bytes are missing.
    mutating func next(_ rest: inout ArraySlice<UInt8>, limit: Int) throws(Malformed) -> [UInt8]? {
        guard take(&rest, until: 8) else { return nil }
        let length = held[0..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(limit) else { throw Malformed(problem: "a text is longer than \(limit) bytes") }
        let count = Int(length)
        guard take(&rest, until: 8 + count + WireEncoder.padding(after: count)) else { return nil }
        guard held[(8 + count)...].allSatisfy({ $0 == 0 }) else { throw Malformed(problem: "padding is not zero") }
        defer { held.removeAll(keepingCapacity: true) }
        return Array(held[8..<(8 + count)])
    }

    /// The next number, once all of it is there.
    mutating func nextInteger(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard take(&rest, until: 8) else { return nil }
        defer { held.removeAll(keepingCapacity: true) }
        return held.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Moves bytes over until `count` are held; false while some are missing.
    private mutating func take(_ rest: inout ArraySlice<UInt8>, until count: Int) -> Bool {
        if held.count < count {
            let taken = rest.prefix(count - held.count)
            held.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
        }
        return held.count >= count
    }
}
