// SPDX-License-Identifier: GPL-3.0-or-later

import Rewriting
import Testing

@Suite struct SchemeReaderTests {
    private func read(_ text: String) throws -> [SchemeDatum] {
        try SchemeReader.read(Array(text.utf8))
    }

    @Test func `every kind of datum is read`() throws {
        #expect(
            try read("a \"b\\n\\x41\\\"\" 12 -3 1.5 #t #f #:key #\\space #\\( |a b| #{c d}#") == [
                .symbol("a"), .string("b\nA\""), .integer(12), .integer(-3), .number("1.5"), .boolean(true),
                .boolean(false),
                .keyword("key"), .character("space"), .character("("), .symbol("a b"), .symbol("c d"),
            ])
        #expect(
            try read("(a [b] . c) () #(1 2) #vu8(3)") == [
                .dotted([.symbol("a"), .list([.symbol("b")])], .symbol("c")), .list([]),
                .vector([.integer(1), .integer(2)]),
                .vector([.integer(3)]),
            ])
        #expect(
            try read("'a `(b ,c ,@d)") == [
                .list([.symbol("quote"), .symbol("a")]),
                .list([
                    .symbol("quasiquote"),
                    .list([
                        .symbol("b"), .list([.symbol("unquote"), .symbol("c")]),
                        .list([.symbol("unquote-splicing"), .symbol("d")]),
                    ]),
                ]),
            ])
        #expect(
            try read("+ - ... -> 1+ string->number nan +inf.0").allSatisfy {
                if case .symbol = $0 { true } else { false }
            })
    }

    @Test func `comments of all kinds are passed over`() throws {
        #expect(try read("a ; b\n #| c #| d |# e |# #;(f (g)) #!/bin/sh\n!# h") == [.symbol("a"), .symbol("h")])
        #expect(try read("  \n") == [])
    }

    @Test(arguments: [
        ("(a (b)", 0), ("a)", 1), ("\"abc", 0), ("\"\\q\"", 2), ("#| a", 0), ("(a . b c)", 7), ("#<a>", 0), ("'", 1),
        ("\"\\xZZ\"", 3), ("|a", 0), ("(a #;)", 5), ("#;", 2),
    ])
    func `a fault is told with its place`(text: String, offset: Int) throws {
        let error = #expect(throws: SchemeError.self) { try SchemeReader.read(Array(text.utf8)) }
        #expect(error?.offset == offset, "\(text): \(String(describing: error))")
    }

    @Test func `what is nested without end, and what is endless, is refused`() throws {
        #expect(throws: SchemeError.self) {
            try SchemeReader.read(Array(repeating: UInt8(ascii: "("), count: 1_000_000))
        }
        #expect(throws: SchemeError.self) {
            try SchemeReader.read(Array(repeating: UInt8(ascii: "'"), count: 1_000_000))
        }
        #expect(throws: SchemeError.self) {
            try SchemeReader.read(Array(repeating: UInt8(ascii: " "), count: SchemeReader.Limits.bytes + 1))
        }
        let many = Array(String(repeating: "a ", count: SchemeReader.Limits.data + 1).utf8)
        #expect(throws: SchemeError.self) { try SchemeReader.read(many) }
    }

    @Test func `random bytes never break it`() throws {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("()[]'`,@\"\\|#;!:{}tf.x1 a\n".utf8)
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                letters.randomElement(using: &generator) ?? 0
            }
            do {
                _ = try SchemeReader.read(text)
            } catch {
                #expect(error.offset <= text.count, "\(text)")
            }
        }
    }

    @Test func `strings are written as Guile writes them`() throws {
        let text = "a \"b\" \\ \n\té"
        #expect(SchemeDatum.written(text) == "\"a \\\"b\\\" \\\\ \\n\\té\"")
        #expect(try SchemeReader.readOne(SchemeDatum.written(text)) == .string(text))
    }
}
