// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import StoreDaemon
import Testing

@testable import Evaluators

/// With the Guix of this machine; and, where `ALMANAC_GUIX_HISTORY` names a git repository of Guix, with its past.
private enum RealGuix {
    static let isPresent = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/guix") }
    static let history = ProcessInfo.processInfo.environment["ALMANAC_GUIX_HISTORY"]
}

@Suite("Evaluating with a real Guix", .enabled(if: RealGuix.isPresent, "there is no guix in PATH"))
struct RealGuixTests {
    @Test func `the demonstration's packages are the same derivations by Guix and by Nix`() async throws {
        try await withTemporaryFolder { folder in
            let jobsets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "../../Jobsets")
            var channel = ChannelDescription(
                name: "demo", url: .demonstration(folder: jobsets.standardizedFileURL.path + "/demo"),
                branch: DemonstrationChannel.branch, expression: "guix.scm")
            try FileManager.default.createDirectory(atPath: folder + "/channels", withIntermediateDirectories: true)
            let mirror = ChannelMirror(channel, channels: folder + "/channels")
            try await mirror.update()
            let revision = try #require(try await mirror.revisions([.newest(1)]).first)
            let checkout = folder + "/checkout"
            try await mirror.checkOut(revision.commit, to: checkout)
            let store = try HostStore.nix(dataDirectory: folder + "/data")
            let nix = try await NixEvaluator(store: store).evaluate(
                checkout: checkout, expression: "default.nix", packages: .all)
            let guix = try await GuixEvaluator(store: store).evaluate(
                .init(checkout: checkout, commit: revision.commit, channel: channel, packages: .all))
            #expect(try paths(guix.jobs) == paths(nix.jobs))
            #expect(guix.jobs.count > 20)
            channel.expression = "no-such-file.scm"
            await #expect(throws: EvaluationError.self) {
                _ = try await GuixEvaluator(store: store).evaluate(
                    .init(checkout: checkout, commit: revision.commit, channel: channel, packages: .all))
            }
        }
    }

    private func paths(_ jobs: [EvaluatedJob]) throws -> [String: StorePath] {
        try Dictionary(uniqueKeysWithValues: jobs.map { ($0.name, try $0.derivation.get()) })
    }

    /// Known from public texts: what these revisions themselves said.
    @Test(
        .enabled(if: RealGuix.history != nil, "ALMANAC_GUIX_HISTORY names no git repository of Guix"),
        arguments: [
            (
                revision: "6298c3ffd9654d3231a6f25390b056483e8f407c",
                derivation: "7b0rzwcbdml7z4njkv8jw7qb60y3hzra-hello-2.10.drv"
            ),
            (
                revision: "929ddec8f4a181be653152c7436581c2adc54eee",
                derivation: "3zh2qpi897s2x229s93iakji86b08a20-hello-2.12.1.drv"
            ),
        ])
    func `a past revision gives the derivations that it gave then`(revision: String, derivation: String) async throws {
        try await withTemporaryFolder { folder in
            let history = try #require(RealGuix.history)
            let checkout = folder + "/checkout"
            try FileManager.default.createDirectory(atPath: checkout, withIntermediateDirectories: true)
            // Not all of it: copies of the history may lack large files that are of no use here.
            try await GitCommand.run(
                [
                    "--work-tree=\(checkout)", "checkout", "--quiet", "--force", revision, "--", "gnu", "guix",
                    "gnu.scm", "guix.scm",
                ],
                in: history, environment: ["GIT_INDEX_FILE": folder + "/index"])
            let found = try await GuixEvaluator(store: HostStore.nix(dataDirectory: folder + "/data")).evaluate(
                .init(
                    checkout: checkout, commit: revision,
                    channel: ChannelDescription(name: "guix", url: .path(history)),
                    packages: .names(["hello"])))
            #expect(try found.jobs.map { try $0.derivation.get().baseName } == [derivation])
        }
    }
}

@Suite("A machine without Guix")
struct MissingGuixTests {
    @Test(.enabled(if: !RealGuix.isPresent, "there is a guix in PATH"))
    func `an evaluation says what to install`() async throws {
        let error = await #expect(throws: EvaluationError.self) { try await GuixHost.find() }
        #expect(error?.description.contains("there is no 'guix' in PATH: install it") == true)
    }
}
