// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Print what a run's builder wrote.",
        discussion: "Example: almanac log 17 | less")

    @OptionGroup var farm: FarmOptions
    @Argument(help: "Number of the run.") var run: Int64

    func run() async throws {
        let wanted = run
        let data = try farm.load().dataDirectory
        let record = try await farm.withDatabase { try await $0.run(wanted) }
        guard record != nil else { throw FarmError.unknownRun(wanted) }
        let found = RunLog(path: data.log(ofRun: wanted)).read { FileHandle.standardOutput.write(Data($0)) }
        if !found { Terminal.complain("Run \(wanted) has no log: its guest did not come as far as the build.") }
    }
}
