// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a request was not answered as asked, in the form of RFC 9457, "Problem Details for HTTP APIs".
struct Problem: Error, Equatable, Sendable {
    var status: Int
    var title: String
    /// A sentence for the person who made the request, saying what to do about it.
    var detail: String
    /// The parameter at fault.
    var parameter: String?
    /// Headers that go with the status.
    var headers: [Header] = []

    struct Header: Equatable, Sendable {
        var name: String
        var value: String
    }

    static func notFound(_ detail: String) -> Problem {
        Problem(status: 404, title: "Not found", detail: detail)
    }

    static func badParameter(_ name: String, found: String, expected: String) -> Problem {
        Problem(
            status: 400, title: "Bad parameter",
            detail: "The parameter '\(name)' is '\(found.prefix(100))'; expected \(expected).", parameter: name)
    }

    static func unknownParameter(_ name: String, known: [String]) -> Problem {
        let hint = known.isEmpty ? "This resource takes none." : "Known are: \(known.joined(separator: ", "))."
        return Problem(
            status: 400, title: "Unknown parameter",
            detail: "There is no parameter '\(name.prefix(100))' here. \(hint)", parameter: String(name.prefix(100)))
    }

    /// - Parameter allowed: the methods that are possible at the address.
    static func methodNotAllowed(_ method: String, allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            status: 405, title: "Method not allowed", detail: "\(method) is not possible here. Possible are: \(list).",
            headers: [Header(name: "Allow", value: list)])
    }

    static let internalError = Problem(
        status: 500, title: "Internal error",
        detail: "The server could not answer; its log says why. Try again, and report it if it happens again.")

    static let databaseUnreachable = Problem(
        status: 503, title: "Database unreachable",
        detail:
            "The farm's database does not answer now. Try again in some seconds; 'almanac doctor' looks for the cause.",
        headers: [Header(name: "Retry-After", value: "5")])
}

extension Problem: Encodable {
    private enum CodingKeys: String, CodingKey { case type, title, status, detail, parameter }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("about:blank", forKey: .type)
        try container.encode(title, forKey: .title)
        try container.encode(status, forKey: .status)
        try container.encode(detail, forKey: .detail)
        try container.encodeIfPresent(parameter, forKey: .parameter)
    }
}
