// SPDX-License-Identifier: GPL-3.0-or-later

extension HTML {
    /// The bytes of a whole document that this is the root of.
    func document() -> [UInt8] {
        var bytes = Array("<!doctype html>\n".utf8)
        append(to: &bytes)
        return bytes
    }

    /// As it stands in a document.
    var rendered: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text alone, for places that take no markup.
    var plain: String {
        switch self {
        case .text(let text): text
        case .group(let pieces), .element(_, _, let pieces): pieces.map(\.plain).joined()
        }
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .text(let text):
            Self.append(escaping: text, to: &bytes)
        case .group(let pieces):
            for piece in pieces { piece.append(to: &bytes) }
        case .element(let tag, let attributes, let content):
            bytes += "<\(tag.rawValue)".utf8
            for attribute in attributes { Self.append(attribute, to: &bytes) }
            bytes.append(UInt8(ascii: ">"))
            if tag.isVoid { return }
            for piece in content { piece.append(to: &bytes) }
            bytes += "</\(tag.rawValue)>".utf8
        }
    }

    private static func append(_ attribute: Attribute, to bytes: inout [UInt8]) {
        bytes += " \(attribute.name)".utf8
        guard let value = attribute.value else { return }
        bytes += "=\"".utf8
        append(escaping: value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Escapes for text and quoted attribute values alike; characters that no document may contain become U+FFFD.
    private static func append(escaping text: String, to bytes: inout [UInt8]) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"": bytes += "&quot;".utf8
            case "'": bytes += "&#39;".utf8
            default: bytes += (VisibleText.isAllowed(scalar) ? scalar : "\u{fffd}").utf8
            }
        }
    }
}
