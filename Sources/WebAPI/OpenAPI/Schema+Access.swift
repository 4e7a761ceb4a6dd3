// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

extension Schema {
    static let alertObject = object(
        [
            "id": integer, "kind": text, "target": text, "state": words(["pending", "delivered", "dead"]),
            "attempts": integer, "created": instant,
        ],
        optional: [
            "jobset": text, "trap": integer, "lastError": text, "nextTry": instant, "delivered": instant,
            "digest": integer,
        ], "A message about a change, as it stands in the outbox.")

    static let annotationRecordObject = object(
        [
            "id": integer, "package": text, "origin": words(["measured", "person"]),
            "conditions": Schema.annotation.reference, "note": text, "created": instant,
        ],
        optional: [
            "version": text, "derivation": text, "author": text,
            "check": object(
                ["build": integer, "result": words(AnnotationCheck.Result.self)],
                "The build that checks what a person said, and what came of it."),
        ],
        "Conditions under which to build a package, with where they come from.")
}
