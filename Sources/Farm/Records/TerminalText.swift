// SPDX-License-Identifier: GPL-3.0-or-later

/// A log made fit for a terminal, piece by piece: what hostile builds write must not move the cursor, change the title or
/// answer for the person who reads.
///
/// Colours stay. Every other control character is shown as `^X`, those of ISO 6429's second set as `?`.
package struct TerminalText: Sendable {
    private enum State {
        case text
        /// A carriage return, which stays before a line feed only.
        case afterReturn
        /// `ESC`, perhaps with `[` and parameters: what was read so far.
        case sequence([UInt8])
        /// The first byte of U+0080 to U+00BF.
        case latin
    }

    private var state = State.text

    private static let escape: UInt8 = 0x1b
    /// Longer ones are no colours.
    private static let longestSequence = 32

    package init() {}

    /// - Returns: what is to be written for the next bytes of a log.
    package mutating func show(_ piece: some Sequence<UInt8>) -> [UInt8] {
        var shown: [UInt8] = []
        for byte in piece { take(byte, &shown) }
        return shown
    }

    /// - Returns: what is still to be written at the log's end.
    package mutating func finish() -> [UInt8] {
        defer { state = .text }
        switch state {
        case .text, .latin: return []
        case .afterReturn: return [UInt8(ascii: "\n")]
        case .sequence(let read): return Self.visible(read)
        }
    }

    private mutating func take(_ byte: UInt8, _ shown: inout [UInt8]) {
        switch state {
        case .afterReturn:
            state = .text
            shown.append(UInt8(ascii: "\n"))
            if byte != UInt8(ascii: "\n") { take(byte, &shown) }
        case .latin:
            state = .text
            shown += (0x80...0x9f).contains(byte) ? [UInt8(ascii: "?")] : [0xc2, byte]
        case .sequence(var read):
            read.append(byte)
            let isOpen =
                read.count == 2
                ? byte == UInt8(ascii: "[")
                : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ";")
            if isOpen, read.count < Self.longestSequence {
                state = .sequence(read)
            } else if read.count > 2, byte == UInt8(ascii: "m") {
                state = .text
                shown += read
            } else {
                state = .text
                shown += Self.visible(read.dropLast())
                take(byte, &shown)
            }
        case .text: plain(byte, &shown)
        }
    }

    private mutating func plain(_ byte: UInt8, _ shown: inout [UInt8]) {
        switch byte {
        case Self.escape: state = .sequence([byte])
        case UInt8(ascii: "\r"): state = .afterReturn
        case 0xc2: state = .latin
        default: shown += Self.visible([byte])
        }
    }

    private static func visible(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\t"): [byte]
            case ..<0x20, 0x7f: [UInt8(ascii: "^"), byte ^ 0x40]
            default: [byte]
            }
        }
    }
}
