// SPDX-License-Identifier: GPL-3.0-or-later

/// Something that is not written here, and what is written instead.
struct BannedWord: Sendable {
    let name: String
    let instead: String
    /// Modules in which it may stand, below a comment that says why it is safe.
    var allowed: Set<String> = []
    /// Every line that has it has these bytes: looked for first, as a regular expression is a hundred times slower.
    private let needle: [UInt8]
    private let find: @Sendable (String) -> Bool

    private init(
        _ name: String, needle: String, instead: String, allowed: Set<String> = [],
        find: @escaping @Sendable (String) -> Bool
    ) {
        self.name = name
        self.needle = Array(needle.utf8)
        self.instead = instead
        self.allowed = allowed
        self.find = find
    }

    /// Wrappers of C libraries and of threads.
    static let wrappers: Set<String> = ["ByteStreams", "Postgres", "SecureShell", "ThreadExecutors", "Transfer"]

    static let inSources: [BannedWord] = [
        BannedWord("try!", needle: "try!", instead: "do and catch, or a function that throws") {
            $0.contains(/\btry!/)
        },
        BannedWord("force unwrap", needle: "!", instead: "guard let, or an error that says what was missing") {
            $0.contains(/[A-Za-z0-9_)\]]!(?![=])/) && !$0.contains(/\btry!/)
        },
        BannedWord(
            "fatalError()", needle: "fatalError", instead: "fatalError with words that say what to do, or an error"
        ) {
            $0.contains(/\bfatalError\(\s*\)/)
        },
        BannedWord("Task { }", needle: "Task", instead: "a task group, or a Service of the ServiceGroup") {
            $0.contains(/\bTask(<[^>]*>)?\s*(\([^)]*\))?\s*\{/)
        },
        BannedWord("Task.detached", needle: "detached", instead: "a task group, or a Service of the ServiceGroup") {
            $0.contains(/\bTask(<[^>]*>)?\.detached\b/)
        },
        BannedWord("@unchecked Sendable", needle: "@unchecked", instead: "a value type or an actor", allowed: wrappers)
        {
            $0.contains(/@unchecked\s+Sendable/)
        },
        BannedWord(
            "nonisolated(unsafe)", needle: "nonisolated(unsafe)", instead: "a constant, an actor's state or a Mutex",
            allowed: wrappers
        ) {
            $0.contains(/nonisolated\(unsafe\)/)
        },
    ]

    static let inTests: [BannedWord] = [
        // Another program's being ready has no signal: a fixture may ask again after a while, where it says so.
        BannedWord(
            "a sleep", needle: "sleep", instead: "waiting for what the test is about, with a time limit",
            allowed: ["PostgresFixture"]
        ) {
            $0.contains(/\b(Task\.sleep|Thread\.sleep|u?sleep|nanosleep|clock\.sleep)\s*\(/)
        },
        inSources[0],
    ]

    /// The numbers of the lines of `code` on which it stands and may not.
    func lines(in code: String, module: String = "") -> [Int] {
        lines(in: SwiftCode(code), module: module)
    }

    func lines(in code: SwiftCode, module: String = "") -> [Int] {
        code.lines.indices.filter { index in
            guard code.lines[index].contains(needle), find(code.lines[index].text) else { return false }
            return !(allowed.contains(module) && code.hasComment(near: index))
        }.map { $0 + 1 }
    }
}
