// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// A file descriptor that is closed when the last reference goes.
final class OwnedDescriptor: Sendable {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}
