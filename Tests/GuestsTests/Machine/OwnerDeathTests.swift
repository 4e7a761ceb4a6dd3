// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import Guests

/// What is left of a guest when its owner is killed.
extension RealGuests {
    @Suite(.enabled(if: Laboratory.isEquipped, Comment(rawValue: Laboratory.missingEquipment)))
    struct OwnerDeathTests {
        /// Where the process that is to be killed tells about its guest.
        private static let directory = "\(Laboratory.packageRoot)/.build/guest-tests/orphan"

        @Test func `QEMU dies with the process that started it, and the next start clears up`() async throws {
            _ = try await Laboratory.shared.guestHost()
            try FileTree.remove(Self.directory)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                let directory = "\(Laboratory.packageRoot)/.build/guest-tests/orphan"
                let request = try await Laboratory.shared.request(
                    derivation: try await Laboratory.shared.derivation("echo started; sleep 1000"),
                    directory: "\(directory)/run")
                _ = try await GuestBuild(request, on: try await Laboratory.shared.guestHost()) {
                    if case .said = $0 { kill(getpid(), SIGKILL) }
                }.run()
            }
            let files = GuestFiles(directory: "\(Self.directory)/run")
            let text = String(decoding: try FileTree.read(files.process), as: UTF8.self)
            let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            try expectEnd(of: process)
            #expect(FileTree.exists(files.scratch))
            #expect(try await LeftoverGuests.sweep(Self.directory) == [files.directory])
            #expect(!FileTree.exists(files.transient))
            #expect(FileTree.exists(files.console))
        }

        /// The kernel sends the signal at once; dying of it takes a moment, for which there is a handle to wait on.
        private func expectEnd(of process: Int32) throws {
            guard let running = try? RunningProcess.existing(process) else { return }
            var wait = pollfd(fd: running.handle.number, events: Int16(POLLIN), revents: 0)
            #expect(poll(&wait, 1, 20_000) == 1)
        }
    }
}

@Suite struct LeftoverGuestsTests {
    private func temporary() throws -> String {
        let directory = "\(NSTemporaryDirectory())guests-\(UUID().uuidString)"
        try FileTree.makeDirectories(directory)
        return directory
    }

    @Test
    func `a living owner's guest and another host's are left alone, one with the number of a living process is not`()
        async throws
    {
        let runs = try temporary()
        defer { try? FileTree.remove(runs) }
        let names = ["ours", "theirs", "restarted", "elsewhere"]
        let files = names.map { GuestFiles(directory: "\(runs)/\($0)") }
        let (ours, theirs, restarted, elsewhere) = (files[0], files[1], files[2], files[3])
        for files in files { try FileTree.makeDirectories(files.store) }
        let me = try GuestOwner.current()
        try me.write(to: ours)
        try GuestOwner(process: getpid(), started: "1", boot: me.boot, host: me.host).write(to: theirs)
        try GuestOwner(process: getpid(), started: me.started, boot: "another", host: me.host).write(to: restarted)
        try GuestOwner(process: getpid(), started: "1", boot: "another", host: "elsewhere").write(to: elsewhere)
        // Named as QEMU's, but no QEMU of this guest: it must live.
        try FileTree.write(Array("\(getpid())\n".utf8), to: theirs.process)
        #expect(Set(try await LeftoverGuests.sweep(runs)) == [theirs.directory, restarted.directory])
        #expect(FileTree.exists(ours.store) && FileTree.exists(elsewhere.store))
        #expect(!FileTree.exists(theirs.transient) && !FileTree.exists(restarted.transient))
    }

    @Test func `no directory of runs is no error`() async throws {
        #expect(try await LeftoverGuests.sweep("/nonexistent/runs").isEmpty)
    }
}
