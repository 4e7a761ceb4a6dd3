// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite("GET /api/v1/openapi.json")
struct OpenAPIDocumentTests {
    @Test(arguments: Transport.allCases)
    func `it is OpenAPI 3.1 and describes itself`(transport: Transport) async throws {
        try await Site.run(over: transport, filling: .nothing) { site in
            let document = try await site.json("/api/v1/openapi.json")
            #expect(document["openapi"] == "3.1.0")
            #expect(document["info"]?["title"] == "Almanac")
            #expect(document["paths"]?["/api/v1/openapi.json"] != nil)
        }
    }

    @Test func `what clients of other farms ask is in a document of its own`() async throws {
        try await Site.run(filling: .nothing) { site in
            let (own, clients) = (
                try await site.json("/api/v1/openapi.json"), try await site.json("/api/openapi.json")
            )
            #expect(own["paths"]?["/api/latestbuilds"] == nil && own["paths"]?["/api/v1/traps"] != nil)
            #expect(clients["paths"]?["/api/latestbuilds"] != nil && clients["paths"]?["/api/v1/traps"] == nil)
        }
    }

    @Test func `every route is in a document, and nothing else`() async throws {
        try await Site.run(filling: .nothing) { site in
            let described = try await Description.of(site).paths
            #expect(described == Set((Endpoint.all + Endpoint.changes).map(\.path)).sorted())
            #expect(Set(Endpoint.all.map(\.path)).count == Endpoint.all.count)
            for path in Endpoint.all.map(\.path) {
                let filled = path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : String($0) }.joined(
                    separator: "/")
                let wrong = try await site.client.send("POST", "/" + filled, [:])
                #expect(wrong.status == 405, "\(path) is described but not routed")
            }
        }
    }

    @Test func `variables of a path are its path parameters, and names of operations are unique`() {
        for endpoint in Endpoint.all {
            let variables = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                $0.dropFirst().dropLast()
            }
            let parameters = endpoint.parameters.filter { $0.place == .path }.map { $0.name[...] }
            #expect(variables == parameters, "\(endpoint.path)")
        }
        #expect(Set(Endpoint.all.map(\.name)).count == Endpoint.all.count)
    }

    @Test func `every reference leads to a schema`() async throws {
        try await Site.run(filling: .nothing) { site in
            let document = try await Description.of(site).document
            let references = Self.references(document)
            #expect(references.count > 20)
            for reference in references {
                let name = String(reference.split(separator: "/").last ?? "")
                #expect(document["components"]?["schemas"]?[name] != nil, "\(reference)")
            }
        }
    }

    private static func references(_ value: JSON) -> [String] {
        switch value {
        case .object(let members):
            members.flatMap { $0 == "$ref" ? [$1.string ?? ""] : references($1) }
        case .array(let elements): elements.flatMap(references)
        case .null, .bool, .integer, .number, .string: []
        }
    }
}
