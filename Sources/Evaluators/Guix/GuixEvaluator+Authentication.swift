// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
package import Jobsets

extension GuixEvaluator {
    /// A commit of a channel, and where it is.
    package struct Commit: Sendable {
        package var channel: ChannelDescription
        package var commit: String
        /// The folder of its files.
        package var checkout: String
        /// The channel's bare repository, with the branch of the channel's keyring.
        package var repository: String

        package init(channel: ChannelDescription, commit: String, checkout: String, repository: String) {
            self.channel = channel
            self.commit = commit
            self.checkout = checkout
            self.repository = repository
        }
    }

    /// Has Guix itself check, in the sandbox, that each commit from the channel's introduction on was signed by somebody whom
    /// the commit before it authorises. Commits from before the introduction are in the history that it vouches for.
    ///
    /// - Parameter cache: a folder where Guix keeps, of each channel and introduction, which commits it has checked.
    /// - Returns: a line for the evaluation's log.
    /// - Throws: `EvaluationError.notAuthentic` with what Guix says, or why it could not be asked.
    package func authenticate(_ asked: Commit, cache: String) async throws -> String {
        let name = "channel '\(asked.channel.name)', commit \(asked.commit.prefix(12))"
        guard let introduction = asked.channel.introduction else {
            return "\(name): the channel has no introduction, so that nobody vouches for its commits.\n"
        }
        if let problem = await EvaluationSandbox.problem() {
            throw EvaluationError.unsupported("a channel's commits are authenticated in a sandbox only, and \(problem)")
        }
        let host = try await presentHost()
        let workspace = try GuixWorkspace(store: store)
        defer { workspace.remove() }
        let folder = "\(cache)/\(Self.cacheName(asked.channel, introduction))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mounts =
            workspace.mounts(host: host, checkout: asked.checkout, manifest: nil, companions: [])
            + Self.repositories(asked.repository).map { .readOnly($0, at: $0) }
            + [.writable(folder, at: GuixWorkspace.Inside.cache)]
        let select: SchemeText = .list(
            [.symbol("authenticate")]
                + [asked.channel.name, asked.repository, introduction.commit, introduction.spacedFingerprint].map {
                    .string($0)
                })
        let request = Request(
            checkout: asked.checkout, commit: asked.commit, channel: asked.channel, packages: .channel)
        do {
            let (transcript, _) = try await processes(request, select, host, workspace, mounts) { _ in }
            let said = transcript.notes.last { !$0.isEmpty } ?? "checked before, or older than the introduction"
            return "\(name), is authentic: \(said)\n"
        } catch EvaluationError.evaluator(let reason, let log) {
            throw EvaluationError.notAuthentic(
                channel: asked.channel.name, commit: asked.commit, reason: reason, log: log)
        }
    }

    /// What one introduction vouches for, another one need not.
    private static func cacheName(
        _ channel: ChannelDescription, _ introduction: ChannelDescription.Introduction
    ) -> String {
        let fields = [channel.url.description, introduction.commit, introduction.fingerprint]
        return String(ContentHash.of(Array(fields.joined(separator: "\n").utf8)).base16.prefix(32))
    }

    private static let mostRepositories = 10

    /// A repository's folder, and those of which it borrows objects (gitrepository-layout(5), `objects/info/alternates`).
    private static func repositories(_ first: String) -> [String] {
        var found = [first]
        var objects = [first + "/objects"]
        while let place = objects.popLast(), found.count < mostRepositories {
            let text = (try? String(contentsOfFile: place + "/info/alternates", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                let path = line.hasPrefix("/") ? String(line) : "\(place)/\(line)"
                let folder = URL(fileURLWithPath: path).standardizedFileURL.path
                guard !found.contains(folder), FileManager.default.fileExists(atPath: folder) else { continue }
                found.append(folder)
                objects.append(folder)
            }
        }
        return found
    }
}
