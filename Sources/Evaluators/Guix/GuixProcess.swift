// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Foundation

/// One process of an evaluation: its lines, until it ends or is silent for too long.
struct GuixProcess: Sendable {
    struct Ending: Sendable {
        /// Why it ended, where it was not done.
        let reason: String
        /// The end of what it said for people.
        let log: String
    }

    let limits: GuixEvaluator.Limits
    let deadline: ContinuousClock.Instant

    func run(
        _ command: (executable: String, arguments: [String]), _ transcript: inout GuixTranscript,
        _ progress: @Sendable (EvaluationProgress) -> Void
    ) async throws -> Ending {
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        let child = try ChildProcessStream(
            executable: command.executable, arguments: command.arguments, environment: environment,
            grace: .milliseconds(500))
        var reason: String?
        do {
            reason = try await lines(of: child, &transcript, progress)
        } catch {
            await child.close()
            throw error
        }
        let exit = await child.end()
        let log = child.lastErrors(limit: 1 << 20)
        return Ending(reason: reason ?? Self.words(exit, log), log: log)
    }

    /// - Returns: why it is to be stopped; nil when it has ended its output.
    private func lines(
        of child: ChildProcessStream, _ transcript: inout GuixTranscript,
        _ progress: @Sendable (EvaluationProgress) -> Void
    ) async throws -> String? {
        var buffer: [UInt8] = []
        while true {
            guard let bytes = try await read(child, within: patience(transcript)) else {
                return "it was stopped: it had said nothing for too long"
            }
            if bytes.isEmpty { return nil }
            buffer += bytes
            guard buffer.count <= GuixEvent.longestLine else { return "it was stopped: it wrote a line without end" }
            var start = 0
            while let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if let event = GuixEvent(line: Array(buffer[start..<end])) { transcript.take(event) }
                start = end + 1
            }
            buffer.removeFirst(start)
            progress(transcript.progress)
        }
    }

    /// How long it may say nothing. The limits within the process are of processor time, on a machine that may be busy.
    private func patience(_ transcript: GuixTranscript) -> Duration {
        let left = ContinuousClock.now.duration(to: deadline)
        return switch transcript.underWay {
        case .package: min(left, limits.packageTime * 4 + .seconds(60))
        case .module, nil: left
        }
    }

    /// The next bytes; nil when none came in time.
    private func read(_ child: ChildProcessStream, within limit: Duration) async throws -> [UInt8]? {
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await child.read(upTo: 64 << 10) }
            group.addTask {
                try await Task.sleep(for: max(.zero, limit))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private static func words(_ exit: ChildExit, _ log: String) -> String {
        let last = log.split(separator: "\n").last.map { ": \($0.prefix(300))" } ?? ""
        return switch exit {
        // The shell's way to say that a signal ended what it ran.
        case .exited(let status) where status == 128 + SIGKILL:
            "it was killed, as one that takes too much time or memory is\(last)"
        case .exited(let status) where status > 128: "it was ended by signal \(status - 128)\(last)"
        case .exited(let status): "it ended with status \(status)\(last)"
        case .signalled(let signal): "it was ended by signal \(signal)\(last)"
        }
    }
}
