// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import StoreDaemon
import Testing

@testable import Evaluators

/// Uses the real nix-instantiate of nix-bin.
@Suite("Evaluating a Nix channel")
struct NixEvaluatorTests {
    private static let limits = NixEvaluator.Limits(
        time: .seconds(600), packageTime: .seconds(120), memory: 1 << 30)
    /// What never ends is given less, and what ends beside it still enough on a busy machine.
    private static let short = NixEvaluator.Limits(time: .seconds(600), packageTime: .seconds(45), memory: 1 << 30)

    private func evaluate(
        _ expression: String, packages: PackageSelection = .all, limits: NixEvaluator.Limits = limits,
        _ check: (_ jobs: [String: Result<StorePath, PackageFailure>], _ log: String) throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try write(expression, to: "\(folder)/channel/default.nix")
            let evaluator = NixEvaluator(store: try HostStore.nix(dataDirectory: "\(folder)/data"), limits: limits)
            let found = try await evaluator.evaluate(
                checkout: "\(folder)/channel", expression: "default.nix", packages: packages)
            try check(Dictionary(uniqueKeysWithValues: found.jobs.map { ($0.name, $0.derivation) }), found.log)
        }
    }

    private static let package =
        #"name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; version = "1"; }"#

    private func name(_ result: Result<StorePath, PackageFailure>?) -> String? {
        (try? result?.get())?.name
    }

    private func message(_ result: Result<StorePath, PackageFailure>?) -> String {
        switch result {
        case .failure(let failure): failure.message
        case .success(let path): "evaluated to \(path)"
        case nil: "there is no such job"
        }
    }

    @Test func `each package becomes a job with the derivation that its name gives`() async throws {
        try await evaluate("let package = \(Self.package); in { a = package \"a\"; b = package \"b\"; }") { jobs, _ in
            #expect(jobs.count == 2)
            #expect(name(jobs["a"]) == "a.drv")
            #expect(name(jobs["b"]) == "b.drv")
        }
    }

    @Test func `packages that fail are recorded, each with its own error, and the others go on`() async throws {
        let expression = """
            let package = \(Self.package); in {
              a = package "a";
              thrower = throw "this one is broken";
              typo = derivation { name = "typo" + 1; };
              text = "no derivation";
              several = { x = package "x"; y = package "y"; };
              z = package "z";
            }
            """
        try await evaluate(expression) { jobs, log in
            #expect(name(jobs["a"]) == "a.drv")
            #expect(name(jobs["z"]) == "z.drv")
            #expect(message(jobs["thrower"]).contains("this one is broken"))
            #expect(message(jobs["typo"]).contains("error"))
            #expect(message(jobs["text"]).contains("derivation"))
            #expect(message(jobs["several"]) == "it is 2 derivations, not one")
            #expect(log.contains("this one is broken"))
        }
    }

    @Test func `packages within sets are named with dots, and maintainers come with their packages`() async throws {
        let expression = """
            let
              package = \(Self.package);
              by = maintainers: name: package name // { meta = { inherit maintainers; }; };
            in {
              "1.2" = package "dotted";
              inner.deep.one = by [ { email = "ada@example.org"; github = "ada"; } { github = "bob"; } "eve" ] "one";
              inner.two = by (throw "nobody") "two";
              three = package "three";
            }
            """
        try await withTemporaryFolder { folder in
            try write(expression, to: "\(folder)/channel/default.nix")
            let evaluator = NixEvaluator(store: try HostStore.nix(dataDirectory: "\(folder)/data"), limits: Self.limits)
            let names = ["1.2", "inner.deep.one", "inner.two", "three", "inner.four", "outer.one"]
            let found = try await evaluator.evaluate(
                checkout: "\(folder)/channel", expression: "default.nix", packages: .names(names))
            let jobs = Dictionary(uniqueKeysWithValues: found.jobs.map { ($0.name, $0) })
            #expect(jobs.keys.sorted() == names.sorted())
            #expect(name(jobs["1.2"]?.derivation) == "dotted.drv")
            #expect(name(jobs["inner.deep.one"]?.derivation) == "one.drv")
            #expect(jobs["inner.deep.one"]?.meta["maintainers"] == "ada@example.org, @bob, eve")
            #expect(name(jobs["inner.two"]?.derivation) == "two.drv")
            #expect(jobs["inner.two"]?.meta["maintainers"] == nil && jobs["three"]?.meta["maintainers"] == nil)
            let (absent, unknown) = (message(jobs["inner.four"]?.derivation), message(jobs["outer.one"]?.derivation))
            #expect(absent.contains("four"))
            #expect(unknown.contains("no such package"))
        }
    }

    @Test func `a package that loops for ever is stopped, and the others go on`() async throws {
        let expression =
            "let package = \(Self.package); f = n: if n < 0 then n else f (n + 1 - 1); in { a = package \"a\"; loop = package (toString (f 0)); }"
        try await evaluate(expression, limits: Self.short) { jobs, _ in
            #expect(name(jobs["a"]) == "a.drv")
            #expect(message(jobs["loop"]).contains("stopped") || message(jobs["loop"]).contains("overflow"))
        }
    }

    @Test func `a package that allocates without end is stopped, and the others go on`() async throws {
        let expression = """
            let package = \(Self.package); grow = n: text: if n == 0 then text else grow (n - 1) (text + text);
            in { a = package "a"; huge = package (grow 40 "0123456789"); }
            """
        try await evaluate(expression, limits: .init(time: .seconds(120), packageTime: .seconds(60), memory: 1 << 30)) {
            jobs, _ in
            #expect(name(jobs["a"]) == "a.drv")
            #expect(!message(jobs["huge"]).contains("evaluated to"))
        }
    }

    @Test(arguments: [
        "builtins.readFile /etc/passwd", "builtins.toString (builtins.readDir /etc)",
        "builtins.getEnv \"HOME\" + builtins.readFile (/. + \"/etc/hostname\")",
        "builtins.readFile (builtins.fetchurl \"http://127.0.0.1:9/x\")",
        "builtins.readFile (derivation { name = \"built\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; })",
        "builtins.exec [ \"/bin/sh\" ]",
    ])
    func `an expression reads its own files only, fetches nothing and builds nothing`(body: String) async throws {
        try await evaluate("let package = \(Self.package); in { a = package \"a\"; spy = package (\(body)); }") {
            jobs, _ in
            #expect(name(jobs["a"]) == "a.drv")
            #expect(!message(jobs["spy"]).contains("evaluated to"))
        }
    }

    @Test func `a channel that does not evaluate is an error with its log`() async throws {
        for expression in ["{ a = ", "throw \"no channel\"", "\"text\"", "{ x }: { }"] {
            let error = await #expect(throws: EvaluationError.self) { try await evaluate(expression) { _, _ in } }
            #expect(error?.description.contains("error:") == true, "\(expression)")
            #expect(error?.log.isEmpty == false)
        }
    }

    @Test func `a package that a revision lacks fails alone, with what was meant`() async throws {
        let expression = "let package = \(Self.package); in { hello = package \"a\"; world = package \"b\"; }"
        try await evaluate(expression, packages: .names(["hello", "wrold"])) { jobs, _ in
            #expect(jobs.count == 2 && name(jobs["hello"]) == "a.drv")
            #expect(message(jobs["wrold"]) == "this revision has no such package; similar: world")
        }
        let error = await #expect(throws: EvaluationError.self) {
            try await evaluate(expression, packages: .names(["wrold"])) { _, _ in }
        }
        #expect(error?.description == "no package is named 'wrold'; similar: world")
    }

    @Test func `a manifest names packages, one a line`() async throws {
        try await withTemporaryFolder { folder in
            try write("# mine\na\n\n  b # both\n", to: "\(folder)/manifest")
            let all =
                "let package = \(Self.package); in { a = package \"a\"; b = package \"b\"; c = throw \"not asked\"; }"
            try await evaluate(all, packages: .manifest(path: "\(folder)/manifest")) { jobs, _ in
                #expect(jobs.keys.sorted() == ["a", "b"])
            }
        }
    }

    @Test func `names that mean something to Nix are only names`() async throws {
        let expression =
            "let package = \(Self.package); in { \"a.b\" = package \"dotted\"; \"\\${x}\" = package \"dollar\"; \"q\\\"\" = package \"quote\"; }"
        try await evaluate(expression) { jobs, _ in
            #expect(name(jobs["a.b"]) == "dotted.drv")
            #expect(name(jobs["${x}"]) == "dollar.drv")
            #expect(jobs["q\""] != nil)
        }
    }
}
