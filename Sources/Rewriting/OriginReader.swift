// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// Finds out what a fixed-output derivation of Guix fetches, of whatever year it is.
///
/// Where the derivation's variables say it, they are believed; else the builder script is read. Source of the
/// variables: recorded derivations, and Guix's manual, "origin Reference".
package struct OriginReader {
    private let derivation: Derivation
    private let readScript: (StorePath) throws -> [UInt8]?

    /// - Parameter readScript: the contents of a builder script; nil where they are not to be had.
    package init(_ derivation: Derivation, readScript: @escaping (StorePath) throws -> [UInt8]?) {
        self.derivation = derivation
        self.readScript = readScript
    }

    /// Whether a fixed output with this builder is one of Guix.
    package static func understands(_ builder: String) -> Bool {
        builder == "builtin:download" || builder == "builtin:git-download" || builder.hasSuffix("/bin/guile")
            || OriginBuilder.own.contains(builder)
    }

    /// - Throws: `RewriteError`, or what `readScript` throws.
    package func origin() throws -> Origin {
        guard derivation.isFixedOutput else { throw RewriteError.notFixedOutput }
        let origin =
            switch derivation.builder {
            case "builtin:download": try download()
            case "builtin:git-download": try builtinGit()
            case let builder where OriginBuilder.own.contains(builder): try OriginBuilder.origin(of: derivation)
            case let builder where builder.hasSuffix("/bin/guile"): try scripted()
            case let builder: throw RewriteError.notFetching(builder: builder)
            }
        try SafeText.check(origin)
        return origin
    }

    private func variable(_ name: String) throws(RewriteError) -> String {
        guard let value = derivation[variable: name] else { throw .variable(name, problem: "is missing") }
        return value
    }

    private func datum(_ name: String) throws(RewriteError) -> SchemeDatum {
        let text = try variable(name)
        do {
            return try SchemeReader.readOne(text)
        } catch {
            throw .variable(name, problem: "is no Scheme \(error)")
        }
    }

    private func download() throws(RewriteError) -> Origin {
        let executable = derivation[variable: "executable"] == "1"
        switch try datum("url") {
        case .string(let url): return .download(urls: [url], isExecutable: executable)
        case let list:
            guard let urls = list.strings, !urls.isEmpty else {
                throw .variable("url", problem: "is neither an address nor a list of them")
            }
            return .download(urls: urls, isExecutable: executable)
        }
    }

    private func builtinGit() throws(RewriteError) -> Origin {
        guard case .string(let url) = try datum("url") else { throw .variable("url", problem: "is no address") }
        let recursive = try derivation[variable: "recursive?"] == nil ? .boolean(false) : datum("recursive?")
        return .git(url: url, commit: try variable("commit"), isRecursive: recursive != .boolean(false))
    }

    private func scripted() throws -> Origin {
        if let origin = try fromVariables() { return origin }
        guard let path = derivation.arguments.last.flatMap({ try? StorePath(parsing: $0) }) else {
            throw RewriteError.notFetching(builder: derivation.builder + " without a script")
        }
        guard let bytes = try readScript(path) else { throw RewriteError.scriptMissing(path) }
        let script: [SchemeDatum]
        do {
            script = try SchemeReader.read(bytes)
        } catch {
            throw RewriteError.scriptUnreadable(path, error)
        }
        var evaluator = ScriptEvaluator(
            environment: Dictionary(derivation.environment.map { ($0.name, $0.value) }) { _, last in last })
        try evaluator.run(script)
        guard !evaluator.calls.isEmpty else { throw RewriteError.nothingFetched(path) }
        return try FetchCalls(evaluator.calls, output: derivation.outputs[0].path?.description ?? "").origin()
    }

    /// What the scripts of git, Subversion and Bazaar are told in variables since they take any.
    private func fromVariables() throws(RewriteError) -> Origin? {
        if let url = derivation[variable: "git url"] {
            let recursive =
                try derivation[variable: "git recursive?"] == nil ? .boolean(false) : datum("git recursive?")
            return .git(url: url, commit: try variable("git commit"), isRecursive: recursive != .boolean(false))
        }
        if let url = derivation[variable: "svn url"] { return .subversion(try subversion(url)) }
        if let url = derivation[variable: "bzr url"] {
            return .bazaar(url: url, revision: try variable("bzr reference"))
        }
        return nil
    }

    private func subversion(_ url: String) throws(RewriteError) -> SubversionOrigin {
        guard let revision = Int(try variable("svn revision")) else {
            throw .variable("svn revision", problem: "is no number")
        }
        var checkouts = [SubversionOrigin.Checkout(url: url, folder: "")]
        if derivation[variable: "svn locations"] != nil {
            guard let locations = try datum("svn locations").strings, !locations.isEmpty else {
                throw .variable("svn locations", problem: "is no list of paths")
            }
            checkouts = locations.map { location in
                let folder = location.hasSuffix("/") ? location : ScriptPrimitives.directory(location)
                return SubversionOrigin.Checkout(url: "\(url)/\(location)", folder: FetchCalls.trimmed(folder))
            }
        }
        return SubversionOrigin(
            checkouts: checkouts, revision: revision, isRecursive: derivation[variable: "svn recursive?"] == "yes",
            user: derivation[variable: "svn user name"], password: derivation[variable: "svn password"])
    }
}
