// SPDX-License-Identifier: GPL-3.0-or-later

/// An address on this server, made of components that are percent-encoded here and nowhere else, RFC 3986.
///
/// Links of pages take nothing else, so that no text from a package can become an address.
struct WebPath: Sendable, Hashable, CustomStringConvertible {
    private var text: String

    /// - Parameter components: none for the front page.
    init(_ components: String...) {
        text = components.map { "/" + Self.encode($0) }.joined()
        if text.isEmpty { text = "/" }
    }

    init(_ first: String, _ id: some FixedWidthInteger, _ rest: String...) {
        text = "/\(Self.encode(first))/\(id)" + rest.map { "/" + Self.encode($0) }.joined()
    }

    /// The path of a request as it came, with its query.
    init(path: String, query: [(name: String, value: String)]) {
        text = path.split(separator: "/").map { "/" + Self.encode(String($0)) }.joined()
        if text.isEmpty { text = "/" }
        for (name, value) in query { self = adding(name, value) }
    }

    func adding(_ name: String, _ value: String) -> WebPath {
        var copy = self
        copy.text += (text.contains("?") ? "&" : "?") + Self.encode(name) + "=" + Self.encode(value)
        return copy
    }

    func fragment(_ name: String) -> WebPath {
        var copy = self
        copy.text += "#" + Self.encode(name)
        return copy
    }

    var description: String { text }

    static func encode(_ component: String) -> String {
        var encoded = ""
        for byte in component.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }

    /// The text that a component or query value stands for; nil unless it is valid percent-encoded UTF-8.
    static func decode(_ component: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(component.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(Self.hexadecimal),
                    let low = rest.popFirst().flatMap(Self.hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
