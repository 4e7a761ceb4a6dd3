// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// The objects that answers consist of, in JSON Schema as OpenAPI 3.1 has it.
enum Schema: String, CaseIterable {
    case alert = "Alert"
    case annotation = "Annotation"
    case annotationRecord = "AnnotationRecord"
    case badge = "Badge"
    case build = "Build"
    case channel = "Channel"
    case conditions = "Conditions"
    case cpuEdge = "CPUEdge"
    case cuirassBuild = "CuirassBuild"
    case cuirassOutput = "CuirassOutput"
    case hydraSearch = "HydraSearch"
    case cuirassError = "CuirassError"
    case cuirassEvaluation = "CuirassEvaluation"
    case cuirassHistory = "CuirassHistory"
    case cuirassJob = "CuirassJob"
    case done = "Done"
    case evaluation = "Evaluation"
    case evidence = "Evidence"
    case explanation = "Explanation"
    case health = "Health"
    case investigation = "Investigation"
    case investigationRecord = "InvestigationRecord"
    case investigationStep = "InvestigationStep"
    case job = "Job"
    case jobChange = "JobChange"
    case jobset = "Jobset"
    case logFact = "LogFact"
    case matrix = "Matrix"
    case matrixCell = "MatrixCell"
    case periodicity = "Periodicity"
    case problem = "Problem"
    case progress = "Progress"
    case revision = "Revision"
    case run = "Run"
    case trap = "Trap"
    case verdictRecord = "VerdictRecord"
    case window = "Window"
    case worker = "Worker"

    var reference: JSON { ["$ref": .string("#/components/schemas/\(rawValue)")] }

    static func array(of schema: Schema) -> JSON { ["type": "array", "items": schema.reference] }

    static var definitions: [String: JSON] {
        Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0.definition) })
    }

    // MARK: Pieces

    static let integer: JSON = ["type": "integer"]
    static let number: JSON = ["type": "number"]
    static let text: JSON = ["type": "string"]
    static let boolean: JSON = ["type": "boolean"]
    static let instant: JSON = ["type": "string", "format": "date-time"]
    static let anything: JSON = [:]

    static func list(_ element: JSON) -> JSON { ["type": "array", "items": element] }

    static func orNull(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }

    static func words(_ words: [String]) -> JSON { ["type": "string", "enum": .array(words.map { .string($0) })] }

    static func words<Word: CaseIterable & RawRepresentable>(_ type: Word.Type) -> JSON where Word.RawValue == String {
        words(Word.allCases.map(\.rawValue))
    }

    /// An object that has all of `members`, perhaps some of `optional`, and nothing else.
    static func object(_ members: [String: JSON], optional: [String: JSON] = [:], _ description: String) -> JSON {
        [
            "type": "object", "description": .string(description),
            "properties": .object(members.merging(optional, uniquingKeysWith: { $1 })),
            "required": .array(members.keys.sorted().map { .string($0) }), "additionalProperties": false,
        ]
    }
}
