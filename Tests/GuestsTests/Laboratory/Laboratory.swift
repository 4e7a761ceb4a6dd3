// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Guests
import Logging
import StoreDaemon
import Subprocess
import SystemPackage
import TimeTravel

/// What tests with real guests share: images, kernels and a store, made once and kept in the build directory.
actor Laboratory {
    static let shared = Laboratory()

    /// Guests need QEMU, the programs of the image, and a kernel, which apt brings when none is there.
    static var isEquipped: Bool {
        let needed: [HostProgram] = [.qemu, .makeErofs, .makeExt4, .depmod, .dpkgDeb, .xz, .dropbear, .busybox, .nix]
        return needed.allSatisfy(\.isInstalled)
    }

    static let missingEquipment: String =
        "needs the packages qemu-system-x86 erofs-utils e2fsprogs kmod dropbear-bin busybox-static nix-bin"

    nonisolated static let packageRoot: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.path
    }()

    nonisolated let directory = "\(packageRoot)/.build/guest-tests"
    private var host: GuestHost?
    private var store: HostStore?
    private var shell: StorePath?

    func guestHost() async throws -> GuestHost {
        if let host { return host }
        let firstProcess = "\(directory)/guest-init"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let script = try await Subprocess.run(
            .path(FilePath("\(Self.packageRoot)/ops/guest-init")), arguments: [firstProcess], output: .discarded,
            error: .string(limit: 1 << 16))
        guard script.terminationStatus.isSuccess else { throw LaboratoryError.firstProcess(script.standardError) }
        var logger = Logger(label: "guests tests")
        logger.logLevel = .info
        let made = try await GuestHost.prepare(
            dataDirectory: directory, firstProcess: firstProcess, flavour: .nix(), logger: logger)
        host = made
        return made
    }

    func hostStore() throws -> HostStore {
        if let store { return store }
        let made = try HostStore.nix(dataDirectory: directory)
        store = made
        return made
    }

    /// A store item with a shell and the usual small programs in `bin`.
    func shellItem() async throws -> StorePath {
        if let shell { return shell }
        let tree = "\(directory)/shell-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: tree) }
        try FileManager.default.createDirectory(atPath: "\(tree)/bin", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: try HostProgram.busybox.path(), toPath: "\(tree)/bin/busybox")
        for name in [
            "sh", "date", "cat", "mkdir", "sleep", "echo", "uname", "dd", "yes", "head", "tr", "nproc", "ls", "id",
        ] {
            try FileManager.default.createSymbolicLink(atPath: "\(tree)/bin/\(name)", withDestinationPath: "busybox")
        }
        let made = try await hostStore().withConnection {
            try await $0.add(file: tree, name: "shell", method: .recursive)
        }
        shell = made
        return made
    }

    /// A derivation that runs a shell script.
    func derivation(_ script: String, name: String = "test", inputs: [StorePath] = []) async throws -> StorePath {
        let (store, shell) = (try hostStore(), try await shellItem())
        let plain = Derivation(
            outputs: [DerivationOutput(name: "out", path: nil)],
            inputDerivations: inputs.map { .init(path: $0, outputs: ["out"]) },
            inputSources: [shell],
            system: "x86_64-linux", builder: "\(shell)/bin/sh", arguments: ["-c", script],
            environment: [
                .init(name: "PATH", value: "\(shell)/bin"), .init(name: "name", value: name),
                .init(name: "out", value: ""), .init(name: "salt", value: UUID().uuidString),
            ])
        var calculator = OutputPathCalculator { try store.derivation(at: $0) }
        let complete = try calculator.completed(plain, name: name, in: store.logicalDirectory)
        return try await store.withConnection {
            try await $0.addText(complete.printed(), name: "\(name).drv", references: complete.references)
        }
    }

    /// A new directory for one run.
    nonisolated func runDirectory() -> String { "\(directory)/runs/\(UUID().uuidString)" }

    /// Screening conditions: 2100 on the processor that has least.
    func conditions(
        _ date: String = "2100-01-01T00:00:00Z", cpu: CPUModel = .baseline, cores: Int = 1
    ) async throws -> Conditions {
        guard let date = Instant(date) else { throw LaboratoryError.date(date) }
        let kernel = try await guestHost().kernels.standard()
        return Conditions(date: date, cpu: cpu, kernel: kernel, cores: cores)
    }
}

enum LaboratoryError: Error {
    case date(String)
    case firstProcess(String)
}
