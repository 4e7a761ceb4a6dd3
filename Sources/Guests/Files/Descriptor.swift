// SPDX-License-Identifier: GPL-3.0-or-later

internal import CGuests
internal import Glibc

/// A file descriptor that is closed when the last reference goes.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// Two connected ends of a local socket.
    static func pair() throws(GuestError) -> (Descriptor, Descriptor) {
        var numbers: [Int32] = [-1, -1]
        try SystemCall.check(cguests_socket_pair(&numbers), "making", "a socket pair")
        return (Descriptor(numbers[0]), Descriptor(numbers[1]))
    }

    /// A new file, replacing one that is there.
    static func create(_ path: String, mode: UInt32 = 0o600) throws(GuestError) -> Descriptor {
        Descriptor(try SystemCall.check(cguests_create(path, mode), "creating", path))
    }

    /// A second descriptor of the same file, numbered `lowest` or above.
    func duplicate(above lowest: Int32) throws(GuestError) -> Descriptor {
        Descriptor(try SystemCall.check(cguests_duplicate_above(number, lowest), "duplicating", "a descriptor"))
    }

    /// Writes all of `bytes`.
    func write(_ bytes: ArraySlice<UInt8>) throws(GuestError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw .file("a file", operation: "writing", code: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
