// SPDX-License-Identifier: GPL-3.0-or-later

extension Schema {
    static let cuirassBuildObject = object(
        [
            "id": integer, "evaluation": integer, "jobset": text, "job": text, "timestamp": integer,
            "starttime": integer,
            "stoptime": integer, "derivation": text,
            "buildoutputs": ["type": "object", "additionalProperties": object(["path": text], "An output.")],
            "system": text, "nixname": text, "buildstatus": ["type": "integer", "minimum": -3, "maximum": 4],
            "weather": integer, "busy": integer, "priority": integer, "finished": integer,
            "buildproducts": list(["type": "object"]), "project": text, "drvpath": text, "jobsetevals": list(integer),
        ], "A build in the form of Cuirass; times in seconds since 1970.")

    private static let checkouts = list(
        object(["commit": text, "channel": text, "input": text, "directory": text], "A channel's revision."))

    static let cuirassEvaluationObject = object(
        [
            "id": integer, "specification": text, "status": integer, "timestamp": integer, "checkouttime": integer,
            "evaltime": integer, "in-progress": integer, "checkouts": checkouts,
        ], "An evaluation in the form of Cuirass; times in seconds since 1970.")

    static let cuirassJobObject = object(
        ["build": integer, "status": integer, "name": text], "A job's build in the form of Cuirass.")

    static let cuirassHistoryObject = object(
        ["evaluation": integer, "checkouts": checkouts, "jobs": array(of: .cuirassJob)],
        "What became of jobs in one evaluation, in the form of Cuirass.")

    static let cuirassOutputObject = object(
        [
            "name": text, "derivation": text,
            "build": orNull(Schema.cuirassBuild.reference),
        ], "An output of a derivation in the form of Cuirass.")

    static let hydraSearchObject = object(
        [
            "projects": list(["type": "object"]), "jobsets": list(object(["name": text], "A jobset.")),
            "builds": array(of: .cuirassBuild), "buildsdrv": array(of: .cuirassBuild),
        ], "What was found, in the form of Hydra.")

    static let cuirassErrorObject = object(["error": text], "An error in the form of Cuirass.")
}
