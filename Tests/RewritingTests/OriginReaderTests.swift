// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Rewriting
import Testing

@Suite struct OriginReaderTests {
    private static let script = "/gnu/store/3dq55rw99wdc4g4wblz7xikc8a2jy7a3-x-builder"
    private static let out = "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-x-checkout"

    private func origin(
        _ script: String?, builder: String = "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-guile-2.2.6/bin/guile",
        _ variables: [String: String] = [:], isFixed: Bool = true
    ) throws -> Origin {
        let place = try StorePath(parsing: Self.out)
        let fixed = FixedOutput(method: .recursive, hash: .of([1]))
        let derivation = Derivation(
            outputs: [
                isFixed ? DerivationOutput(path: place, fixed: fixed) : DerivationOutput(name: "out", path: place)
            ],
            inputDerivations: [], inputSources: [], system: "x86_64-linux", builder: builder,
            arguments: ["--no-auto-compile", Self.script],
            environment: variables.merging(["out": Self.out]) { one, _ in one }.map {
                .init(name: $0.key, value: $0.value)
            })
        return try OriginReader(derivation) { path in
            #expect(path.description == Self.script)
            return script.map { Array($0.utf8) }
        }.origin()
    }

    @Test func `downloads are read from their variables`() throws {
        #expect(
            try origin(nil, builder: "builtin:download", ["url": "\"mirror://gnu/a.tar\""])
                == .download(urls: ["mirror://gnu/a.tar"], isExecutable: false))
        #expect(
            try origin(
                nil, builder: "builtin:download", ["url": "(\"https://a/x\" \"https://b/x\")", "executable": "1"])
                == .download(urls: ["https://a/x", "https://b/x"], isExecutable: true))
        #expect(throws: RewriteError.self) { try origin(nil, builder: "builtin:download") }
        #expect(throws: RewriteError.self) { try origin(nil, builder: "builtin:download", ["url": "(1 2)"]) }
    }

    @Test func `url-fetch scripts of old are understood, with their lists of addresses`() throws {
        let text = """
            (begin (use-modules (guix build download)) (url-fetch (quote ("mirror://gnu/a" "https://b/a")) \
            (getenv "out") #:mirrors (quote ((gnu "https://c/")))))
            """
        #expect(try origin(text) == .download(urls: ["mirror://gnu/a", "https://b/a"], isExecutable: false))
    }

    @Test func `git is found in variables, and in scripts from before they had any`() throws {
        let variables = ["git url": "https://a/b", "git commit": "v1", "git recursive?": "#t"]
        #expect(try origin(nil, variables) == .git(url: "https://a/b", commit: "v1", isRecursive: true))
        #expect(
            try origin(
                nil, builder: "builtin:git-download", ["url": "\"https://a/b\"", "commit": "v1", "recursive?": "#f"])
                == .git(url: "https://a/b", commit: "v1", isRecursive: false))
        let script = """
            (begin (use-modules (guix build git)) (define recursive? (quote #t)) \
            (or (git-fetch (quote "https://a/b") (quote "v2") ((@ (guile) getenv) "out") #:recursive? recursive? \
            #:git-command (string-append "/gnu/store/x" "/bin/git")) (download-nar ((@ (guile) getenv) "out"))))
            """
        #expect(try origin(script) == .git(url: "https://a/b", commit: "v2", isRecursive: true))
    }

    @Test func `Mercurial, Bazaar and CVS are read from scripts`() throws {
        #expect(
            try origin("(or (hg-fetch '\"https://a/b\" '\"fd68\" (getenv \"out\")) (download-nar (getenv \"out\")))")
                == .mercurial(url: "https://a/b", changeset: "fd68"))
        #expect(
            try origin(
                "(bzr-fetch (getenv \"bzr url\") (getenv \"bzr reference\") (getenv \"out\"))",
                [
                    "bzr url": "lp:a", "bzr reference": "12",
                ]) == .bazaar(url: "lp:a", revision: "12"))
        #expect(try origin("(bzr-fetch (quote \"lp:a\") (quote \"12\") \"x\")") == .bazaar(url: "lp:a", revision: "12"))
        #expect(
            try origin("(cvs-fetch ':pserver: \"m\" \"r\" \"x\")".replacing("':pserver:", with: "\":pserver:a@h:/s\""))
                == .cvs(root: ":pserver:a@h:/s", module: "m", revision: "r"))
    }

    @Test func `Subversion is read from scripts and variables, one place or many`() throws {
        let one = """
            (svn-fetch (quote "svn://a/b") (quote 12) ((@ (guile) getenv) "out") #:recursive? (quote #f) \
            #:user-name (quote "u") #:password (quote #f))
            """
        #expect(
            try origin(one)
                == .subversion(
                    SubversionOrigin(
                        checkouts: [.init(url: "svn://a/b", folder: "")], revision: 12, isRecursive: false, user: "u")))
        let many = """
            (every (lambda (location) (unless (string-suffix? "/" location) (mkdir-p (string-append (getenv "out") "/" \
            (dirname location)))) (svn-fetch (string-append '"svn://a/t" "/" location) '7 (if (string-suffix? "/" location) \
            (string-append (getenv "out") "/" location) (string-append (getenv "out") "/" (dirname location))) \
            #:recursive? #t #:user-name #f #:password #f)) '("/doc/a/" "/tex/a.tex"))
            """
        let checkouts = [
            SubversionOrigin.Checkout(url: "svn://a/t//doc/a/", folder: "doc/a"),
            SubversionOrigin.Checkout(url: "svn://a/t//tex/a.tex", folder: "tex"),
        ]
        #expect(
            try origin(many) == .subversion(SubversionOrigin(checkouts: checkouts, revision: 7, isRecursive: true)))
        let variables = ["svn url": "svn://a/t/", "svn revision": "7", "svn locations": "(\"/doc/a/\" \"/tex/a.tex\")"]
        let present = try origin(nil, variables)
        guard case .subversion(let found) = present else { Issue.record("\(present)"); return }
        #expect(found.checkouts.map(\.folder) == ["doc/a", "tex"])
        #expect(found.revision == 7 && !found.isRecursive)
    }

    @Test func `what cannot be known is refused with the reason`() throws {
        let script = try StorePath(parsing: Self.script)
        #expect(throws: RewriteError.notFixedOutput) { try origin(nil, isFixed: false) }
        #expect(throws: RewriteError.scriptMissing(script)) { try origin(nil) }
        #expect(throws: RewriteError.nothingFetched(script)) { try origin("(begin (mkdir \"x\"))") }
        #expect(throws: RewriteError.undetermined(procedure: "git-fetch", what: "address")) {
            try origin("(git-fetch (read-line) \"v1\" \"x\")")
        }
        #expect(throws: RewriteError.severalSources(["a", "b"])) {
            try origin("(if (file-exists? \"x\") (hg-fetch \"a\" \"1\" \"x\") (hg-fetch \"b\" \"1\" \"x\"))")
        }
        #expect(throws: RewriteError.notFetching(builder: "/bin/sh")) { try origin(nil, builder: "/bin/sh") }
        #expect(throws: RewriteError.self) { try origin("(begin (hg-fetch \"a\" \"1\" \"x\")") }
    }

    @Test(arguments: [
        "(hg-fetch \"--config=alias.x=!sh\" \"1\" \"x\")", "(hg-fetch \"https://a\" \"-r1\" \"x\")",
        "(svn-fetch \"svn://a\" 1 \"/etc\")", "(svn-fetch \"svn://a\" 1 (string-append (getenv \"out\") \"/../..\"))",
        "(bzr-fetch \"lp:\\n\" \"1\" \"x\")",
    ])
    func `what could be taken for an option, or leads out of the output, is refused`(script: String) throws {
        #expect(throws: RewriteError.self) { try origin(script) }
    }

    @Test(arguments: [
        "(define (f) (f) (f)) (f)", "(define x \"a\")" + String(repeating: "(set! x (string-append x x))", count: 100),
        "(let loop ((i 0)) (loop (loop i)))", String(repeating: "(define (f) f)", count: 5_000),
        "(define l '(1 2 3 4 5 6 7 8 9 10))" + String(repeating: "(set! l (append l l))", count: 60)
            + "(map (lambda (x) (map (lambda (y) (map (lambda (z) z) l)) l)) l)",
        (0..<2_000).map { "(define x\($0) 1)" }.joined(),
    ])
    func `a script that does too much ends`(script: String) throws {
        #expect(throws: RewriteError.self) { try origin(script) }
    }
}
