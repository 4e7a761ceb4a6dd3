// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads an archive (NAR) whose bytes arrive in pieces, in bounded memory.
///
/// Everything about the format is checked: keywords, padding, the strict order of names, and names that would
/// leave the directory. Source of the format: E. Dolstra, "The Purely Functional Software Deployment Model",
/// figure 5.2.
package struct ArchiveDecoder: Sendable {
    /// What must come next.
    private enum State: Equatable {
        case magic
        case nodeOpen
        case typeKeyword
        case type
        case fileField(isExecutable: Bool)
        case executableMark
        case contentsLength(isExecutable: Bool)
        case contents(left: UInt64, padding: Int)
        case contentsPadding(Int)
        case fileClose
        case targetKeyword
        case target
        case linkClose
        case directoryField
        case entryOpen
        case nameKeyword
        case name
        case nodeKeyword
        case entryClose
        case finished
    }

    private var state = State.magic
    private var token = TokenBuffer()
    /// The last name seen in each open directory; nil before the first.
    private var lastNames: [[UInt8]?] = []
    /// Bytes read so far.
    package private(set) var offset: UInt64 = 0

    package init() {}

    package var isFinished: Bool { state == .finished }

    /// Reads from `bytes` until they, or the archive, end.
    ///
    /// - Returns: how many bytes belonged to the archive; fewer than given only once it is finished.
    /// - Throws: `DerivationsError.malformedArchive`, or what `handle` throws.
    package mutating func read(
        _ bytes: ArraySlice<UInt8>, handle: (ArchiveEvent) throws -> Void
    ) throws -> Int {
        var rest = bytes
        while !rest.isEmpty && state != .finished {
            let before = rest.count
            switch state {
            case .contentsLength(let isExecutable): try contentsLength(&rest, isExecutable, handle)
            case .contents(let left, let padding): try contents(&rest, left, padding, handle)
            case .contentsPadding(let count): try contentsPadding(&rest, count, handle)
            case .magic, .nodeOpen, .typeKeyword, .type, .fileField, .executableMark, .fileClose, .targetKeyword,
                .target, .linkClose, .directoryField, .entryOpen, .nameKeyword, .name, .nodeKeyword, .entryClose:
                if let text = try nextToken(&rest) { try accept(text, handle) }
            case .finished: break
            }
            offset += UInt64(before - rest.count)
        }
        return bytes.count - rest.count
    }

    /// - Throws: `DerivationsError.malformedArchive` where the archive has not come to its end.
    package func finish() throws(DerivationsError) {
        guard isFinished else { throw malformed("it ends too early") }
    }

    private func malformed(_ problem: String) -> DerivationsError {
        .malformedArchive(offset: offset, problem: problem)
    }

    private mutating func nextToken(_ rest: inout ArraySlice<UInt8>) throws(DerivationsError) -> [UInt8]? {
        let limit =
            switch state {
            case .name: ArchiveLimits.nameBytes
            case .target: ArchiveLimits.targetBytes
            case .magic, .nodeOpen, .typeKeyword, .type, .fileField, .executableMark, .contentsLength, .contents,
                .contentsPadding, .fileClose, .targetKeyword, .linkClose, .directoryField, .entryOpen, .nameKeyword,
                .nodeKeyword, .entryClose, .finished:
                16
            }
        do {
            return try token.next(&rest, limit: limit)
        } catch {
            throw malformed(error.problem)
        }
    }
}

// MARK: Keywords, names and targets

extension ArchiveDecoder {
    private mutating func accept(_ text: [UInt8], _ handle: (ArchiveEvent) throws -> Void) throws {
        switch state {
        case .magic: try expect("nix-archive-1", text, then: .nodeOpen)
        case .nodeOpen: try expect("(", text, then: .typeKeyword)
        case .typeKeyword: try expect("type", text, then: .type)
        case .type: try acceptType(text, handle)
        case .fileField(let isExecutable): try acceptFileField(text, isExecutable, handle)
        case .executableMark: try expect("", text, then: .fileField(isExecutable: true))
        case .fileClose, .linkClose:
            try expect(")", text, then: .finished)
            closeNode()
        case .targetKeyword: try expect("target", text, then: .target)
        case .target: try acceptTarget(text, handle)
        case .directoryField: try acceptDirectoryField(text, handle)
        case .entryOpen: try expect("(", text, then: .nameKeyword)
        case .nameKeyword: try expect("name", text, then: .name)
        case .name: try acceptName(text, handle)
        case .nodeKeyword: try expect("node", text, then: .nodeOpen)
        case .entryClose: try expect(")", text, then: .directoryField)
        case .contentsLength, .contents, .contentsPadding, .finished: break
        }
    }

    private mutating func expect(_ word: String, _ text: [UInt8], then next: State) throws(DerivationsError) {
        guard text.elementsEqual(word.utf8) else { throw malformed("expected \"\(word)\"") }
        state = next
    }

    /// A node is complete: back to the directory it is in, if any.
    private mutating func closeNode() {
        state = lastNames.isEmpty ? .finished : .entryClose
    }

    private mutating func acceptType(_ text: [UInt8], _ handle: (ArchiveEvent) throws -> Void) throws {
        switch String(decoding: text, as: UTF8.self) {
        case "regular": state = .fileField(isExecutable: false)
        case "symlink": state = .targetKeyword
        case "directory":
            guard lastNames.count < ArchiveLimits.depth else { throw malformed("directories are too deep") }
            lastNames.append(nil)
            state = .directoryField
            try handle(.directoryBegin)
        default: throw malformed("expected a type of file")
        }
    }

    private mutating func acceptFileField(
        _ text: [UInt8], _ isExecutable: Bool, _ handle: (ArchiveEvent) throws -> Void
    ) throws {
        switch String(decoding: text, as: UTF8.self) {
        case "executable" where !isExecutable: state = .executableMark
        case "contents": state = .contentsLength(isExecutable: isExecutable)
        case ")":
            try handle(.fileBegin(size: 0, isExecutable: isExecutable))
            try handle(.fileEnd)
            closeNode()
        default: throw malformed("expected a file's contents")
        }
    }

    private mutating func acceptTarget(_ text: [UInt8], _ handle: (ArchiveEvent) throws -> Void) throws {
        guard !text.isEmpty, !text.contains(0), let target = String(validating: text, as: UTF8.self) else {
            throw malformed("a link's target is empty or no text")
        }
        state = .linkClose
        try handle(.symbolicLink(target: target))
    }

    private mutating func acceptDirectoryField(_ text: [UInt8], _ handle: (ArchiveEvent) throws -> Void) throws {
        if text.elementsEqual(")".utf8) {
            lastNames.removeLast()
            closeNode()
            try handle(.directoryEnd)
        } else {
            try expect("entry", text, then: .entryOpen)
        }
    }

    private mutating func acceptName(_ text: [UInt8], _ handle: (ArchiveEvent) throws -> Void) throws {
        let isPlain = !text.isEmpty && !text.contains(0) && !text.contains(UInt8(ascii: "/"))
        guard isPlain, !text.elementsEqual(".".utf8), !text.elementsEqual("..".utf8),
            let name = String(validating: text, as: UTF8.self)
        else { throw malformed("a name is empty, no text, or leads out of its directory") }
        if let last = lastNames[lastNames.count - 1], !last.lexicographicallyPrecedes(text) {
            throw malformed("names are not in order")
        }
        lastNames[lastNames.count - 1] = text
        state = .nodeKeyword
        try handle(.entry(name: name))
    }
}

// MARK: A file's contents

extension ArchiveDecoder {
    private mutating func contentsLength(
        _ rest: inout ArraySlice<UInt8>, _ isExecutable: Bool, _ handle: (ArchiveEvent) throws -> Void
    ) throws {
        guard let size = token.nextInteger(&rest) else { return }
        guard size <= UInt64(Int64.max) else { throw malformed("a file is too large") }
        try handle(.fileBegin(size: size, isExecutable: isExecutable))
        if size == 0 { try handle(.fileEnd) }
        state = size == 0 ? .fileClose : .contents(left: size, padding: WireEncoder.padding(after: Int(size)))
    }

    private mutating func contents(
        _ rest: inout ArraySlice<UInt8>, _ left: UInt64, _ padding: Int, _ handle: (ArchiveEvent) throws -> Void
    ) throws {
        let piece = rest.prefix(Int(min(left, UInt64(rest.count))))
        rest = rest.dropFirst(piece.count)
        try handle(.fileBytes(piece))
        let stillLeft = left - UInt64(piece.count)
        if stillLeft > 0 {
            state = .contents(left: stillLeft, padding: padding)
        } else if padding > 0 {
            state = .contentsPadding(padding)
        } else {
            state = .fileClose
            try handle(.fileEnd)
        }
    }

    private mutating func contentsPadding(
        _ rest: inout ArraySlice<UInt8>, _ count: Int, _ handle: (ArchiveEvent) throws -> Void
    ) throws {
        let zeros = rest.prefix(count)
        guard zeros.allSatisfy({ $0 == 0 }) else { throw malformed("padding is not zero") }
        rest = rest.dropFirst(zeros.count)
        state = zeros.count == count ? .fileClose : .contentsPadding(count - zeros.count)
        if zeros.count == count { try handle(.fileEnd) }
    }
}
