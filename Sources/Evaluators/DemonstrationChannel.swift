// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import TimeTravel

/// Makes a git repository from a folder of package files: a commit for each entry of its `revisions.json`.
///
/// The folder holds `channel/` (files of every revision), `packages/NAME.json` and `revisions.json`, a list of dates and
/// subjects, oldest first. A revision has the package files without a `released` date, and those released by its date; of
/// several with one `name`, the newest. The commits depend on nothing but the folder, so that the same folder gives the
/// same revisions anywhere.
package struct DemonstrationChannel: Sendable {
    /// The branch that the commits are on.
    package static let branch = "main"

    private let folder: String

    package init(folder: String) {
        self.folder = folder
    }

    private struct Entry: Decodable {
        let date: String
        let subject: String
    }

    private struct PackageFile {
        let file: String
        let name: String
        let released: CivilDate?
    }

    /// Makes the repository, or brings it up to date; what is so already is left alone.
    package func make(at repository: String) async throws {
        if !FileManager.default.fileExists(atPath: repository + "/HEAD") {
            try await GitCommand.run(["init", "--quiet", "--bare", "--initial-branch=\(Self.branch)", "--", repository])
        }
        let packages = try packageFiles()
        var parent: String?
        for entry in try entries() {
            guard let date = Instant(entry.date) else {
                throw EvaluationError.badFile("\(folder)/revisions.json", "'\(entry.date)' is no date and time")
            }
            parent = try await commit(entry, at: date, on: parent, packages, repository)
        }
        guard let parent else { throw EvaluationError.badFile("\(folder)/revisions.json", "no revision is listed") }
        try await GitCommand.run(["update-ref", "refs/heads/\(Self.branch)", parent], in: repository)
    }

    private func commit(
        _ entry: Entry, at date: Instant, on parent: String?, _ packages: [PackageFile], _ repository: String
    ) async throws -> String {
        let index = ["GIT_INDEX_FILE": repository + "/index.\(UUID().uuidString)"]
        defer { unlink(index["GIT_INDEX_FILE"] ?? "") }
        try await GitCommand.run(
            ["--work-tree=\(folder)/channel", "add", "--force", "--", "."], in: repository, environment: index)
        var information = ""
        for file in Self.present(packages, on: date.date) {
            let blob = try await GitCommand.run(["hash-object", "-w", "--", file], in: repository)
            let name = (file as NSString).lastPathComponent
            information += "100644,\(blob.trimmingCharacters(in: .newlines)),packages/\(name)\n"
        }
        for line in information.split(separator: "\n") {
            try await GitCommand.run(
                ["update-index", "--add", "--cacheinfo", String(line)], in: repository, environment: index)
        }
        let tree = try await GitCommand.run(["write-tree"], in: repository, environment: index)
        let seconds = "\(date.seconds) +0000"
        let made = try await GitCommand.run(
            ["commit-tree", "--no-gpg-sign", "-m", entry.subject] + (parent.map { ["-p", $0] } ?? [])
                + [tree.trimmingCharacters(in: .newlines)], in: repository,
            environment: [
                "GIT_AUTHOR_NAME": "Almanac", "GIT_AUTHOR_EMAIL": "almanac@localhost", "GIT_AUTHOR_DATE": seconds,
                "GIT_COMMITTER_NAME": "Almanac", "GIT_COMMITTER_EMAIL": "almanac@localhost",
                "GIT_COMMITTER_DATE": seconds,
            ])
        return made.trimmingCharacters(in: .newlines)
    }

    private func entries() throws -> [Entry] {
        let file = "\(folder)/revisions.json"
        do {
            return try JSONDecoder().decode([Entry].self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw EvaluationError.badFile(file, "\(error)")
        }
    }

    private func packageFiles() throws -> [PackageFile] {
        struct Head: Decodable {
            let name: String
            let released: String?
        }
        let directory = folder + "/packages"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
        return try names.sorted().map { name in
            let file = "\(directory)/\(name)"
            do {
                let head = try JSONDecoder().decode(Head.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
                let released = try head.released.map { text in
                    guard let date = CivilDate(text) else { throw EvaluationError.badFile(file, "'\(text)' is no date") }
                    return date
                }
                return PackageFile(file: file, name: head.name, released: released)
            } catch let error as DecodingError {
                throw EvaluationError.badFile(file, "\(error)")
            }
        }
    }

    private static func present(_ packages: [PackageFile], on date: CivilDate) -> [String] {
        let there = packages.filter { ($0.released ?? date) <= date }
        return there.filter { one in
            guard let released = one.released else { return true }
            return !there.contains { $0.name == one.name && ($0.released.map { $0 > released } ?? false) }
        }.map(\.file)
    }
}
