// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
import Foundation
package import Rewriting
package import StoreDaemon

/// What became of a fixed-output derivation.
package enum RealisedSource: Sendable, Equatable {
    case alreadyValid
    case fetched(from: String)
    /// Nobody has it; trying again will not help.
    case lost(reason: String)
}

/// Realises fixed-output derivations on this machine: fetches what they name, checks the hash, and adds it to the store.
///
/// Builders are never run. What is understood: `builtin:fetchurl` and anything else whose environment has `url` or
/// `urls` (tried in order), `builtin:unpack-debian`, which takes one `member` out of a Debian package, and whatever of
/// Guix `OriginReader` understands, of any year.
package struct SourceRealiser: Sendable {
    private let store: HostStore
    private let fetcher: SourceFetcher
    private let servers: SourcePlan.Servers

    /// - Parameter servers: where sources of Guix are looked for beside their own addresses.
    package init(store: HostStore, fetcher: SourceFetcher, servers: SourcePlan.Servers = .public) {
        self.store = store
        self.fetcher = fetcher
        self.servers = servers
    }

    /// - Throws: what may pass by itself, such as a network that is away.
    package func realise(_ path: StorePath) async throws -> RealisedSource {
        do {
            guard let from = try await bring(path) else { return .alreadyValid }
            return .fetched(from: from)
        } catch SourceError.noFixedOutput(let name) {
            throw SourceError.noFixedOutput(name)
        } catch let error as SourceError where error.isFinal {
            return .lost(reason: error.description)
        }
    }

    /// Fetches a source into the store unless it is there.
    ///
    /// - Returns: where it came from; nil where it was there.
    /// - Throws: `SourceError`, which tells what each place said.
    package func bring(_ path: StorePath) async throws -> String? {
        let derivation = try store.derivation(at: path)
        guard let fixed = try derivation.fixedOutput(), let output = derivation.outputs.first?.path else {
            throw SourceError.noFixedOutput(path.name)
        }
        if try await store.keepValid(among: [output]).contains(output) { return nil }
        let (file, from) =
            OriginReader.understands(derivation.builder)
            ? try await obtainOrigin(of: derivation, fixed, output) : try await obtain(derivation, fixed)
        let added = try await store.addFixedOutput(file: file, name: output.name, expected: fixed)
        guard added == output else {
            throw SourceError.failed("\(path.name) became \(added.baseName), not \(output.baseName)")
        }
        return from
    }

    private func obtainOrigin(
        of derivation: Derivation, _ fixed: FixedOutput, _ output: StorePath
    ) async throws -> (file: String, from: String) {
        do {
            let plan = try plan(try origin(of: derivation), of: derivation, fixed, output)
            return try await SourceHunt(fetcher: fetcher).find(plan, fixed)
        } catch let error as RewriteError {
            throw SourceError.notThere("\(error)")
        }
    }

    private func origin(of derivation: Derivation) throws -> Origin {
        try OriginReader(derivation) { try read($0) }.origin()
    }

    private func plan(
        _ origin: Origin, of derivation: Derivation, _ fixed: FixedOutput, _ output: StorePath
    ) throws -> SourcePlan {
        // The places that the derivation's own Guix knew come after those of the present.
        let past = try derivation[variable: "mirrors"].flatMap { try read(try StorePath(parsing: $0)) } ?? []
        let mirrors = MirrorLists.present.merging(MirrorLists.read(past)) { ours, theirs in ours + theirs }
        return SourcePlan(origin, fixed: fixed, output: output, servers: servers, mirrors: mirrors)
    }

    /// A text of the store; nil where it is not there.
    private func read(_ path: StorePath) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: store.physicalPath(of: path)) else { return nil }
        var reader = try FileReader(path: store.physicalPath(of: path))
        var bytes: [UInt8] = []
        while let piece = try reader.next(), bytes.count <= SchemeReader.Limits.bytes { bytes += piece }
        return bytes
    }

    private func obtain(_ derivation: Derivation, _ fixed: FixedOutput) async throws -> (file: String, from: String) {
        let urls = Self.addresses(derivation)
        if derivation.builder == "builtin:unpack-debian" { return try await unpack(derivation, urls) }
        guard fixed.method == .flat else {
            throw SourceError.unknownAddress("\(derivation.builder) of \(urls.first ?? "no address")")
        }
        return try await fetcher.fetch(urls, hash: fixed.hash)
    }

    /// What a derivation that is none of Guix names.
    private static func addresses(_ derivation: Derivation) -> [String] {
        (derivation[variable: "url"].map { [$0] } ?? [])
            + (derivation[variable: "urls"]?.split(separator: " ").map(String.init) ?? [])
    }

    /// One file of a Debian package, as `bin/NAME` of a directory: how a store begins with a first program.
    private func unpack(_ derivation: Derivation, _ urls: [String]) async throws -> (file: String, from: String) {
        guard let hash = derivation[variable: "archiveHash"], let member = derivation[variable: "member"],
            member.hasPrefix("./"), !member.split(separator: "/").contains("..")
        else { throw SourceError.unknownAddress("a package without archiveHash or member") }
        let (archive, from) = try await fetcher.fetch(urls, hash: try ContentHash(.sha256, hash))
        let folder = "\(archive)-unpacked"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: "\(folder)/tree/bin", withIntermediateDirectories: true)
        let unpacked = try await HostTool.run("dpkg-deb", ["--extract", archive, "\(folder)/all"])
        guard unpacked.isSuccess else {
            throw SourceError.failed("\(archive) could not be unpacked: \(unpacked.complaint)")
        }
        let name = (member as NSString).lastPathComponent
        let file = "\(folder)/all/\(member.dropFirst(2))"
        guard FileManager.default.fileExists(atPath: file) else {
            throw SourceError.notThere("\(urls.first ?? "the package") has no \(member)")
        }
        try FileManager.default.moveItem(atPath: file, toPath: "\(folder)/tree/bin/\(name)")
        try? FileManager.default.removeItem(atPath: "\(folder)/all")
        return ("\(folder)/tree", from)
    }
}

extension SourceRealiser {
    /// A fixed output as people know it, and what the places say that may have it.
    package struct Prospect: Sendable {
        /// `download`, `git`, `svn` and so on.
        package var kind: String
        package var addresses: [String]
        package var findings: [PlaceFinding]
    }

    /// Asks, without fetching, where the output of a fixed-output derivation is to be had.
    ///
    /// - Throws: `CancellationError`, or what reading the derivation throws; what is wrong with where it says to fetch
    ///   from is a finding.
    package func ask(_ path: StorePath, with probe: SourceProbe) async throws -> Prospect {
        let derivation = try store.derivation(at: path)
        guard let fixed = try derivation.fixedOutput(), let output = derivation.outputs.first?.path else {
            throw SourceError.noFixedOutput(path.name)
        }
        var (kind, addresses) = ("download", Self.addresses(derivation))
        var places = (addresses + fetcher.fallbacks(of: fixed.hash, addresses)).map { SourcePlan.Place.file($0) }
        var problem: PlaceFinding?
        if OriginReader.understands(derivation.builder) {
            do {
                let origin = try origin(of: derivation)
                (kind, addresses) = (origin.kind, origin.addresses)
                places = try plan(origin, of: derivation, fixed, output).places
            } catch let error as RewriteError {
                places = servers.substitutes.map { .substitute(narinfo: "\($0)\(output.digest).narinfo") }
                problem = PlaceFinding(place: "original", address: "", answer: .absent, reason: "\(error)")
            }
        }
        if fetcher.has(fixed) {
            let cached = PlaceFinding(place: "cache", address: "the farm's cache", answer: .present)
            return Prospect(kind: kind, addresses: addresses, findings: [cached])
        }
        let findings = try await probe.ask(SourcePlan(places: places), fixed)
        return Prospect(kind: kind, addresses: addresses, findings: findings + (problem.map { [$0] } ?? []))
    }
}
