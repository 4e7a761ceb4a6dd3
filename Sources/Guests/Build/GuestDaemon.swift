// SPDX-License-Identifier: GPL-3.0-or-later

internal import SecureShell
internal import StoreDaemon

/// The store's daemon in a guest, spoken to through an SSH channel.
struct GuestDaemon: Sendable {
    private let session: SecureShellSession
    private let storeDirectory: String
    static let log = "/run/nix-daemon.log"

    init(session: SecureShellSession, storeDirectory: String) {
        self.session = session
        self.storeDirectory = storeDirectory
    }

    /// Quoted for no shell: store directories hold no characters that a shell would read.
    private var command: String {
        let settings = [
            "HOME=/run/root", "PATH=/usr/bin", "NIX_REMOTE=local", "NIX_STORE_DIR=\(storeDirectory)",
            "NIX_STATE_DIR=/var/nix", "NIX_LOG_DIR=/var/log/nix",
            "NIX_CONF_DIR=\(ImageFlavour.nixConfigurationDirectory)",
            "NIX_USER_CONF_FILES=",
        ]
        return "exec env -i \(settings.joined(separator: " ")) nix-daemon --stdio 2>\(GuestDaemon.log)"
    }

    /// Lends a connection to the daemon.
    func use<Value: Sendable>(
        settings: BuildSettings, _ body: @Sendable (StoreConnection) async throws -> Value
    ) async throws -> Value {
        try await session.withCommand(command) { channel in
            let connection = try await StoreConnection.open(over: channel, settings: settings)
            do {
                let value = try await body(connection)
                await connection.close()
                return value
            } catch {
                await connection.close()
                throw error
            }
        }
    }

    /// The end of what the daemon said about itself, for the case that it is gone.
    func lastWords() async -> String {
        let result = try? await withTimeLimit(.seconds(20)) { try await session.run("tail -c 500 \(GuestDaemon.log)") }
        return result?.outputText ?? ""
    }
}
