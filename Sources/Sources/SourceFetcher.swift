// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
import Foundation

/// Fetches files by address and hash into a cache; nothing of what is fetched is run.
///
/// A file is in the cache under its hash once it is whole and right, so that a broken download leaves nothing behind.
package struct SourceFetcher: Sendable {
    private let cache: String
    private let sizeLimit: Int
    private let debianSources: DebianSources

    /// - Parameters:
    ///   - cache: a directory of this farm.
    ///   - sizeLimit: bytes of one file.
    package init(cache: String, sizeLimit: Int = 4 << 30) {
        self.cache = cache
        self.sizeLimit = sizeLimit
        debianSources = DebianSources(directory: cache + "/apt")
    }

    /// The file of that hash.
    ///
    /// - Returns: its path, and where it came from.
    package func fetch(_ url: String, hash: ContentHash) async throws -> (file: String, from: String) {
        let place = "\(cache)/\(hash.algorithm.rawValue)-\(hash.base16)"
        if FileManager.default.fileExists(atPath: place), try Self.hash(of: place, hash.algorithm) == hash {
            return (place, "the farm's cache")
        }
        let folder = "\(cache)/fetching-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (file, from) = try await download(try SourceAddress(url), into: folder)
        let found = try Self.hash(of: file, hash.algorithm)
        guard found == hash else {
            throw SourceError.hashMismatch(url: url, expected: hash.base16, found: found.base16)
        }
        guard rename(file, place) == 0 else { throw SourceError.failed("cannot write \(place)") }
        return (place, from)
    }

    private func download(_ address: SourceAddress, into folder: String) async throws -> (file: String, from: String) {
        switch address {
        case .pythonPackage(let project, let file): try await python(project, file, folder)
        case .debianPackage(let package, let version): try await debian(package, version, folder)
        case .debianSource(let package, let version, let file):
            try await debianSources.fetch(package, version, file, into: folder)
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

    private func debian(_ package: String, _ version: String, _ folder: String) async throws -> (String, String) {
        let answer = try await HostTool.run("apt-get", ["download", "--quiet", "\(package)=\(version)"], in: folder)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".deb") }
        if answer.isSuccess, let file = files.first { return ("\(folder)/\(file)", "apt: \(package) \(version)") }
        let isGone = answer.errors.contains("was not found") || answer.errors.contains("Unable to locate")
        let text = "apt has no \(package) \(version): \(answer.complaint). Is 'apt-get update' recent?"
        throw isGone ? SourceError.notThere(text) : SourceError.failed(text)
    }

    private func web(_ url: String, _ folder: String) async throws -> (String, String) {
        let target = "\(folder)/file"
        let answer = try await HostTool.run(
            "curl",
            [
                "--disable", "--fail", "--silent", "--show-error", "--location", "--max-redirs", "10", "--proto",
                "=https,http,ftp,file", "--proto-redir", "=https,http", "--connect-timeout", "30", "--speed-limit", "1",
                "--speed-time", "60", "--max-filesize", String(sizeLimit), "--output", target, "--", url,
            ], limit: .seconds(3600))
        guard answer.isSuccess else {
            let text = "\(url): \(answer.complaint)"
            // 22: the server answered an error such as 404; 37: no such file.
            throw answer.status == 22 || answer.status == 37 ? SourceError.notThere(text) : SourceError.failed(text)
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
