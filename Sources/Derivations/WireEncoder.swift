// SPDX-License-Identifier: GPL-3.0-or-later

/// Appends numbers and texts as the store's archives and daemons write them: 64-bit little-endian numbers, and
/// texts as a length, the bytes and zeros up to a multiple of eight.
package struct WireEncoder: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func integer(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func boolean(_ value: Bool) {
        integer(value ? 1 : 0)
    }

    package mutating func text(_ text: String) {
        data(Array(text.utf8))
    }

    package mutating func data(_ data: [UInt8]) {
        integer(UInt64(data.count))
        bytes.append(contentsOf: data)
        bytes.append(contentsOf: repeatElement(0, count: Self.padding(after: data.count)))
    }

    package mutating func path(_ path: StorePath?) {
        text(path?.description ?? "")
    }

    package mutating func paths(_ paths: some Collection<StorePath>) {
        integer(UInt64(paths.count))
        for path in paths { text(path.description) }
    }

    package mutating func texts(_ texts: some Collection<String>) {
        integer(UInt64(texts.count))
        for text in texts { self.text(text) }
    }

    /// So many zero bytes.
    mutating func zeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    /// Lets `fill` put up to `count` bytes at the end; it returns how many, or a negative number for none.
    mutating func append(upTo count: Int, fill: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        let filled = bytes.withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
        bytes.removeLast(count - max(0, filled))
        return filled
    }

    /// Zeros that follow `count` bytes.
    package static func padding(after count: Int) -> Int {
        -count & 7
    }
}
