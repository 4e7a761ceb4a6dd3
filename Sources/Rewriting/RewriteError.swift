// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// Why a derivation cannot be rewritten.
package enum RewriteError: Error, Equatable, Sendable {
    /// It builds something; what it needs may be rewritten.
    case notFixedOutput
    case notFetching(builder: String)
    case scriptMissing(StorePath)
    case scriptUnreadable(StorePath, SchemeError)
    case scriptTooLong
    case nothingFetched(StorePath)
    case severalSources([String])
    /// A value that only running the script would tell.
    case undetermined(procedure: String, what: String)
    case variable(String, problem: String)
    case wrongMethod(kind: String)
    /// An address or revision that a program could take for an option, or that has control characters.
    case unsafeText(String)
    case outputDiffers(computed: StorePath)
    case derivations(DerivationsError)
}

extension RewriteError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFixedOutput:
            "it is built, not fetched: it has no fixed output. Rewrite the fixed outputs among its inputs instead"
        case .notFetching(let builder): "nothing is known about how its builder '\(builder)' fetches"
        case .scriptMissing(let path): "its builder script \(path) is neither beside it nor in the store"
        case .scriptUnreadable(let path, let error): "its builder script \(path) is no Scheme \(error)"
        case .scriptTooLong: "its builder script does more than any that fetches a source"
        case .nothingFetched(let path):
            "its builder script \(path.baseName) calls none of \(ScriptEvaluator.fetchers.sorted().joined(separator: ", "))"
        case .severalSources(let addresses):
            "its builder script fetches different things: \(addresses.joined(separator: ", "))"
        case .undetermined(let procedure, let what):
            "its builder script calls \(procedure) with a \(what) that only running it would tell"
        case .variable(let name, let problem): "its variable '\(name)' \(problem)"
        case .wrongMethod(let kind): "\(kind) fetches directories, but its hash is of one file"
        case .unsafeText(let text): "'\(text)' is no address, revision or path that is handed to a program"
        case .outputDiffers(let computed): "its output would move to \(computed)"
        case .derivations(let error): error.description
        }
    }
}
