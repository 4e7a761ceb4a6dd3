// SPDX-License-Identifier: GPL-3.0-or-later

/// What a substitute server says of one item: `<hash>.narinfo`.
///
/// Nix's servers offer one compressed archive, Guix's several. Source of the format: files that both served.
package struct NarInfo: Hashable, Sendable {
    package var path: StorePath
    /// Of the archive, uncompressed.
    package var narHash: ContentHash
    package var narSize: UInt64
    package var references: [StorePath]
    package var deriver: StorePath?
    package var system: String?
    package var archives: [Archive]
    /// Nix's signatures, `key:base64` each.
    package var signatures: [String]
    /// Guix's signature: `1;host;base64` of an s-expression, over all lines before it.
    package var guixSignature: String?
    package var contentAddress: String?
    /// What Guix's signature is over, where a server did not write it as this does: other fields, another order.
    var signedPart: SignedPart?

    /// The lines before a signature, byte by byte, and how many of the archives they name.
    struct SignedPart: Hashable {
        let text: String
        let archives: Int
    }

    /// One way to fetch the item's archive.
    package struct Archive: Hashable, Sendable {
        /// Relative to the server, or absolute.
        package var url: String
        /// `none`, `gzip`, `xz`, `zstd` and so on.
        package var compression: String
        package var fileHash: ContentHash?
        package var fileSize: UInt64?

        package init(
            url: String, compression: String, fileHash: ContentHash? = nil, fileSize: UInt64? = nil
        ) {
            self.url = url
            self.compression = compression
            self.fileHash = fileHash
            self.fileSize = fileSize
        }
    }

    package init(
        path: StorePath, narHash: ContentHash, narSize: UInt64, references: [StorePath] = [],
        deriver: StorePath? = nil, system: String? = nil, archives: [Archive] = [], signatures: [String] = [],
        guixSignature: String? = nil, contentAddress: String? = nil
    ) {
        self.path = path
        self.narHash = narHash
        self.narSize = narSize
        self.references = references
        self.deriver = deriver
        self.system = system
        self.archives = archives
        self.signatures = signatures
        self.guixSignature = guixSignature
        self.contentAddress = contentAddress
    }
}

extension NarInfo {
    /// As Nix's servers write it.
    package func printedForNix() -> String {
        var lines = ["StorePath: \(path)"]
        for archive in archives.prefix(1) { lines += archive.lines }
        lines.append("NarHash: \(narHash)")
        lines.append("NarSize: \(narSize)")
        lines.append("References: \(references.map(\.baseName).joined(separator: " "))")
        if let deriver { lines.append("Deriver: \(deriver.baseName)") }
        if let system { lines.append("System: \(system)") }
        lines += signatures.map { "Sig: \($0)" }
        if let contentAddress { lines.append("CA: \(contentAddress)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// As `guix publish` writes it.
    package func printedForGuix() -> String {
        var text = guixSignedPart()
        if let guixSignature { text += "Signature: \(guixSignature)\n" }
        for archive in archives.dropFirst(signedPart?.archives ?? 0) {
            text += archive.lines.joined(separator: "\n") + "\n"
        }
        return text
    }

    /// What Guix's signature is over: the text before it as the server wrote it, else as `guix publish` writes it.
    package func guixSignedPart() -> String { signedPart?.text ?? standardSignedPart() }

    /// The same information, to be signed anew.
    package func unsignedForGuix() -> NarInfo {
        var unsigned = self
        (unsigned.guixSignature, unsigned.signedPart) = (nil, nil)
        return unsigned
    }

    func standardSignedPart() -> String {
        var lines = [
            "StorePath: \(path)", "NarHash: \(narHash)", "NarSize: \(narSize)",
            "References: \(references.map(\.baseName).joined(separator: " "))",
        ]
        if let system { lines.append("System: \(system)") }
        if let deriver { lines.append("Deriver: \(deriver.baseName)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension NarInfo.Archive {
    fileprivate var lines: [String] {
        var lines = ["URL: \(url)", "Compression: \(compression)"]
        if let fileHash { lines.append("FileHash: \(fileHash)") }
        if let fileSize { lines.append("FileSize: \(fileSize)") }
        return lines
    }
}
