// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import Testing

@testable import Evaluators

/// Channels beside a small revision of our own, in a real Guile and the real sandbox.
@Suite(
    "Evaluating channels beside Guix's own",
    .enabled(if: GuixRevision.guile != nil, "needs guile in PATH: Debian's guile-3.0"))
struct GuixCompanionTests {
    /// A channel with its packages in `modules/` and a file that is no module.
    private static func science(_ folder: String, dependencies: String = "(channel (name past) (url \"x\"))") throws {
        try FileManager.default.createDirectory(
            atPath: folder + "/modules/science/packages", withIntermediateDirectories: true)
        try write(
            "(channel (version 0) (directory \"/modules\") (dependencies \(dependencies)))",
            to: folder + "/.guix-channel")
        try write(
            """
            (define-module (science packages) #:use-module (guix packages) #:use-module (past) #:use-module (gnu packages good))
            (define-public telescope (package "telescope" "2" \(try GuixRevision.text("telescope-2"))))
            (define-public again hello)
            """, to: folder + "/modules/science/packages.scm")
        try write(
            "(define-module (science packages broken))\n(no-such-procedure)",
            to: folder + "/modules/science/packages/broken.scm")
        try write("(error \"a manifest is no module\")", to: folder + "/modules/manifest.scm")
    }

    /// A channel whose packages are in its own folder, and which has nothing to say of itself.
    private static func past(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try write(
            """
            (define-module (past) #:use-module (guix packages))
            (define-public hello-1 (package "hello" "1" \(try GuixRevision.text("hello-1"))))
            """, to: folder + "/past.scm")
    }

    private func evaluate(
        _ folder: String, _ packages: PackageSelection, names: [String] = ["science", "past"]
    ) async throws -> (jobs: [String: EvaluatedJob], log: String) {
        let revision = try GuixRevision(in: folder, [:])
        let companions = names.map { CompanionChannel(name: $0, url: .path("\(folder)/\($0)")) }
        let found = try await revision.evaluate(packages, companions: companions)
        return (Dictionary(uniqueKeysWithValues: found.jobs.map { ($0.name, $0) }), found.log)
    }

    private func name(_ job: EvaluatedJob?) -> String? { (try? job?.derivation.get())?.name }

    @Test func `their packages are jobs too, by name as well, and a module that fails is named`() async throws {
        try await withTemporaryFolder { folder in
            try Self.science(folder + "/science")
            try Self.past(folder + "/past")
            let (jobs, log) = try await evaluate(folder, .all)
            #expect(
                jobs.keys.sorted() == [
                    "hello-1.x86_64-linux", "hello-2.10.x86_64-linux", "telescope-2.x86_64-linux",
                ])
            #expect(name(jobs["telescope-2.x86_64-linux"]) == "telescope-2.drv")
            #expect(log.contains("science:science/packages/broken.scm: ") && log.contains("no-such-procedure"))
            #expect(!log.contains("manifest"))
        }
        try await withTemporaryFolder { folder in
            try Self.science(folder + "/science")
            try Self.past(folder + "/past")
            let (jobs, _) = try await evaluate(folder, .names(["telescope", "hello@1", "hello"]))
            #expect(
                jobs.values.map(name).compactMap(\.self).sorted() == [
                    "hello-1.drv", "hello-2.10.drv", "telescope-2.drv",
                ])
        }
    }

    @Test func `a manifest sees their modules, and Guix searches them for packages`() async throws {
        try await withTemporaryFolder { folder in
            try Self.science(folder + "/science")
            try Self.past(folder + "/past")
            let file = folder + "/manifest.scm"
            try write(
                """
                (use-modules (science packages) (gnu packages))
                (unless (= (folders-of-packages) 3) (error "channels are not searched"))
                (manifest (list (manifest-entry telescope "out")) \(try GuixRevision.text("profile")))
                """, to: file)
            let (jobs, _) = try await evaluate(folder, .manifest(path: file))
            #expect(jobs.keys.sorted() == ["profile.x86_64-linux", "telescope-2.x86_64-linux"])
        }
    }

    @Test func `a channel that another depends on and that is not there is named, and so is one in disorder`()
        async throws
    {
        try await withTemporaryFolder { folder in
            try Self.science(folder + "/science")
            let error = await #expect(throws: EvaluationError.self) {
                try await evaluate(folder, .all, names: ["science"])
            }
            #expect(
                error?.description
                    == "the channel 'science' depends on the channel 'past', which is not beside it: add that too")
        }
        for (text, words) in [
            ("(channel (directory \"none\"))", "the channel 'past' has no folder of modules"),
            ("(chanel)", "the channel 'past': its .guix-channel is not of the form (channel ...)"),
            ("(channel", "the channel 'past': "),
        ] {
            try await withTemporaryFolder { folder in
                try Self.past(folder + "/past")
                try write(text, to: folder + "/past/.guix-channel")
                let error = await #expect(throws: EvaluationError.self) {
                    try await evaluate(folder, .all, names: ["past"])
                }
                #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
            }
        }
    }
}
