// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing
import TimeTravel

@testable import Jobsets

@Suite struct `Cuirass specifications` {
    private static let specification = """
        ;; Past releases.
        (use-modules (guix channels) (cuirass specification))
        (list (specification
               (name 'guix-v1.0.0)
               (build '(packages "hello" "python@3"))
               (channels (list (channel (name 'guix)
                                        (url "https://example.org/guix.git") #| not the usual one |#
                                        (branch "master")
                                        (commit "6298c3ffd9654d3231a6f25390b056483e8f407c")
                                        (introduction
                                         (make-channel-introduction
                                          "9edb3f66fd807b096b48283debdcddccfea34bad"
                                          (openpgp-fingerprint
                                           "bbb0 2ddf 2cea f6a8 0d1d  e643 a2a0 6df2 a33a 54fa"))))))
               (build-outputs (list (build-output (job "re") (type "archive") (output "out") (path ""))))
               (notifications (list (email (from "a@example.org") (to "b@example.org") (server "sendmail:///x")) (mastodon)))
               (period 86400)
               (priority 3)
               (systems '("i686-linux" "x86_64-linux"))
               (is-active? #f)))
        """

    private func faults(_ text: String) -> [String] {
        do {
            _ = try CuirassReader.read(text, file: "c.scm")
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test func `a specification is a jobset`() throws {
        let jobsets = try CuirassReader.read(Self.specification, file: "c.scm")
        let jobset = try #require(jobsets.first)
        #expect(jobsets.count == 1)
        #expect(jobset.name == "guix-v1.0.0" && jobset.engine == .guix && !jobset.enabled && jobset.priority == 60)
        #expect(jobset.packages == .names(["hello", "python@3"]))
        #expect(jobset.revisions == [.commit("6298c3ffd9654d3231a6f25390b056483e8f407c")])
        #expect(jobset.channel.url == .remote(url: "https://example.org/guix.git"))
        #expect(jobset.channel.introduction?.spacedFingerprint == "BBB0 2DDF 2CEA F6A8 0D1D  E643 A2A0 6DF2 A33A 54FA")
        #expect(jobset.alerts == [.email(address: "b@example.org")])
        #expect(jobset.schedule?.cron.description == "@daily")
        #expect(jobset.screen == .standard)
        #expect(try JobsetDescription(canonicalJSON: jobset.canonicalJSON) == jobset)
    }

    @Test(arguments: [
        ("'all", PackageSelection.all), ("'guix", .channel), ("'core", .subset("core")), ("'images", .subset("images")),
        ("'(manifests \"m.scm\")", .manifest(path: "m.scm")), ("'(channels . (guix))", .all),
        ("'(channels guix)", .all),
        ("(list 'packages \"a\")", .names(["a"])), ("`(packages a)", .names(["a"])),
    ])
    func `each kind of build is a selection of packages`(build: String, packages: PackageSelection) throws {
        let text = "(specification (name \"x\") (build \(build)) (channels %default-channels))"
        let jobset = try #require(try CuirassReader.read(text, file: "c.scm").first)
        #expect(jobset.packages == packages)
        #expect(jobset.channel == SchemeChannel.guix.description)
        #expect(jobset.revisions == [.head(branch: "master")])
    }

    @Test func `a fault is told with its place`() {
        #expect(
            faults("(list (specification\n  (name 'x)\n  (build '(custom (a b)))))") == [
                "c.scm:3:11: build: found a form (custom …); expected 'all, 'guix, 'core, 'hello, 'images, "
                    + "'system-tests, 'tarball, '(packages …), '(manifests \"FILE\") or '(channels guix)"
            ])
        #expect(faults("(specification (name 'x)").first == "c.scm:1:1: found a list without an end; expected ')'")
        #expect(
            faults("(list\n (specification (name 'x)\n  (colour \"red\")))").first?.hasPrefix(
                "c.scm:3:4: specification: found 'colour'")
                == true)
    }

    @Test(arguments: [
        "", "()", "(list)", "x", "(specification)", "(specification (name 7))", "(specification (name \"../x\"))",
        "(specification (name 'x) (priority 10))", "(specification (name 'x) (is-active? 1))",
        "(specification (name 'x) (systems '(\"armhf-linux\")))", "(specification (name 'x) (period -1))",
        "(specification (name 'x) (channels (list (channel (name 'guix)))))",
        "(specification (name 'x) (channels (list (channel (name 'guix) (url \"ext::sh -c id\")))))",
        "(specification (name 'x) (channels (list (channel (name 'other) (url \"https://example.org/x\")))))",
        "(specification (name 'x) (channels (cons (channel (name 'guix) (url \"https://example.org/x\")) %default-channels)))",
        "(specification (name 'x) (channels (call-with-output-file \"/tmp/x\" newline)))",
        "(specification (name 'x) (notifications (list (email (to \"nobody\")))))",
        "(specification (name . x))", "(a . b . c)", "(a .", ")", "\"open", "#|", "#<unspecified>", "(\\x \"\\q\")",
        String(repeating: "(", count: 5000), String(repeating: "'", count: 5000),
        "(specification (name 'x) (build (system* \"id\")))",
    ])
    func `what is no specification is refused`(text: String) {
        #expect(faults(text).count >= 1)
        #expect(faults(text).allSatisfy { $0.hasPrefix("c.scm:") })
    }

    @Test func `a file is bounded`() {
        #expect(faults(String(repeating: "a ", count: 200_000)).first?.contains("at most") == true)
    }

    @Test func `channels are read alone`() throws {
        let channels = try SchemeChannel.read(
            "(cons* (channel (name 'past) (url \"https://example.org/past\") (branch \"main\")) %default-channels)",
            file: "c.scm")
        #expect(channels.map(\.description.name) == ["past", "guix"])
        #expect(channels[0].description.branch == "main" && channels[0].commit == nil)
        #expect(throws: InvalidJobset.self) { try SchemeChannel.read(";; nothing", file: "c.scm") }
    }
}

@Suite struct `Hydra's declarative jobsets` {
    private func read(_ text: String) throws -> [JobsetDescription] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try text.write(to: file, atomically: true, encoding: .utf8)
        return try JobsetFolder.readAll(file.path)
    }

    @Test func `each is a jobset of engine nix`() throws {
        let jobsets = try read(
            """
            {"main": {"enabled": 1, "hidden": false, "description": "All", "nixexprinput": "src",
              "nixexprpath": "release.nix", "checkinterval": 7200, "schedulingshares": 42, "enableemail": true,
              "emailoverride": "a@example.org", "keepnr": 3, "type": 0,
              "inputs": {"src": {"type": "git", "value": "https://example.org/src.git stable", "emailresponsible": false},
                         "nixpkgs": {"type": "git", "value": "https://example.org/nixpkgs.git"}}},
             "old": {"enabled": 0, "nixexprinput": "src", "nixexprpath": "old.nix",
                     "inputs": {"src": {"type": "git", "value": "https://example.org/src.git"}}}}
            """)
        #expect(jobsets.map(\.name).sorted() == ["main", "old"])
        let main = try #require(jobsets.first { $0.name == "main" })
        #expect(main.engine == .nix && main.enabled && main.shares == 42 && main.retention.evaluations == 3)
        #expect(main.channel.url == .remote(url: "https://example.org/src.git") && main.channel.branch == "stable")
        #expect(main.channel.expression == "release.nix" && main.revisions == [.head(branch: "stable")])
        #expect(main.schedule?.cron.description == "0 */2 * * *" && main.alerts == [.email(address: "a@example.org")])
        #expect(jobsets.first { $0.name == "old" }?.enabled == false)
        for jobset in jobsets { #expect(try JobsetDescription(canonicalJSON: jobset.canonicalJSON) == jobset) }
    }

    @Test(arguments: [
        #"{"a": {"type": 1, "flake": "github:x/y", "inputs": {}}}"#,
        #"{"a": {"nixexprinput": "src", "nixexprpath": "x.nix", "inputs": {}}}"#,
        #"{"a": {"nixexprinput": "src", "nixexprpath": "../x.nix", "inputs": {"src": {"type": "git", "value": "https://e.org/x"}}}}"#,
        #"{"a": {"nixexprinput": "src", "nixexprpath": "x.nix", "inputs": {"src": {"type": "path", "value": "/etc"}}}}"#,
        #"{"a": {"nixexprinput": "src", "nixexprpath": "x.nix", "inputs": {"src": {"type": "git", "value": "--upload-pack=x"}}}}"#,
        #"{"../a": {"nixexprinput": "src", "nixexprpath": "x.nix", "inputs": {"src": {"type": "git", "value": "https://e.org/x"}}}}"#,
        #"{"enabled": 1, "nixexprinput": "src"}"#, "{}", "[]", "{",
    ])
    func `what cannot be evaluated here is refused with its place`(text: String) throws {
        let error = #expect(throws: InvalidJobset.self) { try read(text) }
        #expect(error?.faults.isEmpty == false)
    }
}
