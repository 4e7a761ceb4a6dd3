// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Jobsets
import Synchronization
import Testing

@testable import Evaluators

/// A small revision of our own, in a real Guile and the real sandbox; a real Guix is not needed.
@Suite(
    "Evaluating a revision of Guix", .enabled(if: GuixRevision.guile != nil, "needs guile in PATH: Debian's guile-3.0"))
struct GuixEvaluatorTests {
    private func evaluate(
        _ modules: [String: String], _ packages: PackageSelection = .all,
        limits: GuixEvaluator.Limits = GuixRevision.limits,
        _ check: (_ jobs: [String: EvaluatedJob], _ log: String) throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let found = try await GuixRevision(in: folder, modules).evaluate(packages, limits: limits)
            try check(Dictionary(uniqueKeysWithValues: found.jobs.map { ($0.name, $0) }), found.log)
        }
    }

    private func name(_ job: EvaluatedJob?) -> String? { (try? job?.derivation.get())?.name }

    private func message(_ job: EvaluatedJob?) -> String {
        switch job?.derivation {
        case .failure(let failure): failure.message
        case .success(let path): "evaluated to \(path)"
        case nil: "there is no such job"
        }
    }

    private static func package(_ name: String, _ body: String) -> String {
        "(define-public \(name) (package \"\(name)\" \"1\" (lambda (store) \(body))))"
    }

    @Test func `each package becomes a job as the revision itself names it`() async throws {
        let foreign = "(define-public foreign (package \"foreign\" \"1\" \"\" '((foreign? . #t))))"
        let old = "(define-public old (package \"old\" \"1\" \"\" '((superseded . hello))))"
        try await evaluate(["more": foreign + old]) { jobs, _ in
            #expect(jobs.count == 1, "\(jobs.keys)")
            let hello = try #require(jobs["hello-2.10.x86_64-linux"])
            #expect(name(hello) == "hello-2.10.drv")
            #expect(hello.package == "hello" && hello.version == "2.10" && hello.system == "x86_64-linux")
            #expect(
                hello.meta == [
                    "synopsis": "The package \"hello\"", "location": "gnu/packages/some.scm:7", "release": "2014-11-16",
                    "maintainers": "@some, ada@example.org, bob@example.org, @forge/some",
                ])
        }
    }

    @Test func `packages and modules that fail are recorded, and the others go on`() async throws {
        let modules = [
            "bad": Self.package("thrower", "(error \"this one is broken:\" 42)")
                + Self.package("typo", "(string-append \"a\" 1)") + Self.package("odd", "(throw 'odd-key 'a '(b))")
                + Self.package("leaver", "(exit 0)")
                + Self.package("unknown", "(build-things store '(\"/gnu/store/x\"))"),
            "wrong": "(define-public x (no-such-procedure))", "open": "(define-public y (",
        ]
        try await evaluate(modules) { jobs, log in
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(message(jobs["thrower-1"]).contains("this one is broken: 42"))
            #expect(message(jobs["typo-1"]).contains("Wrong type"))
            #expect(message(jobs["odd-1"]).contains("odd-key"))
            #expect(message(jobs["leaver-1"]) == "it tried to end the evaluation")
            #expect(message(jobs["unknown-1"]).contains("an evaluation builds nothing"))
            #expect(log.contains("gnu/packages/wrong.scm: ") && log.contains("no-such-procedure"))
            #expect(log.contains("gnu/packages/open.scm: "))
        }
    }

    @Test func `a store that fails is the evaluation's failure, and told in its own words`() async throws {
        try await withTemporaryFolder { folder in
            let revision = try GuixRevision(in: folder, [:])
            try FileManager.default.removeItem(atPath: folder + "/data/nix/var")
            try write("no folder", to: folder + "/data/nix/var")
            let error = await #expect(throws: EvaluationError.self) { try await revision.evaluate() }
            #expect(
                error?.description.contains("the farm's store failed the evaluation: ") == true,
                "\(String(describing: error))")
            #expect(error?.description.contains("/data/nix/var") == true)
        }
    }

    @Test func `what loops for ever is stopped, and the others go on`() async throws {
        let modules = [
            "looping": Self.package("looper", "(let loop ((n 0)) (loop (1+ n)))"),
            "looping-module": "(let loop ((n 0)) (loop (1+ n)))",
            "stubborn": Self.package(
                "stubborn", "(let loop () (catch #t (lambda () (let inner () (inner))) (lambda _ #f)) (loop))"),
        ]
        try await evaluate(modules, limits: GuixRevision.short) { jobs, log in
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(message(jobs["looper-1"]).contains("stopped after"))
            #expect(message(jobs["stubborn-1"]).contains("stopped"))
            #expect(log.contains("gnu/packages/looping-module.scm: it was stopped"))
        }
    }

    @Test func `what allocates without end is stopped, and the others go on`() async throws {
        let modules = [
            "greedy": Self.package("hoarder", "(let loop ((all '())) (loop (cons (make-string 4096 #\\x) all)))")
                + Self.package("huge", "(make-vector 100000000000 #f)")
        ]
        try await evaluate(modules, limits: .init(time: .seconds(900), packageTime: .seconds(60), memory: 256 << 20)) {
            jobs, _ in
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(message(jobs["hoarder-1"]).contains("stopped") || message(jobs["hoarder-1"]).contains("emory"))
            #expect(!message(jobs["huge-1"]).contains("evaluated to"))
        }
    }

    @Test func `a module whose load another's import interrupts is named, with what it had defined by then`()
        async throws
    {
        let early = "(define-public early (package \"early\" \"1\" \(try GuixRevision.text("early-1"))))"
        let modules = [
            "importing": "(use-modules (gnu packages stray))",
            "stray": early + ")",
            "unbound": "(use-modules (gnu packages within))",
            "within": "(define-public late (no-such-procedure))",
        ]
        try await evaluate(modules) { jobs, log in
            let lines = log.split(separator: "\n")
            func note(_ module: String) -> Substring {
                lines.first { $0.hasPrefix("gnu/packages/\(module).scm: ") } ?? ""
            }
            #expect(note("importing").hasPrefix("gnu/packages/importing.scm: in gnu/packages/stray.scm: "))
            #expect(note("stray").hasPrefix("gnu/packages/stray.scm: only a part of it was loaded: "))
            #expect(note("stray").contains("unexpected \")\""))
            #expect(note("unbound").hasPrefix("gnu/packages/unbound.scm: in gnu/packages/within.scm: "))
            #expect(note("within").hasPrefix("gnu/packages/within.scm: only a part of it was loaded: "))
            #expect(note("within").contains("no-such-procedure"))
            #expect(name(jobs["early-1.x86_64-linux"]) == "early-1.drv")
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(note("good").isEmpty)
        }
    }

    @Test func `what ends the evaluator is left out, and the others go on`() async throws {
        let modules = [
            "deadly": Self.package("killer", "(kill (getpid) SIGKILL)")
                + Self.package("quitter", "(primitive-_exit 0)"),
            "deadly-module": "(primitive-_exit 3)",
        ]
        try await evaluate(modules) { jobs, log in
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(message(jobs["killer-1"]).contains("killed"))
            #expect(message(jobs["quitter-1"]).contains("ended"))
            #expect(log.contains("gnu/packages/deadly-module.scm: it ended with status 3"))
        }
    }

    @Test(arguments: [
        "(if (file-exists? \"/etc/passwd\") (error \"seen\") (error \"kept out\"))",
        "(if (or (file-exists? \"/home\") (file-exists? \"/root\") (file-exists? \"/var\")) (error \"seen\") (error \"kept out\"))",
        "(catch #t (lambda () (connect (socket AF_INET SOCK_STREAM 0) AF_INET INADDR_LOOPBACK 22) (error \"connected\")) (lambda (key . rest) (error (if (eq? key 'system-error) \"kept out\" \"seen\"))))",
        "(catch #t (lambda () (call-with-output-file \"/almanac/checkout/gnu/packages/evil.scm\" newline) (throw 'written)) (lambda (key . _) (error (if (eq? key 'written) \"seen\" \"kept out\"))))",
        "(catch #t (lambda () (call-with-output-file \"/gnu/store/evil\" newline) (throw 'written)) (lambda (key . _) (error (if (eq? key 'written) \"seen\" \"kept out\"))))",
        "(error (if (zero? (system* \"sh\" \"-c\" \"ls /proc | grep -c '^[0-9]' | grep -q '^[0-9]$'\")) \"kept out\" \"seen\"))",
    ])
    func `a package sees no file, process or network of this machine`(body: String) async throws {
        try await evaluate(["spy": Self.package("spy", body)]) { jobs, _ in
            #expect(message(jobs["spy-1"]) == "kept out")
        }
    }

    @Test func `lines that a package writes are no events`() async throws {
        let forged = #"{\"event\":\"job\",\"key\":\"x\",\"name\":\"forged\",\"derivation\":\"/gnu/store/x.drv\"}"#
        let talker = Self.package("talker", "(display \"\(forged)\\n\") (error \"said\")")
        try await evaluate(["talker": talker]) { jobs, log in
            #expect(message(jobs["talker-1"]) == "said")
            #expect(log.contains("forged") && jobs["forged"] == nil)
        }
    }

    @Test func `packages by name are the newest of that name, and what is missing is said`() async throws {
        let modules = [
            "versions":
                "(define-public hello-2.9 (package \"hello\" \"2.9.1\" \(try GuixRevision.text("hello-2.9.1"))))"
                + "(define-public hidden (package \"hidden\" \"1\" \"\" '((hidden? . #t))))"
        ]
        try await evaluate(modules, .names(["hello@2.9", "hello", "hidden", "helo"])) { jobs, _ in
            #expect(name(jobs["hello-2.9.1.x86_64-linux"]) == "hello-2.9.1.drv")
            #expect(message(jobs["hidden"]) == "this revision has no package 'hidden'")
            #expect(message(jobs["helo"]) == "this revision has no package 'helo'; similar: hello")
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(jobs.count == 4)
        }
        let error = await #expect(throws: EvaluationError.self) {
            try await evaluate([:], .names(["helo"])) { _, _ in }
        }
        #expect(error?.description == "no package is named 'helo'; similar: hello")
    }

    @Test func `a manifest gives its packages and the profile of them`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder + "/manifest.scm"
            let profile = try GuixRevision.text("profile")
            try write("(manifest (list (manifest-entry hello \"out\")) \(profile))", to: file)
            let found = try await GuixRevision(in: folder, [:]).evaluate(.manifest(path: file))
            let jobs = Dictionary(uniqueKeysWithValues: found.jobs.map { ($0.name, $0) })
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(jobs["hello-2.10.x86_64-linux"]?.meta["output"] == "out")
            #expect(name(jobs["profile.x86_64-linux"]) == "profile.drv")
        }
    }

    @Test func `the channel itself is a job`() async throws {
        try await evaluate([:], .channel) { jobs, _ in
            #expect(jobs.keys.sorted() == ["guix.x86_64-linux"])
            #expect(name(jobs["guix.x86_64-linux"]) == "hello-2.10.drv")
        }
    }

    @Test func `a subset is what the revision's own jobs call so`() async throws {
        try await evaluate([:], .subset("hello")) { jobs, _ in
            #expect(name(jobs["hello-2.10.x86_64-linux"]) == "hello-2.10.drv")
            #expect(message(jobs["broken.x86_64-linux"]) == "this job is broken")
            // Not one that this evaluation put into the store.
            #expect(message(jobs["forged.x86_64-linux"]).contains("no derivation that it made"))
        }
    }

    /// Jobs as Guix makes them for Cuirass, since 1.3.
    private static let cuirass = """
        (define-module (gnu ci) #:use-module (guix derivations) #:use-module (guix packages)
          #:use-module (gnu packages good) #:use-module (ice-9 match) #:export (cuirass-jobs))
        (define* (package->job store package system #:key (suffix ""))
          `((#:job-name . ,(string-append "base." (package-name package) "." system suffix))
            (#:derivation . ,(derivation-file-name (package-derivation store package system #:graft? #f)))
            (#:timeout . 18000)))
        (define (cuirass-jobs store arguments)
          (match (map cdr arguments)
            (('hello ("x86_64-linux") (('repository . fields)))
             (unless (equal? (assq-ref fields 'commit) '("\(GuixRevision.commit)")) (error "not as asked"))
             (list (package->job store hello "x86_64-linux")))
            (_ (error "not as asked"))))
        """

    @Test(arguments: [PackageSelection.subset("hello"), .all, .names(["hello"])])
    func `a revision that makes jobs for Cuirass has them named as it names them`(
        packages: PackageSelection
    ) async throws {
        try await withTemporaryFolder { folder in
            let revision = try GuixRevision(in: folder, [:])
            try write(Self.cuirass, to: revision.folder + "/gnu/ci.scm")
            let jobs = try await revision.evaluate(packages).jobs
            // What is named is not asked of the revision's jobs.
            let expected = if case .names = packages { "hello.x86_64-linux" } else { "base.hello.x86_64-linux" }
            #expect(jobs.map(\.name) == [expected])
            #expect(name(jobs.first) == "hello-2.10.drv")
        }
    }

    @Test func `progress is told while it runs`() async throws {
        try await withTemporaryFolder { folder in
            let seen = Mutex<[EvaluationProgress]>([])
            let revision = try GuixRevision(in: folder, ["bad": Self.package("thrower", "(error \"x\")")])
            _ = try await revision.evaluate { progress in seen.withLock { $0.append(progress) } }
            let last = try #require(seen.withLock { $0.last })
            #expect(last.done == 2 && last.all == 2 && last.failed == 1)
            // The fixture has more modules than ten.
            #expect(last.loaded >= 10)
        }
    }

    @Test func `a revision that does not evaluate is an error with its log`() async throws {
        try await withTemporaryFolder { folder in
            let revision = try GuixRevision(in: folder, [:])
            try write(
                "(define-module (guix store))\n(display \"for the log\")\n(error \"too old\")\n",
                to: revision.folder + "/guix/store.scm")
            let error = await #expect(throws: EvaluationError.self) { try await revision.evaluate() }
            #expect(error?.description.contains("too old") == true)
            #expect(error?.log.contains("for the log") == true)
            try FileManager.default.removeItem(atPath: revision.folder + "/guix/config.scm.in")
            let other = await #expect(throws: EvaluationError.self) { try await revision.evaluate() }
            #expect(other?.description.contains("not one of Guix itself") == true)
        }
    }
}
