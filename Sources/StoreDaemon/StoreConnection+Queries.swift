// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension StoreConnection {
    package func isValid(_ path: StorePath) async throws -> Bool {
        try await operate(.isValidPath) {
            $0.path(path)
        } answer: {
            try await $0.boolean()
        }
    }

    /// Which of `paths` are valid.
    package func validPaths(among paths: some Collection<StorePath> & Sendable) async throws -> Set<StorePath> {
        let saysSubstitutes = dialect.isNix(since: 27)
        return try await operate(.queryValidPaths) { request in
            request.paths(paths)
            if saysSubstitutes { request.boolean(false) }
        } answer: {
            Set(try await $0.paths())
        }
    }

    package func allValidPaths() async throws -> Set<StorePath> {
        try await operate(.queryAllValidPaths) { _ in
        } answer: {
            Set(try await $0.paths())
        }
    }

    /// What the store knows of a path; nil where it is not valid.
    package func pathInfo(of path: StorePath) async throws -> PathInfo? {
        let isGuix = dialect.isGuix
        do {
            return try await operate(.queryPathInfo) {
                $0.path(path)
            } answer: { channel in
                if !isGuix, try await !channel.boolean() { return nil }
                return try await Self.pathInfo(of: path, from: channel, isGuix: isGuix)
            }
        } catch StoreDaemonError.refused(let message, _) where isGuix && message.hasSuffix("is not valid") {
            return nil  // Guix's daemon has no other way to say so.
        }
    }

    static nonisolated(nonsending) func pathInfo(
        of path: StorePath, from channel: WireChannel, isGuix: Bool
    ) async throws -> PathInfo {
        let deriver = try await channel.optionalPath()
        let hash = try ContentHash(.sha256, try await channel.text())
        let references = try await channel.paths()
        let time = try await channel.integer()
        var info = PathInfo(
            path: path, deriver: deriver, narHash: hash, narSize: try await channel.integer(),
            references: references, registrationTime: Int64(truncatingIfNeeded: time))
        if isGuix { return info }
        info.isUltimate = try await channel.boolean()
        info.signatures = try await channel.texts()
        let address = try await channel.text()
        info.contentAddress = address.isEmpty ? nil : address
        return info
    }

    /// The items that a valid path mentions.
    package func references(of path: StorePath) async throws -> [StorePath] {
        if dialect.isGuix {
            return try await operate(.queryReferences) {
                $0.path(path)
            } answer: {
                try await $0.paths()
            }
        }
        guard let info = try await pathInfo(of: path) else { throw StoreDaemonError.notValid(path) }
        return info.references
    }

    /// The `.drv` files in the store that have `path` as an output.
    package func validDerivers(of path: StorePath) async throws -> [StorePath] {
        try await operate(.queryValidDerivers) {
            $0.path(path)
        } answer: {
            try await $0.paths()
        }
    }

    /// Everything that `paths` need at run time, themselves included, references before those that mention
    /// them, each once.
    ///
    /// - Throws: `StoreDaemonError.notValid` for a path that is not in the store.
    package func closure(of paths: some Sequence<StorePath>) async throws -> [PathInfo] {
        var done: Set<StorePath> = []
        var order: [PathInfo] = []
        for root in paths where done.insert(root).inserted {
            var stack = [ClosureStep(info: try await validInfo(of: root))]
            while var step = stack.popLast() {
                guard step.next < step.info.references.count else {
                    order.append(step.info)
                    continue
                }
                let reference = step.info.references[step.next]
                step.next += 1
                stack.append(step)
                guard done.insert(reference).inserted else { continue }
                stack.append(ClosureStep(info: try await validInfo(of: reference)))
            }
        }
        return order
    }

    private struct ClosureStep {
        let info: PathInfo
        var next = 0
    }

    private func validInfo(of path: StorePath) async throws -> PathInfo {
        guard let info = try await pathInfo(of: path) else { throw StoreDaemonError.notValid(path) }
        return info
    }

    /// What building `derivations` would take. Guix's daemon cannot tell.
    package func missing(for derivations: [StorePath]) async throws -> MissingPaths {
        guard !dialect.isGuix else { throw StoreDaemonError.unsupportedOperation("telling what is missing") }
        let targets = targets(derivations)
        return try await operate(.queryMissing) {
            $0.texts(targets)
        } answer: { channel in
            let willBuild = try await channel.paths()
            let willSubstitute = try await channel.paths()
            let unknown = try await channel.paths()
            let downloadSize = try await channel.integer()
            return MissingPaths(
                willBuild: willBuild, willSubstitute: willSubstitute, unknown: unknown, downloadSize: downloadSize,
                unpackedSize: try await channel.integer())
        }
    }

    /// Derivations, all outputs of each, as this dialect writes them.
    func targets(_ derivations: [StorePath]) -> [String] {
        derivations.map { dialect.isNix(since: 30) ? "\($0)!*" : $0.description }
    }
}

/// What a build would need first.
package struct MissingPaths: Sendable, Equatable {
    package let willBuild: [StorePath]
    package let willSubstitute: [StorePath]
    package let unknown: [StorePath]
    /// Bytes to fetch, and bytes they unpack to.
    package let downloadSize: UInt64
    package let unpackedSize: UInt64
}
