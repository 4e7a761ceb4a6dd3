// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Jobsets
import StoreDaemon

extension GuixEvaluator {
    /// The jobs of what was found, each with a name of its own.
    func jobs(_ transcript: GuixTranscript, _ gate: StoreGate, _ request: Request) -> [EvaluatedJob] {
        var names: Set<String> = []
        var jobs: [EvaluatedJob] = []
        for finding in transcript.findings {
            jobs.append(job(finding, named: Self.unique(finding, among: &names), gate, request))
        }
        let (unknown, known) = transcript.unknown
        for name in unknown where names.insert(name).inserted {
            let similar = NearMisses.of(name, among: known)
            let message =
                "this revision has no package '\(name)'"
                + (similar.isEmpty ? "" : "; similar: \(similar.joined(separator: ", "))")
            jobs.append(
                EvaluatedJob(
                    name: name, package: name, version: "", system: request.system,
                    derivation: .failure(PackageFailure(message: message))))
        }
        return jobs
    }

    /// Several packages of a name may differ in their version only, or not even in that.
    private static func unique(_ finding: GuixTranscript.Finding, among names: inout Set<String>) -> String {
        if names.insert(finding.name).inserted { return finding.name }
        let longer = finding.version.isEmpty ? finding.name : "\(finding.name)@\(finding.version)"
        if names.insert(longer).inserted { return longer }
        var number = 2
        while !names.insert("\(longer)#\(number)").inserted { number += 1 }
        return "\(longer)#\(number)"
    }

    private func job(
        _ finding: GuixTranscript.Finding, named name: String, _ gate: StoreGate, _ request: Request
    ) -> EvaluatedJob {
        let derivation = finding.derivation.flatMap { text in
            Result { try checked(text, gate) }.mapError { PackageFailure(message: "\($0)") }
        }
        var meta = finding.meta
        var (package, version) = (finding.package, finding.version)
        if case .success(let found) = derivation {
            if request.channel.expression != nil {
                // The file names jobs and gives derivations; these say what they are of, as with Nix.
                package = found.derivation[variable: "pname"] ?? package
                version = found.derivation[variable: "version"] ?? version
            }
            meta.merge(EvaluatedJob.meta(of: found.derivation)) { one, _ in one }
        }
        return EvaluatedJob(
            name: name, package: package, version: version,
            system: (try? derivation.get())?.derivation.system ?? request.system, derivation: derivation.map(\.path),
            meta: meta)
    }

    /// The derivation that the evaluation says a job has.
    ///
    /// - Throws: `PackageFailure` unless it is one that the evaluation put into the store.
    private func checked(_ text: String, _ gate: StoreGate) throws -> (path: StorePath, derivation: Derivation) {
        guard let path = try? StorePath(parsing: text), path.isDerivation, gate.hasAdded(path) else {
            throw PackageFailure(
                message: "the evaluation gave \(text.prefix(300)), which is no derivation that it made")
        }
        return (path, try store.derivation(at: path))
    }
}
