// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Writes what an archive holds below a new file or directory.
///
/// Every step goes through the open directory's descriptor and follows no link, so that an archive cannot reach
/// outside; existing files are never replaced. At most `ArchiveLimits.depth` descriptors are open.
package struct ArchiveExtractor: ~Copyable {
    private let root: String
    private var directories: [Int32] = []
    private var file: Int32 = -1
    private var name: String

    /// - Parameter path: where to put the archive's top; nothing may be there yet.
    package init(to path: String) {
        root = path
        name = path
    }

    deinit {
        for directory in directories { close(directory) }
        if file >= 0 { close(file) }
    }

    /// - Throws: `DerivationsError.file`.
    package mutating func handle(_ event: ArchiveEvent) throws(DerivationsError) {
        switch event {
        case .entry(let entry): name = entry
        case .directoryBegin: try openDirectory()
        case .directoryEnd: close(directories.removeLast())
        case .fileBegin(_, let isExecutable): try openFile(isExecutable: isExecutable)
        case .fileBytes(let bytes): try write(bytes)
        case .fileEnd: try closeFile()
        case .symbolicLink(let target):
            guard symlinkat(target, parent, name) == 0 else { throw failed("linking") }
        }
    }

    private var parent: Int32 { directories.last ?? AT_FDCWD }

    private mutating func openDirectory() throws(DerivationsError) {
        guard mkdirat(parent, name, 0o755) == 0 else { throw failed("making") }
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw failed("opening") }
        directories.append(directory)
    }

    private mutating func openFile(isExecutable: Bool) throws(DerivationsError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        file = openat(parent, name, flags, isExecutable ? 0o755 : 0o644)
        guard file >= 0 else { throw failed("creating") }
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws(DerivationsError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failed("writing") }
            rest = rest.dropFirst(count)
        }
    }

    private mutating func closeFile() throws(DerivationsError) {
        let status = close(file)
        file = -1
        guard status == 0 else { throw failed("closing") }
    }

    private func failed(_ operation: String) -> DerivationsError {
        .file(path: name == root ? root : "\(root)/…/\(name)", operation: operation, code: errno)
    }
}
