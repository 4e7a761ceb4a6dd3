// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Subprocess
import SystemPackage

@testable import Evaluators

/// A `guix` that only says where its Guile is, and a revision of a very small Guix in a git repository.
struct SmallGuix {
    static let isPossible = ["guile", "git", "bwrap", "nix-daemon"].allSatisfy { program in
        paths.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
    static let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")

    let folder: String
    let commit: String

    init(in folder: String) async throws {
        self.folder = folder
        let files = FileManager.default
        let revision = (0..<2).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
            .appendingPathComponent("EvaluatorsTests/Fixtures/revision").path
        try files.copyItem(atPath: revision, toPath: folder + "/guix")
        try files.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
        try "#!/bin/sh\nshift\nexec guile --no-auto-compile \"$@\"\n".write(
            toFile: folder + "/bin/guix", atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/bin/guix")
        try Self.package.write(
            toFile: folder + "/guix/gnu/packages/good.scm", atomically: true, encoding: .utf8)
        let script = """
            cd guix; git init -q -b master; git add .; git -c user.name=a -c user.email=a@b commit -qm Revision
            git rev-parse HEAD
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-ec", script], workingDirectory: FilePath(folder),
            output: .string(limit: 1 << 10))
        commit = result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// 'hello', a download that nobody has.
    private static var package: String {
        get throws {
            let hash = ContentHash.of(Array("gone".utf8))
            var calculator = OutputPathCalculator { throw DerivationsError.derivationCycle(through: $0) }
            let source = try calculator.completed(
                Derivation(
                    outputs: [
                        DerivationOutput(name: "out", path: nil, hashAlgorithm: "sha256", hash: hash.base16)
                    ], inputDerivations: [], inputSources: [], system: "x86_64-linux",
                    builder: "builtin:download", arguments: [],
                    environment: [
                        .init(name: "out", value: ""),
                        .init(name: "url", value: "\"http://127.0.0.1:1/hello-2.10.tar\""),
                    ]), name: "hello-2.10", in: .guix)
            let text = SchemeText.string(String(decoding: source.printed(), as: UTF8.self))
            return """
                (define-module (gnu packages good) #:use-module (guix packages))
                (define-public hello (package "hello" "2.10" \(text)))
                """
        }
    }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    func revive(_ arguments: String...) async throws -> AlmanacProgram.Answer {
        let settings = [
            "ALMANAC_STORE": "nix", "ALMANAC_SUBSTITUTE_URLS": "none", "ALMANAC_SOFTWARE_HERITAGE": "none",
            "ALMANAC_CONTENT_ADDRESSED_MIRRORS": "none", "ALMANAC_DISARCHIVE_MIRRORS": "none",
        ]
        return try await AlmanacProgram.run(
            ["revive", "-C", "channels.scm"] + arguments, in: folder, environment: settings,
            path: ([folder + "/bin"] + Self.paths.map(String.init)).joined(separator: ":"))
    }
}
