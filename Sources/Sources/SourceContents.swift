// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess
import SystemPackage

/// The bytes of a fetched source, in a form whose archives the miners can open: what only other programs unpack (Debian
/// packages, xz, bzip2, zstd) is handed through them, as a stream that is cut at a limit. Nothing is written or run.
package enum SourceContents {
    /// - Parameter limit: bytes, after unpacking.
    /// - Returns: a name whose ending fits the bytes, and the bytes; nil when the file cannot be read or is no file.
    package static func read(
        _ file: String, name: String, limit: Int = 256 << 20
    ) async -> (name: String, bytes: [UInt8])? {
        for (ending, replacement, command) in filters where name.hasSuffix(ending) {
            let shorter = String(name.dropLast(ending.count)) + replacement
            guard let bytes = try? await unpack(command + [file], limit: limit) else { break }
            return (shorter, bytes)
        }
        guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: limit) else { return nil }
        return (name, Array(data))
    }

    private static let filters: [(ending: String, replacement: String, command: [String])] = [
        (".deb", ".tar", ["dpkg-deb", "--fsys-tarfile"]),
        (".xz", "", ["xz", "--decompress", "--stdout", "--memlimit=512MiB"]),
        (".bz2", "", ["bzip2", "--decompress", "--stdout"]),
        (".zst", "", ["zstd", "--decompress", "--stdout", "--memory=512MB"]),
    ]

    private static func unpack(_ command: [String], limit: Int) async throws -> [UInt8] {
        let result = try await Subprocess.run(
            .name(command[0]), arguments: Arguments(Array(command.dropFirst())), output: .bytes(limit: limit),
            error: .discarded)
        guard result.terminationStatus.isSuccess else { throw SourceError.failed("\(command[0]) failed") }
        return result.standardOutput
    }
}
