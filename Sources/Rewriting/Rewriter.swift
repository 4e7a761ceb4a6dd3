// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// Turns past fixed-output derivations into present ones with the same outputs.
package struct Rewriter {
    private let mirrors: PresentMirrors

    package init(mirrors: PresentMirrors) {
        self.mirrors = mirrors
    }

    /// A derivation of the present, and what its store must have.
    package struct Rewritten: Sendable {
        package let path: StorePath
        package let derivation: Derivation
        package let output: StorePath
        package let origin: Origin
        /// Whether guix-daemon has the builder; else the farm fetches it.
        package let isBuiltByDaemon: Bool
        /// Texts that it mentions and that come with it.
        package let texts: [PresentMirrors.Text]
    }

    /// What most downloads may read of the environment of the daemon.
    private static let impureVariables = "http_proxy https_proxy LC_ALL LC_MESSAGES LANG COLUMNS"

    /// - Parameters:
    ///   - past: fixed-output.
    ///   - name: its name, without `.drv`.
    ///   - origin: what `OriginReader` found it to fetch.
    /// - Throws: `RewriteError`; never a derivation with another output.
    package func rewrite(_ past: Derivation, name: String, origin: Origin) throws(RewriteError) -> Rewritten {
        do {
            guard let fixed = try past.fixedOutput() else { throw RewriteError.notFixedOutput }
            let method: IngestionMethod = origin.isFile ? .flat : .recursive
            guard fixed.method == method else { throw RewriteError.wrongMethod(kind: origin.kind) }
            let output = try StorePath.fixed(fixed.method, fixed.hash, name: name, in: past.storeDirectory)
            guard output == past.outputs[0].path else { throw RewriteError.outputDiffers(computed: output) }
            let present = present(origin, past, output, fixed)
            return Rewritten(
                path: try present.path(name: name, in: past.storeDirectory), derivation: present, output: output,
                origin: origin, isBuiltByDaemon: origin.isFetchedByDaemon,
                texts: mirrors.texts.filter { present.inputSources.contains($0.path) })
        } catch let error as RewriteError {
            throw error
        } catch let error as DerivationsError {
            throw .derivations(error)
        } catch {
            throw .notFetching(builder: past.builder)
        }
    }

    private func present(
        _ origin: Origin, _ past: Derivation, _ output: StorePath, _ fixed: FixedOutput
    ) -> Derivation {
        let instructions = OriginBuilder.instructions(for: origin, mirrors: mirrors)
        var variables = instructions.variables.merging([
            "impureEnvVars": Self.impureVariables, "out": output.description, "preferLocalBuild": "1",
        ]) { _, ours in ours }
        // As it was written: a list of one address is not that address.
        if past.builder == instructions.builder { variables["url"] = past[variable: "url"] }
        return Derivation(
            outputs: [DerivationOutput(path: output, fixed: fixed)], inputDerivations: [],
            inputSources: instructions.sources, system: past.system, builder: instructions.builder, arguments: [],
            environment: variables.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
                Derivation.Variable(name: $0.key, value: $0.value)
            })
    }
}

extension Origin {
    fileprivate var isFetchedByDaemon: Bool {
        switch self {
        case .download, .git: true
        case .subversion, .mercurial, .bazaar, .cvs: false
        }
    }

    /// Whether it gives one file that cannot be executed, rather than anything else.
    fileprivate var isFile: Bool {
        if case .download(_, let isExecutable) = self { return !isExecutable }
        return false
    }
}
