// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads an export whose bytes arrive in pieces, in bounded memory.
package struct ExportDecoder: Sendable {
    private enum State: Equatable {
        case mark
        case archive
        case magic
        case path
        case referenceCount
        case references(left: Int)
        case deriver
        case signatureMark
        case signature
        case finished
    }

    private var state: State
    private let isSingle: Bool
    private var archive = ArchiveDecoder()
    private var token = TokenBuffer()
    private var path: StorePath?
    private var references: [StorePath] = []
    private var deriver: StorePath?
    /// Bytes read so far.
    package private(set) var offset: UInt64 = 0

    /// - Parameter isSingle: the bytes hold one item without marks around it, as a daemon exports it.
    package init(isSingle: Bool = false) {
        self.isSingle = isSingle
        state = isSingle ? .archive : .mark
    }

    package var isFinished: Bool { state == .finished }

    /// Reads from `bytes` until they, or the export, end; what follows the end is left unread.
    ///
    /// - Throws: `DerivationsError.malformedArchive`, or what `handle` throws.
    package mutating func read(_ bytes: ArraySlice<UInt8>, handle: (ExportEvent) throws -> Void) throws -> Int {
        var rest = bytes
        while !rest.isEmpty && state != .finished {
            let before = rest.count
            switch state {
            case .archive: try readArchive(&rest, handle)
            case .mark, .magic, .referenceCount, .signatureMark:
                if let number = token.nextInteger(&rest) { try accept(number, handle) }
            case .path, .references, .deriver, .signature:
                if let text = try nextText(&rest) { try accept(text, handle) }
            case .finished: break
            }
            offset += UInt64(before - rest.count)
        }
        return bytes.count - rest.count
    }

    /// - Throws: `DerivationsError.malformedArchive` where the export has not come to its end.
    package func finish() throws(DerivationsError) {
        guard isFinished else { throw malformed("it ends too early") }
    }

    private func malformed(_ problem: String) -> DerivationsError {
        .malformedArchive(offset: offset, problem: problem)
    }

    private mutating func readArchive(
        _ rest: inout ArraySlice<UInt8>, _ handle: (ExportEvent) throws -> Void
    ) throws {
        if archive.offset == 0 { try handle(.archiveBegin) }
        let count = try archive.read(rest) { try handle(.archive($0)) }
        try handle(.archiveBytes(rest.prefix(count)))
        rest = rest.dropFirst(count)
        if archive.isFinished {
            archive = ArchiveDecoder()
            state = .magic
        }
    }

    private mutating func nextText(_ rest: inout ArraySlice<UInt8>) throws(DerivationsError) -> [UInt8]? {
        let limit = state == .signature ? ExportArchive.signatureBytes : ExportArchive.pathBytes
        do {
            return try token.next(&rest, limit: limit)
        } catch {
            throw malformed(error.problem)
        }
    }

    private mutating func accept(_ number: UInt64, _ handle: (ExportEvent) throws -> Void) throws {
        switch state {
        case .mark:
            guard number <= 1 else { throw malformed("expected an item or the end") }
            state = number == 1 ? .archive : .finished
        case .magic:
            guard number == ExportArchive.magic else { throw malformed("expected the mark after an archive") }
            state = .path
        case .referenceCount:
            guard number <= UInt64(ExportArchive.mostReferences) else { throw malformed("too many references") }
            state = number == 0 ? .deriver : .references(left: Int(number))
        case .signatureMark:
            guard number <= 1 else { throw malformed("expected a signature or none") }
            if number == 1 { state = .signature } else { try complete(signature: nil, handle) }
        case .archive, .path, .references, .deriver, .signature, .finished: break
        }
    }

    private mutating func accept(_ text: [UInt8], _ handle: (ExportEvent) throws -> Void) throws {
        switch state {
        case .path:
            path = try StorePath(parsing: text)
            state = .referenceCount
        case .references(let left):
            references.append(try StorePath(parsing: text))
            state = left == 1 ? .deriver : .references(left: left - 1)
        case .deriver:
            deriver = text.isEmpty ? nil : try StorePath(parsing: text)
            state = .signatureMark
        case .signature:
            guard let signature = String(validating: text, as: UTF8.self) else {
                throw malformed("a signature is no text")
            }
            try complete(signature: signature, handle)
        case .mark, .archive, .magic, .referenceCount, .signatureMark, .finished: break
        }
    }

    private mutating func complete(signature: String?, _ handle: (ExportEvent) throws -> Void) throws {
        guard let path else { throw malformed("an item has no path") }
        let item = ExportedItem(path: path, references: references, deriver: deriver, signature: signature)
        self.path = nil
        references = []
        deriver = nil
        state = isSingle ? .finished : .mark
        try handle(.item(item))
    }
}
