// SPDX-License-Identifier: GPL-3.0-or-later

import HTTPTypes
package import Hummingbird
import Logging
import NIOCore

/// Puts endpoints behind Hummingbird's router: what is read by GET and HEAD, what changes something by its own method.
package func almanacRouter(_ services: WebServices) -> Router<WebContext> {
    let router = Router(context: WebContext.self)
    router.add(middleware: GuardedAnswers())
    for endpoint in Endpoint.all + Endpoint.changes {
        for method in endpoint.methods.compactMap({ HTTPRequest.Method($0) }) {
            router.on(RouterPath(endpoint.routerPath), method: method) { request, context in
                try await endpoint.answer(to: request, context, services)
            }
        }
    }
    let paths = Dictionary(grouping: Endpoint.all + Endpoint.changes, by: \.routerPath)
    for (path, endpoints) in paths {
        let allowed = (endpoints.flatMap(\.methods) + ["OPTIONS"]).joined(separator: ", ")
        router.on(RouterPath(path), method: .options) { _, _ in
            var response = Response(status: .noContent)
            response.headers[.allow] = allowed
            return response
        }
    }
    return router
}

extension Endpoint {
    var methods: [String] { change.map { [$0.method] } ?? ["GET", "HEAD"] }

    /// The methods that are possible at an address, none where there is nothing.
    static func methods(at path: String) -> [String] {
        let found = (all + changes).filter { $0.fits(path) }.flatMap(\.methods)
        return found.isEmpty ? [] : found + ["OPTIONS"]
    }

    /// Whether a path is one of this endpoint.
    func fits(_ path: String) -> Bool {
        let (given, wanted) = (path.split(separator: "/"), self.path.split(separator: "/"))
        return given.count == wanted.count && zip(given, wanted).allSatisfy { $1.hasPrefix("{") || $0 == $1 }
    }

    /// The path with variables as Hummingbird writes them.
    var routerPath: String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? ":" + $0.dropFirst().dropLast() : $0 }
            .joined(separator: "/")
    }

    fileprivate func answer(
        to request: Request, _ context: WebContext, _ services: WebServices
    ) async throws -> Response {
        do {
            let token = try await services.gate.admit(
                self, address: context.address, authorization: request.headers[.authorization],
                database: services.database)
            var call = try call(request, context, services)
            call.token = token
            if let change, change.body != nil {
                call.body = try await Self.body(of: request, largest: change.largestBody)
            }
            let reply = try await reply(to: call, request, services.cache)
            return reply.response(to: request, isWhole: request.method != .head)
        } catch let problem as Problem {
            return response(problem, to: request)
        } catch {
            guard !(error is CancellationError) else { throw error }
            context.logger.error(
                "A request could not be answered", metadata: ["path": "\(path)", "error": "\(error)"])
            return response(Problem(failure: error), to: request)
        }
    }

    /// Made by the endpoint, or a moment ago for somebody else.
    private func reply(to call: Call, _ request: Request, _ cache: AnswerCache?) async throws -> Reply {
        guard let cache else { return try await respond(call) }
        if change != nil {
            let reply = try await respond(call)
            cache.forget()
            return reply
        }
        if isNeverKept { return try await respond(call) }
        // Some answers are pages for who asks for pages.
        let form = request.headers[.accept]?.contains("text/html") == true ? "page" : "data"
        return try await cache.reply(for: "\(form) \(request.uri.string)") { try await respond(call) }
    }

    /// What is read piece by piece, perhaps by `Range` or from where a client was, and whether the database answers now.
    private var isNeverKept: Bool {
        path.hasSuffix("/log") || path.hasPrefix("/log/") || path.hasSuffix("/events") || path == "/healthz"
    }

    /// The body, whose size was looked at before; who sends it byte by byte is not waited for.
    private static func body(of request: Request, largest: Int) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { tasks in
            tasks.addTask {
                Array(buffer: try await request.body.collect(upTo: largest))
            }
            tasks.addTask {
                try await Task.sleep(for: .seconds(20))
                throw Problem(status: 408, title: "Request timeout", detail: "The body did not come within 20 seconds.")
            }
            defer { tasks.cancelAll() }
            return try await tasks.next() ?? []
        }
    }

    private func response(_ problem: Problem, to request: Request) -> Response {
        problem.reply(for: audience).response(to: request, isWhole: request.method != .head)
    }

    private func call(_ request: Request, _ context: WebContext, _ services: WebServices) throws(Problem) -> Call {
        var variables: [String: String] = [:]
        for parameter in parameters where parameter.place == .path {
            let raw = context.parameters.get(parameter.name) ?? ""
            guard let value = WebPath.decode(raw) else {
                throw .badParameter(parameter.name, found: raw, expected: "percent-encoded UTF-8")
            }
            variables[parameter.name] = value
        }
        let headers = request.headers
        return Call(
            services: services, path: WebPath.decode(request.uri.path) ?? request.uri.path, variables: variables,
            query: try query(request.uri.query ?? ""),
            header: { name in HTTPField.Name(name).flatMap { headers[$0] } })
    }
}
