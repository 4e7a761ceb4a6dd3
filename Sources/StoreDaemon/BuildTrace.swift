// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import Synchronization

/// One text of a Guix daemon that traces builds: the builder's output, behind the mark `@ build-log PID SIZE`, or words of
/// the daemon itself. A builder cannot forge the mark, since it stands before what it writes.
struct TracedText {
    private enum Kind { case unknown, output, message }

    private static let mark = Array("@ build-log ".utf8)
    /// The daemon's own words are lines; more of one is not kept.
    private static let longestMessage = 64 << 10

    private var kind = Kind.unknown
    private var bytes: [UInt8] = []

    /// The builder's output in the next piece of the text; nil for none.
    mutating func take(_ piece: [UInt8]) -> [UInt8]? {
        if kind == .output { return piece }
        bytes += piece
        if kind == .message {
            bytes = Array(bytes.prefix(Self.longestMessage))
            return nil
        }
        guard bytes.starts(with: Self.mark.prefix(bytes.count)) else {
            kind = .message
            return nil
        }
        guard bytes.count > Self.mark.count, let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        kind = .output
        let output = Array(bytes[(end + 1)...])
        bytes = []
        return output.isEmpty ? nil : output
    }

    /// The daemon's words, without the line's end; to be asked for at the end of the text.
    var message: String? {
        guard kind != .output, !bytes.isEmpty else { return nil }
        return StoreConnection.withoutColours(
            String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self))
    }
}

/// What a Guix daemon that traces builds says about the end of one of them.
///
/// The error that the daemon gives at last says only that a build failed, and with a status that does not tell an output
/// that it rejects from a guest that it could not build in.
final class BuildTrace: Sendable {
    private let derivation: String
    private let state = Mutex(State())

    private struct State {
        /// How it failed: `timeout`, `cached`, or a number and the reason.
        var failure: String?
        /// The daemon found the disk full and does not blame the build.
        var diskNote: String?
    }

    init(of derivation: StorePath) { self.derivation = derivation.description }

    /// Whether a line of the daemon is one of the trace, of no interest to who reads the log.
    func take(_ line: String) -> Bool {
        if line.hasPrefix("note: build failure may have been caused by lack of free disk space") {
            state.withLock { $0.diskNote = line }
        }
        guard line.hasPrefix("@ ") else { return false }
        let failed = "@ build-failed \(derivation) - "
        if line.hasPrefix(failed) { state.withLock { $0.failure = String(line.dropFirst(failed.count)) } }
        return true
    }

    /// How the build ended, from the trace where there is one.
    func result(otherwise known: BuildResult) -> BuildResult {
        let state = state.withLock { $0 }
        guard let failure = state.failure else { return known }
        if failure == "timeout" { return BuildResult(status: .timedOut, message: known.message) }
        if failure == "cached" { return BuildResult(status: .cachedFailure, message: known.message) }
        let words = failure.split(separator: " ", maxSplits: 1)
        let reason = words.count == 2 ? String(words[1]) : failure
        // 0: it was never started. 1: it ran.
        if words.first == "0" { return BuildResult(status: .inputRejected, message: reason) }
        if let note = state.diskNote {
            return BuildResult(status: .transientFailure, message: "\(reason); \(note)")
        }
        // A builder that failed is permanent; one that ended well gave an output that is not accepted.
        let isPermanent = known.status == .permanentFailure
        return BuildResult(status: isPermanent ? .permanentFailure : .outputRejected, message: reason)
    }
}
