// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// The server's description of itself, OpenAPI 3.1, made from the very endpoints that the router serves.
///
/// What other farms' clients ask has a document of its own: some of the answers they rely on, such as 500 for a parameter
/// that was forgotten, are none that a document of ours should promise.
enum OpenAPIDocument {
    /// The endpoints that serve the documents; they describe themselves too.
    static func endpoints(describing others: [Endpoint]) -> [Endpoint] {
        [
            endpoint(
                "/api/v1/openapi.json", "getOpenAPIDocument", "This description, OpenAPI 3.1.",
                describing: others.filter { $0.audience != .cuirassClients }),
            endpoint(
                "/api/openapi.json", "getClientsDocument",
                "The addresses that clients of Cuirass and Hydra ask, OpenAPI 3.1.",
                describing: others.filter { $0.audience == .cuirassClients }),
        ]
    }

    private static func endpoint(
        _ path: String, _ name: String, _ summary: String, describing others: [Endpoint]
    ) -> Endpoint {
        let own = Endpoint.json(path, name, summary, schema: ["type": "object"]) { _ in
            Reply(mediaType: "application/json", body: .bytes([]))
        }
        let document = make(others + [own])
        return Endpoint(
            audience: own.audience, path: own.path, name: own.name, summary: own.summary, parameters: own.parameters,
            contents: own.contents, otherStatuses: own.otherStatuses
        ) { _ in try .json(document) }
    }

    static func make(_ endpoints: [Endpoint]) -> JSON {
        let paths = Dictionary(grouping: endpoints, by: \.path).mapValues { endpoints in
            let operations = endpoints.map { ($0.change?.method.lowercased() ?? "get", operation($0)) }
            return JSON.object(Dictionary(operations, uniquingKeysWith: { first, _ in first }))
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Almanac", "version": "1",
                "description": """
                What a continuous-integration time-travel farm found out: builds that depend on the date, the \
                processor, the kernel or the number of cores. What changes something needs a bearer token. HEAD is \
                answered wherever GET is. Instants are RFC 3339 in UTC. Lists are paged by cursors; the Link header names \
                the next page. Answers bear an ETag and If-None-Match is honoured.
                """,
                "license": ["name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"],
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(Schema.definitions),
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer", "description": "Made by 'almanac token create'.",
                    ]
                ],
            ],
        ]
    }

    private static func operation(_ endpoint: Endpoint) -> JSON {
        var responses: [String: JSON] = ["200": success(endpoint)]
        for (status, meaning) in endpoint.otherStatuses {
            responses[String(status)] = ["description": .string(meaning)]
        }
        if let change = endpoint.change { return operation(endpoint, change, responses) }
        responses["304"] = ["description": "Unchanged since the answer whose ETag If-None-Match names."]
        responses["400"] = failure(endpoint, "A parameter is wrong; the answer says which and what was expected.")
        if endpoint.parameters.contains(where: { $0.place == .path || ["jobset", "id"].contains($0.name) }) {
            responses["404"] = failure(endpoint, "There is no such thing.")
        }
        responses["405"] = failure(endpoint, "The method is not possible here.")
        responses["401"] = failure(endpoint, "Reading is closed and no valid token was sent.")
        responses["429"] = failure(endpoint, "Too many requests; Retry-After says when to ask again.")
        responses["500"] = failure(endpoint, "The server could not answer.")
        responses["503"] = failure(endpoint, "The database does not answer now.")
        return [
            "operationId": .string(endpoint.name), "summary": .string(endpoint.summary),
            "parameters": .array(endpoint.parameters.map { parameter($0, for: endpoint.audience) }),
            "responses": .object(responses),
        ]
    }

    private static func operation(
        _ endpoint: Endpoint, _ change: Endpoint.Change, _ success: [String: JSON]
    ) -> JSON {
        var responses = success
        let failures = [
            400: "A parameter or the body is wrong; the answer says what was expected.",
            401: change.scope == nil
                ? "The signature is missing or wrong." : "There is no token, or it is unknown, expired or revoked.",
            403: change.scope.map { "The token lacks the scope \($0.rawValue)." } ?? "It is not allowed.",
            404: "There is no such thing.",
            405: "The method is not possible here.", 408: "The body took too long.",
            409: "It cannot be done in the present state.", 413: "The body is too large.",
            429: "Too many requests; Retry-After says when to ask again.", 500: "The server could not answer.",
            503: "The database does not answer now.",
        ]
        for (status, meaning) in failures { responses[String(status)] = failure(endpoint, meaning) }
        var operation: [String: JSON] = [
            "operationId": .string(endpoint.name), "summary": .string(endpoint.summary),
            "parameters": .array(endpoint.parameters.map { parameter($0, for: endpoint.audience) }),
            "responses": .object(responses), "security": change.scope == nil ? [] : [["token": []]],
        ]
        if let body = change.body {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": body]],
            ]
        }
        return .object(operation)
    }

    private static func parameter(_ facts: ParameterFacts, for audience: Endpoint.Audience) -> JSON {
        let schema: JSON
        switch audience {
        case .programs: schema = facts.schema
        case .people, .cuirassClients:
            // Forms send fields that were left empty.
            schema =
                facts.isRequired ? facts.schema : ["anyOf": [facts.schema, ["type": "string", "maxLength": 0]]]
        }
        return [
            "name": .string(facts.name), "in": .string(facts.place.rawValue), "required": .bool(facts.isRequired),
            "description": .string(facts.about), "schema": schema,
        ]
    }

    private static func success(_ endpoint: Endpoint) -> JSON {
        let contents = endpoint.contents.map { ($0.mediaType, JSON.object(["schema": $0.schema])) }
        var response: [String: JSON] = [
            "description": "The answer.", "content": .object(Dictionary(contents, uniquingKeysWith: { $1 })),
        ]
        if endpoint.parameters.contains(where: { $0.name == "limit" }) {
            response["headers"] = [
                "Link": [
                    "description": "With rel=\"next\": the address of the next page, absent on the last.",
                    "schema": ["type": "string"],
                ]
            ]
        }
        return .object(response)
    }

    private static func failure(_ endpoint: Endpoint, _ meaning: String) -> JSON {
        switch endpoint.audience {
        case .programs:
            [
                "description": .string(meaning),
                "content": ["application/problem+json": ["schema": Schema.problem.reference]],
            ]
        case .cuirassClients:
            [
                "description": .string(meaning),
                "content": ["application/json": ["schema": Schema.cuirassError.reference]],
            ]
        case .people:
            ["description": .string(meaning), "content": ["text/html": ["schema": ["type": "string"]]]]
        }
    }
}
