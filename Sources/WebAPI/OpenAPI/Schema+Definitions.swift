// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

extension Schema {
    var definition: JSON {
        switch self {
        case .alert: Self.alertObject
        case .annotation: Self.annotationObject
        case .annotationRecord: Self.annotationRecordObject
        case .badge: Self.badgeObject
        case .build: Self.buildObject
        case .channel: Self.channelObject
        case .conditions: Self.conditionsObject
        case .cpuEdge:
            Self.object(
                ["lastBad": Self.words(CPUModel.self), "firstGood": Self.words(CPUModel.self)],
                "The processors between which a build starts to work.")
        case .cuirassBuild: Self.cuirassBuildObject
        case .cuirassOutput: Self.cuirassOutputObject
        case .hydraSearch: Self.hydraSearchObject
        case .cuirassError: Self.cuirassErrorObject
        case .cuirassEvaluation: Self.cuirassEvaluationObject
        case .cuirassHistory: Self.cuirassHistoryObject
        case .cuirassJob: Self.cuirassJobObject
        case .done: Self.object(["done": Self.boolean], "It was done.")
        case .evaluation: Self.evaluationObject
        case .evidence: Self.evidenceObject
        case .explanation: Self.explanationObject
        case .health: Self.object(["status": Self.words(["ok"])], "The server can do its work.")
        case .investigation: Self.investigationObject
        case .investigationRecord: Self.investigationRecordObject
        case .investigationStep: Self.stepObject
        case .job: Self.jobObject
        case .jobChange: Self.jobChangeObject
        case .jobset: Self.jobsetObject
        case .logFact: Self.logFactObject
        case .matrix: Self.matrixObject
        case .matrixCell: Self.matrixCellObject
        case .periodicity:
            Self.object(
                ["rule": Self.text, "description": Self.text], "A failure that comes back, by rule and in words.")
        case .problem: Self.problemObject
        case .progress: Self.progressObject
        case .revision: Self.revisionObject
        case .run: Self.runObject
        case .trap: Self.trapObject
        case .verdictRecord: Self.verdictObject
        case .window: Self.windowObject
        case .worker: Self.workerObject
        }
    }

    private static let windowObject = object(
        [
            "notBefore": orNull(object(["lastBad": instant, "firstGood": instant], "The lower end.")),
            "notAfter": orNull(object(["lastGood": instant, "firstBad": instant], "The upper end.")),
        ], "A span of dates in which a build works; an end that was not seen is null.")

    private static let trapObject = object(
        [
            "id": integer, "package": text, "version": text, "derivation": text,
            "verdict": words(Parameters.trapVerdicts), "axis": words(Axis.self), "windows": array(of: .window),
            "periodic": orNull(Schema.periodicity.reference), "cpu": orNull(Schema.cpuEdge.reference),
            "cause": words(Cause.self), "evidence": array(of: .evidence),
            "probability": ["type": "number", "minimum": 0, "maximum": 1],
            "annotation": Schema.annotation.reference, "revisions": list(text), "runs": list(integer),
            "status": words(TrapRecord.Status.self),
        ], "A build that depends on the conditions it is made under.")

    private static let annotationObject = object(
        [
            "date": orNull(instant), "cpu": orNull(words(CPUModel.self)), "kernel": orNull(text),
            "cores": orNull(integer),
        ], "Conditions under which to build the package; null where any will do.")

    private static let evidenceObject = object(
        ["kind": words(Evidence.Kind.self), "text": text],
        optional: [
            "path": text, "line": integer, "offset": integer, "length": integer, "run": integer, "instant": instant,
        ], "What supports a cause, and where it was found.")

    private static let verdictObject = object(
        [
            "package": text, "version": text, "derivation": text, "verdict": orNull(words(Verdict.self)),
            "state": words(Parameters.buildStates), "jobs": list(text), "revisions": list(text), "reason": orNull(text),
        ], "A screened package and what it turned out to be.")

    private static let conditionsObject = object(
        ["date": instant, "cpu": words(CPUModel.self), "kernel": text, "cores": integer],
        "What a build is told about the world.")

    private static let jobsetObject = object(
        [
            "id": integer, "name": text, "description": text, "engine": words(["guix", "nix"]), "channel": text,
            "enabled": boolean, "priority": integer, "evaluations": integer,
        ], optional: ["schedule": text, "nextDue": instant, "latestEvaluation": integer],
        "What to evaluate, where and when.")

    private static let evaluationObject = object(
        [
            "id": integer, "jobset": text, "commit": text, "date": instant, "subject": text,
            "state": words(Parameters.evaluationStates), "cause": text, "created": instant, "jobs": integer,
            "failedJobs": integer,
            "builds": ["type": "object", "additionalProperties": ["type": "integer"]],
        ], optional: ["started": instant, "finished": instant, "error": text], "A jobset at a revision.")

    private static let jobObject = object(
        ["id": integer, "evaluation": integer, "name": text, "package": text, "version": text, "system": text],
        optional: [
            "derivation": text, "error": text, "verdict": words(Verdict.self), "build": integer,
            "state": words(Parameters.buildStates), "trap": integer,
        ], "A named package of an evaluation; either it has a derivation or an error.")

    private static let buildObject = object(
        [
            "id": integer, "derivation": text, "name": text, "conditions": Schema.conditions.reference,
            "state": words(Parameters.buildStates), "isScreening": boolean, "pendingInputs": integer,
            "priority": integer, "runs": list(integer), "created": instant,
        ], optional: ["finished": instant, "error": text, "verdict": words(Verdict.self)],
        "A derivation under conditions.")

    private static let runObject = object(
        [
            "id": integer, "build": integer, "derivation": text, "conditions": Schema.conditions.reference,
            "started": instant, "evidence": orNull(["type": "object"]), "facts": array(of: .logFact),
        ],
        optional: [
            "worker": text, "outcome": words(Outcome.self), "reason": text, "finished": instant, "guestBegan": instant,
            "guestEnded": instant, "seconds": number, "logBytes": integer,
        ], "One attempt of a build; without an outcome it still runs.")

    private static let logFactObject = object(
        ["kind": words(LogFact.Kind.self), "line": integer, "text": text, "instants": list(instant)],
        optional: ["side": words(LogFact.Side.self)], "What one line of the log says about dates or processors.")

    private static let stepObject = object(
        [
            "id": integer, "made": instant, "build": integer, "repeatNumber": integer,
            "conditions": Schema.conditions.reference, "state": words(Parameters.buildStates), "runs": list(integer),
        ], "A build that an investigation asked for.")

    private static let investigationObject = object(
        [
            "id": integer, "derivation": text, "state": words(["open", "concluded"]), "created": instant,
            "candidates": list(["type": "object"]), "steps": array(of: .investigationStep),
        ],
        optional: [
            "concluded": instant, "trap": integer, "subject": ["type": "object"], "finding": ["type": "object"],
        ], "What followed a failed screening build.")

    private static let progressObject = object(
        Dictionary(
            uniqueKeysWithValues: [
                "evaluationsPending", "evaluationsDone", "evaluationsFailed", "packagesEvaluated", "packagesFailed",
                "sourcesWanted", "sourcesDone",
                "sourcesLost", "buildsWaiting", "buildsRunning", "buildsDone", "runsDone", "investigationsOpen",
                "investigationsConcluded", "traps",
            ].map { ($0, integer) } + [("packagesPerSecond", number)]), "Counts of everything.")

    private static let problemObject = object(
        ["type": text, "title": text, "status": integer, "detail": text], optional: ["parameter": text],
        "Why a request was not answered as asked, RFC 9457.")
}
