// SPDX-License-Identifier: GPL-3.0-or-later

/// Takes the fields of one row of a COPY in binary format, in the order of the columns.
package struct PostgresCopyRow {
    fileprivate(set) var bytes: [UInt8] = []
    fileprivate(set) var fieldCount = 0

    package mutating func null() {
        begin(length: -1)
    }

    package mutating func append(_ value: Bool) {
        begin(length: 1)
        bytes.append(value ? 1 : 0)
    }

    /// For `smallint`.
    package mutating func append(_ value: Int16) { appendInteger(value) }

    /// For `integer`.
    package mutating func append(_ value: Int32) { appendInteger(value) }

    /// For `bigint`.
    package mutating func append(_ value: Int64) { appendInteger(value) }

    /// For `double precision`.
    package mutating func append(_ value: Double) { appendInteger(value.bitPattern) }

    /// For text, enumerations and `json`.
    package mutating func append(_ value: String) {
        begin(length: value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    /// For `bytea`.
    package mutating func append(_ value: [UInt8]) {
        begin(length: value.count)
        bytes.append(contentsOf: value)
    }

    /// For `timestamptz`.
    package mutating func append(_ value: PostgresTimestamp) { appendInteger(value.wireValue) }

    /// For `date`.
    package mutating func append(_ value: PostgresDate) { append(value.encoded().bytes ?? []) }

    /// For `jsonb`.
    package mutating func append(_ value: PostgresJSON) {
        begin(length: value.bytes.count + 1)
        bytes.append(1)
        bytes.append(contentsOf: value.bytes)
    }

    /// For `smallint[]`.
    package mutating func append(_ values: [Int16]) { appendArray(values, of: .int2) }

    /// For `integer[]`.
    package mutating func append(_ values: [Int32]) { appendArray(values, of: .int4) }

    /// For `bigint[]`.
    package mutating func append(_ values: [Int64]) { appendArray(values, of: .int8) }

    /// For `text[]`.
    package mutating func append(_ values: [String]) {
        beginArray(count: values.count, of: .text, size: values.reduce(0) { $0 + 4 + $1.utf8.count })
        for value in values {
            appendBigEndian(Int32(value.utf8.count))
            bytes.append(contentsOf: value.utf8)
        }
    }

    private mutating func begin(length: Int) {
        fieldCount += 1
        appendBigEndian(Int32(truncatingIfNeeded: length))
    }

    private mutating func appendInteger(_ value: some FixedWidthInteger & BitwiseCopyable) {
        begin(length: value.bitWidth / 8)
        appendBigEndian(value)
    }

    private mutating func appendArray(_ values: [some FixedWidthInteger & BitwiseCopyable], of type: PostgresType) {
        let width = (values.first?.bitWidth ?? 0) / 8
        beginArray(count: values.count, of: type, size: values.count * (4 + width))
        for value in values {
            appendBigEndian(Int32(width))
            appendBigEndian(value)
        }
    }

    /// The format of `array_recv` in PostgreSQL's source; an empty array has no dimension.
    private mutating func beginArray(count: Int, of type: PostgresType, size: Int) {
        begin(length: (count == 0 ? 12 : 20) + size)
        appendBigEndian(Int32(count == 0 ? 0 : 1))
        appendBigEndian(Int32(0))
        appendBigEndian(type.rawValue)
        guard count > 0 else { return }
        appendBigEndian(Int32(count))
        appendBigEndian(Int32(1))
    }

    fileprivate mutating func appendBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

/// Builds the stream of a binary COPY, section "COPY, Binary Format" of PostgreSQL's manual.
struct CopyWriter {
    private var buffer = PostgresCopyRow()
    private let columnCount: Int
    private let chunkSize = 65_536
    private var rowCount = 0

    init(columnCount: Int) {
        self.columnCount = columnCount
        buffer.bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    }

    /// Adds a row.
    ///
    /// - Returns: bytes to send, once there are enough of them.
    mutating func append<Row>(
        _ row: Row, _ encode: (Row, inout PostgresCopyRow) throws -> Void
    ) throws -> [UInt8]? {
        buffer.appendBigEndian(Int16(columnCount))
        buffer.fieldCount = 0
        try encode(row, &buffer)
        guard buffer.fieldCount == columnCount else {
            throw PostgresError.encoding(
                parameter: buffer.fieldCount,
                reason: "row \(rowCount + 1) has \(buffer.fieldCount) fields, the COPY has \(columnCount) columns")
        }
        rowCount += 1
        return buffer.bytes.count >= chunkSize ? take() : nil
    }

    /// The rest, with the end of the stream.
    mutating func finish() -> [UInt8] {
        buffer.appendBigEndian(Int16(-1))
        return take()
    }

    private mutating func take() -> [UInt8] {
        let chunk = buffer.bytes
        buffer.bytes = []
        buffer.bytes.reserveCapacity(chunkSize + chunkSize / 4)
        return chunk
    }
}
