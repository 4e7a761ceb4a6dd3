// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// Breaks a connection from any thread while another one is blocked in it.
///
/// Holds a duplicate of the descriptor: the original may be closed, and its number given away, at any moment.
final class ConnectionBreaker: Sendable {
    private let duplicate: Int32

    init(descriptor: Int32) { duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

    deinit { if duplicate >= 0 { close(duplicate) } }

    func breakConnection() { shutdown(duplicate, Int32(SHUT_RDWR)) }
}
