// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Jobsets
import Testing

@Suite struct EnvironmentFileTests {
    private func with<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let file = NSTemporaryDirectory() + "almanac-\(UUID().uuidString).scm"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        defer { unlink(file) }
        return try body(file)
    }

    private static let commit = "1971d11db9ed9683d5036cd4c62deb564842e1f6"

    /// As `guix describe -f channels` prints it.
    private static let described = """
        (list (channel
                (name 'guix)
                (url "https://git.savannah.gnu.org/git/guix.git")
                (branch "master")
                (commit
                  "\(commit)")
                (introduction
                  (make-channel-introduction
                    "9edb3f66fd807b096b48283debdcddccfea34bad"
                    (openpgp-fingerprint
                      "BBB0 2DDF 2CEA F6A8 0D1D  E643 A2A0 6DF2 A33A 54FA")))))
        """

    @Test func `what guix describe prints is read`() throws {
        let channel = try with(Self.described) { try EnvironmentFile.channel($0, engine: .guix) }
        #expect(channel.commit == Self.commit)
        #expect(channel.description.url.description == "https://git.savannah.gnu.org/git/guix.git")
        #expect(channel.description.introduction?.fingerprint == "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA")
    }

    @Test(arguments: [
        "%default-channels", "(list (channel (inherit %default-guix-channel) (commit \"\(commit)\")))",
        "(list (channel (inherit (car %default-channels)) (commit \"\(commit)\")))",
    ])
    func `files that build on Guix's own channel are read`(text: String) throws {
        let channel = try with(text) { try EnvironmentFile.channel($0, engine: .guix) }
        #expect(channel.description == SchemeChannel.guix.description)
        #expect(channel.commit == (text.contains("commit") ? Self.commit : nil))
    }

    @Test func `other channels are Guix's companions, and engine nix takes one`() throws {
        let fingerprint = String(repeating: "AB", count: 20)
        let text = """
            (cons* (channel (name 'past) (url "https://b") (commit "\(Self.commit)")
                            (introduction (make-channel-introduction "\(Self.commit)"
                                            (openpgp-fingerprint "\(fingerprint)"))))
                   (channel (name 'science) (url "https://c") (branch "main"))
                   %default-channels)
            """
        let channel = try with(text) { try EnvironmentFile.channel($0, engine: .guix) }
        #expect(channel.commit == nil && channel.description.name == "guix")
        #expect(
            channel.description.companions == [
                CompanionChannel(
                    name: "past", url: .remote(url: "https://b"), commit: Self.commit,
                    introduction: .init(commit: Self.commit, fingerprint: fingerprint)),
                CompanionChannel(name: "science", url: .remote(url: "https://c"), branch: "main"),
            ])
        #expect(throws: InvalidJobset.self) { try with(text) { try EnvironmentFile.channel($0, engine: .nix) } }
    }

    @Test(arguments: [
        (
            "(list (channel (name 'guix) (url \"https://a\"))\n      (channel (name 'guix) (url \"https://b\")))",
            "1:1: found the channels 'guix', 'guix'; expected the channel 'guix', and others beside it"
        ),
        (
            "(list (channel (name 'past) (url \"https://b\")))",
            "1:1: found the channels 'past'; expected the channel 'guix'"
        ),
        ("(list\n (channel (name 'guix) (url \"ext::sh -c id\")))", "2:29: url: found"),
        ("(list (channel (inherit (f)) (name 'x)))", "1:25: inherit: found a form (f …)"),
        ("(list (channel (name 'guix)", "1:7: found a list without an end"),
        ("(primitive-load \"/etc/passwd\")", "1:1: channels: found a form (primitive-load …)"),
        ("", "1:1: found nothing"),
        ("(list)", "1:1: found no channel"),
    ])
    func `anything else is refused with its place`(text: String, words: String) throws {
        let error = #expect(throws: InvalidJobset.self) {
            try with(text) { try EnvironmentFile.channel($0, engine: .guix) }
        }
        #expect(error?.description.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func `a manifest that only lists packages gives their names`() throws {
        let text = "(use-modules (gnu))\n(specifications->manifest\n '(\"r-minimal\" \"r-flowcore\"))"
        #expect(try with(text) { try EnvironmentFile.names($0) } == ["r-minimal", "r-flowcore"])
        #expect(try with("(specifications->manifest (list \"a\"))") { try EnvironmentFile.names($0) } == ["a"])
        for (text, place) in [
            ("(packages->manifest (list a))", "1:1"), ("(specifications->manifest '(\"a\"\n b))", "2:2"),
            ("(specifications->manifest '())", "1:1"),
        ] {
            let error = #expect(throws: InvalidJobset.self) { try with(text) { try EnvironmentFile.names($0) } }
            #expect(error?.description.contains(".scm:\(place): ") == true, "\(error.map { "\($0)" } ?? "")")
        }
        #expect(throws: InvalidJobset.self) { try EnvironmentFile.names("/nowhere/manifest.scm") }
    }
}
