// SPDX-License-Identifier: GPL-3.0-or-later

/// A statement's parameters laid out as libpq takes them.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ parameters: [PostgresParameter]) throws(PostgresError) {
        guard parameters.count <= 65_535 else {
            throw .encoding(parameter: 65_536, reason: "a statement takes at most 65535 parameters; bind an array")
        }
        for (index, parameter) in parameters.enumerated() {
            formats.append(parameter.isBinary ? 1 : 0)
            guard let value = parameter.bytes else {
                offsets.append(nil)
                lengths.append(0)
                continue
            }
            guard parameter.isBinary || !value.contains(0) else {
                throw .encoding(parameter: index + 1, reason: "PostgreSQL's text cannot hold a NUL character")
            }
            offsets.append(bytes.count)
            lengths.append(Int32(clamping: value.count))
            bytes.append(contentsOf: value)
            bytes.append(0)
        }
    }

    /// Hands count, values, lengths and formats to one of libpq's sending calls.
    ///
    /// - Returns: whether that call returned 1.
    func send(
        _ call: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) -> Bool {
        bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset.flatMap { offset in base.map { $0 + offset } } }
            return call(Int32(pointers.count), pointers, lengths, formats) == 1
        }
    }
}
