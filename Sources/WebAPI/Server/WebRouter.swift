// SPDX-License-Identifier: GPL-3.0-or-later

import HTTPTypes
package import Hummingbird
import Logging

/// Puts endpoints behind Hummingbird's router: every one by GET and HEAD, told apart from other methods.
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
        for method in HTTPRequest.Method.others {
            router.on(path, method: method) { request, context -> Response in
                throw Problem.methodNotAllowed(request.method.rawValue)
            }
        }
        router.on(path, method: .options) { _, _ in Response(status: .noContent) }
    }
    return router
}

extension HTTPRequest.Method {
    /// Methods that are answered by an explanation.
    fileprivate static let others: [HTTPRequest.Method] = [.post, .put, .patch, .delete, .trace, .connect]
}

extension Endpoint {
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
