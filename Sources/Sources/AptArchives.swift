// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Fetches files of Debian's binary and source packages from the archives that this machine's apt has.
///
/// apt's settings (archives, keys, proxies) are read and left alone: the package lists, to which those of sources are
/// added, are kept in a directory of the farm's own, so that neither root nor an earlier `apt-get update` is needed.
actor AptArchives {
    private enum Lists {
        case unread
        /// Somebody reads them; these wait for the end of it.
        case reading([CheckedContinuation<Void, Never>])
        case read
    }

    private let directory: String
    private var lists = Lists.unread

    init(directory: String) {
        self.directory = directory
    }

    /// A binary package; nothing of it is unpacked or run.
    func fetchBinary(
        _ package: String, _ version: String, into folder: String
    ) async throws -> (file: String, from: String) {
        try await readLists()
        let answer = try await HostTool.run(
            "apt-get", options + ["download", "--quiet", "--", "\(package)=\(version)"], in: folder)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".deb") }
        guard answer.isSuccess, let file = files.first else {
            throw Self.error("apt has no package \(package) \(version)", answer)
        }
        return ("\(folder)/\(file)", "apt: \(package) \(version)")
    }

    /// One file of a source package; nothing of it is unpacked or run.
    func fetchSource(
        _ package: String, _ version: String, _ file: String, into folder: String
    ) async throws -> (file: String, from: String) {
        try await readLists()
        let answer = try await HostTool.run(
            "apt-get", options + ["source", "--quiet", "--download-only", "--", "\(package)=\(version)"], in: folder)
        let target = "\(folder)/\(file)"
        guard FileManager.default.fileExists(atPath: target) else {
            throw Self.error("apt has no \(file) of source package \(package) \(version)", answer)
        }
        return (target, "apt: source of \(package) \(version)")
    }

    /// What apt says when a package or version is in none of the lists it has read.
    private static let signsOfAbsence = [
        "was not found", "Unable to locate", "Unable to find a source", "Can not find version", "Can't find a source",
    ]

    private static func error(_ text: String, _ answer: HostTool.Answer) -> SourceError {
        let whole = "\(text): \(answer.complaint)"
        let isAbsent = answer.isSuccess || signsOfAbsence.contains { answer.errors.contains($0) }
        return isAbsent ? .notThere(whole) : .failed(whole)
    }

    private var options: [String] {
        [
            "-o", "Dir::Etc::SourceList=/dev/null", "-o", "Dir::Etc::SourceParts=\(directory)/sources",
            "-o", "Dir::State::Lists=\(directory)/lists", "-o", "Dir::Cache=\(directory)/cache",
            "-o", "Dir::Cache::pkgcache=pkgcache.bin", "-o", "Dir::Cache::srcpkgcache=srcpkgcache.bin",
            "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3",
        ]
    }

    /// Reads the archives' lists once in this process, whoever asks first.
    private func readLists() async throws {
        switch lists {
        case .read: return
        case .reading(let others):
            await withCheckedContinuation { lists = .reading(others + [$0]) }
            try await readLists()
        case .unread:
            lists = .reading([])
            do {
                try await update()
                end(.read)
            } catch {
                end(.unread)
                throw error
            }
        }
    }

    private func end(_ new: Lists) {
        guard case .reading(let others) = lists else { return }
        lists = new
        for waiting in others { waiting.resume() }
    }

    private func update() async throws {
        for part in ["sources", "lists/partial", "cache/archives/partial"] {
            try FileManager.default.createDirectory(atPath: "\(directory)/\(part)", withIntermediateDirectories: true)
        }
        try await AptSourceLists.ofThisMachine().write(to: "\(directory)/sources")
        let answer = try await HostTool.run("apt-get", options + ["update", "--quiet"])
        // An archive may be away while the others answer: whether any did shows in what there is.
        let read = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/lists")
        guard read.contains(where: { $0.contains("_Packages") }) else {
            throw SourceError.failed("apt's package lists could not be read: \(answer.complaint)")
        }
    }
}
