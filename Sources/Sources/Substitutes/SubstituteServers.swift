// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import Foundation
internal import Signatures
internal import Transfer

/// Servers of ready-made outputs, and whom of them to believe.
package struct SubstituteServers: Sendable {
    /// An output that a server has, in the words of a narinfo whose signature is right and trusted.
    package struct Offer: Hashable, Sendable {
        package let info: NarInfo
        let archive: NarInfo.Archive
        package let server: String

        /// Bytes to fetch, where the server tells.
        package var size: UInt64? { archive.fileSize }
    }

    package enum Found: Sendable {
        case offered(Offer)
        /// Nobody has it; the problems are of those that could not be asked or are not believed.
        case none(problems: [String])
    }

    let addresses: [String]
    private let keys: SubstituteKeys
    private let transfer: CarefulTransfer

    /// - Parameter addresses: asked in this order.
    package init(_ addresses: [String], keys: SubstituteKeys) {
        self.addresses = addresses.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
        self.keys = keys
        transfer = CarefulTransfer()
    }

    /// The first offer of an output.
    ///
    /// - Parameter server: only servers after this one are asked.
    /// - Throws: `CancellationError`.
    package func look(for path: StorePath, after server: String? = nil) async throws -> Found {
        var problems: [String] = []
        let rest = server.flatMap { addresses.firstIndex(of: $0) }.map { addresses[($0 + 1)...] } ?? addresses[...]
        for address in rest {
            do {
                if let offer = try await ask(address, for: path) { return .offered(offer) }
            } catch let error as CancellationError {
                throw error
            } catch {
                problems.append("\(address): \(error)")
            }
        }
        return .none(problems: problems)
    }

    private func ask(_ server: String, for path: StorePath) async throws -> Offer? {
        let url = "\(server)\(path.digest).narinfo"
        guard let answer = try await transfer.ask(url, limit: Int64(NarInfo.largest)) else {
            throw SourceError.failed("the narinfo of \(path.baseName) is longer than \(NarInfo.largest) bytes")
        }
        if answer.status == 404 || answer.status == 410 { return nil }
        guard answer.isSuccess else { throw CarefulTransfer.Silence(description: "it answers \(answer.status)") }
        let info = try NarInfo(parsing: String(decoding: answer.body, as: UTF8.self))
        guard info.path == path else {
            throw SourceError.failed("asked for \(path.baseName) it offers \(info.path.baseName)")
        }
        do {
            try check(info)
        } catch {
            throw SourceError.failed("\(path.baseName) is not taken from there: \(error)")
        }
        guard let archive = ArchiveUnpacker.choose(info.archives) else {
            throw SourceError.failed("\(path.baseName) is offered in no compression that is known here")
        }
        return Offer(info: info, archive: archive, server: server)
    }

    private func check(_ info: NarInfo) throws {
        if info.guixSignature != nil {
            try info.checkGuixSignature(trusted: keys.guix)
        } else {
            try info.checkNixSignature(trusted: keys.nix)
        }
    }
}

/// Archives as servers pack them.
enum ArchiveUnpacker {
    /// Quickest first.
    private static let programs: [(compression: String, command: [String])] = [
        ("none", ["cat"]), ("zstd", ["zstd", "--decompress", "--stdout"]),
        ("gzip", ["gzip", "--decompress", "--stdout"]), ("lzip", ["lzip", "--decompress", "--stdout"]),
        ("xz", ["xz", "--decompress", "--stdout"]), ("bzip2", ["bzip2", "--decompress", "--stdout"]),
    ]

    private static func command(_ compression: String) -> [String]? {
        programs.first { $0.compression == compression.lowercased() }?.command
    }

    /// The one that is read most quickly here; nil where there is none that can be.
    static func choose(_ archives: [NarInfo.Archive]) -> NarInfo.Archive? {
        programs.lazy.compactMap { program in archives.first { $0.compression.lowercased() == program.compression } }
            .first
    }

    /// - Parameter limited: wraps a command in the limits of what may be written.
    static func unpack(
        _ packed: String, _ compression: String, to file: String, limited: ([String]) -> [String]
    ) async throws {
        guard let command = command(compression) else {
            throw SourceError.failed("nothing here unpacks '\(compression)'")
        }
        let answer = try await HostTool.run(
            "sh", ["-c", "out=$1; shift; exec \"$@\" > \"$out\"", "sh", file] + limited(command + ["--", packed]),
            limit: .seconds(3600))
        if answer.status == 127 { throw SourceError.missingProgram(command[0], reason: "it is not installed") }
        guard answer.isSuccess else { throw SourceError.failed(answer.complaint) }
    }

    /// Where an archive of a narinfo lies.
    static func address(_ archive: NarInfo.Archive, server: String) -> String {
        archive.url.contains("://") ? archive.url : server + archive.url
    }
}
