// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

extension Schema {
    static let badgeObject = object(
        ["schemaVersion": integer, "label": text, "message": text, "color": text], "A badge as shields.io takes it.")

    static let channelObject = object(
        [
            "id": integer, "name": text, "engine": words(["guix", "nix"]), "url": text, "revisions": integer,
            "jobsets": list(text),
        ], optional: ["newest": instant], "A git repository of package definitions.")

    static let revisionObject = object(
        [
            "id": integer, "channel": text, "commit": text, "date": instant, "subject": text,
            "evaluations": list(integer),
        ], "A commit of a channel.")

    static let workerObject = object(
        [
            "id": integer, "name": text, "host": text, "state": words(["active", "draining", "paused", "gone"]),
            "capacity": integer, "started": instant, "heartbeat": instant, "running": list(integer), "runs": integer,
        ], optional: ["job": text], "A host process that boots guests.")

    static let investigationRecordObject = object(
        [
            "id": integer, "derivation": text, "state": words(["open", "concluded"]), "created": instant,
            "steps": integer,
        ],
        optional: ["concluded": instant, "verdict": words(Verdict.self), "trap": integer],
        "What followed a failed screening build, in few words.")

    static let matrixCellObject = object(
        ["evaluation": integer, "version": text],
        optional: [
            "verdict": words(Verdict.self), "state": words(Parameters.buildStates), "build": integer, "trap": integer,
        ], "What became of a job in an evaluation.")

    static let matrixObject = object(
        [
            "columns": list(
                object(["evaluation": integer, "commit": text, "date": instant], "An evaluated revision.")),
            "rows": list(object(["job": text, "cells": array(of: .matrixCell)], "A job.")),
        ], "What became of jobs in a jobset's revisions.")

    static let jobChangeObject = object(
        ["job": text, "change": words(JobDifference.self)],
        optional: ["before": Schema.matrixCell.reference, "after": Schema.matrixCell.reference],
        "A job whose derivation differs between two evaluations.")
}
