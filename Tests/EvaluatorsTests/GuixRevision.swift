// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import StoreDaemon

@testable import Evaluators

/// A revision of a very small Guix: the modules of `Fixtures/revision`, and packages that each test gives it.
///
/// It is evaluated by the Scheme script that evaluates Guix, by a real Guile in the real sandbox, and speaks the daemon's
/// protocol; only its packages are nothing but the text of a derivation.
struct GuixRevision {
    let folder: String
    let store: HostStore
    static let commit = "0123456789012345678901234567890123456789"

    /// The Guile in `PATH`, behind its links; nil where there is none.
    static let guile: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/guile" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return found.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
    }()

    init(in folder: String, _ modules: [String: String]) throws {
        self.folder = folder + "/checkout"
        store = try HostStore.nix(dataDirectory: folder + "/data")
        let fixtures = try FixtureFolder.path()
        try FileManager.default.copyItem(atPath: fixtures + "/revision", toPath: self.folder)
        try write(
            try Self.module("good", "(define-public hello (package \"hello\" \"2.10\" \(Self.text("hello-2.10"))))"),
            to: self.folder + "/gnu/packages/good.scm")
        for (name, body) in modules {
            try write(try Self.module(name, body), to: self.folder + "/gnu/packages/\(name).scm")
        }
    }

    private static func module(_ name: String, _ body: String) throws -> String {
        "(define-module (gnu packages \(name)) #:use-module (guix packages) #:use-module (guix store))\n\(body)\n"
    }

    /// A Scheme string that is the text of a valid derivation of that name.
    static func text(_ name: String) throws -> SchemeText {
        var calculator = OutputPathCalculator { throw StoreDaemonError.notValid($0) }
        let derivation = try calculator.completed(
            Derivation(
                outputs: [DerivationOutput(name: "out", path: nil)], inputDerivations: [], inputSources: [],
                system: "x86_64-linux", builder: "/bin/sh", arguments: [],
                environment: [.init(name: "out", value: ""), .init(name: "released", value: "2014-11-16")]),
            name: name, in: .guix)
        return .string(String(decoding: derivation.printed(), as: UTF8.self))
    }

    func evaluate(
        _ packages: PackageSelection = .all, limits: GuixEvaluator.Limits = limits, expression: String? = nil,
        companions: [CompanionChannel] = [],
        progress: @Sendable (EvaluationProgress) -> Void = { _ in }
    ) async throws -> (jobs: [EvaluatedJob], log: String) {
        let host = GuixHost(guile: Self.guile ?? "", loadPath: [], compiledPath: [], extensionsPath: "")
        let channel = ChannelDescription(
            name: "guix", url: .path(folder), expression: expression, companions: companions)
        return try await GuixEvaluator(store: store, limits: limits, host: host).evaluate(
            .init(
                checkout: folder, commit: Self.commit, channel: channel, packages: packages,
                companions: companions.map(\.url.description)), progress: progress)
    }

    static let limits = GuixEvaluator.Limits(
        time: .seconds(900), packageTime: .seconds(60), moduleTime: .seconds(120), memory: 1 << 30)
    /// What never ends is given less.
    static let short = GuixEvaluator.Limits(
        time: .seconds(900), packageTime: .seconds(3), moduleTime: .seconds(5), memory: 256 << 20)
}

/// The files that come with the tests.
enum FixtureFolder {
    static func path() throws -> String {
        guard let path = Bundle.module.path(forResource: "Fixtures", ofType: nil) else {
            throw CocoaError(.fileNoSuchFile)
        }
        return path
    }
}
