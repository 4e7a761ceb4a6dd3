// SPDX-License-Identifier: GPL-3.0-or-later

/// Which protocol a connection speaks, after both sides have said what they know.
package enum DaemonDialect: Sendable, Equatable {
    /// Nix; `minor` is that of protocol 1.minor.
    case nix(minor: UInt64)
    /// Guix, whose protocol left Nix's at 1.14 and counts from 1.96 on.
    case guix(minor: UInt64)

    /// The newest Nix protocol spoken here: that of Nix 2.8.
    static let newestNix: UInt64 = 34
    /// The oldest one: that of Nix 2.0.
    static let oldestNix: UInt64 = 21
    /// Guix's protocol numbers begin here (0x160).
    static let firstGuix: UInt64 = 0x60
    static let newestGuix: UInt64 = 0x64

    /// The dialect to use with a daemon that said `version`.
    init(daemonVersion version: UInt64) throws(StoreDaemonError) {
        let minor = version & 0xff
        guard version >> 8 == 1 else { throw .unsupportedProtocol(version: version) }
        if minor >= Self.firstGuix {
            self = .guix(minor: min(minor, Self.newestGuix))
        } else if minor >= Self.oldestNix {
            self = .nix(minor: min(minor, Self.newestNix))
        } else {
            throw .unsupportedProtocol(version: version)
        }
    }

    /// What this side says in answer.
    var clientVersion: UInt64 {
        switch self {
        case .nix(let minor), .guix(let minor): 1 << 8 | minor
        }
    }

    var isGuix: Bool {
        switch self {
        case .nix: false
        case .guix: true
        }
    }

    /// Whether this is Guix at protocol 0x1`minor` or later.
    func isGuix(since minor: UInt64) -> Bool {
        switch self {
        case .nix: false
        case .guix(let spoken): spoken >= minor
        }
    }

    /// Whether this is Nix at protocol 1.`minor` or later.
    func isNix(since minor: UInt64) -> Bool {
        switch self {
        case .nix(let spoken): spoken >= minor
        case .guix: false
        }
    }
}
