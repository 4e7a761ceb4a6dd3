// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Derivations

struct DrvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drv", abstract: "Look at derivations, check them, and bring past ones into the present.",
        discussion: "A FILE is a .drv file or the store path of one. No store and no daemon is needed.",
        subcommands: [Verify.self, Show.self, Rewrite.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recompute the paths of derivations and of their outputs.",
            discussion: """
                Prints 'verified N of M' and names those that do not hold, and why. The exit status is 1 unless all \
                hold. Inputs, which the paths of outputs depend on, are looked for beside each file and in the store.
                """)
        @OptionGroup var place: StoreOptions
        @Flag(help: "Settle for a derivation's own path where its inputs are missing.") var allowMissingInputs = false
        @Argument(help: ArgumentHelp("Derivations.", valueName: "FILE")) var files: [String]

        func run() throws {
            let known = try DerivationFiles(place, beside: files)
            var verifier = DerivationVerifier { try known.input($0) }
            var (verified, partly) = (0, 0)
            for file in files {
                let faults: [String]
                do {
                    let (bytes, name) = try known.read(file)
                    let found = verifier.faults(in: bytes, fileName: name)
                    let settled = allowMissingInputs ? found.filter { !$0.isOfInputs } : found
                    if settled.isEmpty && !found.isEmpty { partly += 1 }
                    faults = settled.map(\.description)
                } catch let error as DerivationFileError {
                    faults = [error.reason]
                }
                if faults.isEmpty { verified += 1 }
                for fault in faults { Terminal.complain("\(file): \(fault)") }
            }
            let remark = partly == 0 ? "" : ", \(partly) of them without their outputs, as inputs are missing"
            Terminal.write("verified \(verified) of \(files.count)\(remark)\n")
            if verified < files.count { throw ExitCode(1) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print derivations as recutils, JSON, or for reading.",
            discussion: "For example: almanac drv show FILE | recsel -P inputs")
        @OptionGroup var place: StoreOptions
        @Option(name: [.short, .long], help: "recutils, json or human.") var format = Format.recutils
        @Argument(help: ArgumentHelp("Derivations; - is the standard input.", valueName: "FILE")) var files: [String]

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case recutils, json, human
        }

        func run() throws {
            let known = try DerivationFiles(place, beside: files)
            let records = try files.map { try known.record($0) }
            switch format {
            case .recutils: Terminal.write(records.map { $0.recutils() }.joined(separator: "\n"))
            case .human: Terminal.write(records.map { $0.human() }.joined(separator: "\n"))
            case .json:
                let text = try records.count == 1 ? OutputFormat.json(records[0]) : OutputFormat.json(records)
                Terminal.write(text)
            }
        }
    }
}
