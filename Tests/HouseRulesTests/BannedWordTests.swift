// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@Suite struct `Words that are not written here` {
    private static let checkout = Checkout()

    @Test func `no source has one`() throws {
        let files = try Self.checkout.files(in: ["Sources"]) { $0.hasSuffix(".swift") }
        #expect(!files.isEmpty)
        for file in files { record(BannedWord.inSources, in: file) }
    }

    @Test func `no test has one`() throws {
        for file in try Self.checkout.files(in: ["Tests"], where: { $0.hasSuffix(".swift") }) {
            record(BannedWord.inTests, in: file)
        }
    }

    private func record(_ words: [BannedWord], in file: Checkout.File) {
        let code = SwiftCode(file.text)
        let module = file.path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        for word in words {
            for line in word.lines(in: code, module: module) {
                Issue.record("\(file.path):\(line): \(word.name) is not written here: use \(word.instead)")
            }
        }
    }

    @Test(arguments: [
        ("let x = try! f()", "try!"), ("let x = a!.b", "force unwrap"), ("f(list[0]!)", "force unwrap"),
        ("let x = y as! Z", "force unwrap"), ("fatalError()", "fatalError()"), ("Task { await f() }", "Task { }"),
        ("Task(priority: .low) {", "Task { }"), ("Task<Void, Never> {", "Task { }"),
        ("Task.detached { }", "Task.detached"), ("final class A: @unchecked Sendable {}", "@unchecked Sendable"),
        ("nonisolated(unsafe) var x = 1", "nonisolated(unsafe)"),
        ("\"\\\\\" ; try! f()", "try!"), ("#\"\\\"# ; try! f()", "try!"), ("/* /* */ */ try! f()", "try!"),
    ])
    func `each is found where it stands in code`(code: String, name: String) {
        let found = BannedWord.inSources.filter { $0.lines(in: "\n" + code) == [2] }.map(\.name)
        #expect(found.contains(name), "\(found)")
    }

    @Test(arguments: [
        "a != b", "if !a { }", "fatalError(\"the clock ran backwards: report this\")", "// try! f()", "/* Task { } */",
        "\"Task { try! f()! }\"", "\"\"\"\ntry!\n\"\"\"", "#\"a\"try!\"#", "withTaskGroup { }", "addTask { }",
        "MyTask.run()",
        "\"a\\\"try!\"", "x.sleep(1)", "let a: (Int) -> Bool = { !$0.isZero }",
    ])
    func `nothing else is taken for one`(code: String) {
        #expect(BannedWord.inSources.filter { !$0.lines(in: code).isEmpty }.map(\.name) == [])
    }

    @Test func `what wrappers may write needs a comment that explains it`() throws {
        let word = try #require(BannedWord.inSources.first { $0.name == "@unchecked Sendable" })
        let bare = "final class A: @unchecked Sendable {}"
        #expect(word.lines(in: bare, module: "Postgres") == [1])
        #expect(word.lines(in: "// Only its thread touches it.\n" + bare, module: "Postgres") == [])
        #expect(word.lines(in: "// Only its thread touches it.\n" + bare, module: "Farm") == [2])
    }

    @Test(arguments: [
        "try await Task.sleep(for: .seconds(1))", "sleep(1)", "usleep (5)", "Thread.sleep(forTimeInterval: 1)",
    ])
    func `sleeps are found in tests`(code: String) {
        #expect(BannedWord.inTests[0].lines(in: code) == [1])
        #expect(BannedWord.inTests[0].lines(in: "// \(code)\nlet a = \"\(code)\"") == [])
    }
}
