// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import Foundation
package import Rewriting
internal import Transfer

/// What asking one place for a source told, without fetching it.
package struct PlaceFinding: Hashable, Sendable, Encodable {
    package enum Answer: String, Sendable, Encodable {
        case present
        /// It answers, but whether the very source is there only fetching would tell.
        case likely
        case absent
        /// It does not answer now.
        case silent
    }

    /// Which kind of place: `cache`, `substitute`, `original`, `content-addressed`, `repository`, `software-heritage`,
    /// `disarchive`.
    package let place: String
    package let address: String
    package let answer: Answer
    /// What was answered, in words.
    package let reason: String

    package init(place: String, address: String, answer: Answer, reason: String = "") {
        self.place = place
        self.address = address
        self.answer = answer
        self.reason = reason
    }
}

extension SourceError {
    /// As what one place said.
    func finding(place: String, address: String) -> PlaceFinding {
        PlaceFinding(place: place, address: address, answer: isFinal ? .absent : .silent, reason: description)
    }
}

/// Asks the places of a plan, in its order, which of them still has a source; nothing is fetched.
package struct SourceProbe: Sendable {
    private let transfer: CarefulTransfer
    private let limit: Duration

    /// - Parameter limit: for a program that looks at a repository.
    package init(concurrency: Int = 16, limit: Duration = .seconds(60)) {
        transfer = CarefulTransfer(concurrency: concurrency)
        self.limit = limit
    }

    /// What each place says, up to the first that has it.
    ///
    /// - Throws: `CancellationError`.
    package func ask(_ plan: SourcePlan, _ fixed: FixedOutput) async throws -> [PlaceFinding] {
        var findings: [PlaceFinding] = []
        for place in plan.places {
            let finding = try await ask(place)
            findings.append(finding)
            if finding.answer == .present { break }
        }
        return findings
    }

    private func ask(_ place: SourcePlan.Place) async throws -> PlaceFinding {
        let (kind, address) = Self.words(place)
        do {
            let (answer, reason) = try await answer(place)
            return PlaceFinding(place: kind, address: address, answer: answer, reason: reason)
        } catch let error as CancellationError {
            throw error
        } catch let error as SourceError where error.isFinal {
            return PlaceFinding(place: kind, address: address, answer: .absent, reason: error.description)
        } catch {
            return PlaceFinding(place: kind, address: address, answer: .silent, reason: "\(error)")
        }
    }

    static func words(_ place: SourcePlan.Place) -> (kind: String, address: String) {
        switch place {
        case .substitute(let url): ("substitute", url)
        case .file(let url): ("original", url)
        case .contentAddressed(let url):
            (url.contains("/api/1/content/") ? "software-heritage" : "content-addressed", url)
        case .repository(let origin): ("repository", origin.addresses.first ?? origin.kind)
        case .heritageRecord(let url), .heritageArchive(let url): ("software-heritage", url)
        case .disarchive(let url): ("disarchive", url)
        }
    }

    private typealias Told = (answer: PlaceFinding.Answer, reason: String)

    private func answer(_ place: SourcePlan.Place) async throws -> Told {
        switch place {
        case .substitute(let url): try await read(url) { _ = try NarInfo(parsing: $0) }
        case .file(let url), .contentAddressed(let url): try await file(url)
        case .repository(let origin): try await repository(origin)
        case .heritageRecord(let url): try await read(url) { _ in }
        case .heritageArchive(let url): try await vault(url)
        case .disarchive(let url): try await disarchive(url)
        }
    }

    // MARK: Files

    /// Servers that do not answer HEAD are asked for the first byte.
    private func file(_ url: String) async throws -> Told {
        guard case .web = try SourceAddress(url) else { return (.likely, "asked for only when it is fetched") }
        if let path = URL(string: url), path.isFileURL {
            return FileManager.default.fileExists(atPath: path.path) ? (.present, "") : (.absent, "no such file")
        }
        var answer = try await transfer.ask(url, method: "HEAD")
        if url.hasPrefix("ftp:") { return (.likely, "it answers") }
        if [400, 403, 405, 501].contains(answer?.status) {
            answer = try await transfer.ask(url, fields: [HTTPField("Range", "bytes=0-0")], limit: 4096)
        }
        guard let answer else { return (.present, "") }
        guard answer.isSuccess else { return try told(answer.status) }
        let isPage = answer.field("Content-Type")?.hasPrefix("text/html") ?? false
        if isPage, !url.contains(/\.html?($|\?)/) { return (.likely, "it answers with a page of HTML") }
        return (.present, "")
    }

    private func told(_ status: Int) throws -> Told {
        guard status == 404 || status == 410 else { throw CarefulTransfer.Silence(description: "it answers \(status)") }
        return (.absent, "it answers \(status)")
    }

    /// An answer that must be read to be believed.
    private func read(_ url: String, _ check: (String) throws -> Void) async throws -> Told {
        guard let answer = try await transfer.ask(url) else { return (.likely, "its answer is long") }
        guard answer.isSuccess else { return try told(answer.status) }
        try check(String(decoding: answer.body, as: UTF8.self))
        return (.present, "")
    }

    // MARK: Archives

    private func vault(_ url: String) async throws -> Told {
        let found = try await read(url) { _ in }
        guard found.answer == .absent, let range = url.range(of: "vault/flat/swh:1:rev:") else { return found }
        // It may be known, though nobody has asked yet for it to be packed.
        let commit = url[range.upperBound...].prefix { $0 != "/" }
        let known = try await read("\(url[..<range.lowerBound])revision/\(commit)/") { _ in }
        return known.answer == .present ? (.likely, "it has to be made ready there first") : known
    }

    private func disarchive(_ url: String) async throws -> Told {
        let found = try await read(url) { _ in }
        guard found.answer == .present, !(await Self.isInstalled("disarchive")) else { return found }
        return (.likely, "putting it together takes the program 'disarchive', which is not installed")
    }

    private static func isInstalled(_ program: String) async -> Bool {
        let answer = try? await HostTool.run("sh", ["-c", "command -v \"$1\"", "sh", program])
        return answer?.isSuccess ?? false
    }

    // MARK: Repositories

    private func repository(_ origin: Origin) async throws -> Told {
        switch origin {
        case .git(let url, let commit, _): return try await git(url, commit)
        case .subversion(let origin):
            for checkout in origin.checkouts {
                try await run(
                    "svn", ["info", "--non-interactive", "-r", String(origin.revision), "--", checkout.url],
                    checkout.url,
                    schemes: ["svn", "https", "http", "file"])
            }
            return (.present, "")
        case .mercurial(let url, let changeset):
            try await run(
                "hg", ["identify", "--noninteractive", "--rev=\(changeset)", "--", url], url,
                schemes: ["https", "http", "file"])
            return (.present, "")
        case .bazaar(let url, let revision):
            try await run(
                "brz", ["revno", "--revision=\(revision)", "--", url], url,
                schemes: ["https", "http", "bzr", "lp", "file"])
            return (.present, "")
        case .cvs: return (.likely, "asked for only when it is fetched")
        case .download: return (.absent, "it is no repository")
        }
    }

    private func git(_ url: String, _ commit: String) async throws -> Told {
        let listed = try await run(
            "git", RepositoryCheckout.gitSettings + ["ls-remote", "--", url], url,
            schemes: ["https", "http", "git", "file"])
        let lines = listed.split(separator: "\n")
        let names = ["\t\(commit)", "\trefs/tags/\(commit)", "\trefs/heads/\(commit)"]
        let isListed = lines.contains { line in line.hasPrefix(commit) || names.contains { line.hasSuffix($0) } }
        if isListed { return (.present, "") }
        // A commit in the middle of a history has no name there.
        if HeritageIdentifier(revision: commit) != nil { return (.likely, "the repository is there") }
        throw SourceError.notThere("the repository has no '\(commit)' any more")
    }

    @discardableResult
    private func run(
        _ program: String, _ arguments: [String], _ url: String, schemes: [String]
    ) async throws -> String {
        try RepositoryCheckout.allow(url, schemes)
        let variables = [
            "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HGPLAIN=1", "HGRCPATH=",
        ]
        let answer = try await HostTool.run("env", variables + [program] + arguments, limit: limit)
        if answer.status == 127 { throw SourceError.missingProgram(program, reason: "it is not installed") }
        guard answer.isSuccess else { throw SourceError.failed(answer.complaint) }
        return answer.output
    }
}
