// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work", abstract: "Build for a farm whose server runs elsewhere.",
        discussion: """
            Takes builds from the farm's database and gives back what it saw, until SIGTERM, Ctrl-C or \
            'almanac worker drain'. It needs the server's data directory (--data), on the same machine or over a network \
            file system: derivations, outputs and logs are in there. In a Slurm job it is named after the job.

            Example: almanac work --database 'host=farm dbname=almanac user=almanac' --data /srv/almanac --guests 8
            """)

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: "Tells this worker from others on the data directory (default: the host's name).")
    var name: String?
    @Option(name: .long, help: "Guests at once.") var guests: Int?
    @Option(name: .long, help: "Leave when there was nothing to build for so many seconds.") var leaveWhenIdle: Int?
    @Option(name: .long, help: "After so many seconds, take no more builds, and leave when the last has ended.")
    var leaveAfter: Int?

    func validate() throws {
        let allowed = (name ?? "").unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "-_.".unicodeScalars.contains($0)
        }
        guard allowed, (name ?? "-").utf8.count <= 64 else {
            throw ValidationError("--name has up to 64 letters, digits, '-', '_' and '.'")
        }
        guard (guests ?? 1) > 0 else {
            throw ValidationError("--guests is at least 1: a worker without guests does nothing")
        }
        guard (leaveWhenIdle ?? 0) >= 0, (leaveAfter ?? 0) >= 0 else {
            throw ValidationError("--leave-when-idle and --leave-after are numbers of seconds")
        }
    }

    func run() async throws {
        BrokenPipes.areErrors()
        var configuration = try farm.load()
        if let guests { configuration.guests = guests }
        let logger = ServerLog.logger()
        let job = SlurmTask.current(ProcessInfo.processInfo.environment)
        let worker = try await FarmWorker.open(
            configuration, name: name ?? job.map { "slurm-\($0)" } ?? FarmHost.name, job: job,
            leaving: Worker.Leaving(
                whenIdle: leaveWhenIdle.map { .seconds($0) }, after: leaveAfter.map { .seconds($0) }), logger: logger)
        do {
            try await ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: worker.services.map {
                        .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                    }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            ).run()
        } catch {
            await worker.close()
            throw error
        }
        await worker.close()
        logger.notice("The worker has stopped")
    }
}
