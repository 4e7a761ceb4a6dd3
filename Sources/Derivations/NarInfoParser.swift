// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads a narinfo line by line; servers are not trusted.
struct NarInfoParser {
    private var path: StorePath?
    private var narHash: ContentHash?
    private var narSize: UInt64?
    private var references: [StorePath] = []
    private var deriver: StorePath?
    private var system: String?
    private var archives: [NarInfo.Archive] = []
    private var signatures: [String] = []
    private var guixSignature: String?
    private var contentAddress: String?
    private var signedPart: NarInfo.SignedPart?

    mutating func read(_ text: String) throws(DerivationsError) -> NarInfo {
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty { continue }
            if line.hasPrefix("Signature:"), signedPart == nil {
                signedPart = .init(text: String(text[..<line.startIndex]), archives: archives.count)
            }
            do {
                try read(line: line)
            } catch {
                throw .malformedNarInfo(line: number, problem: error.problem)
            }
        }
        guard let path, let narHash, let narSize else {
            throw .malformedNarInfo(line: number, problem: "StorePath, NarHash or NarSize is missing")
        }
        var info = NarInfo(
            path: path, narHash: narHash, narSize: narSize, references: references, deriver: deriver, system: system,
            archives: archives, signatures: signatures, guixSignature: guixSignature, contentAddress: contentAddress)
        if signedPart?.text != info.standardSignedPart() { info.signedPart = signedPart }
        return info
    }

    private struct Malformed: Error {
        let problem: String
    }

    private mutating func read(line: Substring) throws(Malformed) {
        guard let colon = line.firstIndex(of: ":") else { throw Malformed(problem: "there is no colon") }
        let field = line[..<colon]
        let value = String(line[line.index(after: colon)...].drop { $0 == " " })
        switch field {
        case "StorePath": path = try storePath(value)
        case "NarHash": narHash = try hash(value)
        case "NarSize": narSize = try number(value)
        case "References": references = try baseNames(value)
        case "Deriver": deriver = value.isEmpty || value == "unknown-deriver" ? nil : try baseNames(value).first
        case "System": system = value
        case "URL": archives.append(NarInfo.Archive(url: value, compression: "bzip2"))
        case "Compression": try changeArchive { archive throws(Malformed) in archive.compression = value }
        case "FileHash":
            let hash = try hash(value)
            try changeArchive { archive throws(Malformed) in archive.fileHash = hash }
        case "FileSize":
            let size = try number(value)
            try changeArchive { archive throws(Malformed) in archive.fileSize = size }
        case "Sig": signatures.append(value)
        case "Signature": guixSignature = guixSignature ?? value  // As Guix does: nothing below the first is signed.
        case "CA": contentAddress = value
        default: break  // Servers add fields as they like.
        }
    }

    private mutating func changeArchive(
        _ change: (inout NarInfo.Archive) throws(Malformed) -> Void
    ) throws(Malformed) {
        guard !archives.isEmpty else { throw Malformed(problem: "it comes before any URL") }
        try change(&archives[archives.count - 1])
    }

    private func storePath(_ text: String) throws(Malformed) -> StorePath {
        do {
            return try StorePath(parsing: text)
        } catch {
            throw Malformed(problem: "\(error)")
        }
    }

    private func baseNames(_ text: String) throws(Malformed) -> [StorePath] {
        guard let directory = path?.directory else { throw Malformed(problem: "it comes before StorePath") }
        var paths: [StorePath] = []
        for name in text.split(separator: " ") { paths.append(try storePath("\(directory)/\(name)")) }
        return paths
    }

    private func hash(_ text: String) throws(Malformed) -> ContentHash {
        do {
            return try ContentHash(parsing: text)
        } catch {
            throw Malformed(problem: "\(error)")
        }
    }

    private func number(_ text: String) throws(Malformed) -> UInt64 {
        guard let number = UInt64(text) else { throw Malformed(problem: "\"\(text)\" is no number") }
        return number
    }
}

extension NarInfo {
    /// Longest narinfo that is read, in bytes.
    package static let largest = 4 << 20

    /// - Throws: `DerivationsError.malformedNarInfo` with the first wrong line's number.
    package init(parsing text: String) throws(DerivationsError) {
        guard text.utf8.count <= Self.largest else {
            throw .malformedNarInfo(line: 0, problem: "it is longer than \(Self.largest) bytes")
        }
        var parser = NarInfoParser()
        self = try parser.read(text)
    }
}
