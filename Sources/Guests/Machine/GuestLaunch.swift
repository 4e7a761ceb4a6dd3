// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc
internal import SecureShell

/// A QEMU that has been started, with all that leads to its guest.
struct GuestLaunch: Sendable {
    let process: RunningProcess
    let monitor: GuestMonitor
    let sockets: [QEMUCommand.Channel: Descriptor]
    let credentials: SecureShellSession.Credentials
    let command: QEMUCommand
    let qemuVersion: String
    private let errorPath: String

    /// Writes the guest's own files and starts QEMU.
    init(_ specification: GuestSpecification, qemu: QEMUProgram) async throws {
        let files = specification.files
        let hostKey = try SecureShellKeyPair()
        let identity = try SecureShellKeyPair()
        try await GuestLaunch.write(specification, hostKey: hostKey, identity: identity)
        let channels = QEMUCommand.channels(sessions: specification.sessions)
        var ours: [QEMUCommand.Channel: Descriptor] = [:]
        var theirs: [Descriptor] = []
        for channel in channels {
            let (near, far) = try Descriptor.pair()
            ours[channel] = near
            theirs.append(far)
        }
        command = QEMUCommand(specification)
        qemuVersion = qemu.version
        sockets = ours
        errorPath = files.errors
        credentials = .init(user: "root", identity: identity, hostKey: hostKey.publicBase64)
        process = try await ProcessSpawner.shared.start(
            .init(
                path: qemu.path, arguments: command.arguments, environment: ["PATH": "/usr/bin:/bin"],
                directory: files.directory, descriptors: theirs, errors: try .create(files.errors)))
        try FileTree.write(Array("\(process.identifier)\n".utf8), to: files.process)
        monitor = try GuestMonitor(process: process, sockets: ours, files: files)
    }

    private static func write(
        _ specification: GuestSpecification, hostKey: SecureShellKeyPair, identity: SecureShellKeyPair
    ) async throws {
        let seed = (0..<32).map { _ in UInt8.random(in: 0...255) }
        let plan = BootPlan(specification, seed: seed.map { HexadecimalByte.text($0) }.joined())
        var archive = CpioArchive()
        archive.addFile("plan", content: Array(plan.text.utf8))
        archive.addFile(String(BootPlan.File.hostKey.dropFirst()), mode: 0o600, content: try hostKey.dropbearHostKey())
        archive.addFile(
            String(BootPlan.File.authorizedKeys.dropFirst()), mode: 0o600,
            content: Array(identity.authorizedKeysLine.utf8))
        let own = archive.finished()
        try await BlockingWork.run("guest files") {
            let common = try FileTree.read(specification.kernel.initialFileSystem)
            try FileTree.write(common + own, to: specification.files.initialFileSystem, mode: 0o600)
        }
    }

    /// What QEMU printed about features that it cannot give.
    func processorWarnings() throws(GuestError) -> [String] {
        let printed = String(decoding: try FileTree.read(errorPath), as: UTF8.self)
        return printed.split(separator: "\n").filter { $0.contains("support requested feature") }.map(String.init)
    }
}

/// A byte in base 16.
enum HexadecimalByte {
    static func text(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}
