// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

/// Against Debian's own nix-daemon; skipped where it is not installed.
@Suite(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
struct HostStoreTests {
    @Test func `a path that nobody added is not valid`() async throws {
        let store = try TemporaryStore()
        let path = try StorePath(parsing: "/gnu/store/00000000000000000000000000000000-nope")
        #expect(try await store.host.isValid(path) == false)
        #expect(try await store.host.withConnection { try await $0.pathInfo(of: path) } == nil)
        await #expect(throws: StoreDaemonError.notValid(path)) { try await store.host.closure(of: [path]) }
        #expect(throws: StoreDaemonError.notValid(path)) { try store.host.derivation(at: path) }
    }

    @Test func `the daemon's version and dialect are known after the handshake`() async throws {
        let store = try TemporaryStore()
        let connection = try await store.host.connect()
        let dialect = await connection.dialect
        let version = await connection.daemonVersion
        await connection.close()
        #expect(dialect == .nix(minor: 34) || dialect == .nix(minor: 33))
        #expect(version?.hasPrefix("2.") == true)
    }
}
