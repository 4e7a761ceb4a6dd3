// SPDX-License-Identifier: GPL-3.0-or-later

/// The forms whose parts are not all evaluated, or not in order.
extension ScriptEvaluator {
    typealias Parts = ArraySlice<SchemeDatum>

    /// - Returns: nil where `name` is no such form, or one that is written as none can be.
    mutating func special(
        _ name: String, _ parts: Parts, _ scope: inout ScriptScope
    ) throws(RewriteError) -> ScriptValue? {
        switch name {
        case "quote", "gexp": return parts.first.map { .datum($0) } ?? .unknown
        case "quasiquote":
            guard let template = parts.first else { return .unknown }
            return try quasi(template, scope) ?? .unknown
        case "begin", "with-imported-modules": return try sequence(parts, &scope)
        case "define", "define*", "set!": return try define(parts, &scope)
        case "lambda", "lambda*": return try lambda(parts, scope)
        case "let", "let*", "letrec", "letrec*": return try bind(parts, scope, isSequential: name != "let")
        case "if": return try choose(parts, &scope)
        case "when", "unless": return try when(parts, &scope, isNegated: name == "unless")
        case "and", "or": return try chain(parts, &scope, stopsAt: name == "or")
        case "cond": return try cond(parts, &scope)
        case "match": return try match(parts, &scope)
        case "parameterize": return try sequence(parts.dropFirst(), &scope)
        case "@", "@@":
            guard case .symbol(let name)? = parts.last else { return .unknown }
            return .named(name)
        case "use-modules", "define-module", "import", "define-syntax", "define-syntax-rule", "eval-when":
            return .unknown
        case _: return nil
        }
    }

    /// `(define name value)` and `(define (name parameter …) body …)`.
    private mutating func define(_ parts: Parts, _ scope: inout ScriptScope) throws(RewriteError) -> ScriptValue {
        switch parts.first {
        case .symbol(let name)?: scope[name] = try sequence(parts.dropFirst(), &scope)
        case .list(let signature)?:
            guard case .symbol(let name)? = signature.first else { return .unknown }
            scope[name] = try lambda([.list(Array(signature.dropFirst()))] + parts.dropFirst(), scope)
        case .dotted(let signature, let rest)?:
            guard case .symbol(let name)? = signature.first else { return .unknown }
            scope[name] = try lambda([.dotted(Array(signature.dropFirst()), rest)] + parts.dropFirst(), scope)
        case _: break
        }
        return .unknown
    }

    private mutating func lambda(_ parts: Parts, _ scope: ScriptScope) throws(RewriteError) -> ScriptValue {
        try countProcedure()
        let names = { (items: [SchemeDatum]) -> [String] in
            items.compactMap { if case .symbol(let name) = $0 { name } else { nil } }
        }
        let (parameters, rest): ([String], String?) =
            switch parts.first {
            case .list(let items)?: (names(items), nil)
            case .dotted(let items, .symbol(let rest))?: (names(items), rest)
            case .symbol(let rest)?: ([], rest)
            case _: ([], nil)
            }
        return .procedure(
            ScriptProcedure(parameters: parameters, rest: rest, body: Array(parts.dropFirst()), scope: scope))
    }

    private mutating func bind(
        _ parts: Parts, _ outer: ScriptScope, isSequential: Bool
    ) throws(RewriteError) -> ScriptValue {
        guard case .list(let bindings)? = parts.first else {  // A loop with a name: followed once.
            guard case .symbol(let loop)? = parts.first else { return .unknown }
            var scope = outer
            scope[loop] = .unknown
            return try sequence(parts.dropFirst(2), &scope)
        }
        var (scope, before) = (outer, outer)
        for case .list(let binding) in bindings {
            guard case .symbol(let name)? = binding.first else { continue }
            let value =
                isSequential ? try sequence(binding.dropFirst(), &scope) : try sequence(binding.dropFirst(), &before)
            scope[name] = value
        }
        return try sequence(parts.dropFirst(), &scope)
    }

    private mutating func choose(_ parts: Parts, _ scope: inout ScriptScope) throws(RewriteError) -> ScriptValue {
        guard let condition = parts.first else { return .unknown }
        let (yes, no) = (parts.dropFirst().prefix(1), parts.dropFirst(2))
        switch try evaluate(condition, &scope).truth {
        case true?: return try sequence(yes, &scope)
        case false?: return try sequence(no, &scope)
        case nil:
            _ = try sequence(yes, &scope)
            _ = try sequence(no, &scope)
            return .unknown
        }
    }

    private mutating func when(
        _ parts: Parts, _ scope: inout ScriptScope, isNegated: Bool
    ) throws(RewriteError) -> ScriptValue {
        guard let condition = parts.first else { return .unknown }
        if try evaluate(condition, &scope).truth == isNegated { return .unknown }
        return try sequence(parts.dropFirst(), &scope)
    }

    private mutating func chain(
        _ parts: Parts, _ scope: inout ScriptScope, stopsAt end: Bool
    ) throws(RewriteError) -> ScriptValue {
        var value = ScriptValue.datum(.boolean(!end))
        var isKnown = true
        for part in parts {
            value = try evaluate(part, &scope)
            if value.truth == end && isKnown { return value }
            if value.truth == nil { isKnown = false }
        }
        return isKnown ? value : .unknown
    }

    private mutating func cond(_ parts: Parts, _ scope: inout ScriptScope) throws(RewriteError) -> ScriptValue {
        var isKnown = true
        for case .list(let clause) in parts {
            guard let test = clause.first else { continue }
            let truth = test == .symbol("else") ? true : try evaluate(test, &scope).truth
            if truth == false { continue }
            let value = try sequence(clause.dropFirst(), &scope)
            if truth == true { return isKnown ? value : .unknown }
            isKnown = false
        }
        return .unknown
    }

    /// Patterns that are a constant, a name or `_` are decided; the clauses of others are all followed.
    private mutating func match(_ parts: Parts, _ scope: inout ScriptScope) throws(RewriteError) -> ScriptValue {
        guard let subject = parts.first else { return .unknown }
        let value = try evaluate(subject, &scope)
        for case .list(let clause) in parts.dropFirst() {
            guard let pattern = clause.first else { continue }
            var inner = scope
            switch (pattern, value) {
            case (.symbol(let name), _):
                inner[name] = value
                return try sequence(clause.dropFirst(), &inner)
            case (.string, .datum(let datum)), (.boolean, .datum(let datum)), (.integer, .datum(let datum)):
                if pattern == datum { return try sequence(clause.dropFirst(), &inner) }
            case (_, _):
                for name in Self.names(in: pattern) { inner[name] = .unknown }
                _ = try sequence(clause.dropFirst(), &inner)
                return .unknown
            }
        }
        return .unknown
    }

    private static func names(in pattern: SchemeDatum) -> [String] {
        switch pattern {
        case .symbol(let name): [name]
        case .list(let items), .vector(let items): items.flatMap(names)
        case .dotted(let items, let tail): items.flatMap(names) + names(in: tail)
        case .keyword, .string, .boolean, .integer, .number, .character, .unspecified: []
        }
    }

    /// A template without lists in it; nil where an unquoted part is not known.
    private mutating func quasi(_ datum: SchemeDatum, _ scope: ScriptScope) throws(RewriteError) -> ScriptValue? {
        guard case .list(let items) = datum else { return .datum(datum) }
        var scope = scope
        if items.first == .symbol("unquote"), items.count == 2 { return try evaluate(items[1], &scope) }
        var result: [SchemeDatum] = []
        for item in items {
            guard case .datum(let part)? = try quasi(item, scope) else { return nil }
            result.append(part)
        }
        return ScriptPrimitives.flat(result)
    }
}
