// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import HTTPTypes
import Hummingbird

extension Reply {
    /// The reply as Hummingbird sends it, or that nothing changed since the client asked last.
    ///
    /// - Parameter isWhole: false for HEAD: the same headers without the body.
    func response(to request: Request, isWhole: Bool) -> Response {
        var fields = HTTPFields()
        fields[.contentType] = mediaType
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
        }
        switch body {
        case .bytes(let bytes):
            if status == 200 { fields[.eTag] = Self.tag(bytes) }
            if isUnchanged(fields, request) { return notModified(fields) }
            fields[.contentLength] = String(bytes.count)
            let body = isWhole ? ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) : ResponseBody()
            return Response(status: .init(code: status), headers: fields, body: body)
        case .stream(let length, let write):
            if isUnchanged(fields, request) { return notModified(fields) }
            if let length { fields[.contentLength] = String(length) }
            let body =
                isWhole ? Self.stream(length, write) : ResponseBody(contentLength: nil) { try await $0.finish(nil) }
            return Response(status: .init(code: status), headers: fields, body: body)
        }
    }

    private static func stream(
        _ length: Int?, _ write: @escaping @Sendable (Writer) async throws -> Void
    ) -> ResponseBody {
        ResponseBody(contentLength: length) { writer in
            var output = writer
            try await write { piece in try await output.write(ByteBuffer(bytes: piece)) }
            try await output.finish(nil)
        }
    }

    /// A strong entity tag: the hash of the body.
    private static func tag(_ bytes: [UInt8]) -> String {
        "\"\(ContentHash.of(bytes).base32)\""
    }

    /// Whether If-None-Match names this answer, RFC 9110 section 13.1.2.
    private func isUnchanged(_ fields: HTTPFields, _ request: Request) -> Bool {
        guard status == 200, let tag = fields[.eTag], let known = request.headers[.ifNoneMatch] else { return false }
        return known.split(separator: ",").contains { item in
            let name = item.drop { $0 == " " }.prefix { $0 != " " }
            return name == "*" || name == tag || name == "W/" + tag
        }
    }

    private func notModified(_ fields: HTTPFields) -> Response {
        var kept = HTTPFields()
        for name in [HTTPField.Name.eTag, .vary, HTTPField.Name("Link")].compactMap(\.self) {
            kept[name] = fields[name]
        }
        return Response(status: .notModified, headers: kept)
    }
}
