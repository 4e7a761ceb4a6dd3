// SPDX-License-Identifier: GPL-3.0-or-later

import HTTPTypes
package import Hummingbird
import Logging

/// Puts endpoints behind Hummingbird's router: every one by GET and HEAD.
package func almanacRouter(_ services: WebServices) -> Router<WebContext> {
    let router = Router(context: WebContext.self)
    router.add(middleware: GuardedAnswers())
    for endpoint in Endpoint.all {
        let path = RouterPath(endpoint.routerPath)
        for method in [HTTPRequest.Method.get, .head] {
            router.on(path, method: method) { request, context in
                try await endpoint.answer(to: request, context, services)
            }
        }
        router.on(path, method: .options) { _, _ in Response(status: .noContent) }
    }
    return router
}

extension Endpoint {
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
            let reply = try await respond(try call(request, context, services))
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
