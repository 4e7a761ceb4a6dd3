// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Logging
import Testing

@testable import Guests

extension RealGuests {
    @Suite(.enabled(if: Laboratory.isEquipped, Comment(rawValue: Laboratory.missingEquipment)))
    struct AcceleratorProbeTests {
        let laboratory = Laboratory.shared

        @Test func `emulation always works, and the answer is remembered`() async throws {
            let host = try await laboratory.guestHost()
            let kernel = try await host.kernels.kernel(try await host.kernels.standard())
            let directory = laboratory.runDirectory()
            try FileTree.makeDirectories(directory)
            defer { try? FileTree.remove(directory) }
            let probe = AcceleratorProbe(
                qemu: host.qemu, kernel: kernel, directory: directory, logger: Logger(label: "probe"))
            #expect(try await probe.boots(.tcg, limit: .seconds(120)))
            #expect(try FileTree.names(in: directory).isEmpty)
            let first = try await probe.accelerator(limit: .seconds(5))
            // A QEMU that is not there cannot be asked again.
            let forgetful = AcceleratorProbe(
                qemu: QEMUProgram(path: "/nonexistent", version: host.qemu.version), kernel: kernel,
                directory: directory,
                logger: Logger(label: "probe"))
            #expect(try await forgetful.accelerator() == first)
        }

        @Test func `a guest that says nothing does not work`() async throws {
            let host = try await laboratory.guestHost()
            let kernel = try await host.kernels.kernel(try await host.kernels.standard())
            let directory = laboratory.runDirectory()
            try FileTree.makeDirectories(directory)
            defer { try? FileTree.remove(directory) }
            let probe = AcceleratorProbe(
                qemu: host.qemu, kernel: kernel, directory: directory, logger: Logger(label: "probe"))
            #expect(try await !probe.boots(.tcg, limit: .milliseconds(100)))
            #expect(try FileTree.names(in: directory).isEmpty)
        }
    }
}
