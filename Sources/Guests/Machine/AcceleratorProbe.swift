// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
internal import Glibc
package import Logging

/// Finds out which accelerator really runs guests here, by booting a tiny one.
///
/// That /dev/kvm can be opened proves nothing: there are hosts on which it opens and then hangs every guest.
package struct AcceleratorProbe: Sendable {
    private let qemu: QEMUProgram
    private let kernel: GuestKernel
    private let directory: String
    private let logger: Logger

    /// - Parameter directory: the answer is kept in it, for this host, this boot of it and this QEMU.
    package init(qemu: QEMUProgram, kernel: GuestKernel, directory: String, logger: Logger) {
        self.qemu = qemu
        self.kernel = kernel
        self.directory = directory
        self.logger = logger
    }

    private struct Answer: Codable {
        let key: String
        let accelerator: Accelerator
    }

    /// KVM when a guest boots with it, else emulation.
    package func accelerator(limit: Duration = .seconds(15)) async throws -> Accelerator {
        let (path, key) = ("\(directory)/accelerator-\(GuestOwner.hostHere).json", key)
        if let known = try? JSONDecoder().decode(Answer.self, from: Data(FileTree.read(path))), known.key == key {
            return known.accelerator
        }
        let mayWork = access("/dev/kvm", R_OK | W_OK) == 0
        let works = mayWork ? try await boots(.kvm, limit: limit) : false
        let accelerator = works ? Accelerator.kvm : .tcg
        logger.info("Probed how guests run here", metadata: ["accelerator": "\(accelerator.rawValue)"])
        let temporary = "\(path).\(UUID().uuidString)"
        try FileTree.write(Array(try JSONEncoder().encode(Answer(key: key, accelerator: accelerator))), to: temporary)
        try FileTree.rename(temporary, to: path)
        return accelerator
    }

    /// The host's kernel, its boot, QEMU and the guest's kernel: with any of them changed the answer may change.
    private var key: String {
        let files = ["/proc/sys/kernel/osrelease", "/proc/sys/kernel/random/boot_id"]
        let host = files.map { path in (try? FileTree.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
        return (host + [qemu.version, kernel.hash]).joined(separator: " ").replacing("\n", with: "")
    }

    /// Whether a guest that only says one line does so within `limit`.
    package func boots(_ accelerator: Accelerator, limit: Duration) async throws -> Bool {
        let files = GuestFiles(directory: "\(directory)/.probe-\(UUID().uuidString)")
        try FileTree.makeDirectories(files.transient, mode: 0o700)
        var archive = CpioArchive()
        archive.addFile("plan", content: Array(BootPlan.probe.text.utf8))
        let content = try FileTree.read(kernel.initialFileSystem) + archive.finished()
        try FileTree.write(content, to: files.initialFileSystem)
        let (console, far) = try Descriptor.pair()
        let process = try await ProcessSpawner.shared.start(
            .init(
                path: qemu.path, arguments: arguments(accelerator, files), environment: ["PATH": "/usr/bin:/bin"],
                directory: files.directory, descriptors: [far], errors: try .create(files.errors)))
        let milliseconds = Int32(limit / .milliseconds(1))
        return try await BlockingWork.run("probe") {
            defer { try? FileTree.remove(files.directory) }
            let said = AcceleratorProbe.listen(to: console, process: process, milliseconds: milliseconds)
            process.kill()
            _ = process.reap()
            return said
        }
    }

    private func arguments(_ accelerator: Accelerator, _ files: GuestFiles) -> [String] {
        [
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-accel", accelerator.rawValue,
            "-machine", "q35", "-m", "256", "-chardev", "socket,id=console,fd=3", "-serial", "chardev:console",
            "-kernel", kernel.path, "-initrd", files.initialFileSystem,
            "-append", QEMUCommand.kernelCommandLine(accelerator),
        ]
    }

    /// Reads the console until the line came, QEMU ended or the time is over. Blocks.
    private static func listen(to console: Descriptor, process: RunningProcess, milliseconds: Int32) -> Bool {
        let deadline = SuspendingClock.now + .milliseconds(milliseconds)
        var heard: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = SuspendingClock.now.duration(to: deadline) / .milliseconds(1)
            var waits = [console, process.handle].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            guard left > 0, poll(&waits, 2, Int32(left.rounded(.up))) > 0 else { return false }
            if waits[0].revents == 0 { return false }
            let count = chunk.withUnsafeMutableBytes { read(console.number, $0.baseAddress, $0.count) }
            if count <= 0 { return false }
            heard += chunk[0..<count]
            if String(decoding: heard, as: UTF8.self).contains(BootPlan.Line.ready) { return true }
        }
    }
}
