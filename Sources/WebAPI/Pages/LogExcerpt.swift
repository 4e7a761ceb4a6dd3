// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// The telling parts of a log: its failing lines with what is around them, and its end.
struct LogExcerpt: Sendable {
    struct Line: Sendable, Equatable {
        let number: Int
        let text: String
        let isFailing: Bool
    }

    private(set) var lines: [Line] = []
    /// Whether the log goes on beyond what was read of it.
    private(set) var isCut = false

    /// Lines around a failing one, before and after.
    private static let around = 4
    /// Lines of the end that are shown unless something else is asked for.
    private static let tail = 40
    /// Of lines in all; later failing lines than these are left out.
    private static let limit = 400
    /// Of a line that is shown, in bytes.
    private static let longestLine = 2_000
    /// Of the log that is looked through for a page, in unpacked bytes.
    private static let deepest = 64 << 20

    private let telling: Set<Int>
    private let tail: Int
    private var recent: [Line] = []
    private var until = 0
    private var count = 0
    private var partial: [UInt8] = []

    private struct EnoughRead: Error {}

    private init(telling: Set<Int> = [], tail: Int = LogExcerpt.tail) {
        self.telling = telling
        self.tail = tail
    }

    /// Nil where there is no log. A damaged log gives what could be read.
    ///
    /// - Parameters:
    ///   - telling: lines known to say what failed, counted from 1.
    ///   - tail: how many lines of the end are shown.
    static func read(_ log: RunLog, telling: some Sequence<Int>, tail: Int = tail) async throws -> LogExcerpt? {
        var excerpt = LogExcerpt(telling: Set(telling), tail: tail)
        var depth = 0
        do {
            let exists = try await log.unpack { piece in
                excerpt.take(piece)
                depth += piece.count
                if depth > deepest { throw EnoughRead() }
            }
            guard exists else { return nil }
        } catch is EnoughRead {
            excerpt.isCut = true
        } catch is LogError {
            excerpt.isCut = true
        }
        excerpt.end()
        return excerpt
    }

    static func of(text: String) -> LogExcerpt {
        var excerpt = LogExcerpt()
        excerpt.take(Array(text.utf8))
        excerpt.end()
        return excerpt
    }

    /// Text of several lines made fit to be shown.
    static func visible(_ text: String) -> String {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { VisibleText.line($0) }.joined(separator: "\n")
    }

    // MARK: Reading

    private mutating func take(_ piece: [UInt8]) {
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            finishLine()
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        partial += bytes.prefix(max(0, Self.longestLine - partial.count))
    }

    private mutating func finishLine() {
        count += 1
        let text = VisibleText.line(partial)
        partial.removeAll(keepingCapacity: true)
        let line = Line(number: count, text: text, isFailing: telling.contains(count) || Self.isFailing(text))
        if line.isFailing, lines.count < Self.limit {
            lines += recent.suffix(Self.around).filter { $0.number > (lines.last?.number ?? 0) }
            until = count + Self.around
        }
        if count <= until, lines.count < Self.limit { lines.append(line) }
        recent.append(line)
        let kept = max(tail, Self.around)
        if recent.count > 2 * kept { recent.removeFirst(recent.count - kept) }
    }

    private mutating func end() {
        if !partial.isEmpty { finishLine() }
        lines += recent.suffix(tail).filter { $0.number > (lines.last?.number ?? 0) }
        recent = []
    }

    /// Whether a line looks like one that says what failed.
    static func isFailing(_ line: String) -> Bool {
        let words = [
            "error:", "Error:", "FAILED", "FAIL:", "AssertionError", "Traceback (most recent", "fatal:", "not ok ",
        ]
        let endings = ["Illegal instruction", "Segmentation fault", "certificate has expired", "failed with exit code"]
        return (words + endings).contains { line.contains($0) }
    }

    // MARK: Showing

    var html: HTML {
        guard !lines.isEmpty else { return tag(.p) { "It is empty." } }
        var previous = 0
        let pieces = lines.map { line -> HTML in
            defer { previous = line.number }
            let gap: HTML = line.number > previous + 1 ? tag(.span, .css("soft")) { "⋮\n" } : .empty
            let number = tag(.span, .css("number")) { Self.padded(line.number) }
            let shown: HTML =
                line.isFailing
                ? tag(.strong, .css("hit"), .id("line-\(line.number)")) { line.text }
                : tag(.span, .id("line-\(line.number)")) { line.text }
            return .group([gap, number, shown, "\n"])
        }
        return .group([
            tag(.pre, .set("tabindex", 0), .set("aria-label", "Excerpt of the log")) { tag(.code) { pieces } },
            isCut
                ? tag(.p, .css("wait")) { "The log goes on or is damaged from here; this is what could be read." }
                : .empty,
        ])
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: " ", count: max(0, 6 - digits.count)) + digits + "  "
    }
}
