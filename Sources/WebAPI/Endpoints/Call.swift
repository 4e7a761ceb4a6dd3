// SPDX-License-Identifier: GPL-3.0-or-later

package import Farm
package import TimeTravel

/// What every endpoint may use.
package struct WebServices: Sendable {
    package let database: FarmDatabase
    /// The path of the file that keeps a run's log, while it is written and after; the file need not exist.
    package let logs: @Sendable (Int64) -> String
    /// The present instant.
    package let now: @Sendable () -> Instant
    let logFiles = LogFiles()
    let gate: Gate
    let liveLogs = LiveLogCount()
    /// Nil: every answer is made anew.
    let cache: AnswerCache?

    package init(
        database: FarmDatabase, access: AccessPolicy = AccessPolicy(), cache: AnswerCache? = nil,
        logs: @escaping @Sendable (Int64) -> String, now: @escaping @Sendable () -> Instant
    ) {
        self.cache = cache
        gate = Gate(access)
        self.database = database
        self.logs = logs
        self.now = now
    }
}

/// One request, as an endpoint sees it: its parameters, read and checked, and the services.
struct Call: Sendable {
    let services: WebServices
    let path: String
    /// Decoded values of the path's variables.
    let variables: [String: String]
    /// Decoded, in the order of the address.
    let query: [(name: String, value: String)]
    let header: @Sendable (_ name: String) -> String?
    /// Empty where the endpoint takes none.
    var body: [UInt8] = []
    /// What the request was allowed by; nil where everybody may.
    var token: AccessTokenRecord?

    var database: FarmDatabase { services.database }

    /// A parameter's value, nil where it is not given.
    func value<Value>(_ parameter: Parameter<Value>) throws(Problem) -> Value? {
        let name = parameter.facts.name
        let given =
            switch parameter.facts.place {
            case .path: variables[name].map { [$0] } ?? []
            case .query: query.filter { $0.name == name }.map(\.value)
            }
        guard let text = given.first else { return nil }
        guard given.count == 1 else {
            throw .badParameter(name, found: given.joined(separator: ", "), expected: "one value only")
        }
        guard let value = parameter.read(text) else {
            throw .badParameter(name, found: text, expected: parameter.facts.expected)
        }
        return value
    }

    /// The value of a variable of the path, which is always there.
    func required<Value>(_ parameter: Parameter<Value>) throws(Problem) -> Value {
        guard let value = try value(parameter) else {
            throw .badParameter(parameter.facts.name, found: "", expected: parameter.facts.expected)
        }
        return value
    }

    /// This address with another value of one parameter: what a page's `Link` header names.
    func here(_ name: String, _ value: some CustomStringConvertible) -> WebPath {
        WebPath(path: path, query: query.filter { $0.name != name } + [(name, value.description)])
    }
}
