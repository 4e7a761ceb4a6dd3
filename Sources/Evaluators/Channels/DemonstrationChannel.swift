// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import TimeTravel

/// Makes a git repository from a folder of package files: a commit for each entry of its `revisions.json`.
///
/// The folder holds `channel/` (files of every revision), `packages/NAME.json` and `revisions.json`, a list of dates and
/// subjects, oldest first. A revision has the package files without a `released` date, and those released by its date; of
/// several with one `name`, the newest; and only what has its dependencies there. The last revision has everything, also
/// what was released after it. The commits depend on nothing but the folder, so that the same folder gives the same
/// revisions anywhere.
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
        let dependencies: [String]
        /// The file's contents in the repository.
        var blob = ""
    }

    /// Makes the repository, or brings it up to date; what is so already is left alone.
    package func make(at repository: String) async throws {
        if !FileManager.default.fileExists(atPath: repository + "/HEAD") {
            try await GitCommand.run(["init", "--quiet", "--bare", "--initial-branch=\(Self.branch)", "--", repository])
        }
        let packages = try await written(try packageFiles(), to: repository)
        let entries = try entries()
        var parent: String?
        for (index, entry) in entries.enumerated() {
            guard let date = Instant(entry.date) else {
                throw EvaluationError.badFile("\(folder)/revisions.json", "'\(entry.date)' is no date and time")
            }
            let present = try present(packages, on: index == entries.count - 1 ? nil : date.date)
            parent = try await commit(entry, at: date, on: parent, present, repository)
        }
        guard let parent else { throw EvaluationError.badFile("\(folder)/revisions.json", "no revision is listed") }
        try await GitCommand.run(["update-ref", "refs/heads/\(Self.branch)", parent], in: repository)
    }

    /// Puts the package files into the repository.
    private func written(_ packages: [PackageFile], to repository: String) async throws -> [PackageFile] {
        let names = packages.map { $0.file + "\n" }.joined()
        let output = try await GitCommand.run(
            ["hash-object", "-w", "--no-filters", "--stdin-paths"], in: repository, input: names)
        let blobs = output.split(separator: "\n")
        guard blobs.count == packages.count else {
            throw EvaluationError.git("hash-object", "\(blobs.count) of \(packages.count) files were written")
        }
        return zip(packages, blobs).map { package, blob in
            var package = package
            package.blob = String(blob)
            return package
        }
    }

    private func commit(
        _ entry: Entry, at date: Instant, on parent: String?, _ packages: [PackageFile], _ repository: String
    ) async throws -> String {
        let index = ["GIT_INDEX_FILE": repository + "/index.\(UUID().uuidString)"]
        defer { unlink(index["GIT_INDEX_FILE"] ?? "") }
        try await GitCommand.run(
            ["--work-tree=\(folder)/channel", "add", "--force", "--", "."], in: repository, environment: index)
        let lines = packages.map { "100644 \($0.blob)\tpackages/\(($0.file as NSString).lastPathComponent)\n" }
        try await GitCommand.run(
            ["update-index", "--index-info"], in: repository, environment: index, input: lines.joined())
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
            let dependencies: [String]?
        }
        let directory = folder + "/packages"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
        return try names.sorted().map { name in
            let file = "\(directory)/\(name)"
            do {
                let head = try JSONDecoder().decode(Head.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
                let released = try head.released.map { text in
                    guard let date = CivilDate(text) else {
                        throw EvaluationError.badFile(file, "'\(text)' is no date")
                    }
                    return date
                }
                return PackageFile(
                    file: file, name: head.name, released: released, dependencies: head.dependencies ?? [])
            } catch let error as DecodingError {
                throw EvaluationError.badFile(file, "\(error)")
            }
        }
    }

    /// The newest released of each name.
    ///
    /// - Parameter date: nil for whatever the date.
    private func present(_ packages: [PackageFile], on date: CivilDate?) throws -> [PackageFile] {
        var newest: [String: PackageFile] = [:]
        for package in packages where date.map({ (package.released ?? $0) <= $0 }) ?? true {
            if let other = newest[package.name] {
                guard let one = other.released, let two = package.released, one != two else {
                    throw EvaluationError.badFile(
                        package.file,
                        "'\(package.name)' is also what \(other.file) defines: give each another 'released'")
                }
                if one > two { continue }
            }
            newest[package.name] = package
        }
        return (date == nil ? newest : Self.complete(newest)).values.sorted { $0.file < $1.file }
    }

    /// Without those that need what is not there.
    private static func complete(_ packages: [String: PackageFile]) -> [String: PackageFile] {
        let kept = packages.filter { $0.value.dependencies.allSatisfy { packages[$0] != nil } }
        return kept.count == packages.count ? kept : complete(kept)
    }
}
