// SPDX-License-Identifier: GPL-3.0-or-later

/// What an expression of a builder script is known to be.
indirect enum ScriptValue {
    case datum(SchemeDatum)
    case procedure(ScriptProcedure)
    /// A procedure that the script does not define, by its name.
    case named(String)
    /// Only running the script would tell.
    case unknown

    /// Whether it counts as true; nil where that is not known.
    var truth: Bool? {
        switch self {
        case .datum(.boolean(let value)): value
        case .datum, .procedure, .named: true
        case .unknown: nil
        }
    }

    var string: String? {
        if case .datum(.string(let text)) = self { text } else { nil }
    }

    var list: [SchemeDatum]? {
        if case .datum(.list(let items)) = self { items } else { nil }
    }
}

/// A `lambda` of the script, and what its free names stand for.
struct ScriptProcedure {
    let parameters: [String]
    let rest: String?
    let body: [SchemeDatum]
    let scope: ScriptScope
}

/// What names stand for; inner ones hide outer ones.
struct ScriptScope {
    private var values: [String: ScriptValue] = [:]

    var count: Int { values.count }

    subscript(name: String) -> ScriptValue? {
        get { values[name] }
        set { values[name] = newValue }
    }
}

/// A call by which a script fetches something.
struct FetchCall {
    let procedure: String
    let arguments: [ScriptValue]
    let keywords: [String: ScriptValue]
}
