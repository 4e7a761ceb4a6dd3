// SPDX-License-Identifier: GPL-3.0-or-later

/// A number of bytes, written `2 GiB`, `200 MB` or `4096 B`; binary and decimal units mean what IEC 80000-13 says.
package struct ByteCount: TextForm, Comparable {
    package let bytes: Int64

    package init(bytes: Int64) {
        self.bytes = max(0, bytes)
    }

    package static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 20) }
    package static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 30) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

extension ByteCount {
    package init(text: String) throws(Expectation) {
        guard let quantity = Quantity(text),
            let size = ByteCount.units.first(where: { $0.name.lowercased() == quantity.unit.lowercased() })?.size,
            quantity.count <= Int64.max / size
        else { throw Expectation("a size such as '2 GiB', '512 MiB' or '200 MB'") }
        self.init(bytes: quantity.count * size)
    }

    /// With the unit that gives the smallest whole number.
    package var description: String {
        let unit = ByteCount.units.filter { bytes > 0 && bytes % $0.size == 0 }.max { $0.size < $1.size }
        guard let unit else { return "\(bytes) B" }
        return "\(bytes / unit.size) \(unit.name)"
    }

    private static let units: [(name: String, size: Int64)] = [
        ("B", 1),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
}
