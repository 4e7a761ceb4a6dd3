// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Derivations
import Farm
import Foundation
import Rewriting
import StoreDaemon

extension DrvCommand {
    struct Rewrite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn past fixed-output derivations into present ones with the same outputs.",
            discussion: """
                Prints the store path of each present derivation. Nothing is written unless --output or --add says \
                where to. What cannot be rewritten is named, with the reason, and the exit status is 1.

                Builder scripts are looked for beside each file and in the store. They are read, never run.
                """)
        @OptionGroup var place: StoreOptions
        @Option(
            name: .long,
            help: ArgumentHelp("Write the present derivations, and the lists they mention, there.", valueName: "DIR"))
        var output: String?
        @Flag(help: "Add them to the store: Guix's where its daemon runs, else the farm's own.") var add = false
        @Option(
            name: .long,
            help: ArgumentHelp("Use the lists of mirrors that this download of a present Guix uses.", valueName: "DRV"))
        var like: String?
        @Option(name: .long, help: "paths or json.") var format = Format.paths
        @Argument(help: ArgumentHelp("Past derivations.", valueName: "DRV")) var files: [String]

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case paths, json
        }

        func run() async throws {
            let known = try DerivationFiles(place, beside: files + [like].compactMap(\.self))
            let present = try like.map { try PresentMirrors(of: try known.derivation($0).derivation) }
            var rewritten: [Rewriter.Rewritten] = []
            for file in files {
                do {
                    rewritten.append(try rewrite(file, known, present))
                } catch let error as RewriteError {
                    Terminal.complain("\(file): \(error)")
                } catch let error as DerivationFileError {
                    Terminal.complain(error.description)
                }
            }
            if let output { try write(rewritten, to: output) }
            if add { try await addToStore(rewritten) }
            switch format {
            case .paths: Terminal.write(rewritten.map { "\($0.path)\n" }.joined())
            case .json: Terminal.write(try OutputFormat.json(rewritten.map(RewrittenRecord.init)))
            }
            if rewritten.count < files.count { throw ExitCode(1) }
        }

        private func rewrite(
            _ file: String, _ known: DerivationFiles, _ present: PresentMirrors?
        ) throws -> Rewriter.Rewritten {
            let (past, name) = try known.derivation(file)
            let origin = try OriginReader(past) { try known.input($0) }.origin()
            let mirrors = try present ?? PresentMirrors(in: past.storeDirectory)
            return try Rewriter(mirrors: mirrors).rewrite(past, name: name, origin: origin)
        }

        private func write(_ rewritten: [Rewriter.Rewritten], to folder: String) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let place = URL(fileURLWithPath: folder)
            for item in rewritten {
                try Data(item.derivation.printed()).write(to: place.appendingPathComponent(item.path.baseName))
                for text in item.texts {
                    try Data(text.contents).write(to: place.appendingPathComponent(text.path.baseName))
                }
            }
        }

        private func farmStore() throws -> HostStore {
            let configuration = try FarmConfiguration.load(
                file: nil, environment: ProcessInfo.processInfo.environment,
                processors: ProcessInfo.processInfo.activeProcessorCount)
            try configuration.dataDirectory.create()
            return try FarmHost.store(configuration)
        }

        private func addToStore(_ rewritten: [Rewriter.Rewritten]) async throws {
            let data = DataDirectory.standard(environment: ProcessInfo.processInfo.environment)
            let hasGuix = FileManager.default.fileExists(atPath: HostStore.guixSocket())
            let store = try hasGuix ? HostStore.guix(dataDirectory: data.path) : farmStore()
            try await store.withConnection { connection in
                for item in rewritten {
                    for text in item.texts { _ = try await connection.addText(text.contents, name: text.path.name) }
                    let added = try await connection.addText(
                        item.derivation.printed(), name: item.path.name, references: item.derivation.references.sorted()
                    )
                    guard added == item.path else {
                        throw DerivationFileError(
                            file: item.path.description, reason: "the store put it at \(added) instead")
                    }
                }
            }
        }
    }
}

/// What became of a past derivation, as JSON.
private struct RewrittenRecord: Encodable {
    let name: String
    let kind: String
    let derivation: String
    let output: String
    let addresses: [String]
    /// `daemon` where guix-daemon has the builder, else `almanac`.
    let fetchedBy: String

    init(_ rewritten: Rewriter.Rewritten) {
        name = rewritten.output.name
        kind = rewritten.origin.kind
        derivation = rewritten.path.description
        output = rewritten.output.description
        addresses = rewritten.origin.addresses
        fetchedBy = rewritten.isBuiltByDaemon ? "daemon" : "almanac"
    }
}
