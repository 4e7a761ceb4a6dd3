// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import FoundationEssentials

extension HostStore {
    /// Nix's store in a data directory; the directories and `nix.conf` are made where they are missing.
    ///
    /// - Parameter logicalDirectory: what derivations call the store, whose files lie in `store` in the data
    ///   directory.
    /// - Throws: an error of the file system.
    package static func nix(
        dataDirectory: String, logicalDirectory: StoreDirectory = .guix
    ) throws -> HostStore {
        let files = FileManager.default
        let root = URL(fileURLWithPath: dataDirectory).standardizedFileURL.path
        for directory in ["store", "nix/var", "nix/log", "nix/conf", "nix/home", "nix/spool"] {
            try files.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
        }
        let configuration = "\(root)/nix/conf/nix.conf"
        if !files.fileExists(atPath: configuration) {
            try Data(Self.nixConfiguration.utf8).write(to: URL(fileURLWithPath: configuration), options: .atomic)
        }
        return HostStore(
            engine: .nix, logicalDirectory: logicalDirectory, physicalDirectory: "\(root)/store",
            environment: nixEnvironment(root: root, logicalDirectory: logicalDirectory),
            access: .child(executable: "nix-daemon", arguments: ["--stdio"]), spoolDirectory: "\(root)/nix/spool")
    }

    /// No root, no build users, nothing fetched ready-made, nothing built here.
    private static let nixConfiguration = """
        build-users-group =
        max-jobs = 0
        substituters =
        substitute = false

        """

    private static func nixEnvironment(root: String, logicalDirectory: StoreDirectory) -> [String: String] {
        [
            "HOME": "\(root)/nix/home",
            "NIX_CONF_DIR": "\(root)/nix/conf",
            "NIX_LOG_DIR": "\(root)/nix/log",
            "NIX_PATH": "",
            "NIX_REMOTE": "local?real=\(root)/store&state=\(root)/nix/var/nix&log=\(root)/nix/log",
            "NIX_STATE_DIR": "\(root)/nix/var",
            "NIX_STORE_DIR": logicalDirectory.path,
            "NIX_USER_CONF_FILES": "",
        ]
    }

    /// The environment of the daemon run as a child.
    var childEnvironment: [String: String] {
        environment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]) { one, _ in one }
    }
}
