// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@Suite struct `Rules for every file` {
    private static let checkout = Checkout()

    private static func isCode(_ path: String) -> Bool {
        [".swift", ".c", ".h", ".sql", ".scm", ".nix", ".sh", ".py"].contains { path.hasSuffix($0) }
    }

    @Test func `sources, tests, migrations and scripts keep them`() throws {
        var files = try Self.checkout.files(in: ["Sources", "Tests", "Migrations", "Jobsets"], where: Self.isCode)
        files += try Self.checkout.files(in: ["ops"]) { !$0.hasSuffix(".md") && !$0.hasSuffix(".txt") }
        files += try ["Package.swift", ".ci/run"].compactMap { try Self.checkout.file($0) }
        #expect(files.count > 20)
        // These rules name the words they forbid, and their tests show them.
        for file in files where !file.path.hasPrefix("Tests/HouseRulesTests/") {
            for fault in FileRules.faults(in: file) { Issue.record("\(fault)") }
        }
    }

    @Test func `documents name no path of one machine and nothing unfinished`() throws {
        var files = try Self.checkout.files(in: ["docs", "Jobsets"]) { $0.hasSuffix(".md") || $0.hasSuffix(".yaml") }
        files += try ["README.md", "CONTRIBUTING.md"].compactMap { try Self.checkout.file($0) }
        for file in files {
            for fault in FileRules.unfinished(file) + FileRules.machinePaths(file) { Issue.record("\(fault)") }
        }
    }

    @Test func `migrations are numbered without a gap and named by what they do`() throws {
        let names = try Self.checkout.files(in: ["Migrations"]) { $0.hasSuffix(".sql") }
            .map { String($0.path.dropFirst("Migrations/".count)) }
        for name in names {
            #expect(name.contains(/^V\d{3}_[a-z0-9_]+\.sql$/), "\(name): expected V001_what_it_does.sql")
        }
        // A long one has its parts in files of the same number.
        let numbers = Set(names.compactMap { Int($0.dropFirst().prefix(3)) }).sorted()
        #expect(numbers == Array(1...numbers.count))
    }

    @Test func `a file of 401 lines is found, one of 400 is not`() {
        let line = "let a = 1\n"
        #expect(FileRules.length(.init(path: "a", text: String(repeating: line, count: 400))) == [])
        #expect(FileRules.length(.init(path: "a", text: String(repeating: line, count: 401))).count == 1)
    }

    @Test(arguments: [
        "func f()", "static func `a b`() async throws -> Int", "package init?(a: Int)", "init<T>(_ a: T)",
    ])
    func `a function of 71 lines is found, one of 70 is not`(head: String) {
        for (count, faults) in [(68, 0), (69, 1)] {
            let body = String(repeating: "        let a = 1\n", count: count)
            let text = "struct A {\n    let b = 2\n    \(head) {\n\(body)    }\n}\n"
            #expect(FileRules.functions(.init(path: "a.swift", text: text)).count == faults)
        }
    }

    @Test(arguments: [
        ("// nothing\n", 1), ("// SPDX-License-Identifier: GPL-3.0-or-later\n// TODO: more\n", 1),
        ("// SPDX-License-Identifier: GPL-3.0-or-later\nlet a = \"/work/main/x\"\n", 1),
        ("// SPDX-License-Identifier: GPL-3.0-or-later\nlet a = \"upper/work/x\"\n", 0),
    ])
    func `each fault is found`(text: String, count: Int) {
        #expect(FileRules.faults(in: .init(path: "Sources/Farm/a.swift", text: text)).count == count)
    }

    @Test func `a folder named after a kind of code is found`() {
        #expect(FileRules.folder(.init(path: "Sources/Farm/Utils/a.swift", text: "")).count == 1)
        #expect(FileRules.folder(.init(path: "Sources/Farm/Queue/Utils.swift", text: "")) == [])
    }
}
