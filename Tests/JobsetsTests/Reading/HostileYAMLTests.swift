// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import Jobsets

@Suite struct `Hostile YAML` {
    @Test func `a billion laughs are refused before they are expanded`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        #expect(
            JobsetText.faults(text) == [
                "f.yaml:1:1: found more than 32 words that begin with '&' or '*'; expected no anchors or aliases"
            ])
    }

    @Test func `aliases as keys, whose hash would be taken, are refused`() {
        var text = "? &a0 [x, x]\n: y\n"
        for level in 1...20 { text += "? &a\(level) [*a\(level - 1), *a\(level - 1)]\n: y\n" }
        #expect(JobsetText.faults(text).count == 1)
    }

    @Test func `a single anchor is refused where it stands`() {
        #expect(
            JobsetText.faults(JobsetText.with("limits: &l {memory: 2 GiB}")) == [
                "f.yaml:10:9: found an anchor or alias; expected the value itself"
            ])
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "[[", "{? "])
    func `nesting without end is refused`(opener: String) {
        #expect(JobsetText.faults(String(repeating: opener, count: 60_000)).count == 1)
    }

    @Test(arguments: [17, 100, 990])
    func `nesting deeper than a jobset is refused`(depth: Int) {
        let text = "name: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(JobsetText.faults(text).count == 1)
    }

    @Test func `a huge file is refused`() {
        let faults = JobsetText.faults("# " + String(repeating: "x", count: 256 << 10))
        #expect(faults == ["f.yaml:1:1: found 262146 bytes; expected at most 262144"])
    }

    @Test(arguments: [
        "", "# only a comment", "name: [", "a: b: c", "\tname: x", "name: a\nname: b", "--- a\n--- b", "name: *nowhere",
        "name: \u{0}", "name: \"\\x00\"", "%YAML 9.9\n---\nname: x", "[]", "just text", "- a list", "!!binary x",
        "<<: {name: x}",
    ])
    func `what is no jobset has a fault and no description`(text: String) {
        #expect(!JobsetText.faults(text).isEmpty)
    }

    @Test func `no cut of a good file, and no byte of it changed, does anything but load or be refused`() {
        let bytes = Array(JobsetText.full.utf8)
        var generator = SeededGenerator(seed: 20_260_321)
        for _ in 0..<400 {
            var changed = bytes
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            if Bool.random(using: &generator) {
                changed.removeSubrange(place...)
            } else {
                changed[place] = UInt8.random(in: 0...127, using: &generator)
            }
            let text = String(decoding: changed, as: UTF8.self)
            do {
                let jobset = try JobsetReader.read(text, file: "f.yaml")
                #expect(!jobset.name.isEmpty)
            } catch {
                #expect(!error.faults.isEmpty)
                #expect(error.faults.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.expected.isEmpty })
            }
        }
    }
}
