// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations

/// What the lines of an evaluation have told so far, over one process or several.
///
/// A process may end at any line: killed for what a package does, or by the package itself. What was under way then is
/// recorded as failed, and the next process leaves it out, with all that was done.
struct GuixTranscript {
    /// A package and what to call its job, or why there is none.
    struct Finding {
        let name: String
        let package: String
        let version: String
        let derivation: Result<String, PackageFailure>
        let meta: [String: String]
    }

    enum UnderWay: Equatable {
        case module(String)
        case package(String)
    }

    private(set) var findings: [Finding] = []
    private(set) var progress = EvaluationProgress()
    /// What the next process need not try.
    private(set) var tried: Set<String> = []
    private(set) var underWay: UnderWay?
    private(set) var isDone = false
    /// Why the revision as a whole does not evaluate.
    private(set) var failure: String?
    private(set) var unknown: (names: [String], known: [String]) = ([], [])
    /// Lines for people.
    private(set) var notes: [String] = []

    static let mostFindings = 500_000

    mutating func take(_ event: GuixEvent) {
        switch event.event {
        case .loading: underWay = event.module.map { .module($0) }
        case .loaded: if let count = event.count { progress.loaded = max(count, progress.loaded) }
        case .problem: note(module: event.module ?? "", event.message ?? "")
        case .total: if let count = event.count, count >= 0 { progress.all = max(count, progress.done) }
        case .start: underWay = event.key.map { .package($0) }
        case .job: add(event)
        case .end: finish(event.key)
        case .failure:
            fail(event.key ?? "", event.package, event.version, event.message ?? "it failed")
        case .unknown: unknown = (event.names ?? [], event.known ?? [])
        case .note: if notes.count < Self.mostFindings { notes.append(String((event.message ?? "").prefix(2000))) }
        case .broken: failure = String((event.message ?? "the revision does not evaluate").prefix(2000))
        case .done: isDone = true
        }
    }

    /// A process ended without having said all; false where it is not known of what.
    mutating func endedEarly(_ reason: String) -> Bool {
        defer { underWay = nil }
        switch underWay {
        case nil: return false
        case .module(let module):
            note(module: module, reason)
        case .package(let key):
            fail(key, nil, nil, reason)
        }
        return true
    }

    private mutating func note(module: String, _ message: String) {
        tried.insert(module)
        notes.append("\(module): \(message)")
        underWay = nil
    }

    private mutating func add(_ event: GuixEvent) {
        guard let name = event.name, let derivation = event.derivation, findings.count < Self.mostFindings else {
            return
        }
        findings.append(
            Finding(
                name: String(name.prefix(500)), package: String((event.package ?? name).prefix(300)),
                version: String((event.version ?? "").prefix(200)), derivation: .success(derivation),
                meta: (event.meta ?? [:]).mapValues { String($0.prefix(1000)) }))
    }

    private mutating func fail(_ key: String, _ package: String?, _ version: String?, _ message: String) {
        if findings.count < Self.mostFindings {
            findings.append(
                Finding(
                    name: String(key.prefix(500)), package: String((package ?? key).prefix(300)),
                    version: String((version ?? "").prefix(200)),
                    derivation: .failure(PackageFailure(message: String(message.prefix(2000)))), meta: [:]))
        }
        progress.failed += 1
        finish(key)
    }

    private mutating func finish(_ key: String?) {
        if let key { tried.insert(key) }
        progress.done += 1
        underWay = nil
    }
}
