// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
import Foundation

/// Fetches files by address and hash into a cache; nothing of what is fetched is run.
///
/// A file is in the cache under its hash once it is whole and right, so that a broken download leaves nothing behind.
package struct SourceFetcher: Sendable {
    private let cache: String
    private let sizeLimit: Int
    private let fallbacks: [String]
    private let archives: AptArchives

    /// - Parameters:
    ///   - cache: a directory of this farm.
    ///   - sizeLimit: bytes of one file.
    ///   - fallbacks: addresses of places that keep files by their hash, tried when the file's own address has it no
    ///     more; `{algorithm}`, `{hash}` (base 16) and `{name}` stand for the file's.
    ///   - isAlone: whether nobody else fetches into this cache now, so that what is half fetched can go.
    package init(cache: String, sizeLimit: Int = 4 << 30, fallbacks: [String] = [], isAlone: Bool = true) {
        self.cache = cache
        self.sizeLimit = sizeLimit
        self.fallbacks = fallbacks
        archives = AptArchives(directory: cache + "/apt")
        if isAlone { removeRemains() }
    }

    /// What was being fetched when this farm was killed.
    private func removeRemains() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: cache)) ?? [] where name.hasPrefix("fetching-") {
            try? files.removeItem(atPath: "\(cache)/\(name)")
        }
    }

    /// The file of that hash, from the first of the addresses and fallbacks that has it.
    ///
    /// - Returns: its path, and where it came from.
    /// - Throws: `SourceError`, which tells of each place that was tried; `.notThere` when none of them will ever have
    ///   it, `.failed` when one may later.
    package func fetch(_ urls: [String], hash: ContentHash) async throws -> (file: String, from: String) {
        let place = "\(cache)/\(hash.algorithm.rawValue)-\(hash.base16)"
        if FileManager.default.fileExists(atPath: place), try Self.hash(of: place, hash.algorithm) == hash {
            return (place, "the farm's cache")
        }
        var findings: [PlaceFinding] = []
        for url in urls + fallbacks(of: hash, urls) {
            do {
                return (place, try await fetch(url, hash, to: place))
            } catch let error as SourceError {
                findings.append(
                    error.finding(place: urls.contains(url) ? "original" : "content-addressed", address: url))
            }
        }
        guard !findings.isEmpty else { throw SourceError.notThere("it names no address") }
        throw SourceError.tried(findings)
    }

    private func fetch(_ url: String, _ hash: ContentHash, to place: String) async throws -> String {
        try await withFolder { folder in
            let (file, from) = try await download(try SourceAddress(url), into: folder)
            let found = try Self.hash(of: file, hash.algorithm)
            guard found == hash else {
                throw SourceError.hashMismatch(url: url, expected: hash.base16, found: found.base16)
            }
            guard rename(file, place) == 0 else { throw SourceError.failed("cannot write \(place)") }
            return from
        }
    }

    /// Where a fixed output is kept once it is whole and right.
    func place(of fixed: FixedOutput) -> String {
        "\(cache)/\(fixed.hash.algorithm.rawValue)-\(fixed.hash.base16)" + (fixed.method == .recursive ? "-tree" : "")
    }

    /// Runs `body` with a folder of the cache that is gone afterwards.
    func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = "\(cache)/fetching-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    /// A command that can write no file larger than a source may be, or than so many bytes (and a block).
    func limited(_ command: [String], bytes: UInt64? = nil) -> [String] {
        ["prlimit", "--fsize=\(bytes.map { $0 + 4096 } ?? UInt64(sizeLimit))", "--core=0", "--"] + command
    }

    /// Asks a server for something that it needs time to make.
    func post(_ url: String) async throws {
        let answer = try await HostTool.run(
            "curl",
            [
                "--disable", "--fail", "--silent", "--show-error", "--proto", "=https,http", "--max-time", "60",
                "--request",
                "POST", "--output", "/dev/null", "--", url,
            ])
        guard answer.isSuccess else { throw SourceError.notThere("\(url): \(answer.complaint)") }
    }

    /// Where a file with these addresses may be kept by its hash.
    func fallbacks(of hash: ContentHash, _ urls: [String]) -> [String] {
        fallbacks.map { Self.fill($0, hash, name: urls.first ?? "") }
    }

    /// Whether the cache has a fixed output already; its hash is looked at when it is used.
    func has(_ fixed: FixedOutput) -> Bool { FileManager.default.fileExists(atPath: place(of: fixed)) }

    private static func fill(_ template: String, _ hash: ContentHash, name url: String) -> String {
        template.replacingOccurrences(of: "{algorithm}", with: hash.algorithm.rawValue)
            .replacingOccurrences(of: "{hash}", with: hash.base16)
            .replacingOccurrences(of: "{name}", with: url.split(separator: "/").last.map(String.init) ?? "")
    }

    func download(_ address: SourceAddress, into folder: String) async throws -> (file: String, from: String) {
        switch address {
        case .pythonPackage(let project, let file): try await python(project, file, folder)
        case .debianPackage(let package, let version): try await archives.fetchBinary(package, version, into: folder)
        case .debianSource(let package, let version, let file):
            try await archives.fetchSource(package, version, file, into: folder)
        case .web(let url): try await web(url, folder)
        }
    }

    /// With pip's own network code and settings, but not `pip download`, which would run the archive's setup.py.
    private func python(_ project: String, _ file: String, _ folder: String) async throws -> (String, String) {
        let script = "\(folder)/fetch.py"
        try Data(PackageResources.FetchFromPyPI_py).write(to: URL(fileURLWithPath: script))
        let target = "\(folder)/file"
        let answer = try await HostTool.run("python3", ["-I", script, project, file, target, String(sizeLimit)])
        switch answer.status {
        case 0: return (target, answer.output.trimmingCharacters(in: .whitespacesAndNewlines))
        case 3: throw SourceError.notThere(answer.complaint)
        case _: throw SourceError.failed(answer.complaint)
        }
    }

    private func web(_ url: String, _ folder: String) async throws -> (String, String) {
        let target = "\(folder)/file"
        // curl's own limit holds only where the server tells the size beforehand.
        let answer = try await HostTool.run(
            "env",
            limited([
                "curl", "--disable", "--fail", "--silent", "--show-error", "--location", "--max-redirs", "10",
                "--proto",
                "=https,http,ftp,file", "--proto-redir", "=https,http", "--connect-timeout", "30", "--speed-limit", "1",
                "--speed-time", "60", "--max-filesize", String(sizeLimit), "--output", target, "--write-out",
                "%{response_code}", "--", url,
            ]), limit: .seconds(3600))
        guard answer.isSuccess else {
            let text = "\(url): \(answer.complaint)"
            if answer.status == 128 + SIGXFSZ { throw SourceError.notThere("\(url) is larger than \(sizeLimit) bytes") }
            // 37: no such file; 22: the server answered an error, of which these say that it is gone.
            let isGone = answer.status == 37 || (answer.status == 22 && ["404", "410"].contains(answer.output))
            throw isGone ? SourceError.notThere(text) : SourceError.failed(text)
        }
        return (target, url)
    }

    static func hash(of file: String, _ algorithm: HashAlgorithm) throws -> ContentHash {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw SourceError.failed("cannot read \(file)") }
        defer { try? handle.close() }
        var hasher = ContentHasher(algorithm)
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hasher.update(Array(piece)) }
        return hasher.finalize()
    }
}
