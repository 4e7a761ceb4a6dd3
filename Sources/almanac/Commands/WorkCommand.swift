// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Logging
import ServiceLifecycle
import UnixSignals

struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work", abstract: "Build for a farm whose server runs elsewhere.",
        discussion: """
            Takes builds from the farm's database and gives back what it saw, until SIGTERM, Ctrl-C or \
            'almanac worker drain'. It needs the server's data directory (--data), on the same machine or over a network \
            file system: derivations, outputs and logs are in there.

            Example: almanac work --database 'host=farm dbname=almanac user=almanac' --data /srv/almanac --guests 8
            """)

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: "Tells this worker from others on the data directory (default: the host's name).")
    var name: String?
    @Option(name: .long, help: "Guests at once.") var guests: Int?

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
    }

    func run() async throws {
        var configuration = try farm.load()
        if let guests { configuration.guests = guests }
        let logger = ServerLog.logger()
        let worker = try await FarmWorker.open(configuration, name: name ?? FarmHost.name, logger: logger)
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
