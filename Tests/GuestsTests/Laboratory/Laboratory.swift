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
    static let shared = Laboratory(.nix)
    /// The same with Guix's daemon on the host and in the guests.
    static let guix = Laboratory(.guix)

    /// Guests need QEMU, the programs of the image, and a kernel, which apt brings when none is there.
    private static let canMakeGuests: Bool = {
        let needed: [HostProgram] = [.qemu, .makeErofs, .makeExt4, .depmod, .dpkgDeb, .xz, .dropbear, .busybox]
        return needed.allSatisfy(\.isInstalled)
    }()
    static let isEquipped = canMakeGuests && HostProgram.nix.isInstalled
    static let isEquippedForGuix = canMakeGuests && GuixDaemonProgram.find() != nil

    static let missingEquipment: String =
        "needs the packages qemu-system-x86 erofs-utils e2fsprogs kmod dropbear-bin busybox-static nix-bin"
    static let missingGuix: String =
        "needs Guix (a guix-daemon in PATH) and the packages that guests are made with"

    nonisolated static let packageRoot: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.path
    }()

    nonisolated let directory: String
    private let engine: StoreEngine
    private var host: GuestHost?
    private var store: HostStore?
    private var shell: StorePath?

    private init(_ engine: StoreEngine) {
        self.engine = engine
        directory = "\(Self.packageRoot)/.build/guest-tests" + (engine == .guix ? "-guix" : "")
    }

    private nonisolated var firstProcess: String { "\(directory)/guest-init" }

    /// Makes the guests' first process, which a store of Guix needs too.
    private func makeFirstProcess() async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let script = try await Subprocess.run(
            .path(FilePath("\(Self.packageRoot)/ops/guest-init")), arguments: [firstProcess], output: .discarded,
            error: .string(limit: 1 << 16))
        guard script.terminationStatus.isSuccess else { throw LaboratoryError.firstProcess(script.standardError) }
    }

    func guestHost() async throws -> GuestHost {
        if let host { return host }
        try await makeFirstProcess()
        var logger = Logger(label: "guests tests")
        logger.logLevel = .info
        let flavour: ImageFlavour = engine == .guix ? try await .guix() : try .nix()
        let made = try await GuestHost.prepare(
            dataDirectory: directory, firstProcess: firstProcess, flavour: flavour, logger: logger)
        host = made
        return made
    }

    func hostStore() async throws -> HostStore {
        if let store { return store }
        try await makeFirstProcess()
        let made =
            if engine == .guix, let daemon = GuixDaemonProgram.find() {
                try HostStore.ownGuix(dataDirectory: directory, daemon: daemon, helper: firstProcess)
            } else {
                try HostStore.nix(dataDirectory: directory)
            }
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
        let (store, shell) = (try await hostStore(), try await shellItem())
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
