// SPDX-License-Identifier: GPL-3.0-or-later

/// One address of the server: the route and its description in the OpenAPI document are this one value.
struct Endpoint: Sendable {
    /// Who the answer is for, and with it how errors look and how strictly parameters are taken.
    enum Audience: Sendable {
        /// Errors are problem documents, unknown parameters are refused.
        case programs
        /// Errors are pages; unknown and empty parameters, which forms and links from elsewhere bring, are ignored.
        case people
        /// Errors are Cuirass's objects; unknown and empty parameters are ignored, as Cuirass does.
        case cuirassClients
    }

    /// What an answer consists of, by media type.
    struct Content: Sendable {
        let mediaType: String
        let schema: JSON
    }

    let audience: Audience
    /// With variables in braces: `/api/v1/traps/{trap}`.
    let path: String
    /// Unique; names the operation to generated clients.
    let name: String
    let summary: String
    let parameters: [ParameterFacts]
    let contents: [Content]
    /// Statuses beside 200 with what each means; those every endpoint may give are added by the document.
    let otherStatuses: [Int: String]
    /// Nil for what is only read, by GET and HEAD.
    var change: Change?
    let respond: @Sendable (Call) async throws -> Reply

    /// An endpoint that answers JSON.
    static func json(
        _ path: String, _ name: String, _ summary: String, parameters: [ParameterFacts] = [], schema: JSON,
        otherStatuses: [Int: String] = [:], respond: @escaping @Sendable (Call) async throws -> Reply
    ) -> Endpoint {
        Endpoint(
            audience: .programs, path: path, name: name, summary: summary, parameters: parameters,
            contents: [Content(mediaType: "application/json", schema: schema)], otherStatuses: otherStatuses,
            respond: respond)
    }

    /// A page for people.
    static func page(
        _ path: String, _ name: String, _ summary: String, parameters: [ParameterFacts] = [],
        respond: @escaping @Sendable (Call) async throws -> Page
    ) -> Endpoint {
        Endpoint(
            audience: .people, path: path, name: name, summary: summary, parameters: parameters,
            contents: [Content(mediaType: "text/html", schema: ["type": "string"])], otherStatuses: [:]
        ) { call in try await respond(call).reply() }
    }

    /// The query of an address, decoded; for people without what is empty or unknown.
    func query(_ text: String) throws(Problem) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        let known = parameters.filter { $0.place == .query }.map(\.name)
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = WebPath.decode(halves[0], plusIsSpace: true),
                let value = WebPath.decode(halves.count == 2 ? halves[1] : "", plusIsSpace: true)
            else {
                throw .badParameter(String(halves[0]), found: String(part), expected: "percent-encoded UTF-8")
            }
            switch audience {
            case .programs:
                guard known.contains(name) else { throw .unknownParameter(name, known: known) }
            case .people, .cuirassClients:
                guard known.contains(name), !value.isEmpty else { continue }
            }
            pairs.append((name, value))
        }
        return pairs
    }
}
