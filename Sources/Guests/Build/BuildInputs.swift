// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import StoreDaemon

/// What a derivation's build may see.
struct BuildInputs: Sendable {
    let derivation: Derivation
    /// Outputs of its input derivations, and its sources.
    let direct: [StorePath]
    /// Those and all that they need.
    let closure: [PathInfo]

    /// - Throws: `GuestError.store` when the store does not hold all of them, or the derivation is no ordinary build.
    init(of path: StorePath, in store: HostStore) async throws {
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
