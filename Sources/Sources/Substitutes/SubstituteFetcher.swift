// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import Foundation
package import StoreDaemon

/// Brings ready-made outputs from servers into the store, each checked against what its signed narinfo says.
package struct SubstituteFetcher: Sendable {
    private let servers: SubstituteServers
    private let store: HostStore
    private let fetcher: SourceFetcher

    package init(servers: SubstituteServers, store: HostStore, fetcher: SourceFetcher) {
        self.servers = servers
        self.store = store
        self.fetcher = fetcher
    }

    /// Adds an output whose references are in the store, from the server that offers it or from one after that.
    ///
    /// - Returns: the address of the server it came from.
    /// - Throws: `SourceError`, which tells of each server; `StoreDaemonError` where the store does not take it.
    package func fetch(_ offer: SubstituteServers.Offer) async throws -> String {
        var problems: [String] = []
        var next = offer
        while true {
            do {
                try await bring(next)
                return next.server
            } catch let error as SourceError {
                problems.append("\(next.server): \(error)")
            } catch let error as StoreDaemonError {
                problems.append("\(next.server): \(error)")
            }
            guard case .offered(let other) = try await servers.look(for: offer.info.path, after: next.server) else {
                throw SourceError.failed(problems.joined(separator: "; "))
            }
            next = other
        }
    }

    private func bring(_ offer: SubstituteServers.Offer) async throws {
        if !store.takesSubstitutes {
            var settings = HostStore.buildingNothing
            settings.usesSubstitutes = true
            settings.others["substitute-urls"] = offer.server
            return try await store.withConnection(settings: settings) { try await $0.ensure(offer.info.path) }
        }
        try await fetcher.withFolder { folder in
            let address = try SourceAddress(ArchiveUnpacker.address(offer.archive, server: offer.server))
            let (packed, _) = try await fetcher.download(address, into: folder)
            let nar = "\(folder)/nar"
            try await ArchiveUnpacker.unpack(
                packed, offer.archive.compression, to: nar, limited: { fetcher.limited($0, bytes: offer.info.narSize) })
            try await store.add(archive: nar, of: offer.info)
        }
    }
}
