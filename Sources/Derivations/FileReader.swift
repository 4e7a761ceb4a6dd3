// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Reads a regular file from its start, piece by piece; blocking.
package struct FileReader: ~Copyable {
    private let path: String
    private let descriptor: Int32

    private static let pieceBytes = 256 << 10

    /// - Throws: `DerivationsError.file`, or `unarchivableFile` where it is no regular file. A link is not
    ///   followed.
    package init(path: String) throws(DerivationsError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, operation: "opening", code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unarchivableFile(path: path, problem: "it is no regular file")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The next bytes, 256 KiB at most; nil after the end.
    package mutating func next() throws(DerivationsError) -> [UInt8]? {
        while true {
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
                let received = read(descriptor, buffer.baseAddress, buffer.count)
                if received < 0 { code = errno }
                count = max(0, received)
            }
            if code == EINTR { continue }
            guard code == 0 else { throw .file(path: path, operation: "reading", code: code) }
            return bytes.isEmpty ? nil : bytes
        }
    }
}

extension FixedOutput {
    /// The hash of a file, or of a directory's archive, in constant memory; blocking.
    ///
    /// - Throws: `DerivationsError`, for example where `method` is flat and there is no regular file.
    package static func of(
        file path: String, method: IngestionMethod, algorithm: HashAlgorithm = .sha256
    ) throws(DerivationsError) -> FixedOutput {
        var hasher = ContentHasher(algorithm)
        switch method {
        case .flat:
            var reader = try FileReader(path: path)
            while let bytes = try reader.next() { hasher.update(bytes) }
        case .recursive:
            var reader = ArchiveReader(of: path)
            while let bytes = try reader.next() { hasher.update(bytes) }
        }
        return FixedOutput(method: method, hash: hasher.finalize())
    }
}
