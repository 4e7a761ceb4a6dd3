// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension HostStore {
    /// What building `derivations`, which are in the store, would take: all that is to be built or fetched for them.
    ///
    /// Nix's daemon tells; Guix's cannot, so derivations are followed here, as Guix's own client does.
    ///
    /// - Parameter settings: whether substitutes count.
    /// - Throws: `StoreDaemonError.notValid` for a derivation that is not in the store.
    package func missing(
        for derivations: [StorePath], settings: BuildSettings = HostStore.buildingNothing
    ) async throws -> MissingPaths {
        try await withConnection(settings: settings) { connection in
            if await !connection.dialect.isGuix { return try await connection.missing(for: derivations) }
            var walk = MissingWalk(store: self, connection: connection)
            try await walk.follow(derivations)
            return walk.found
        }
    }
}

/// Finds what is missing, level by level, with a few questions to the daemon for each.
private struct MissingWalk {
    let store: HostStore
    let connection: StoreConnection
    private var seen: Set<StorePath> = []
    private var build: [StorePath] = []
    private var substitutes: [StorePath: SubstituteInfo] = [:]

    init(store: HostStore, connection: StoreConnection) {
        self.store = store
        self.connection = connection
    }

    /// Outputs of a derivation that are wanted.
    private struct Wanted {
        let derivation: StorePath
        let parsed: Derivation
        var outputs: Set<StorePath>
    }

    var found: MissingPaths {
        MissingPaths(
            willBuild: build.sorted(), willSubstitute: substitutes.keys.sorted(), unknown: [],
            downloadSize: substitutes.values.reduce(0) { $0 &+ $1.downloadSize },
            unpackedSize: substitutes.values.reduce(0) { $0 &+ $1.narSize })
    }

    mutating func follow(_ derivations: [StorePath]) async throws {
        var level: [StorePath: Set<String>?] = [:]
        for derivation in derivations { level[derivation] = .some(nil) }
        while !level.isEmpty {
            var next: [StorePath: Set<String>?] = [:]
            for wanted in try await unavailable(level) where seen.insert(wanted.derivation).inserted {
                build.append(wanted.derivation)
                for input in wanted.parsed.inputDerivations where !seen.contains(input.path) {
                    let known = (next[input.path] ?? []) ?? []
                    next[input.path] = known.union(input.outputs)
                }
            }
            level = next
        }
    }

    /// Those of a level that must be built; what can be substituted is noted.
    ///
    /// - Parameter level: derivations with the names of the outputs that are wanted, nil for all.
    private mutating func unavailable(_ level: [StorePath: Set<String>?]) async throws -> [Wanted] {
        var wanted: [Wanted] = []
        for (path, names) in level.sorted(by: { $0.key < $1.key }) {
            let parsed = try store.derivation(at: path)
            let outputs = parsed.outputs.filter { names?.contains($0.name) ?? true }.compactMap(\.path)
            wanted.append(Wanted(derivation: path, parsed: parsed, outputs: Set(outputs)))
        }
        let valid = try await connection.validPaths(among: Set(wanted.flatMap(\.outputs)))
        for index in wanted.indices { wanted[index].outputs.subtract(valid) }
        wanted.removeAll { $0.outputs.isEmpty }
        let offered = try await connection.substitutes(for: Set(wanted.flatMap(\.outputs)))
        for item in wanted where item.outputs.allSatisfy({ offered[$0] != nil }) {
            try await substitute(item.outputs, offered)
        }
        return wanted.filter { item in !item.outputs.allSatisfy { offered[$0] != nil } }
    }

    /// Notes substitutes and, of what they mention, those that are missing.
    private mutating func substitute(_ paths: Set<StorePath>, _ infos: [StorePath: SubstituteInfo]) async throws {
        var (paths, infos) = (paths, infos)
        while !paths.isEmpty {
            var mentioned: Set<StorePath> = []
            for path in paths {
                guard let info = infos[path], substitutes.updateValue(info, forKey: path) == nil else { continue }
                mentioned.formUnion(info.references)
            }
            mentioned.subtract(substitutes.keys)
            paths = mentioned.subtracting(try await connection.validPaths(among: mentioned))
            infos = try await connection.substitutes(for: paths)
        }
    }
}

/// What a substitute server says of an item.
struct SubstituteInfo: Sendable, Equatable {
    let references: [StorePath]
    /// Bytes to fetch, and bytes they unpack to.
    let downloadSize: UInt64
    let narSize: UInt64
}

extension StoreConnection {
    /// Which of `paths` can be had from substitute servers. Guix only.
    fileprivate func substitutes(for paths: Set<StorePath>) async throws -> [StorePath: SubstituteInfo] {
        guard !paths.isEmpty else { return [:] }
        return try await operate(.querySubstitutablePathInfos) {
            $0.paths(paths.sorted())
        } answer: { channel in
            var found: [StorePath: SubstituteInfo] = [:]
            for _ in 0..<(try await channel.count(of: "substitutes", limit: paths.count)) {
                let path = try await channel.path()
                _ = try await channel.optionalPath()
                let references = try await channel.paths()
                let downloadSize = try await channel.integer()
                found[path] = SubstituteInfo(
                    references: references, downloadSize: downloadSize, narSize: try await channel.integer())
            }
            return found
        }
    }
}
