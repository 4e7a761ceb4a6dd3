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
            let packed = packed(bytes, for: request, &fields)
            if status == 200 { fields[.eTag] = Self.tag(bytes, isPacked: packed != nil) }
            if isUnchanged(fields, request) { return notModified(fields) }
            let sent = packed ?? bytes
            fields[.contentLength] = String(sent.count)
            let body = isWhole ? ResponseBody(byteBuffer: ByteBuffer(bytes: sent)) : ResponseBody()
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

    /// A body as gzip, where that is shorter and the client takes it; says in the header what it depends on.
    private func packed(_ bytes: [UInt8], for request: Request, _ fields: inout HTTPFields) -> [UInt8]? {
        let isText = ["json", "text/", "xml"].contains { mediaType.contains($0) }
        guard isText, bytes.count >= 1_400 else { return nil }
        fields[.vary] = "Accept-Encoding"
        guard ContentCoding.accepts("gzip", in: request.headers[.acceptEncoding]),
            let packed = Deflater.gzip(bytes), packed.count < bytes.count
        else { return nil }
        fields[.contentEncoding] = "gzip"
        return packed
    }

    /// A strong entity tag: the hash of the body, and the coding it is sent in.
    private static func tag(_ bytes: [UInt8], isPacked: Bool) -> String {
        "\"\(ContentHash.of(bytes).base32)\(isPacked ? "-gzip" : "")\""
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
