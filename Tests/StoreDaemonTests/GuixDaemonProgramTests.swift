// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@testable import StoreDaemon

@Suite struct GuixDaemonProgramTests {
    /// As the loader of Guix's C library prints it.
    private static let listing = """
        \tlinux-vdso.so.1 (0x00007ffd8d1f2000)
        \tlibz.so.1 => /gnu/store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-zlib-1.3/lib/libz.so.1 (0x00007f4c99083000)
        \tlibc.so.6 => /gnu/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-glibc-2.39/lib/libc.so.6 (0x00007f4c9881e000)
        \t/gnu/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-glibc-2.39/lib/ld-linux-x86-64.so.2 (0x00007f4c99186000)

        """
    private static let program = "/gnu/store/cccccccccccccccccccccccccccccccc-guix-daemon/bin/guix-daemon"

    @Test func `a daemon in the machine's store is started where another store has its name`() throws {
        let parts = try GuixDaemonProgram.parts(of: Self.program, listing: Self.listing)
        #expect(parts.libraries.count == 2)
        let daemon = OwnGuixDaemon(
            root: "/data", store: .guix, program: GuixDaemonProgram(path: Self.program), helper: "/helper")
        let command = daemon.command(parts)
        let glibc = "/machine-store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-glibc-2.39/lib"
        #expect(
            command.prefix(4) == [
                "\(glibc)/ld-linux-x86-64.so.2", "--library-path",
                "/machine-store/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-zlib-1.3/lib:\(glibc)",
                "/machine-store/cccccccccccccccccccccccccccccccc-guix-daemon/bin/guix-daemon",
            ])
        #expect(!command.contains { $0.contains("/gnu/store") })
    }

    @Test func `a library that is missing is named`() {
        #expect(throws: StoreDaemonError.cannotRun("/bin/x", "its library libgcrypt.so.20 is missing")) {
            try GuixDaemonProgram.parts(of: "/bin/x", listing: "\tlibgcrypt.so.20 => not found\n")
        }
    }

    @Test func `a program of this machine tells its parts, a script is refused`() async throws {
        let parts = try await GuixDaemonProgram(path: URL(fileURLWithPath: "/bin/ls").resolvingSymlinksInPath().path)
            .parts()
        #expect(parts.loader.contains("/ld-linux"))
        #expect(parts.libraries.contains { $0.hasSuffix("/libc.so.6") })
        let script = FileManager.default.temporaryDirectory.appendingPathComponent("script-\(UUID().uuidString)")
        try Data("#!/bin/sh\n".utf8).write(to: script)
        defer { try? FileManager.default.removeItem(at: script) }
        await #expect(throws: StoreDaemonError.self) { try await GuixDaemonProgram(path: script.path).parts() }
    }

    @Test func `it is found beside the guix that a link leads to`() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("find-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for folder in ["bin", "profile"] {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        for name in ["guix", "guix-daemon"] {
            let file = root.appendingPathComponent("profile/\(name)")
            try Data("#!/bin/sh\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        try FileManager.default.createSymbolicLink(
            at: root.appendingPathComponent("bin/guix"), withDestinationURL: root.appendingPathComponent("profile/guix")
        )
        let found = GuixDaemonProgram.find(environment: ["PATH": root.appendingPathComponent("bin").path])
        let expected = root.appendingPathComponent("profile/guix-daemon").resolvingSymlinksInPath().path
        #expect(found?.path == expected)
    }
}
