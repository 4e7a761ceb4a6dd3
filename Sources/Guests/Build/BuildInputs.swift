// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import StoreDaemon

/// What a derivation's build may see.
struct BuildInputs: Sendable {
    let path: StorePath
    let store: HostStore
    let derivation: Derivation
    /// Outputs of its input derivations, and its sources.
    let direct: [StorePath]
    /// Those and all that they need.
    let closure: [PathInfo]

    /// - Throws: `GuestError.store` when the store does not hold all of them, or the derivation is no ordinary build.
    init(of path: StorePath, in store: HostStore) async throws {
        self.path = path
        self.store = store
        do {
            derivation = try store.derivation(at: path)
            var direct = Set(derivation.inputSources)
            for input in derivation.inputDerivations {
                let made = try store.derivation(at: input.path)
                for name in input.outputs {
                    guard let output = made.output(named: name)?.path else {
                        throw GuestError.store("the output \(name) of \(input.path) has no known path")
                    }
                    direct.insert(output)
                }
            }
            self.direct = direct.sorted()
            closure = self.direct.isEmpty ? [] : try await store.closure(of: self.direct)
        } catch let error as StoreDaemonError {
            throw GuestError.store("\(error)")
        } catch let error as DerivationsError {
            throw GuestError.store("\(error)")
        }
        guard !derivation.isFixedOutput else {
            throw GuestError.unsupported(
                "\(path) has a fixed output: it is fetched on the host, never built in a guest")
        }
    }

    /// Where the derivation's outputs will be, in the order of their names.
    func outputs() throws(GuestError) -> [StorePath] {
        var outputs: [StorePath] = []
        for output in derivation.outputs {
            guard let path = output.path else {
                throw .unsupported("the output \(output.name) has no path before it is built")
            }
            outputs.append(path)
        }
        return outputs
    }
}

/// What guests of Nix and of Guix need differently: Nix's daemon is sent the derivation with its inputs as plain paths,
/// Guix's reads it from its store.
extension BuildInputs {
    /// The derivation with its inputs as plain paths. Under its own name in a guest's store it saves the guest all
    /// derivations that it was made from; the daemon builds the same from it.
    var flattened: Derivation {
        var plain = derivation
        plain.inputDerivations = []
        plain.inputSources = direct
        return plain
    }

    /// Writes the guest's database, and what the guest's daemon needs in its store beside the closure.
    ///
    /// - Parameter items: the folder that the guest has as its store.
    func writeDatabase(to folder: String, items: String) throws {
        switch store.engine {
        case .nix: try store.guestDatabase(closure: closure, at: folder)
        case .guix:
            let bytes = flattened.printed()
            let file = "\(items)/\(path.baseName)"
            try FileTree.write(bytes, to: file, mode: 0o444)
            var reader = ArchiveReader(of: file)
            var hasher = ContentHasher()
            var size: UInt64 = 0
            while let piece = try reader.next() {
                hasher.update(piece)
                size += UInt64(piece.count)
            }
            let info = PathInfo(
                path: path, narHash: hasher.finalize(), narSize: size, references: direct, registrationTime: 1)
            try FileTree.makeDirectories(folder)
            try GuestDatabase(engine: .guix, closure: closure + [info]).write(to: folder) {
                $0 == path ? flattened : try store.derivation(at: $0)
            }
        }
    }

    /// Builds over a connection to a guest's daemon.
    func build(over connection: StoreConnection, log: @escaping LogHandler) async throws -> BuildResult {
        switch store.engine {
        case .nix: return try await connection.build(derivation, at: path, inputs: direct, log: log)
        case .guix:
            guard let result = try await connection.build([path], log: log)[path] else {
                throw GuestError.store("the guest's daemon says nothing of \(path)")
            }
            return result
        }
    }
}
