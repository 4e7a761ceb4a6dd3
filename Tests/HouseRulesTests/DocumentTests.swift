// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@Suite struct `Documents` {
    private static let checkout = Checkout()

    private static func documents() throws -> [Checkout.File] {
        try checkout.files(in: ["docs"]) { $0.hasSuffix(".md") }
            + ["README.md", "CONTRIBUTING.md"].compactMap { try checkout.file($0) }
    }

    @Test func `every link leads to a file that is there`() throws {
        for file in try Self.documents() {
            for link in DocumentLinks.relative(in: file.text) {
                let path = DocumentLinks.resolved(link, from: file.path)
                #expect(path.map(Self.checkout.exists) == true, "\(file.path) links to \(link), which is not there")
            }
        }
    }

    @Test func `every script they name is there`() throws {
        for file in try Self.documents() {
            for script in DocumentLinks.scripts(in: file.text) {
                #expect(Self.checkout.exists(script), "\(file.path) names \(script), which is not there")
            }
        }
    }

    @Test func `every state of the database is drawn`() throws {
        let states = try #require(try Self.checkout.file("docs/states.md")).text
        let schema = try Self.checkout.files(in: ["Migrations"]) { $0.hasSuffix(".sql") }.map(\.text).joined()
        let types = schema.matches(of: /create type (\w+)\s+as enum \(([^)]*)\)/)
        #expect(types.count >= 8)
        for type in types where type.1.hasSuffix("_state") || ["verdict", "outcome", "availability"].contains(type.1) {
            for label in type.2.matches(of: /'([^']+)'/) {
                #expect(states.contains(label.1), "docs/states.md does not have the \(type.1) '\(label.1)'")
            }
        }
    }

    @Test func `every package that is depended on has a line saying what it is for`() throws {
        let manifest = try #require(try Self.checkout.file("Package.swift")).text
        let list = try #require(try Self.checkout.file("docs/dependencies.md")).lines
        let names = manifest.matches(of: /\.package\(\s*url:\s*"[^"]*\/([^"\/]+?)(\.git)?"/).map { String($0.1) }
        #expect(!names.isEmpty)
        for name in names {
            #expect(list.contains { $0.hasPrefix("| \(name) |") }, "docs/dependencies.md has no line '| \(name) | …'")
        }
    }

    @Test(arguments: ["ops/packages.txt", "ops/test-packages.txt", "ops/python-packages.txt"])
    func `every package that is installed says what it is for`(list: String) throws {
        let lines = try #require(try Self.checkout.file(list)).lines
        let packages = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        #expect(packages.count > 2)
        for line in packages {
            #expect(line.contains(/^[a-z0-9][a-z0-9.+-]+(==[0-9.]+)?\s+# \S.+$/), "\(list): \(line)")
        }
    }

    @Test func `links are found and resolved`() {
        let text = """
            [a](b.md) [c](../d.md#part) ![p](pictures/p.svg) [w](https://example.org/) [s](#here) run `./ops/test` or ops/almanac demo
            ```
            [not](a-link.md)
            ./ops/setup
            ```
            """
        #expect(DocumentLinks.relative(in: text) == ["b.md", "../d.md", "pictures/p.svg"])
        #expect(DocumentLinks.resolved("../d.md", from: "docs/x/a.md") == "docs/d.md")
        #expect(DocumentLinks.resolved("b.md", from: "README.md") == "b.md")
        #expect(DocumentLinks.resolved("../../b.md", from: "docs/a.md") == nil)
        #expect(DocumentLinks.scripts(in: text).sorted() == ["ops/almanac", "ops/setup", "ops/test"])
    }
}
