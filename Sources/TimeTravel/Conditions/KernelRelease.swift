// SPDX-License-Identifier: GPL-3.0-or-later

/// A kernel's release as `uname -r` prints it, ordered by the numbers in it: `6.1.0-47-amd64` before `6.12.100+deb12-amd64`.
package struct KernelRelease: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    /// Nil unless 1 to 64 printable ASCII characters without spaces, as the kernel itself allows.
    package init?(rawValue: String) {
        let bytes = rawValue.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        self.rawValue = rawValue
    }

    /// The name of the kernel in simulations, where none boots.
    package static let simulated = KernelRelease(trusted: "6.1.0-simulated")

    private init(trusted: String) {
        rawValue = trusted
    }

    private var numbers: [Int] {
        rawValue.utf8.split(whereSeparator: { !Digits.isDigit($0) }).map { Digits.value(of: Array($0)[...]) ?? .max }
    }
}

extension KernelRelease: Comparable {
    package static func < (left: KernelRelease, right: KernelRelease) -> Bool {
        let (ours, theirs) = (left.numbers, right.numbers)
        return ours == theirs ? left.rawValue < right.rawValue : ours.lexicographicallyPrecedes(theirs)
    }
}

extension KernelRelease: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let release = KernelRelease(rawValue: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a kernel release")
        }
        self = release
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension KernelRelease: CustomStringConvertible {
    package var description: String { rawValue }
}
