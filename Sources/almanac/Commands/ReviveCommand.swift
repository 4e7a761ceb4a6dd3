// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Derivations
import Farm
import Foundation
import Jobsets
import TimeTravel
import UnixSignals

struct ReviveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revive",
        abstract: "Make an environment of the past stand again, or say exactly what of it is lost.",
        discussion: """
            Evaluates the environment at its revision, finds what it needs, takes substitutes where a server has them, \
            fetches the sources that are still to be had, has the farm build the rest in guests under the catalog's \
            annotations, and ends with a profile, or with the list of what is lost. What fails does not stop the rest. \
            Interrupted or repeated, it goes on where it was.

            Exit codes: 0 when the environment stands (with --dry-run: when everything is to be had), 1 for an error, \
            3 when a source is lost, 4 when a build failed, 5 when somebody who may have a source does not answer now.

            Examples:
              almanac revive -C channels.scm -m manifest.scm --dry-run
              almanac revive -C channels.scm -m manifest.scm --profile ~/environment
              almanac revive -C channels.scm r-minimal r-flowcore --format json
              almanac revive --engine nix -C channels.scm --expression default.nix hello
            """)

    @OptionGroup var farm: FarmOptions
    @OptionGroup var what: RevivalSelection
    @OptionGroup var how: RevivalOptions

    func validate() throws {
        if how.dryRun && how.fetchOnly { throw ValidationError("--dry-run fetches nothing: leave out --fetch-only") }
    }

    func run() async throws {
        var configuration = try farm.load()
        try how.apply(to: &configuration)
        let request = try what.request()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let work = RevivalWork(configuration: configuration, request: request, how: how)
        let status: Int32
        do {
            status = try await withThrowingTaskGroup(of: Int32.self) { group in
                group.addTask {
                    for await _ in signals { return 130 }
                    return 130
                }
                group.addTask { try await work.run() }
                defer { group.cancelAll() }
                return try await group.next() ?? 130
            }
        } catch {
            try await work.stopServer()
            throw error
        }
        try await work.stopServer()
        if status == 130 {
            Terminal.complain("\nInterrupted. What was fetched and built is kept: run the command again to go on.")
        }
        if status != 0 { throw ExitCode(status) }
    }
}

/// Which environment.
struct RevivalSelection: ParsableArguments {
    @Option(
        name: [.customShort("C"), .long],
        help: ArgumentHelp("The channels file, as 'guix describe -f channels' prints it.", valueName: "FILE"))
    var channels: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The manifest.", valueName: "FILE"))
    var manifest: String?

    @Argument(help: "Packages, in place of a manifest.") var packages: [String] = []

    @Option(name: .long, help: "guix or nix.") var engine = Engine.guix

    @Option(
        name: .long,
        help: ArgumentHelp("The file of the channel that is evaluated (engine nix: default.nix).", valueName: "FILE"))
    var expression: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Where the channel's repository is fetched from in place of its own URL.", valueName: "URL"))
    var gitURL: String?

    func validate() throws {
        if manifest != nil && !packages.isEmpty { throw ValidationError("give a manifest or packages, not both") }
        if manifest == nil && packages.isEmpty { throw ValidationError("give a manifest with -m, or packages") }
    }

    /// - Throws: `InvalidJobset` with the place of each fault.
    func request() throws -> RevivalRequest {
        let found = try EnvironmentFile.channel(channels, engine: engine)
        var channel = found.description
        func folder(of file: String) -> String { URL(fileURLWithPath: file).deletingLastPathComponent().path }
        channel = channel.resolved(against: folder(of: channels))
        if let gitURL { channel.url = try ChannelLocation(text: gitURL).resolved(against: folder(of: "./x")) }
        channel.expression = expression
        if expression != nil && !channel.companions.isEmpty {
            throw ValidationError("--expression: only a channel that is Guix itself has others beside it")
        }
        guard let manifest else {
            return RevivalRequest(
                engine: engine, channel: channel, commit: found.commit, packages: .names(packages))
        }
        if engine == .nix {
            return RevivalRequest(
                engine: engine, channel: channel, commit: found.commit,
                packages: .names(try EnvironmentFile.names(manifest)))
        }
        let text = try EnvironmentFile.text(manifest)
        try ManifestSyntax.check(text, file: manifest)
        return RevivalRequest(
            engine: engine, channel: channel, commit: found.commit,
            packages: .manifest(path: URL(fileURLWithPath: manifest).path), manifest: text)
    }
}

/// What to do about it.
struct RevivalOptions: ParsableArguments {
    @Flag(name: [.long, .customLong("report")], help: "Only report where everything is to be had; fetch nothing.")
    var dryRun = false

    @Flag(name: .long, help: "Fetch what is to be had; build nothing.") var fetchOnly = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Make this a link to the profile, which keeps it from being collected.", valueName: "LINK"))
    var profile: String?

    @Option(
        name: .long,
        help: "Date at which packages without an annotation are built: release, today, 2100-01-01, release + 1 year.")
    var date = "release"

    @Flag(name: .long, help: "Build again what failed before under the same conditions.") var retryFailed = false

    @Flag(name: .long, help: "Wait while the farm finds conditions under which a failed build works, and go on then.")
    var investigate = false

    @Option(
        name: .long,
        help: ArgumentHelp("Servers of substitutes, in place of the configured ones; '' for none.", valueName: "URLS"))
    var substituteUrls: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Believe substitutes signed with the keys of this file too.", valueName: "FILE"))
    var substituteKey: [String] = []

    @Option(name: .long, help: ListFormat.help) var format = ListFormat.table

    func validate() throws { _ = try usualDate() }

    func usualDate() throws -> ConditionsDate {
        do {
            return try ConditionsDate(text: date)
        } catch {
            throw ValidationError("--date: found '\(date)'; expected \(error.expected)")
        }
    }

    func apply(to configuration: inout FarmConfiguration) throws {
        if let substituteUrls {
            let value = substituteUrls.isEmpty ? "none" : substituteUrls
            guard configuration.sources.set("substitute-urls", value) == true else {
                throw ValidationError("--substitute-urls: found '\(substituteUrls)'; expected http or https URLs")
            }
        }
        configuration.sources.substituteKeyFiles += substituteKey
    }
}

extension Engine: ExpressibleByArgument {}
