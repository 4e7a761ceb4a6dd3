// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser

/// The command `almanac`: parses, builds the object graph, runs.
@main
struct Almanac: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "almanac",
        abstract: "A continuous-integration time-travel farm.",
        discussion: """
            Rebuilds the packages of past and present Guix and Nix revisions in virtual machines whose date, CPU and \
            kernel it chooses, finds the builds that depend on them, and proves from when to when they work and why.

            Begin with 'almanac demo'.
            """,
        version: "almanac 0.1\nCopyright the Almanac authors\nLicense GPL-3.0-or-later",
        subcommands: [
            DemoCommand.self, ServeCommand.self, StopCommand.self, StatusCommand.self, JobsetCommand.self,
            WorkCommand.self, WorkerCommand.self, BuildCommand.self, EvaluationCommand.self, BackupCommand.self,
            RestoreCommand.self, CollectCommand.self,
            CatalogCommand.self, VerdictsCommand.self, HorizonCommand.self, ImpactCommand.self,
            InvestigateCommand.self, ReviveCommand.self, LogCommand.self, ImageCommand.self, DrvCommand.self,
            AlertCommand.self, TokenCommand.self, TrapCommand.self, ReproduceCommand.self, DoctorCommand.self,
        ])
}
