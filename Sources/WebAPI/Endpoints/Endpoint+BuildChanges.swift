// SPDX-License-Identifier: GPL-3.0-or-later

import Farm

/// What people do to builds.
extension Endpoint {
    static let buildChanges: [Endpoint] = [cancel, restart, bump, pin, unpin]

    private static let dependents = Parameter<Bool>(
        "dependents", expected: "true or false",
        about: "Also what failed above it; it waits for outputs that are missing.", schema: ["type": "boolean"]
    ) { Bool($0) }

    private static func change(
        _ word: String, _ summary: String, parameters: [ParameterFacts] = [],
        _ make: @escaping @Sendable (Call, Int) async throws -> Void
    ) -> Endpoint {
        change(
            "/api/v1/builds/{build}/\(word)", "\(word)Build", summary, scope: .trigger,
            parameters: [Parameters.build.facts] + parameters, schema: Schema.build.reference
        ) { call in
            let before = try await buildRecord(call)
            try await make(call, before.id)
            return try .json(try await call.database.builds(id: before.id).first ?? before)
        }
    }

    private static let cancel = change(
        "cancel", "Cancel a build that has not ended; what waits for its outputs fails with it."
    ) { call, id in
        let who = call.token.map { "cancelled by \($0.name)" } ?? "cancelled"
        guard try await call.database.cancel(build: id, why: who) else {
            throw Problem.conflict("Build \(id) has ended already.")
        }
    }

    private static let restart = change(
        "restart", "Queue a build that has ended once more.", parameters: [dependents.facts]
    ) { call, id in
        guard try await call.database.restart(build: id, dependents: try call.value(dependents) ?? false) > 0 else {
            throw Problem.conflict("Build \(id) has not ended yet.")
        }
    }

    private static let bump = change(
        "bump", "Put a build, and all that it waits for, before everything else."
    ) { call, id in
        guard try await call.database.bump(build: id) > 0 else {
            throw Problem.conflict("Build \(id) does not wait, and neither does what it needs.")
        }
    }

    private static let pin = change(
        "pin", "Keep what a build left behind from expiring; outputs that were given up are built again."
    ) { call, id in
        _ = try await call.database.pin(build: id)
    }

    private static let unpin = change("unpin", "Let what a build left behind expire after all.") { call, id in
        try await call.database.unpin(build: id)
    }
}
