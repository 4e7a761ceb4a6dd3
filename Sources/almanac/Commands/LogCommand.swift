// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import TimeTravel

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Print what a run's builder wrote.",
        discussion: "Examples: almanac log 17 | less; almanac log 18 --follow")

    @OptionGroup var farm: FarmOptions
    @Argument(help: "Number of the run.") var run: Int64
    @Flag(name: .long, help: "Go on while the run does; the exit code is 0 when it succeeded, else 1.") var follow =
        false

    func run() async throws {
        let path = try farm.load().dataDirectory.log(ofRun: run)
        let (wanted, follow) = (run, follow)
        let record = try await farm.withDatabase { database -> RunRecord? in
            var shown = 0
            var output = LogOutput()
            defer { output.finish() }
            while let record = try await database.run(wanted), follow {
                shown += Self.write(path, from: shown, &output)
                if record.outcome != nil { return record }
                try await Task.sleep(for: .milliseconds(500))
            }
            return try await database.run(wanted)
        }
        guard let record else { throw FarmError.unknownRun(wanted) }
        if follow {
            if record.outcome != .succeeded { throw ExitCode.failure }
        } else if !LogOutput.write(RunLog(path: path)) {
            Terminal.complain("Run \(wanted) has no log: its guest did not come as far as the build.")
        }
    }

    /// Writes what comes after the first bytes of a log.
    ///
    /// - Returns: how many those were.
    private static func write(_ path: String, from known: Int, _ output: inout LogOutput) -> Int {
        var (seen, written) = (0, 0)
        RunLog(path: path).read { piece in
            let new = piece.dropFirst(max(0, known - seen))
            seen += piece.count
            written += new.count
            output.write(new)
        }
        return written
    }
}
