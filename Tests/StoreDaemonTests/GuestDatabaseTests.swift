// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon
import Testing

/// What Debian's own Nix says of a store opened with a database of ours.
@Suite(.enabled(if: TemporaryStore.hasNix, "nix-bin is not installed"))
struct GuestDatabaseTests {
    private let store: TemporaryStore
    private let source: StorePath
    private let derivation: StorePath
    private let other: StorePath

    init() async throws {
        let store = try TemporaryStore()
        let expression =
            #"derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; "#
            + #"args = [ (builtins.toFile "script" "text") ]; }"#
        let made = try store.run("nix-instantiate", ["--expr", expression])
        derivation = try StorePath(parsing: try #require(made.lines.first))
        source = try #require(try store.host.derivation(at: derivation).inputSources.first)
        other = try StorePath(
            parsing: store.run("nix-store", ["--add-fixed", "sha256", try store.file("other", "text")]).text)
        self.store = store
    }

    /// The environment of a store that shares the files and has a database of its own.
    private func guest() async throws -> [String: String] {
        let state = store.root.appendingPathComponent("guest/nix")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        let closure = try await store.host.closure(of: [derivation])
        try store.host.guestDatabase(closure: closure, at: state.appendingPathComponent("db").path)
        let root = store.root.path
        return [
            "NIX_REMOTE": "local?real=\(root)/store&state=\(state.path)&log=\(root)/guest/log",
            "NIX_STATE_DIR": "\(root)/guest",
        ]
    }

    @Test func `the closure is valid there and nothing else is`() async throws {
        let guest = try await guest()
        let valid = try store.run(
            "nix-store", ["--check-validity", derivation.description, source.description], changes: guest)
        #expect(valid.status == 0, "\(valid.errors)")
        let invalid = try store.run("nix-store", ["--check-validity", other.description], changes: guest)
        #expect(invalid.status != 0)
    }

    @Test func `references, referrers, outputs and hashes are told as by the host`() async throws {
        let guest = try await guest()
        for query in [["--references"], ["--requisites"], ["--outputs"], ["--hash"], ["--size"], ["--deriver"]] {
            let arguments = ["-q"] + query + [derivation.description]
            let here = try store.run("nix-store", arguments)
            let there = try store.run("nix-store", arguments, changes: guest)
            #expect(there.status == 0 && there.text == here.text && !there.text.isEmpty, "\(query) \(there.errors)")
        }
        let referrers = try store.run("nix-store", ["-q", "--referrers", source.description], changes: guest)
        #expect(referrers.text == derivation.description)
        let verified = try store.run("nix-store", ["--verify-path", source.description], changes: guest)
        #expect(verified.status == 0, "\(verified.errors)")
    }

    @Test func `a closure that is not closed is refused`() async throws {
        let closure = try await store.host.closure(of: [derivation]).filter { $0.path != source }
        #expect(throws: StoreDaemonError.notValid(source)) {
            try store.host.guestDatabase(closure: closure, at: store.root.appendingPathComponent("db").path)
        }
    }

    @Test func `a second database replaces the first`() async throws {
        let guest = try await guest()
        _ = try store.run("nix-store", ["--add-fixed", "sha256", try store.file("late", "late")], changes: guest)
        let again = try await self.guest()
        let valid = try store.run("nix-store", ["--check-validity", source.description], changes: again)
        #expect(valid.status == 0, "\(valid.errors)")
    }
}
