// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Produces the archive (NAR) of a file or directory, piece by piece, in bounded memory.
///
/// It makes blocking system calls: use it on a thread that may wait. Nothing but contents and the executable
/// bit goes into an archive: no times, owners or other bits. Names are in the order of their bytes.
package struct ArchiveReader: ~Copyable {
    /// What to do next; the last is done first.
    private enum Step {
        case node(parent: Int32, name: String, depth: Int)
        case entry(name: String)
        case closeEntry
        case closeDirectory(Int32)
    }

    private let root: String
    private var steps: [Step]
    private var pending = WireEncoder()
    private var contents: OpenFile?

    private struct OpenFile {
        let descriptor: Int32
        let path: String
        var left: Int
        let padding: Int
    }

    private static let pieceBytes = 256 << 10

    /// - Parameter path: a file, a directory or a symbolic link; a link is archived as such.
    package init(of path: String) {
        root = path
        steps = [.node(parent: AT_FDCWD, name: path, depth: 0)]
        pending.text("nix-archive-1")
    }

    deinit {
        if let contents { close(contents.descriptor) }
        for case .closeDirectory(let directory) in steps { close(directory) }
    }

    /// The next bytes, 256 KiB or a little more at most; nil after the end.
    ///
    /// - Throws: `DerivationsError.file`, or `unarchivableFile` for a device, a pipe or a socket, and for a file
    ///   that shrank while it was read.
    package mutating func next() throws(DerivationsError) -> [UInt8]? {
        while pending.bytes.count < Self.pieceBytes {
            if contents != nil {
                try readContents()
            } else if let step = steps.popLast() {
                try perform(step)
            } else {
                break
            }
        }
        if pending.bytes.isEmpty { return nil }
        defer { pending = WireEncoder() }
        return pending.bytes
    }

    private mutating func perform(_ step: Step) throws(DerivationsError) {
        switch step {
        case .node(let parent, let name, let depth): try node(parent, name, depth)
        case .entry(let name):
            pending.words("entry", "(", "name", name, "node")
        case .closeEntry: pending.text(")")
        case .closeDirectory(let directory):
            close(directory)
            pending.text(")")
        }
    }

    private mutating func node(_ parent: Int32, _ name: String, _ depth: Int) throws(DerivationsError) {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw failed("examining", name) }
        pending.words("(", "type")
        switch status.st_mode & S_IFMT {
        case S_IFREG: try openFile(parent, name)
        case S_IFDIR: try openDirectory(parent, name, depth)
        case S_IFLNK: try link(parent, name)
        default: throw .unarchivableFile(path: path(name), problem: "it is no file, directory or link")
        }
    }

    private mutating func openFile(_ parent: Int32, _ name: String) throws(DerivationsError) {
        let file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw failed("opening", name) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw .unarchivableFile(path: path(name), problem: "it changed while it was read")
        }
        pending.text("regular")
        if status.st_mode & S_IXUSR != 0 { pending.words("executable", "") }
        pending.text("contents")
        pending.integer(UInt64(status.st_size))
        contents = OpenFile(
            descriptor: file, path: path(name), left: status.st_size,
            padding: WireEncoder.padding(after: status.st_size))
    }

    private mutating func readContents() throws(DerivationsError) {
        guard var file = contents else { return }
        let wanted = min(file.left, Self.pieceBytes)
        if wanted > 0 {
            let count = pending.append(upTo: wanted) { read(file.descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { return }
            guard count > 0 else {
                if count < 0 { throw .file(path: file.path, operation: "reading", code: errno) }
                throw .unarchivableFile(path: file.path, problem: "it shrank while it was read")
            }
            file.left -= count
        }
        if file.left > 0 {
            contents = file
        } else {
            close(file.descriptor)
            contents = nil
            pending.zeros(file.padding)
            pending.text(")")
        }
    }

    private mutating func openDirectory(_ parent: Int32, _ name: String, _ depth: Int) throws(DerivationsError) {
        guard depth < ArchiveLimits.depth else {
            throw .unarchivableFile(path: path(name), problem: "directories are too deep")
        }
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw failed("opening", name) }
        pending.text("directory")
        steps.append(.closeDirectory(directory))
        for entry in try names(in: directory, name).reversed() {
            steps.append(.closeEntry)
            steps.append(.node(parent: directory, name: entry, depth: depth + 1))
            steps.append(.entry(name: entry))
        }
    }

    /// Names of a directory's entries, in the order of their bytes.
    private func names(in directory: Int32, _ name: String) throws(DerivationsError) -> [String] {
        let duplicate = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard duplicate >= 0, let stream = fdopendir(duplicate) else { throw failed("listing", name) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes != [UInt8(ascii: ".")] && bytes != Array("..".utf8) { names.append(bytes) }
        }
        guard errno == 0 else { throw failed("listing", name) }
        names.sort { $0.lexicographicallyPrecedes($1) }
        var texts: [String] = []
        for bytes in names {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .unarchivableFile(path: path(name), problem: "a name in it is not UTF-8")
            }
            texts.append(text)
        }
        return texts
    }

    private mutating func link(_ parent: Int32, _ name: String) throws(DerivationsError) {
        var target = [CChar](repeating: 0, count: ArchiveLimits.targetBytes + 1)
        let count = readlinkat(parent, name, &target, target.count)
        guard count >= 0 else { throw failed("reading the link", name) }
        guard count <= ArchiveLimits.targetBytes else {
            throw .unarchivableFile(path: path(name), problem: "its target is too long")
        }
        pending.words("symlink", "target")
        pending.data(target.prefix(count).map { UInt8(bitPattern: $0) })
        pending.text(")")
    }

    private func path(_ name: String) -> String { name == root ? root : "\(root)/…/\(name)" }

    private func failed(_ operation: String, _ name: String) -> DerivationsError {
        .file(path: path(name), operation: operation, code: errno)
    }
}

extension WireEncoder {
    fileprivate mutating func words(_ words: String...) {
        for word in words { text(word) }
    }
}
