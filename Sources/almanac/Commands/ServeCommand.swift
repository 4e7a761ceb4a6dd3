// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import TimeTravel
import UnixSignals
import WebAPI

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the farm: evaluations, builds, investigations, alerts, web API.",
        discussion: "Runs until SIGTERM or Ctrl-C. One server serves a data directory.")

    @OptionGroup var farm: FarmOptions
    @Option(name: .long, help: "Address to listen on.") var listen: String?
    @Option(name: .long, help: "Port of the web API; 0 takes a free one.") var port: Int?
    @Option(name: .long, help: "Guests at once; 0 builds nothing here.") var guests: Int?
    @OptionGroup var pool: PoolOptions

    func run() async throws {
        BrokenPipes.areErrors()
        var configuration = try farm.load()
        try configuration.apply(settings: pool.settings, from: "command line")
        if let listen { configuration.host = listen }
        if let port { configuration.port = port }
        if let guests { configuration.guests = guests }
        let data = configuration.dataDirectory
        let lock = try ServerLock(data)
        defer {
            unlink(data.serverAddress)
            lock.release()
        }
        let logger = ServerLog.logger(boundedAt: data.serverLog)
        guard let server = try await open(configuration, logger: logger) else { return }
        do {
            try await serve(server, configuration, logger: logger)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            await server.close()
            throw FarmError.addressInUse(host: configuration.host, port: configuration.port)
        } catch {
            await server.close()
            throw error
        }
        await server.close()
    }

    /// Brings the farm up; a signal meanwhile ends that as well.
    private func open(_ configuration: FarmConfiguration, logger: Logger) async throws -> FarmServer? {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        return try await withThrowingTaskGroup(of: FarmServer?.self) { group in
            group.addTask { try await FarmServer.open(configuration, logger: logger) }
            group.addTask {
                for await _ in signals { return nil }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func serve(_ server: FarmServer, _ configuration: FarmConfiguration, logger: Logger) async throws {
        let data = configuration.dataDirectory
        var access = AccessPolicy()
        access.readingIsOpen = configuration.readingIsOpen
        access.requestsPerSecond = configuration.requestLimit == 0 ? nil : configuration.requestLimit
        let web = almanacServer(
            WebServices(
                database: server.database, access: access, cache: AnswerCache(), logs: { data.log(ofRun: $0) },
                now: { .now }),
            configuration: WebConfiguration(host: configuration.host, port: configuration.port), logger: logger
        ) { address in
            do {
                try ServerAddress.write("\(address)", data)
                logger.notice("The server is up", metadata: ["address": "\(address)"])
            } catch {
                logger.error("The address could not be written down", metadata: ["error": "\(error)"])
            }
        }
        let services = (server.services + [web]).map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
        logger.notice("The server has stopped")
    }
}
