// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import SecureShell
internal import StoreDaemon

/// The store's daemon in a guest, spoken to through an SSH channel.
struct GuestDaemon: Sendable {
    private let session: SecureShellSession
    private let store: HostStore
    static let log = "/run/store-daemon.log"

    /// - Parameter store: the host's, of the same engine.
    init(session: SecureShellSession, store: HostStore) {
        self.session = session
        self.store = store
    }

    /// Where a guest's daemon looks for the database of what is valid; below `/`.
    static func database(of engine: StoreEngine) -> String {
        switch engine {
        case .guix: "var/guix/db"
        case .nix: "var/nix/db"
        }
    }

    /// Quoted for no shell: store directories hold no characters that a shell would read.
    private var command: String {
        let settings = ["HOME=/run/root", "PATH=/usr/bin", "NIX_STORE_DIR=\(store.logicalDirectory.path)"]
        let words = settings + (store.engine == .guix ? Self.guix : Self.nix)
        return "exec env -i \(words.joined(separator: " ")) 2>\(GuestDaemon.log)"
    }

    private static let nix = [
        "NIX_REMOTE=local", "NIX_STATE_DIR=/var/nix", "NIX_LOG_DIR=/var/log/nix",
        "NIX_CONF_DIR=\(ImageFlavour.nixConfigurationDirectory)", "NIX_USER_CONF_FILES=", "nix-daemon", "--stdio",
    ]

    /// guix-daemon takes connections on a socket only.
    private static let guix = [
        "GUIX_STATE_DIRECTORY=/var/guix", "GUIX_DATABASE_DIRECTORY=/\(database(of: .guix))",
        "GUIX_LOG_DIRECTORY=/var/log/guix", "GUIX_CONFIGURATION_DIRECTORY=/etc/guix", "guest-init", "relay",
        "\(ImageFlavour.guixDirectory)/ld.so", "--library-path", ImageFlavour.guixDirectory,
        "\(ImageFlavour.guixDirectory)/guix-daemon", "--build-users-group=nixbld", "--no-substitutes", "--no-offload",
        "--disable-deduplication", "--lose-logs",
    ]

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
