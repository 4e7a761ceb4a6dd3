// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import WebAPI

/// The server's OpenAPI documents, both as one, held against its answers.
struct Description: Sendable {
    let document: JSON

    static func of(_ site: Site) async throws -> Description {
        let own = try JSON(decoding: try await site.get("/api/v1/openapi.json").body)
        let clients = try JSON(decoding: try await site.get("/api/openapi.json").body)
        guard case .object(var members) = own, let paths = own["paths"]?.object, let others = clients["paths"]?.object
        else { throw NoDocument() }
        members["paths"] = .object(paths.merging(others) { mine, _ in mine })
        return Description(document: .object(members))
    }

    struct NoDocument: Error {}

    var paths: [String] { (document["paths"]?.object ?? [:]).keys.sorted() }

    /// Fails where an answer is not what the document says of the path.
    func check(_ value: JSON, answers target: String) throws {
        let path = String(target.prefix { $0 != "?" })
        let template = try #require(paths.first { Self.fits(path, $0) }, "\(path) is not described")
        let content = document["paths"]?[template]?["get"]?["responses"]?["200"]?["content"]
        let schema = try #require(content?["application/json"]?["schema"])
        let faults = SchemaCheck(document: document).faults(value, schema, at: "")
        #expect(faults.isEmpty, "\(target): \(faults.prefix(5))")
    }

    /// Fails where a value does not fit a schema of the document.
    func check(_ value: JSON, is reference: String) throws {
        let faults = SchemaCheck(document: document).faults(value, ["$ref": .string(reference)], at: "")
        #expect(faults.isEmpty, "\(faults.prefix(5))")
    }

    private static func fits(_ path: String, _ template: String) -> Bool {
        let (given, wanted) = (path.split(separator: "/"), template.split(separator: "/"))
        return given.count == wanted.count && zip(given, wanted).allSatisfy { $1.hasPrefix("{") || $0 == $1 }
    }
}

/// The part of JSON Schema 2020-12 that the document uses; an unknown keyword is a fault, so that nothing goes unchecked.
struct SchemaCheck {
    let document: JSON

    private static let annotations: Set<String> = [
        "description", "format", "default", "required", "additionalProperties",
    ]

    func faults(_ value: JSON, _ schema: JSON, at place: String) -> [String] {
        guard let keywords = schema.object else { return ["\(place): no schema"] }
        return keywords.flatMap { keyword, operand -> [String] in
            switch keyword {
            case "$ref": return reference(operand, value, place)
            case "anyOf":
                let tried = (operand.array ?? []).map { faults(value, $0, at: place) }
                return tried.contains { $0.isEmpty } ? [] : tried.flatMap(\.self)
            case "type": return Self.isOf(operand.string ?? "", value) ? [] : ["\(place): \(value) is no \(operand)"]
            case "enum":
                return operand.array?.contains(value) == true ? [] : ["\(place): \(value) is none of \(operand)"]
            case "minimum", "maximum": return bound(keyword, operand, value, place)
            case "items":
                return (value.array ?? []).enumerated().flatMap { faults($1, operand, at: "\(place)[\($0)]") }
            case "properties": return members(value, schema, place)
            default: return Self.annotations.contains(keyword) ? [] : ["\(place): unknown keyword \(keyword)"]
            }
        } + missing(value, schema, place) + additional(value, schema, place)
    }

    private func reference(_ operand: JSON, _ value: JSON, _ place: String) -> [String] {
        let steps = (operand.string ?? "").split(separator: "/").dropFirst().map(String.init)
        let target = steps.reduce(Optional(document)) { $0?[$1] }
        return target.map { faults(value, $0, at: place) } ?? ["\(place): \(operand) leads nowhere"]
    }

    private static func isOf(_ type: String, _ value: JSON) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .number),
            ("string", .string), ("array", .array), ("object", .object):
            true
        default: false
        }
    }

    private func bound(_ keyword: String, _ operand: JSON, _ value: JSON, _ place: String) -> [String] {
        func number(_ value: JSON) -> Double? {
            switch value {
            case .integer(let whole): Double(whole)
            case .number(let number): number
            default: nil
            }
        }
        guard let limit = number(operand), let number = number(value) else { return [] }
        return keyword == "minimum" && number < limit || keyword == "maximum" && number > limit
            ? ["\(place): \(number) is beyond the \(keyword) \(limit)"] : []
    }

    private func members(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        (value.object ?? [:]).flatMap { name, member in
            schema["properties"]?[name].map { faults(member, $0, at: "\(place).\(name)") } ?? []
        }
    }

    private func missing(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard let object = value.object else { return [] }
        return (schema["required"]?.array ?? []).compactMap(\.string).filter { object[$0] == nil }
            .map { "\(place): \($0) is missing" }
    }

    private func additional(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard let object = value.object, let rule = schema["additionalProperties"] else { return [] }
        let others = object.filter { schema["properties"]?[$0.key] == nil }
        if rule == false { return others.keys.map { "\(place): \($0) is not described" } }
        return others.flatMap { faults($1, rule, at: "\(place).\($0)") }
    }
}
