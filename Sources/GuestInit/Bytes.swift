// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Text here is bytes: `String` would bring Unicode tables into a program of a few hundred kilobytes.
typealias Bytes = [UInt8]

func bytes(_ literal: StaticString) -> Bytes {
    Bytes(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
}

func bytes(_ pointer: UnsafePointer<CChar>) -> Bytes {
    let count = strlen(pointer)
    return pointer.withMemoryRebound(to: UInt8.self, capacity: count) {
        Bytes(UnsafeBufferPointer(start: $0, count: count))
    }
}

func decimal(_ number: Int, digits: Int = 1) -> Bytes {
    var reversed: Bytes = []
    var rest = number.magnitude
    while rest > 0 || reversed.count < digits {
        reversed.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
    }
    if number < 0 { reversed.append(UInt8(ascii: "-")) }
    reversed.reverse()
    return reversed
}

/// A whole number, or nil for anything else, also for what does not fit.
func number(_ text: Bytes, radix: Int = 10) -> Int? {
    var value = 0
    if text.isEmpty { return nil }
    for byte in text {
        guard let digit = digit(byte), digit < radix else { return nil }
        let (product, tooLarge) = value.multipliedReportingOverflow(by: radix)
        let (sum, overflow) = product.addingReportingOverflow(digit)
        if tooLarge || overflow { return nil }
        value = sum
    }
    return value
}

func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
}

/// The parts of `text` between separators, empty ones included.
func split(_ text: Bytes, at separator: UInt8) -> [Bytes] {
    var parts: [Bytes] = []
    var part: Bytes = []
    for byte in text {
        if byte == separator {
            parts.append(part)
            part = []
        } else {
            part.append(byte)
        }
    }
    parts.append(part)
    return parts
}

/// Calls `body` with `text` as a C string.
func withCString<Result>(_ text: Bytes, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let terminated = text + [0]
    return terminated.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
            guard let base = characters.baseAddress else { return body("") }
            return body(base)
        }
    }
}
