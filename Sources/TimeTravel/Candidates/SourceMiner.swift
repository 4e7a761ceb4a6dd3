// SPDX-License-Identifier: GPL-3.0-or-later

/// Gathers candidate instants from a package's files. Nothing is executed; archives inside are opened with limits.
package struct SourceMiner: Sendable {
    package struct Limits: Sendable {
        /// Bytes of a file that are read.
        package var fileBytes = 8 << 20
        /// Bytes of all files together, unpacked ones included.
        package var totalBytes = 512 << 20
        package var files = 60_000
        /// Archives within archives.
        package var depth = 2
        /// Distinct candidates kept, heaviest first.
        package var candidates = 2_000

        package init() {}
    }

    private let limits: Limits
    private var bytesLeft: Int
    private var filesLeft: Int
    private var best: [Key: Candidate] = [:]

    private struct Key: Hashable {
        var kind: Candidate.Kind
        var instant: Instant
        var path: String?
    }

    package init(limits: Limits = Limits()) {
        self.limits = limits
        bytesLeft = limits.totalBytes
        filesLeft = limits.files
    }

    /// The candidates so far, heaviest first.
    package var candidates: [Candidate] {
        let sorted = best.values.sorted {
            ($1.weight, $0.instant, $0.kind.rawValue, $0.origin.path ?? "") < (
                $0.weight, $1.instant, $1.kind.rawValue, $1.origin.path ?? ""
            )
        }
        return Array(sorted.prefix(limits.candidates))
    }

    /// Reads one file, or everything in it if it is an archive (tar, gzip, zip and what is made of them).
    package mutating func add(path: String, bytes: [UInt8], modified: Instant? = nil) {
        add(path: path, bytes: bytes[...], modified: modified, depth: 0)
    }

    private mutating func add(path: String, bytes: ArraySlice<UInt8>, modified: Instant?, depth: Int) {
        guard filesLeft > 0, bytesLeft > 0 else { return }
        filesLeft -= 1
        bytesLeft -= bytes.count
        if let modified, modified.date.year > 1990 { keepFileTime(modified, path) }
        if depth <= limits.depth, let entries = Archive.entries(in: bytes, path: path, limit: max(0, bytesLeft)) {
            for entry in entries {
                add(path: entry.path, bytes: entry.bytes, modified: entry.modified, depth: depth + 1)
            }
            return
        }
        mine(path: path, bytes: bytes.prefix(limits.fileBytes))
    }

    private mutating func mine(path: String, bytes: ArraySlice<UInt8>) {
        let place = PathKind(path)
        mineCertificates(path, bytes, place)
        mineKeys(path, bytes, place)
        guard !bytes.prefix(4_096).contains(0) else { return }
        for deadline in DeadlineMiner.deadlines(in: bytes) {
            keep(
                deadline.kind, deadline.instant, deadline.side, 2 * place.weight, path, deadline.offset,
                deadline.length,
                "a deadline in a text file")
        }
        mineLiterals(path, bytes, place)
    }

    private mutating func mineCertificates(_ path: String, _ bytes: ArraySlice<UInt8>, _ place: PathKind) {
        let validities = CertificateMiner.validities(in: bytes)
        // Bundles of a hundred authorities say nothing about one test.
        let weight = 2 * place.weight * (validities.count > 20 ? 20 / Double(validities.count) * 0.2 : 1)
        for validity in validities {
            let (from, until): (Candidate.Kind, Candidate.Kind) =
                validity.isRevocationList
                ? (.revocationListFrom, .revocationListUntil) : (.certificateNotBefore, .certificateNotAfter)
            let text = "valid from \(validity.from) until \(validity.until)"
            keep(from, validity.from, .notBefore, weight, path, validity.offset, validity.length, text)
            keep(until, validity.until, .notAfter, weight, path, validity.offset, validity.length, text)
        }
    }

    private mutating func mineKeys(_ path: String, _ bytes: ArraySlice<UInt8>, _ place: PathKind) {
        var dates = OpenPGPMiner.dates(in: bytes)
        if path.hasSuffix(".gpg") || path.hasSuffix(".pgp") || path.hasSuffix(".sig") || path.hasSuffix(".key") {
            dates += OpenPGPMiner.packets(bytes)
        }
        for date in dates {
            let (kind, side): (Candidate.Kind, Candidate.Side) =
                switch date.kind {
                case .keyCreated: (.keyCreated, .notBefore)
                case .keyExpiry: (.keyExpiry, .notAfter)
                case .signatureMade: (.signatureFrom, .notBefore)
                case .signatureExpiry: (.signatureExpiry, .notAfter)
                }
            let weight = side == .notAfter ? 2.0 : 0.6
            keep(kind, date.instant, side, weight * place.weight, path, date.offset, 0, "an OpenPGP packet")
        }
    }

    private mutating func mineLiterals(_ path: String, _ bytes: ArraySlice<UInt8>, _ place: PathKind) {
        for literal in LiteralMiner.literals(in: bytes) {
            switch literal.kind {
            case .date:
                keep(
                    .literalDate, literal.instant, .either, place.weight, path, literal.offset, literal.length, "a date"
                )
                guard literal.isWholeDay else { continue }
                keep(
                    .literalDate, literal.instant + 86_400, .notAfter, 0.3 * place.weight, path, literal.offset,
                    literal.length, "the end of \(literal.instant.date)")
            case .epoch:
                keep(
                    .epochNumber, literal.instant, .either, 0.3 * place.weight, path, literal.offset, literal.length,
                    "seconds since 1970")
            case .year:
                let year = literal.instant.date.year
                keep(
                    .literalYear, literal.instant, .either, 0.3 * place.weight, path, literal.offset, 4,
                    "the year \(year)")
                keep(
                    .literalYear, CivilDate(firstOf: year + 1).start, .notAfter, 0.3 * place.weight, path,
                    literal.offset, 4, "the end of \(year)")
                keep(
                    .twoDigitPivot, CivilDate(firstOf: year + 50).start, .notAfter, 0.15 * place.weight, path,
                    literal.offset, 4, "\(year) and 50 years")
            }
        }
    }

    private mutating func keepFileTime(_ modified: Instant, _ path: String) {
        keep(.fileTime, Instant(seconds: modified.seconds), .notBefore, 0.05, path, 0, 0, "a file was written")
    }

    private mutating func keep(
        _ kind: Candidate.Kind, _ instant: Instant, _ side: Candidate.Side, _ weight: Double, _ path: String,
        _ offset: Int,
        _ length: Int, _ text: String
    ) {
        // Files times of a package are many: the newest and the oldest say enough.
        let key = Key(
            kind: kind, instant: instant,
            path: kind == .certificateNotBefore || kind == .certificateNotAfter ? path : nil)
        guard best[key].map({ $0.weight < weight }) ?? (best.count < limits.candidates * 10) else { return }
        let origin = Evidence(kind: .file, path: path, offset: offset, length: length, instant: instant, text: text)
        best[key] = Candidate(kind: kind, instant: instant, side: side, weight: weight, origin: origin)
    }
}

/// How likely a file's dates are to matter, judging by its path.
struct PathKind {
    let weight: Double

    init(_ path: String) {
        let lower = path.lowercased()
        let name = lower.split(separator: "/").last.map(String.init) ?? lower
        let isHistory = [
            "changelog", "changes", "news", "history", "copying", "license", "authors", "pkg-info", "readme",
        ].contains {
            name.hasPrefix($0)
        }
        let isTest =
            lower.contains("test") || lower.contains("spec") || lower.contains("fixture") || name.hasPrefix("t/")
            || lower.contains("/t/")
        let isDocument =
            lower.contains("/doc") || name.hasSuffix(".rst") || name.hasSuffix(".html") || name.hasSuffix(".md")
        weight = isHistory ? 0.03 : isDocument ? 0.08 : isTest ? 1 : 0.4
    }
}
