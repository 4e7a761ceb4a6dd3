// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing
import TimeTravel

@testable import Guests

/// All tests with real guests, so that one guest runs at a time.
@Suite(.serialized)
enum RealGuests {}

/// A build that has been run, with its directory.
struct LaboratoryRun {
    let result: GuestBuildResult
    let directory: String

    /// The log, unpacked by gzip.
    func log() async throws -> String {
        String(decoding: try await HostProgram.gzip.output(["-dc", result.log.path]), as: UTF8.self)
    }
}

extension Laboratory {
    nonisolated func request(
        derivation: StorePath, directory: String, limits: BuildLimits = BuildLimits(), keepsOutputs: Bool = false,
        cores: Int = 1
    ) async throws -> GuestBuildRequest {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return GuestBuildRequest(
            store: try await hostStore(), derivation: derivation, conditions: try await conditions(cores: cores),
            limits: limits, directory: directory, log: "\(directory)/build.log.gz", keepsOutputs: keepsOutputs)
    }

    /// Builds a script in a guest of its own.
    nonisolated func build(
        _ script: String, limits: BuildLimits = BuildLimits(), keepsOutputs: Bool = false, cores: Int = 1,
        on host: GuestHost? = nil, progress: @escaping @Sendable (GuestBuild.Progress, String) -> Void = { _, _ in }
    ) async throws -> LaboratoryRun {
        try await build(
            derivation: try await derivation(script), limits: limits, keepsOutputs: keepsOutputs, cores: cores,
            on: host,
            progress: progress)
    }

    nonisolated func build(
        derivation: StorePath, limits: BuildLimits = BuildLimits(), keepsOutputs: Bool = false, cores: Int = 1,
        on host: GuestHost? = nil, progress: @escaping @Sendable (GuestBuild.Progress, String) -> Void = { _, _ in }
    ) async throws -> LaboratoryRun {
        let directory = runDirectory()
        let request = try await request(
            derivation: derivation, directory: directory, limits: limits, keepsOutputs: keepsOutputs, cores: cores)
        let usual = try await guestHost()
        let result = try await GuestBuild(request, on: host ?? usual) { progress($0, directory) }.run()
        return LaboratoryRun(result: result, directory: directory)
    }

    /// Boots a guest with an empty store.
    nonisolated func withGuest<Value: Sendable>(
        conditions: Conditions? = nil, bootLimit: Duration = .seconds(120), storeDirectory: String = "/gnu/store",
        userland: String? = nil, directory: String? = nil, _ body: @Sendable @escaping (Guest) async throws -> Value
    ) async throws -> Value {
        let (host, usual) = (try await guestHost(), try await self.conditions())
        let conditions = conditions ?? usual
        let files = GuestFiles(directory: directory ?? runDirectory())
        try FileManager.default.createDirectory(atPath: files.store, withIntermediateDirectories: true)
        defer { try? FileTree.remove(files.directory) }
        try await ScratchDisk.make(files.scratch, bytes: 256 << 20)
        let image = userland.map { GuestImage(userland: $0, flavour: "nix", hash: "") } ?? host.image
        let specification = GuestSpecification(
            conditions: conditions, accelerator: host.accelerator, memory: 512,
            kernel: try await host.kernels.kernel(conditions.kernel), image: image, files: files,
            storeDirectory: storeDirectory)
        return try await Guest.run(specification, qemu: host.qemu, bootLimit: bootLimit, body)
    }
}
