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
            #expect(
                Dictionary(grouping: guix.jobs) { "\($0.package) \($0.version)" }.mapValues(\.count)
                    == Dictionary(grouping: nix.jobs) { "\($0.package) \($0.version)" }.mapValues(\.count))
            let some = try await GuixEvaluator(store: store).evaluate(
                .init(
                    checkout: checkout, commit: revision.commit, channel: channel,
                    packages: .names(["pymongo", "pymogno", "attrdict"])))
            #expect(
                Set(some.jobs.compactMap { try? $0.derivation.get() })
                    == Set(
                        try paths(nix.jobs).filter {
                            ["pymongo", "attrdict"].contains($0.key)
                        }.values))
            #expect(some.jobs.filter { (try? $0.derivation.get()) == nil }.map(\.package) == ["pymogno"])
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

    /// A revision, and names in the store that what it evaluates to must have.
    struct Known: CustomTestStringConvertible {
        let revision: String
        let packages: [String]
        /// Of jobs' derivations, their outputs, their inputs or the outputs of these.
        let names: Set<String>
        /// Packages that the revision lacks.
        var absent: Set<String> = []

        var testDescription: String { String(revision.prefix(7)) }
    }

    /// From public texts, and from recordings of a real Guix: what these revisions themselves said. The oldest is from before
    /// `guix time-machine` can go.
    static let known = [
        Known(
            revision: "4a0b87f0ec5b6c2dcf82b372dd20ca7ea6acdd9c", packages: ["hello", "r-flowcore"],
            names: ["hbdalsf5lpf01x4dcknwx6xbn6n5km6k-hello-2.10.tar.gz"], absent: ["r-flowcore"]),
        Known(
            revision: "6298c3ffd9654d3231a6f25390b056483e8f407c", packages: ["hello"],
            names: [
                "7b0rzwcbdml7z4njkv8jw7qb60y3hzra-hello-2.10.drv", "md2plii4g5sk66wg9cgwc964l3xwhrm9-hello-2.10",
            ]),
        Known(
            revision: "1971d11db9ed9683d5036cd4c62deb564842e1f6", packages: ["hello", "r-flowcore", "txt2man"],
            names: [
                "hbdalsf5lpf01x4dcknwx6xbn6n5km6k-hello-2.10.tar.gz",
                "8a1l5vg9i8nri5ym4ygk6bb6dnmq7zr7-flowCore_1.52.1.tar.gz.drv",
                "lpn81kycn0h0g3m2hyjg45il2yc4m00f-flowCore_1.52.1.tar.gz",
                "p4wivyw32agxqs6zq37hmhxqw6nav43x-txt2man-1.6.0-checkout.drv",
                "ba80al8r1yn09d0vy29h534igdlszdh7-txt2man-1.6.0-checkout",
            ]),
        Known(
            revision: "8e2f32cee982d42a79e53fc1e9aa7b8ff0514714", packages: ["hello"],
            names: ["s5pd3rnzymliafb4la5sca63j86xs0y0-hello-2.12.1"]),
        Known(
            revision: "929ddec8f4a181be653152c7436581c2adc54eee", packages: ["hello"],
            names: [
                "3zh2qpi897s2x229s93iakji86b08a20-hello-2.12.1.drv",
                "2p9bkv91gr64nm17qq0byavwg5q6w2lg-hello-2.12.1.tar.gz.drv",
                "3dq55rw99wdc4g4wblz7xikc8a2jy7a3-hello-2.12.1.tar.gz",
            ]),
    ]

    @Test(
        .enabled(if: RealGuix.history != nil, "ALMANAC_GUIX_HISTORY names no git repository of Guix"), arguments: known)
    func `a past revision gives the derivations that it gave then`(known: Known) async throws {
        try await withTemporaryFolder { folder in
            let channel = ChannelDescription(name: "guix", url: .path(try #require(RealGuix.history)))
            try FileManager.default.createDirectory(atPath: folder + "/channels", withIntermediateDirectories: true)
            let mirror = ChannelMirror(channel, channels: folder + "/channels")
            try await mirror.update()
            let packages = PackageSelection.names(known.packages)
            let checkout = folder + "/checkout"
            try await mirror.checkOut(
                known.revision, to: checkout, needed: GuixEvaluator.neededFiles(channel, packages))
            let store = try HostStore.nix(dataDirectory: folder + "/data")
            let found = try await GuixEvaluator(store: store).evaluate(
                .init(checkout: checkout, commit: known.revision, channel: channel, packages: packages))
            var names: Set<String> = []
            for job in found.jobs where !known.absent.contains(job.package) {
                let path = try job.derivation.get()
                let derivation = try store.derivation(at: path)
                for (path, derivation) in try [(path, derivation)]
                    + derivation.inputDerivations.map({ ($0.path, try store.derivation(at: $0.path)) })
                {
                    names.insert(path.baseName)
                    names.formUnion(derivation.outputs.compactMap(\.path?.baseName))
                }
            }
            #expect(known.names.subtracting(names).isEmpty)
            let failed = found.jobs.filter { (try? $0.derivation.get()) == nil }
            #expect(Set(failed.map(\.package)) == known.absent)
        }
    }

    @Test(.enabled(if: RealGuix.history != nil, "ALMANAC_GUIX_HISTORY names no git repository of Guix"))
    func `Guix vouches for signed commits since the introduction and those before it, and for nothing else`()
        async throws
    {
        try await withTemporaryFolder { folder in
            var channel = ChannelDescription(
                name: "guix", url: .path(try #require(RealGuix.history)),
                introduction: SchemeChannel.guix.description.introduction)
            try FileManager.default.createDirectory(atPath: folder + "/channels", withIntermediateDirectories: true)
            let mirror = ChannelMirror(channel, channels: folder + "/channels")
            try await mirror.update()
            let evaluator = GuixEvaluator(store: try HostStore.nix(dataDirectory: folder + "/data"))
            func authenticate(_ commit: String) async throws -> String {
                try await evaluator.authenticate(
                    .init(channel: channel, commit: commit, checkout: folder, repository: mirror.repository),
                    cache: folder + "/cache")
            }
            func expectRefusal(_ commit: String, _ words: String) async {
                let error = await #expect(throws: EvaluationError.self) { try await authenticate(commit) }
                #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
            }
            let (before, after) = (
                "d62c9b2671be55ae0305bebfda17b595f33797f2", "a099685659b4bfa6b3218f84953cbb7ff9e88063"
            )
            #expect(try await authenticate(before).contains("older than the introduction"))
            #expect(try await authenticate(after).contains("new commits"))
            let person = [
                "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A",
                "GIT_COMMITTER_EMAIL": "a@b",
            ]
            let unsigned = try await GitCommand.run(
                ["commit-tree", "-m", "Mine", "-p", after, after + "^{tree}"], in: mirror.repository,
                environment: person
            ).trimmingCharacters(in: .newlines)
            await expectRefusal(unsigned, "lacks a signature")
            let foreign = try await GitCommand.run(
                ["commit-tree", "-m", "Mine", after + "^{tree}"], in: mirror.repository, environment: person
            ).trimmingCharacters(in: .newlines)
            await expectRefusal(foreign, "not a descendant of introductory commit")
            channel.introduction?.fingerprint = String(repeating: "AB", count: 20)
            await expectRefusal(after, "initial commit")
        }
    }

    /// What else than packages by name a jobset can ask of a revision.
    struct Selections: CustomTestStringConvertible {
        let revision: String
        let kinds: [PackageSelection]

        var testDescription: String { String(revision.prefix(7)) }
    }

    /// The second one only what the modules are enough for: copies of the history lack large translations of it.
    static let selections = [
        Selections(
            revision: "a0178d34f582b50e9bdbb0403943129ae5b560ff",
            kinds: [.manifest(path: "manifest.scm"), .subset("hello"), .channel]),
        Selections(
            revision: "8e2f32cee982d42a79e53fc1e9aa7b8ff0514714", kinds: [.manifest(path: "manifest.scm")]),
    ]

    @Test(
        .enabled(if: RealGuix.history != nil, "ALMANAC_GUIX_HISTORY names no git repository of Guix"),
        arguments: selections)
    func `a manifest, a subset and the channel itself evaluate, and a package is the same in all`(
        asked: Selections
    ) async throws {
        try await withTemporaryFolder { folder in
            let channel = ChannelDescription(name: "guix", url: .path(try #require(RealGuix.history)))
            try FileManager.default.createDirectory(atPath: folder + "/channels", withIntermediateDirectories: true)
            let mirror = ChannelMirror(channel, channels: folder + "/channels")
            try await mirror.update()
            let store = try HostStore.nix(dataDirectory: folder + "/data")
            let manifest = folder + "/manifest.scm"
            try write("(specifications->manifest (list \"hello\"))", to: manifest)
            func jobs(_ packages: PackageSelection) async throws -> [String: StorePath] {
                let checkout = folder + "/checkout"
                try? FileManager.default.removeItem(atPath: checkout)
                try await mirror.checkOut(
                    asked.revision, to: checkout, needed: GuixEvaluator.neededFiles(channel, packages))
                return try paths(
                    try await GuixEvaluator(store: store).evaluate(
                        .init(checkout: checkout, commit: asked.revision, channel: channel, packages: packages)
                    ).jobs)
            }
            let hello = try #require(try await jobs(.names(["hello"]))["hello.x86_64-linux"])
            for kind in asked.kinds {
                switch kind {
                case .manifest:
                    let found = try await jobs(.manifest(path: manifest))
                    #expect(found["hello.x86_64-linux"] == hello && found["profile.x86_64-linux"] != nil, "\(found)")
                case .subset: #expect(try await jobs(kind).values.contains(hello))
                case .channel: #expect(try await jobs(kind).keys.sorted() == ["guix.x86_64-linux"])
                case .all, .names: Issue.record("\(kind) is tested elsewhere")
                }
            }
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
