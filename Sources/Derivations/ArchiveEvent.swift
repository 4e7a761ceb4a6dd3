// SPDX-License-Identifier: GPL-3.0-or-later

/// What an archive (NAR) says, piece by piece, in its order.
package enum ArchiveEvent: Sendable, Equatable {
    /// A directory begins; entries follow until the matching `directoryEnd`.
    case directoryBegin
    case directoryEnd
    /// The next node is an entry of this name in the open directory.
    case entry(name: String)
    /// A regular file begins; `size` bytes follow in `fileBytes`, then `fileEnd`.
    case fileBegin(size: UInt64, isExecutable: Bool)
    case fileBytes(ArraySlice<UInt8>)
    case fileEnd
    case symbolicLink(target: String)
}

/// What an archive may hold at most; archives of guests are hostile.
package enum ArchiveLimits {
    /// Bytes in the name of a directory entry, as file systems have it.
    package static let nameBytes = 255
    /// Bytes in a symbolic link's target.
    package static let targetBytes = 4095
    /// Directories within each other.
    package static let depth = 256
}
