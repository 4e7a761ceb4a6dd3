// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads a build's log, piece by piece, for what it says about dates and processors.
///
/// Memory is bounded whatever the log's size: lines are cut at 4,096 bytes, and only so many facts of a kind are kept.
package struct LogMiner: Sendable {
    private var line: [UInt8] = []
    private var number = 1
    private var counts: [LogFact.Kind: Int] = [:]
    private var found: [LogFact] = []
    private var files: Set<String> = []
    private var comparisons = ComparedLines()

    private static let longestLine = 4_096
    private static let mostOfAKind = 12
    private static let mostDates = 40
    private static let mostFiles = 40

    package init() {}

    /// The facts of a whole log.
    package static func facts(in log: [UInt8]) -> [LogFact] {
        var miner = LogMiner()
        miner.feed(log[...])
        return miner.finish()
    }

    package mutating func feed(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                endLine()
            } else if line.count < LogMiner.longestLine {
                line.append(byte)
            }
        }
    }

    /// Takes the last line, if no newline ended it, and gives all facts.
    package mutating func finish() -> [LogFact] {
        if !line.isEmpty { endLine() }
        return found
    }

    private mutating func endLine() {
        if line.contains(0x1b) { line = LogMiner.withoutColours(line) }
        let matched = LogPatterns.matcher.matches(in: line[...])
        if matched != 0 {
            read(matched)
            nameFiles()
        }
        if let pair = comparisons.read(line[...], number: number), pair.isCenturyApart {
            let dates = [pair.expected, pair.got].flatMap { DateScanner.dates(in: $0[...], limit: 4) }
            keep(.twoDigitYear, nil, dates.map(\.instant), text: Array(pair.text.utf8))
        }
        line.removeAll(keepingCapacity: true)
        number += 1
    }

    private mutating func read(_ matched: UInt64) {
        let dates = DateScanner.dates(in: line[...], limit: 8)
        var instants = dates.map(\.instant)
        var kinds: [(LogFact.Kind, LogFact.Side?)] = []
        let isValidity = matched & LogPatterns.validity != 0 && !dates.isEmpty
        for (index, pattern) in LogPatterns.all.enumerated() where matched & (1 << UInt64(index)) != 0 {
            guard let kind = pattern.kind, !kinds.contains(where: { $0.0 == kind }) else { continue }
            kinds.append((kind, pattern.side))
        }
        // A check that prints both of its dates proves no side, whatever it says.
        if isValidity, dates.count >= 2 || kinds.isEmpty { kinds = [(.validityDates, nil)] }
        if kinds.contains(where: { $0.0 == .keyExpired }) { instants += LogMiner.epochs(in: line[...]) }
        if matched & LogPatterns.comparison != 0 {
            kinds += LogComparison(line: line[...], dates: dates).kinds.map { ($0, nil) }
        }
        if kinds.isEmpty, !dates.isEmpty { kinds = [(.dates, nil)] }
        for (kind, side) in kinds { keep(kind, side, instants, text: line) }
    }

    private mutating func nameFiles() {
        for path in NamedFiles.paths(in: line[...]) where files.count < LogMiner.mostFiles {
            guard files.insert(path).inserted else { continue }
            found.append(LogFact(kind: .namedFile, line: number, text: path))
        }
    }

    private mutating func keep(_ kind: LogFact.Kind, _ side: LogFact.Side?, _ instants: [Instant], text: [UInt8]) {
        let most = kind == .dates ? LogMiner.mostDates : LogMiner.mostOfAKind
        guard counts[kind, default: 0] < most else { return }
        counts[kind, default: 0] += 1
        let shown = text.prefix(240).map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }
        found.append(
            LogFact(
                kind: kind, side: side, line: number, text: String(decoding: shown, as: UTF8.self), instants: instants))
    }

    /// The line without a terminal's control sequences: `ESC [`, then anything up to a letter (ECMA-48, 5.4).
    static func withoutColours(_ line: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        var rest = line[...]
        while let byte = rest.popFirst() {
            guard byte == 0x1b, rest.first == UInt8(ascii: "[") else {
                plain.append(byte)
                continue
            }
            rest = rest.dropFirst().drop { !(0x40...0x7e).contains($0) }.dropFirst()
        }
        return plain
    }

    /// Numbers that are seconds since 1970, of the years 1990 to 2106.
    private static func epochs(in line: ArraySlice<UInt8>) -> [Instant] {
        line.split(whereSeparator: { !Digits.isDigit($0) }).prefix(16).compactMap { digits in
            guard (9...10).contains(digits.count), let value = Digits.value(of: digits),
                (631_152_000...4_294_967_296).contains(value)
            else { return nil }
            return Instant(seconds: Int64(value))
        }
    }
}
