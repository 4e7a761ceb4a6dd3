// SPDX-License-Identifier: GPL-3.0-or-later

internal import CZlib

/// A gzip file that is being written.
///
/// zlib keeps the address of its state, which therefore lives apart from this object.
final class GzipFile {
    private let file: Descriptor
    private let path: String
    private let stream: UnsafeMutablePointer<z_stream>
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(path: String) throws(GuestError) {
        file = try Descriptor.create(path, mode: 0o644)
        self.path = path
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_start_gzip(stream, 6) == Z_OK else {
            throw .file(path, operation: "compressing", code: 12)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(GuestError) { try deflate(bytes, flush: Z_NO_FLUSH) }

    /// Writes what is buffered, so that a reader of the unfinished file gets all of it.
    func flush() throws(GuestError) { try deflate([], flush: Z_SYNC_FLUSH) }

    /// Writes what is buffered and the end of the format.
    func finish() throws(GuestError) { try deflate([], flush: Z_FINISH) }

    private func deflate(_ bytes: ArraySlice<UInt8>, flush: Int32) throws(GuestError) {
        // zlib wants a pointer to bytes it never changes.
        var input = Array(bytes)
        let produced: Result<Void, GuestError> = input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            return drain(flush: flush)
        }
        try produced.get()
    }

    private func drain(flush: Int32) -> Result<Void, GuestError> {
        while true {
            let (status, count) = buffer.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                let status = CZlib.deflate(stream, flush)
                return (status, output.count - Int(stream.pointee.avail_out))
            }
            guard status != Z_STREAM_ERROR else { return .failure(.file(path, operation: "compressing", code: 22)) }
            do throws(GuestError) { try file.write(buffer[0..<count]) } catch { return .failure(error) }
            // All input is taken, and all output given, when the buffer was not filled.
            if count < buffer.count { return .success(()) }
        }
    }
}
