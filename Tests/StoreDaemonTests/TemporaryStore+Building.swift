// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import StoreDaemon

extension TemporaryStore {
    /// Settings under which this store builds.
    var settings: BuildSettings { host.engine == .nix ? Self.building : BuildSettings() }

    /// Settings under which Nix builds outside a sandbox, which only a store that is not diverted allows.
    static let building: BuildSettings = {
        var settings = BuildSettings()
        settings.others = ["sandbox": "false", "build-users-group": ""]
        return settings
    }()

    /// A derivation that runs a shell script.
    func script(_ name: String, _ script: String, inputs: [StorePath] = []) throws -> Derivation {
        let bare = Derivation(
            outputs: [DerivationOutput(name: "out", path: nil)], inputDerivations: [], inputSources: inputs.sorted(),
            system: "x86_64-linux", builder: "/bin/sh", arguments: ["-c", script],
            environment: [.init(name: "name", value: name), .init(name: "out", value: "")])
        var calculator = OutputPathCalculator { throw StoreDaemonError.notValid($0) }
        return try calculator.completed(bare, name: name, in: host.logicalDirectory)
    }

    /// Adds a derivation's file.
    func add(_ derivation: Derivation, _ name: String, to connection: StoreConnection) async throws -> StorePath {
        try await connection.addText(
            derivation.printed(), name: "\(name).drv", references: Array(derivation.references))
    }
}
