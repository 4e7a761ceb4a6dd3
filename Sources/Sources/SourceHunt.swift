// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
import Foundation
package import Rewriting

/// Goes through the places where a past source may still be had until one gives what has the right hash.
package struct SourceHunt: Sendable {
    private let fetcher: SourceFetcher
    private let limit: Duration

    /// - Parameter limit: for one place.
    package init(fetcher: SourceFetcher, limit: Duration = .seconds(3600)) {
        self.fetcher = fetcher
        self.limit = limit
    }

    /// - Returns: a file or folder outside the store whose hash was checked, and where it came from.
    /// - Throws: `SourceError`, which tells of each place that was tried; `.notThere` when none of them will ever have it.
    package func find(_ plan: SourcePlan, _ fixed: FixedOutput) async throws -> (file: String, from: String) {
        let kept = fetcher.place(of: fixed)
        if FileManager.default.fileExists(atPath: kept), (try? Self.hash(of: kept, fixed)) == fixed {
            return (kept, "the farm's cache")
        }
        var findings: [PlaceFinding] = []
        for place in plan.places {
            do {
                return (kept, try await fetch(place, fixed, to: kept))
            } catch let error as SourceError {
                let (kind, address) = SourceProbe.words(place)
                findings.append(error.finding(place: kind, address: address))
            }
        }
        guard !findings.isEmpty else { throw SourceError.notThere("nobody is known who might have it") }
        throw SourceError.tried(findings)
    }

    private func fetch(_ place: SourcePlan.Place, _ fixed: FixedOutput, to kept: String) async throws -> String {
        try await fetcher.withFolder { folder in
            let result = "\(folder)/result"
            let from: String
            switch place {
            case .substitute(let narinfo):
                from = narinfo
                try await substitute(narinfo, folder, result)
            case .file(let url), .contentAddressed(let url):
                from = url
                let (file, _) = try await fetcher.download(try SourceAddress(url), into: folder)
                try FileManager.default.moveItem(atPath: file, toPath: result)
            case .repository(let origin):
                from = origin.addresses.first ?? origin.kind
                try await RepositoryCheckout(folder: result, limit: limit).fetch(origin)
            case .heritageRecord(let url):
                from = url
                try await record(url, folder, result)
            case .heritageArchive(let url):
                from = url
                try await archive(url, folder, result)
            case .disarchive(let url):
                from = url
                try await disarchive(url, fixed, folder, result)
            }
            if fixed.method == .recursive && isExecutableFile(place) { try makeExecutable(result) }
            let found = try Self.hash(of: result, fixed)
            guard found == fixed else {
                throw SourceError.hashMismatch(url: from, expected: fixed.hash.base16, found: found.hash.base16)
            }
            try? FileManager.default.removeItem(atPath: kept)
            try FileManager.default.moveItem(atPath: result, toPath: kept)
            return from
        }
    }

    private func isExecutableFile(_ place: SourcePlan.Place) -> Bool {
        switch place {
        case .file, .contentAddressed: true
        case .substitute, .repository, .heritageRecord, .heritageArchive, .disarchive: false
        }
    }

    private func makeExecutable(_ file: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }

    private static func hash(of file: String, _ fixed: FixedOutput) throws -> FixedOutput {
        do {
            return try FixedOutput.of(file: file, method: fixed.method, algorithm: fixed.hash.algorithm)
        } catch {
            throw SourceError.failed("\(error)")
        }
    }
}

// MARK: Ready-made items

extension SourceHunt {
    /// The archive need not be signed: the output's hash is known.
    private func substitute(_ url: String, _ folder: String, _ result: String) async throws {
        let (file, _) = try await fetcher.download(.web(url), into: folder)
        let info: NarInfo
        do {
            info = try NarInfo(parsing: try text(file, limit: NarInfo.largest))
        } catch let error as DerivationsError {
            throw SourceError.failed("\(url): \(error)")
        }
        guard let archive = ArchiveUnpacker.choose(info.archives) else {
            throw SourceError.notThere("\(url) offers no archive in a compression that is known here")
        }
        let base = url.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try FileManager.default.removeItem(atPath: file)
        let address = try SourceAddress(ArchiveUnpacker.address(archive, server: base + "/"))
        let (packed, _) = try await fetcher.download(address, into: folder)
        let nar = "\(folder)/nar"
        do {
            try await ArchiveUnpacker.unpack(packed, archive.compression, to: nar, limited: { fetcher.limited($0) })
        } catch SourceError.failed(let complaint) {
            throw SourceError.failed("\(url): \(complaint)")
        }
        do {
            var extractor = ArchiveExtractor(to: result)
            var decoder = ArchiveDecoder()
            var reader = try FileReader(path: nar)
            while let bytes = try reader.next() { _ = try decoder.read(bytes[...]) { try extractor.handle($0) } }
            try decoder.finish()
        } catch let error as DerivationsError {
            throw SourceError.failed("\(url): \(error)")
        }
    }

    private func text(_ file: String, limit: Int) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw SourceError.failed("cannot read \(file)") }
        defer { try? handle.close() }
        return String(decoding: try handle.read(upToCount: limit + 1) ?? Data(), as: UTF8.self)
    }
}

// MARK: Software Heritage and Disarchive

extension SourceHunt {
    private struct Record: Decodable {
        let target: String
    }

    /// From the record of the archive's hash to the directory.
    private func record(_ url: String, _ folder: String, _ result: String) async throws {
        let (file, _) = try await fetcher.download(try SourceAddress(url), into: folder)
        let answer = try text(file, limit: 1 << 20)
        guard let record = try? JSONDecoder().decode(Record.self, from: Data(answer.utf8)),
            let identifier = HeritageIdentifier(record.target), let base = url.range(of: "extid/")
        else { throw SourceError.failed("\(url) answers with no identifier") }
        try FileManager.default.removeItem(atPath: file)
        try await archive(identifier.vault(of: String(url[..<base.lowerBound])), folder, result)
    }

    /// A tar file with one folder in it. Where the vault has not made it yet it is asked to; a later try will find it.
    private func archive(_ url: String, _ folder: String, _ result: String) async throws {
        let packed: String
        do {
            packed = try await fetcher.download(try SourceAddress(url + "raw/"), into: folder).file
        } catch SourceError.notThere {
            try await fetcher.post(url)
            throw SourceError.failed("\(url) was asked to be made ready")
        }
        let unpacked = "\(folder)/unpacked"
        try FileManager.default.createDirectory(atPath: unpacked, withIntermediateDirectories: true)
        let answer = try await HostTool.run(
            "tar", ["--extract", "--no-same-owner", "--no-same-permissions", "--file", packed, "--directory", unpacked])
        guard answer.isSuccess else { throw SourceError.failed("\(url): \(answer.complaint)") }
        let names = try FileManager.default.contentsOfDirectory(atPath: unpacked)
        guard names.count == 1 else { throw SourceError.failed("\(url) holds \(names.count) things, not one folder") }
        try FileManager.default.moveItem(atPath: "\(unpacked)/\(names[0])", toPath: result)
    }

    /// By the program of that name, where this machine has it.
    private func disarchive(_ url: String, _ fixed: FixedOutput, _ folder: String, _ result: String) async throws {
        let (file, _) = try await fetcher.download(try SourceAddress(url), into: folder)
        let answer = try await HostTool.run("env", ["disarchive", "assemble", "--output=\(result)", file], in: folder)
        if answer.status == 127 {
            throw SourceError.missingProgram(
                "disarchive", reason: "it is not installed, and \(url) could be put together")
        }
        guard answer.isSuccess else { throw SourceError.failed("\(url): \(answer.complaint)") }
    }
}
