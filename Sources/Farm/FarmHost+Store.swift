// SPDX-License-Identifier: GPL-3.0-or-later

import StoreDaemon

extension FarmHost {
    /// Asks the store's daemon something, to see whether it answers.
    package static func askStore(_ configuration: FarmConfiguration) async throws {
        _ = try await store(configuration).withConnection { try await $0.validPaths(among: []) }
    }
}
