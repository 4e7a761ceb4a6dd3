// SPDX-License-Identifier: GPL-3.0-or-later

/// Follows a builder script, without running anything, to the calls by which it fetches its source.
///
/// Past scripts are hostile code: only quoting, naming, choosing, going through lists and gluing texts are understood;
/// whatever else a script does has an unknown value. Where a choice depends on an unknown value both ways are followed.
/// The number of steps is limited.
struct ScriptEvaluator {
    private static let stepLimit = 200_000
    private static let depthLimit = 300
    private static let procedureLimit = 1_000
    private static let nameLimit = 500

    /// Procedures of Guix's build side that fetch.
    static let fetchers: Set<String> = [
        "url-fetch", "git-fetch", "git-fetch-with-fallback", "hg-fetch", "bzr-fetch", "cvs-fetch", "svn-fetch",
    ]

    let environment: [String: String]
    private var steps = 0
    private var depth = 0
    private var procedures = 0
    private(set) var calls: [FetchCall] = []

    /// - Parameter environment: the derivation's variables.
    init(environment: [String: String]) {
        self.environment = environment
    }

    /// - Throws: `RewriteError.scriptTooLong`.
    mutating func run(_ script: [SchemeDatum]) throws(RewriteError) {
        var scope = ScriptScope()
        _ = try sequence(script[...], &scope)
    }

    mutating func sequence(
        _ body: ArraySlice<SchemeDatum>, _ scope: inout ScriptScope
    ) throws(RewriteError) -> ScriptValue {
        var value = ScriptValue.unknown
        for expression in body { value = try evaluate(expression, &scope) }
        return value
    }

    mutating func evaluate(_ expression: SchemeDatum, _ scope: inout ScriptScope) throws(RewriteError) -> ScriptValue {
        steps += 1
        depth += 1
        defer { depth -= 1 }
        guard steps <= Self.stepLimit, depth <= Self.depthLimit, scope.count <= Self.nameLimit else {
            throw .scriptTooLong
        }
        switch expression {
        case .symbol(let name): return scope[name] ?? .named(name)
        case .list(let items) where items.isEmpty: return .unknown
        case .list(let items): return try form(items, &scope)
        case .dotted, .vector, .unspecified: return .unknown
        case .keyword, .string, .boolean, .integer, .number, .character: return .datum(expression)
        }
    }

    private mutating func form(_ items: [SchemeDatum], _ scope: inout ScriptScope) throws(RewriteError) -> ScriptValue {
        let operands = items.dropFirst()
        if case .symbol(let name) = items[0], scope[name] == nil, let special = try special(name, operands, &scope) {
            return special
        }
        let head = try evaluate(items[0], &scope)
        var values: [ScriptValue] = []
        for operand in operands { values.append(try evaluate(operand, &scope)) }
        return try apply(head, values)
    }

    mutating func apply(_ head: ScriptValue, _ values: [ScriptValue]) throws(RewriteError) -> ScriptValue {
        switch head {
        case .procedure(let procedure): return try call(procedure, values)
        case .named(let name) where Self.fetchers.contains(name): return fetch(name, values)
        case .named(let name):
            if let value = try throughLists(name, values) { return value }
            if let value = ScriptPrimitives.apply(name, values, environment: environment) { return value }
            return try follow(values)
        case .datum, .unknown: return try follow(values)
        }
    }

    /// A procedure nobody here knows may call what it is given.
    private mutating func follow(_ values: [ScriptValue]) throws(RewriteError) -> ScriptValue {
        for case .procedure(let procedure) in values {
            _ = try call(procedure, procedure.parameters.map { _ in .unknown })
        }
        return .unknown
    }

    private mutating func call(
        _ procedure: ScriptProcedure, _ values: [ScriptValue]
    ) throws(RewriteError) -> ScriptValue {
        var scope = procedure.scope
        for (index, name) in procedure.parameters.enumerated() {
            scope[name] = index < values.count ? values[index] : .unknown
        }
        if let rest = procedure.rest { scope[rest] = .unknown }
        depth += 1
        defer { depth -= 1 }
        return try sequence(procedure.body[...], &scope)
    }

    /// Counts one more `lambda`, each of which keeps what was named before it.
    mutating func countProcedure() throws(RewriteError) {
        procedures += 1
        guard procedures <= Self.procedureLimit else { throw .scriptTooLong }
    }

    private mutating func fetch(_ name: String, _ values: [ScriptValue]) -> ScriptValue {
        var (arguments, keywords): ([ScriptValue], [String: ScriptValue]) = ([], [:])
        var index = 0
        while index < values.count {
            if case .datum(.keyword(let keyword)) = values[index], index + 1 < values.count {
                keywords[keyword] = values[index + 1]
                index += 2
            } else {
                arguments.append(values[index])
                index += 1
            }
        }
        calls.append(FetchCall(procedure: name, arguments: arguments, keywords: keywords))
        return .datum(.boolean(true))
    }

    /// `every`, `for-each` and the like over a list that is known.
    private mutating func throughLists(_ name: String, _ values: [ScriptValue]) throws(RewriteError) -> ScriptValue? {
        guard ["every", "any", "for-each", "map", "filter", "filter-map", "append-map"].contains(name),
            values.count == 2,
            let items = values[1].list
        else { return nil }
        var results: [SchemeDatum]? = []
        for item in items {
            let value = try apply(values[0], [.datum(item)])
            if case .datum(let datum) = value { results?.append(datum) } else { results = nil }
            if name == "every" && value.truth == false { return .datum(.boolean(false)) }
            if name == "any" && value.truth == true { return value }
        }
        switch name {
        case "map": return results.map(ScriptPrimitives.flat) ?? .unknown
        case "every": return .datum(.boolean(true))
        case _: return .unknown
        }
    }
}
