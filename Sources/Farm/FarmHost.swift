// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Guests
package import Logging
package import StoreDaemon

/// What the farm uses of the machine it runs on.
package enum FarmHost {
    /// The image and kernel for guests, made where they are missing, and the accelerator that really works here.
    package static func prepare(_ configuration: FarmConfiguration, logger: Logger) async throws -> GuestHost {
        let flavour: ImageFlavour =
            switch try storeEngine(configuration) {
            case .guix: try await .guix()
            case .nix: try .nix()
            }
        return try await GuestHost.prepare(
            dataDirectory: configuration.data, firstProcess: configuration.guestInit, flavour: flavour, logger: logger)
    }

    /// The farm's own store.
    package static func store(_ configuration: FarmConfiguration) throws -> HostStore {
        switch try storeEngine(configuration) {
        case .nix: return try HostStore.nix(dataDirectory: configuration.data)
        case .guix:
            guard let daemon = GuixDaemonProgram.find() else { throw FarmError.noGuixDaemon }
            return try HostStore.ownGuix(
                dataDirectory: configuration.data, daemon: daemon, helper: configuration.guestInit)
        }
    }

    /// Which program keeps the farm's store: the one that made it; for a new one what the settings say, else Nix where this
    /// machine has it, else Guix.
    package static func storeEngine(_ configuration: FarmConfiguration) throws(FarmError) -> StoreEngine {
        let asked = configuration.store.flatMap { StoreEngine(rawValue: $0) }
        let made: StoreEngine? =
            HostStore.hasOwnGuix(in: configuration.data)
            ? .guix : HostStore.hasNix(in: configuration.data) ? .nix : nil
        if let made, let asked, made != asked {
            throw .otherStore(directory: configuration.data, made: made.rawValue, asked: asked.rawValue)
        }
        if let known = made ?? asked { return known }
        return HostProgram.nix.isInstalled || GuixDaemonProgram.find() == nil ? .nix : .guix
    }

    /// What guests are made with and this machine lacks.
    package static func missingPrograms(_ configuration: FarmConfiguration) throws -> [HostProgram] {
        let engine = try storeEngine(configuration)
        return HostProgram.allCases.filter { !$0.isInstalled && ($0 != .nix || engine == .nix) }
    }

    package static var name: String { ProcessInfo.processInfo.hostName }
}
