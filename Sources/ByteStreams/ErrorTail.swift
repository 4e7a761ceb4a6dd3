// SPDX-License-Identifier: GPL-3.0-or-later

internal import CByteStreams
internal import Glibc

/// An unnamed file that takes a child's standard error; only its end is ever read.
final class ErrorTail: Sendable {
    private let file: OwnedDescriptor

    var descriptor: Int32 { file.number }

    init() throws(ByteStreamError) {
        let number = almanac_unnamed_file("/tmp")
        guard number >= 0 else { throw .system(operation: "making a file in /tmp", code: errno) }
        file = OwnedDescriptor(number)
    }

    func text(limit: Int) -> String {
        var status = stat()
        guard fstat(file.number, &status) == 0 else { return "" }
        let start = max(0, status.st_size - limit)
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, pread(file.number, buffer.baseAddress, limit, start))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
