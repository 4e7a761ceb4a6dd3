// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Fetches files of Debian source packages with the addresses that this machine's apt has, without touching its settings:
/// the package lists of sources are kept in a directory of the farm's own.
actor DebianSources {
    private let directory: String
    private var isReady = false

    init(directory: String) {
        self.directory = directory
    }

    func fetch(
        _ package: String, _ version: String, _ file: String, into folder: String
    ) async throws -> (file: String, from: String) {
        try await prepare()
        let answer = try await HostTool.run(
            "apt-get", options + ["source", "--quiet", "--download-only", "\(package)=\(version)"], in: folder)
        let target = "\(folder)/\(file)"
        guard FileManager.default.fileExists(atPath: target) else {
            let text = "apt has no \(file) of \(package) \(version): \(answer.complaint)"
            let isGone = answer.errors.contains("Unable to find a source") || answer.errors.contains("Can not find version")
            throw isGone || answer.isSuccess ? SourceError.notThere(text) : SourceError.failed(text)
        }
        return (target, "apt: source of \(package) \(version)")
    }

    private var options: [String] {
        [
            "-o", "Dir::Etc::SourceList=\(directory)/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null",
            "-o", "Dir::State::Lists=\(directory)/lists", "-o", "Dir::Cache=\(directory)/cache",
            "-o", "APT::Sandbox::User=root", "-o", "APT::Get::List-Cleanup=false",
        ]
    }

    /// Writes a list with the source archives beside the binary ones that the machine has, and reads their indexes.
    private func prepare() async throws {
        if isReady { return }
        for part in ["lists/partial", "cache/archives/partial"] {
            try FileManager.default.createDirectory(atPath: "\(directory)/\(part)", withIntermediateDirectories: true)
        }
        let lines = try await archives()
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: "\(directory)/sources.list", atomically: true, encoding: .utf8)
        let answer = try await HostTool.run("apt-get", options + ["update", "--quiet"])
        guard answer.isSuccess else {
            throw SourceError.failed("the indexes of source packages could not be read: \(answer.complaint)")
        }
        isReady = true
    }

    /// One `deb-src` line for each archive and suite in apt's present indexes, as apt itself tells them.
    private func archives() async throws -> [String] {
        let format = "$(SITE)\t$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(SIGNED_BY)"
        let answer = try await HostTool.run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"])
        var lines: Set<String> = []
        for line in answer.output.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 5, !fields[1].isEmpty else { continue }
            let key = fields[4].isEmpty || fields[4].hasPrefix("$(") ? "" : "[signed-by=\(fields[4])] "
            lines.insert("deb-src \(key)\(fields[1]) \(fields[2]) \(fields[3])")
        }
        guard !lines.isEmpty else { throw SourceError.failed("apt has no package lists: run 'apt-get update' first") }
        return lines.sorted()
    }
}
