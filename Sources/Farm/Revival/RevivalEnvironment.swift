// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
package import Revival
package import StoreDaemon

/// An environment with all the derivations that it is made of.
package struct RevivalEnvironment: Sendable {
    package let revision: RevivedRevision
    /// Inputs before those that use them.
    package let closure: [(path: StorePath, derivation: Derivation)]
    package let roots: [RevivalPlan.Root]
    /// Names of the roots, in their order.
    package let names: [String]
    private let places: [StorePath: Int]

    /// - Throws: `RevivalError.nothing` where no package of the environment evaluates; what reading derivations throws.
    package init(_ revision: RevivedRevision, in store: HostStore) throws {
        try self.init(revision, read: store.derivation(at:))
    }

    package init(_ revision: RevivedRevision, read: (StorePath) throws -> Derivation) throws {
        self.revision = revision
        var roots: [RevivalPlan.Root] = []
        var names: [String] = []
        for job in revision.members {
            guard let text = job.derivation else { continue }
            let path = try StorePath(parsing: text)
            let derivation = try read(path)
            let main = derivation.output(named: "out")?.name ?? derivation.outputs.first?.name
            roots.append(RevivalPlan.Root(path, outputs: main.map { [$0] } ?? []))
            names.append(job.name)
        }
        guard !roots.isEmpty else {
            throw RevivalError.nothing(revision.failedJobs.map { "\($0.name): \($0.error ?? "")" })
        }
        self.roots = roots
        self.names = names
        closure = try DerivationClosure.walk(from: roots.map(\.derivation), read: read)
        places = Dictionary(uniqueKeysWithValues: closure.enumerated().map { ($0.element.path, $0.offset) })
    }

    package subscript(_ path: StorePath) -> Derivation? { places[path].map { closure[$0].derivation } }

    /// What each root is in the store.
    package var rootOutputs: [StorePath] {
        roots.compactMap { root in root.outputs.first.flatMap { self[root.derivation]?.output(named: $0)?.path } }
    }

    package var outputs: [StorePath] { closure.flatMap { $0.derivation.outputs.compactMap(\.path) } }

    /// The outputs of a derivation's inputs that its build uses.
    func inputs(of path: StorePath) -> [(derivation: StorePath, outputs: [StorePath])] {
        (self[path]?.inputDerivations ?? []).map { input in
            (input.path, input.outputs.compactMap { self[input.path]?.output(named: $0)?.path })
        }
    }
}

/// Why an environment cannot be revived.
package enum RevivalError: Error, CustomStringConvertible {
    case nothing([String])
    case evaluation(String, log: String)
    case link(String, reason: String)
    case serverEnded(log: String)

    package var description: String {
        switch self {
        case .nothing(let reasons):
            "no package of the environment evaluates:\n" + reasons.map { "  \($0)" }.joined(separator: "\n")
        case .evaluation(let message, _): "the revision does not evaluate: \(message)"
        case .link(let path, let reason): "\(path) cannot be made a link to the profile: \(reason)"
        case .serverEnded(let log):
            "the server ended while it built; its log is \(log). What it has built is kept: run the command again."
        }
    }
}
