// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@testable import Evaluators

@Suite("What the Scheme side says")
struct GuixTranscriptTests {
    private func transcript(_ lines: [String]) throws -> GuixTranscript {
        var transcript = GuixTranscript()
        for line in lines { transcript.take(try #require(GuixEvent(line: Array(line.utf8)), "\(line)")) }
        return transcript
    }

    @Test func `packages, errors and what was tried are counted as they come`() throws {
        let told = try transcript([
            #"{"event":"loading","module":"gnu/packages/base.scm"}"#, #"{"event":"loaded","count":10}"#,
            #"{"event":"total","count":3}"#,
            #"{"event":"start","key":"hello-2.10"}"#,
            #"{"event":"job","key":"hello-2.10","name":"hello-2.10.x86_64-linux","package":"hello","version":"2.10","derivation":"/gnu/store/x","meta":{"synopsis":"Hello"}}"#,
            #"{"event":"end","key":"hello-2.10"}"#, #"{"event":"start","key":"bad-1"}"#,
            #"{"event":"failure","key":"bad-1","package":"bad","version":"1","message":"it throws"}"#,
            #"{"event":"start","key":"unsupported-1"}"#, #"{"event":"end","key":"unsupported-1"}"#,
            #"{"event":"done"}"#,
        ])
        #expect(told.progress == EvaluationProgress(done: 3, all: 3, failed: 1, loaded: 10))
        #expect(told.isDone && told.failure == nil)
        #expect(told.findings.map(\.package) == ["hello", "bad"])
        #expect(told.findings[0].meta == ["synopsis": "Hello"])
        #expect(told.tried == ["hello-2.10", "bad-1", "unsupported-1"])
    }

    @Test func `what was under way when the process died has failed, and is not tried again`() throws {
        var told = try transcript([#"{"event":"total","count":9}"#, #"{"event":"start","key":"greedy"}"#])
        let isKnown = told.endedEarly("it was killed")
        #expect(isKnown)
        #expect(told.tried == ["greedy"] && told.progress == EvaluationProgress(done: 1, all: 9, failed: 1))
        #expect(throws: PackageFailure.self) { try told.findings[0].derivation.get() }
        // The next process counts the packages again.
        told.take(try #require(GuixEvent(line: Array(#"{"event":"total","count":9}"#.utf8))))
        #expect(told.progress.all == 9)
        let isKnownAgain = told.endedEarly("at nothing")
        #expect(!isKnownAgain)
        var loading = try transcript([#"{"event":"loading","module":"gnu/packages/loop.scm"}"#])
        let isModule = loading.endedEarly("it was killed")
        #expect(isModule)
        #expect(loading.tried == ["gnu/packages/loop.scm"] && loading.progress.failed == 0)
        #expect(loading.notes == ["gnu/packages/loop.scm: it was killed"])
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "{\"event\":\"drop table\"}", "{\"event\":\"job\",\"name\":7}", "{\"event\":\"job\"",
        "{\"event\":\"job\",\"meta\":{\"a\":{}}}", "\u{0}", "{\"event\":\"total\",\"count\":1e99}",
    ])
    func `a line that is not as it should be is no event`(line: String) {
        #expect(GuixEvent(line: Array(line.utf8)) == nil)
    }

    @Test func `absurd values are cut or ignored`() throws {
        let long = String(repeating: "x", count: 100_000)
        let told = try transcript([
            #"{"event":"total","count":-5}"#, #"{"event":"job","derivation":"/gnu/store/a"}"#,
            #"{"event":"job","name":"\#(long)","derivation":"b","meta":{"synopsis":"\#(long)"}}"#,
            #"{"event":"failure","key":"\#(long)","message":"\#(long)"}"#, #"{"event":"end"}"#,
        ])
        #expect(told.progress.all == nil)
        #expect(told.findings.count == 2)
        #expect(told.findings.allSatisfy { $0.name.count <= 500 })
        #expect(told.findings[0].meta["synopsis"]?.count == 1000)
    }

    @Test func `a Scheme string cannot be left`() {
        let text = SchemeText.list([.string("a\" (system \"x\") \\\" b\\"), .pair("key", .number(3)), .no])
        #expect(text.description == #"("a\" (system \"x\") \\\" b\\" (key . 3) #f)"#)
    }

    @Test func `guix says where its Guile is`() throws {
        let answer = """
            WARNING: something
            almanac guile /usr/bin/guile
            almanac load /usr/share/guile/3.0
            almanac load /a path/with blanks
            almanac compiled /usr/lib/guile
            almanac extensions
            """ + " \n"
        let host = try #require(GuixHost(answer: answer))
        #expect(host.guile == "/usr/bin/guile")
        #expect(host.loadPath == ["/usr/share/guile/3.0", "/a path/with blanks"])
        #expect(host.compiledPath == ["/usr/lib/guile"] && host.extensionsPath.isEmpty)
        #expect(GuixHost(answer: "guix: repl: command not found\n") == nil)
    }
}
