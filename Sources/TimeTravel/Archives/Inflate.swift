// SPDX-License-Identifier: GPL-3.0-or-later

/// Unpacks DEFLATE data (RFC 1951) of unknown origin: never reads or writes out of bounds, never more than a limit.
struct Inflate {
    private let input: ArraySlice<UInt8>
    private var position: Int
    private var bits: UInt32 = 0
    private var bitCount = 0
    private var output: [UInt8] = []
    private let limit: Int

    private struct Malformed: Error {}

    /// What `input` unpacks to, as far as it is sound and not longer than `limit`; and where the data ended.
    static func unpack(_ input: ArraySlice<UInt8>, limit: Int) -> (bytes: [UInt8], end: Int) {
        var inflate = Inflate(input: input, limit: limit)
        // Where the data is damaged, what was unpacked before is as good as any text to search.
        try? inflate.run()
        return (inflate.output, inflate.position)
    }

    private init(input: ArraySlice<UInt8>, limit: Int) {
        self.input = input
        position = input.startIndex
        self.limit = limit
    }

    private mutating func run() throws {
        var isLast = false
        while !isLast, output.count < limit {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try compressed(Inflate.fixedLiterals, Inflate.fixedDistances)
            case 2:
                let (literals, distances) = try dynamicTables()
                try compressed(literals, distances)
            case _: throw Malformed()
            }
        }
    }

    private mutating func take(_ count: Int) throws -> Int {
        while bitCount < count {
            guard position < input.endIndex else { throw Malformed() }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = Int(bits & ((1 << UInt32(count)) - 1))
        bits >>= UInt32(count)
        bitCount -= count
        return value
    }

    private mutating func stored() throws {
        position -= bitCount / 8
        (bits, bitCount) = (0, 0)
        guard let length = input.littleEndian(at: position, count: 2),
            let check = input.littleEndian(at: position + 2, count: 2),
            length == ~check & 0xffff, position + 4 + length <= input.endIndex
        else { throw Malformed() }
        output += input[position + 4..<position + 4 + length].prefix(max(0, limit - output.count))
        position += 4 + length
    }

    private mutating func compressed(_ literals: Table, _ distances: Table) throws {
        while output.count < limit {
            let symbol = try decode(literals)
            if symbol == 256 { return }
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            guard symbol - 257 < Inflate.lengths.count else { throw Malformed() }
            let length = Inflate.lengths[symbol - 257] + (try take(Inflate.lengthBits[symbol - 257]))
            let code = try decode(distances)
            guard code < Inflate.distances.count else { throw Malformed() }
            let distance = Inflate.distances[code] + (try take(Inflate.distanceBits[code]))
            guard distance <= output.count else { throw Malformed() }
            for _ in 0..<min(length, limit - output.count) { output.append(output[output.count - distance]) }
        }
    }

    /// One symbol of a canonical Huffman code, bit by bit.
    private mutating func decode(_ table: Table) throws -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1...15 {
            code |= try take(1)
            let count = table.counts[length]
            if code - count < first { return table.symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw Malformed()
    }

    private mutating func dynamicTables() throws -> (Table, Table) {
        let (literalCount, distanceCount, codeCount) = (try take(5) + 257, try take(5) + 1, try take(4) + 4)
        var lengths = Array(repeating: 0, count: 19)
        for index in 0..<codeCount { lengths[Inflate.codeOrder[index]] = try take(3) }
        let codes = try Table(lengths: lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            let symbol = try decode(codes)
            if symbol < 16 {
                all.append(symbol)
                continue
            }
            let previous = all.last ?? 0
            if symbol == 16, all.isEmpty { throw Malformed() }
            let times = symbol == 16 ? try take(2) + 3 : symbol == 17 ? try take(3) + 3 : try take(7) + 11
            all += Array(repeating: symbol == 16 ? previous : 0, count: times)
        }
        guard all.count == literalCount + distanceCount else { throw Malformed() }
        return (try Table(lengths: Array(all[..<literalCount])), try Table(lengths: Array(all[literalCount...])))
    }
}

extension Inflate {
    /// A canonical Huffman code: how many codes of each length, and the symbols in order.
    private struct Table: Sendable {
        var counts = Array(repeating: 0, count: 16)
        var symbols: [Int]

        init(lengths: [Int]) throws {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            var left = 1
            for length in 1...15 {
                left = (left << 1) - counts[length]
                if left < 0 { throw Malformed() }
            }
            var offsets = Array(repeating: 0, count: 16)
            for length in 1..<15 { offsets[length + 1] = offsets[length] + counts[length] }
            symbols = Array(repeating: 0, count: lengths.count)
            for (symbol, length) in lengths.enumerated() where length > 0 {
                symbols[offsets[length]] = symbol
                offsets[length] += 1
            }
        }

        /// For codes known to be sound.
        init(fixed lengths: [Int]) {
            self = (try? Table(lengths: lengths)) ?? Table(counts: Array(repeating: 0, count: 16), symbols: [])
        }

        private init(counts: [Int], symbols: [Int]) {
            self.counts = counts
            self.symbols = symbols
        }
    }

    private static let fixedLiterals = Table(
        fixed: Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
            + Array(repeating: 8, count: 8))
    private static let fixedDistances = Table(fixed: Array(repeating: 5, count: 30))
    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengths = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distances = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
}
