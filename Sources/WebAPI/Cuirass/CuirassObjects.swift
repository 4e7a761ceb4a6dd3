// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// A build as Cuirass gives it to Guix and its other clients; keys and codes are those of Cuirass's web interface.
struct CuirassBuild {
    let build: JobBuild

    var json: JSON {
        let outputs = build.outputs.map { ($0.name, JSON.object(["path": .string("/gnu/store/\($0.path)")])) }
        let timestamp = (build.finished ?? build.created).seconds
        return [
            "id": .integer(Int64(build.id)), "evaluation": .integer(Int64(build.evaluation)),
            "jobset": .string(build.jobset), "job": .string(build.job), "timestamp": .integer(timestamp),
            "starttime": .integer(build.started?.seconds ?? 0), "stoptime": .integer(build.finished?.seconds ?? 0),
            "derivation": .string("/gnu/store/\(build.derivation)"),
            "buildoutputs": .object(Dictionary(outputs, uniquingKeysWith: { first, _ in first })),
            "system": .string(build.system), "nixname": .string(build.name), "buildstatus": .integer(status),
            "weather": -1, "busy": .integer(build.state == "leased" ? 1 : 0),
            "priority": .integer(Int64(build.priority)),
            "finished": .integer(build.finished == nil ? 0 : 1), "buildproducts": [],
            // What Hydra calls the same.
            "project": "guix", "drvpath": .string("/gnu/store/\(build.derivation)"),
            "jobsetevals": [.integer(Int64(build.evaluation))],
        ]
    }

    /// -2 scheduled, -1 started, 0 succeeded, 1 failed, 2 failed dependency, 4 cancelled.
    ///
    /// A trapped package that was built under other conditions has succeeded for who asks whether there are substitutes.
    var status: Int64 {
        if build.isAvailable && build.finished != nil { return 0 }
        return switch build.state {
        case "succeeded": 0
        case "failed": 1
        case "dependency-failed": 2
        case "cancelled": 4
        case "leased": -1
        default: -2
        }
    }
}

/// An evaluation as Cuirass gives it, with the keys of its present and of its older versions: a Guix from the past knows
/// only those.
struct CuirassEvaluation {
    let evaluation: EvaluationRecord
    let channel: String

    var json: JSON {
        let isOver = evaluation.finished != nil
        return [
            "id": .integer(Int64(evaluation.id)), "specification": .string(evaluation.jobset),
            "status": .integer(status), "timestamp": .integer(evaluation.created.seconds),
            "checkouttime": .integer(evaluation.started?.seconds ?? 0),
            "evaltime": .integer(evaluation.finished?.seconds ?? 0), "checkouts": checkouts,
            "in-progress": .integer(isOver ? 0 : 1),
        ]
    }

    var checkouts: JSON {
        [
            [
                "commit": .string(evaluation.commit), "channel": .string(channel), "input": .string(channel),
                "directory": "",
            ]
        ]
    }

    /// -1 started, 0 succeeded, 1 failed, 2 aborted.
    private var status: Int64 {
        switch evaluation.state {
        case "succeeded": 0
        case "failed": 1
        case "cancelled": 2
        default: -1
        }
    }
}
