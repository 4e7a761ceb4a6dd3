// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

extension StoreConnection {
    /// Tells the daemon how to treat the builds to come on this connection.
    package func apply(_ settings: BuildSettings) async throws {
        var others = settings.others
        if settings.timeout > 0 { others[dialect.isGuix ? "build-timeout" : "timeout"] = "\(settings.timeout)" }
        // Guix takes these by name since protocol 0x161.
        let namesLimits = dialect.isGuix(since: 0x61)
        if dialect.isGuix { others["build-use-substitutes"] = settings.usesSubstitutes ? "true" : "false" }
        if namesLimits {
            others["build-max-jobs"] = "\(settings.jobs)"
            others["build-max-silent-time"] = "\(settings.silenceTimeout)"
            others["build-cores"] = "\(settings.cores)"
        }
        let traces = settings.tracesBuilds && dialect.isGuix
        if traces { others["multiplexed-build-output"] = "true" }
        isTracing = traces
        let pairs = others
        try await operate(.setOptions) { request in
            request.boolean(settings.keepsFailed)
            request.boolean(settings.keepsGoing)
            request.boolean(false)  // No building where a substitute fails.
            request.integer(settings.verbosity)
            if !namesLimits {
                request.integer(settings.jobs)
                request.integer(settings.silenceTimeout)
            }
            request.boolean(settings.usesBuildHook)
            request.integer(0)  // Builders' output is not hidden.
            request.integer(0)  // Kind of log.
            request.boolean(traces)  // Marks between the builders' lines.
            if !namesLimits { request.integer(settings.cores) }
            request.boolean(settings.usesSubstitutes)
            request.integer(UInt64(pairs.count))
            for name in pairs.keys.sortedByBytes() {
                request.text(name)
                request.text(pairs[name] ?? "")
            }
        } answer: { _ in
        }
    }
}
