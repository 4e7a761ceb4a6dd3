// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Guests
package import Logging
package import StoreDaemon

/// What the farm uses of the machine it runs on.
package enum FarmHost {
    /// The image and kernel for guests, made where they are missing, and the accelerator that really works here.
    package static func prepare(_ configuration: FarmConfiguration, logger: Logger) async throws -> GuestHost {
        try await GuestHost.prepare(
            dataDirectory: configuration.data, firstProcess: configuration.guestInit, flavour: try .nix(),
            logger: logger)
    }

    /// The farm's own store.
    package static func store(_ configuration: FarmConfiguration) throws -> HostStore {
        try HostStore.nix(dataDirectory: configuration.data)
    }

    package static var name: String { ProcessInfo.processInfo.hostName }
}
