// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Guests
import StoreDaemon
import Testing
import TimeTravel

/// Builds in real guests, one guest at a time.
@Suite(.serialized, .enabled(if: Laboratory.isEquipped, Comment(rawValue: Laboratory.missingEquipment)))
struct GuestBuildTests {
    let laboratory = Laboratory.shared

    private func build(
        _ script: String, limits: BuildLimits = BuildLimits(), keepsOutputs: Bool = false, cores: Int = 1,
        progress: @escaping @Sendable (GuestBuild.Progress, String) -> Void = { _, _ in }
    ) async throws -> GuestBuildResult {
        let directory = laboratory.runDirectory()
        let request = GuestBuildRequest(
            store: try await laboratory.hostStore(), derivation: try await laboratory.derivation(script),
            conditions: try await laboratory.conditions(cores: cores), limits: limits, directory: directory,
            log: "\(directory)/build.log.gz", keepsOutputs: keepsOutputs)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let result = try await GuestBuild(request, on: try await laboratory.guestHost()) { progress($0, directory) }.run()
        print(result.outcome, result.durations)
        return result
    }

    @Test func `a build sees the year 2100 and its output comes home`() async throws {
        let result = try await build("date -u > $out; date -u; id; uname -a; nproc; ls /", keepsOutputs: true)
        #expect(result.outcome == .succeeded)
        let output = try #require(result.outputs.first)
        let store = try await laboratory.hostStore()
        #expect(try await store.isValid(output))
        let text = try String(contentsOfFile: store.physicalPath(of: output), encoding: .utf8)
        #expect(text.contains("2100"))
        print(text, result.evidence.map { "\($0)" } ?? "")
    }
}
