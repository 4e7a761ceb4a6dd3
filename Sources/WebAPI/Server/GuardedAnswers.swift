// SPDX-License-Identifier: GPL-3.0-or-later

import HTTPTypes
import Hummingbird

/// What holds for every answer: requests of bounded size, errors in the usual form, and headers that keep browsers from
/// doing with an answer anything but show it.
struct GuardedAnswers: RouterMiddleware {
    typealias Context = WebContext

    /// Of a request's body, in bytes, where its endpoint does not say otherwise.
    static let largestBody = 1 << 16
    /// Of a request's address, in bytes.
    static let longestAddress = 8_192

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            try Self.check(request)
            response = try await next(request, context)
        } catch let problem as Problem {
            response = Self.answer(problem, request)
        } catch let error as HTTPError {
            response = Self.answer(Self.problem(error, request), request)
        }
        Self.addHeaders(&response)
        return response
    }

    private static func check(_ request: Request) throws(Problem) {
        guard request.uri.string.utf8.count <= longestAddress else {
            throw Problem(
                status: 414, title: "Address too long", detail: "An address may have \(longestAddress) bytes at most.")
        }
        let length = request.headers[.contentLength].map { Int($0) ?? .max } ?? 0
        let largestBody =
            Endpoint.changes.first { $0.fits(request.uri.path) }?.change?.largestBody ?? largestBody
        guard length <= largestBody, request.headers[.transferEncoding] == nil else {
            throw Problem(
                status: 413, title: "Request too large",
                detail: "The body of a request may have \(largestBody) bytes at most, and has to say its length.",
                headers: [Problem.Header(name: "Connection", value: "close")])
        }
    }

    private static func problem(_ error: HTTPError, _ request: Request) -> Problem {
        guard error.status == .notFound else {
            return Problem(
                status: error.status.code, title: error.status.reasonPhrase,
                detail: error.body ?? error.status.reasonPhrase)
        }
        let allowed = Endpoint.methods(at: request.uri.path)
        if !allowed.isEmpty { return .methodNotAllowed(request.method.rawValue, allowed: allowed) }
        return .notFound(
            "There is nothing at \(request.uri.path.prefix(200)). /api/v1/openapi.json lists the addresses of the server."
        )
    }

    /// Errors outside of any endpoint: as a page for who asks for pages.
    private static func answer(_ problem: Problem, _ request: Request) -> Response {
        let wantsPage = request.headers[.accept]?.contains("text/html") ?? false
        let audience: Endpoint.Audience = wantsPage && !request.uri.path.hasPrefix("/api/") ? .people : .programs
        return problem.reply(for: audience).response(to: request, isWhole: request.method != .head)
    }

    private static let fixedHeaders: [(String, String)] = [
        (
            "Content-Security-Policy",
            """
            default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
            frame-ancestors 'none'
            """
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
        ("Access-Control-Allow-Headers", "Accept, If-None-Match, If-Range, Range"),
        ("Access-Control-Expose-Headers", "Content-Range, ETag, Link"),
    ]

    private static func addHeaders(_ response: inout Response) {
        for (name, value) in fixedHeaders {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-cache" }
    }
}
