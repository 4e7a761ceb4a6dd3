// SPDX-License-Identifier: GPL-3.0-or-later

/// The compressed kernel inside a bzImage (Linux, Documentation/arch/x86/boot.rst).
struct CompressedKernel {
    let payload: ArraySlice<UInt8>
    let program: HostProgram

    /// Nil when `image` is no bzImage, or compressed in a way unknown here: it can be booted as it is.
    init?(in image: [UInt8]) {
        guard image.count > 0x268, image[0x202..<0x206].elementsEqual("HdrS".utf8) else { return nil }
        func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(image[offset + $1]) << (8 * $1) } }
        let setupSectors = image[0x1f1] == 0 ? 4 : Int(image[0x1f1])
        let start = (setupSectors + 1) * 512 + word(0x248)
        // The last four bytes tell the size when unpacked and are no part of the compressed stream.
        let end = start + word(0x24c) - 4
        guard start < end, end <= image.count else { return nil }
        payload = image[start..<end]
        guard let program = CompressedKernel.program(for: payload.prefix(6)) else { return nil }
        self.program = program
    }

    private static func program(for magic: ArraySlice<UInt8>) -> HostProgram? {
        let known: [([UInt8], HostProgram)] = [
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], .xz), ([0x02, 0x21, 0x4c, 0x18], .lz4),
            ([0x28, 0xb5, 0x2f, 0xfd], .zstd), ([0x1f, 0x8b], .gzip),
        ]
        return known.first { magic.starts(with: $0.0) }?.1
    }

    /// Whether `kernel` can be started without its boot sector: an ELF file that names Xen's 32-bit entry point.
    static func isBootable(_ kernel: [UInt8]) -> Bool {
        guard kernel.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), kernel.count > 64 else { return false }
        func number(_ offset: Int, _ size: Int) -> Int {
            guard offset >= 0, offset + size <= kernel.count else { return 0 }
            return (0..<size).reduce(0) { $0 | Int(kernel[offset + $1]) << (8 * $1) }
        }
        let (headers, size, count) = (number(32, 8), number(54, 2), number(56, 2))
        for index in 0..<count {
            let header = headers + index * size
            guard number(header, 4) == 4 else { continue }
            if notes(kernel, from: number(header + 8, 8), length: number(header + 32, 8), number: number) {
                return true
            }
        }
        return false
    }

    /// Whether a note segment holds the note of type 18 of owner "Xen" (xen/include/public/elfnote.h).
    private static func notes(_ kernel: [UInt8], from start: Int, length: Int, number: (Int, Int) -> Int) -> Bool {
        var offset = start
        while offset + 12 <= min(start + length, kernel.count) {
            let (nameLength, valueLength, type) = (number(offset, 4), number(offset + 4, 4), number(offset + 8, 4))
            let name = offset + 12
            if type == 18, nameLength == 4, name + 4 <= kernel.count,
                kernel[name..<name + 4].elementsEqual([0x58, 0x65, 0x6e, 0])
            {
                return true
            }
            offset = name + (nameLength + 3) / 4 * 4 + (valueLength + 3) / 4 * 4
        }
        return false
    }
}
