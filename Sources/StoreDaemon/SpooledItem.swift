// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import Glibc

/// An item's archive in an unnamed file, and what was measured of it.
final class SpooledItem: Sendable {
    let path: StorePath
    let references: [StorePath]
    let hash: ContentHash
    let size: UInt64
    private let file: SpoolFile

    init(path: StorePath, references: [StorePath], hash: ContentHash, size: UInt64, file: SpoolFile) {
        self.path = path
        self.references = references
        self.hash = hash
        self.size = size
        self.file = file
    }

    /// The archive's bytes from an offset on, 256 KiB at most; nil at its end. Blocking.
    func bytes(from offset: UInt64) throws(StoreDaemonError) -> [UInt8]? {
        try file.read(from: offset, upTo: Int(min(size - offset, 256 << 10)))
    }
}

/// A file without a name, gone with its last reference or with the process.
final class SpoolFile: Sendable {
    private let directory: String
    private let descriptor: Int32

    init(in directory: String) throws(StoreDaemonError) {
        self.directory = directory
        let path = "\(directory)/\(UInt64.random(in: 0...UInt64.max)).nar"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, operation: "creating", code: errno) }
        unlink(path)
    }

    deinit {
        close(descriptor)
    }

    func append(_ bytes: ArraySlice<UInt8>) throws(StoreDaemonError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .file(path: directory, operation: "writing in", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    func read(from offset: UInt64, upTo limit: Int) throws(StoreDaemonError) -> [UInt8]? {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let received = limit == 0 ? 0 : pread(descriptor, buffer.baseAddress, limit, off_t(offset))
            if received < 0 { code = errno }
            count = max(0, received)
        }
        guard code == 0 else { throw .file(path: directory, operation: "reading in", code: code) }
        return bytes.isEmpty ? nil : bytes
    }
}
