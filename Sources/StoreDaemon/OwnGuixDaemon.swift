// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import Foundation
internal import Synchronization

/// A guix-daemon for one connection, over a store in a data directory that it sees as `/gnu/store`.
///
/// It runs in a container of bubblewrap, without network, in which all of this machine is read only but the data directory.
/// It builds nothing and needs neither root nor the machine's own guix-daemon.
final class OwnGuixDaemon: Sendable {
    static let container = "bwrap"
    /// Where the machine's own store is inside, in which the daemon's program usually lies.
    private static let machineStore = "/machine-store"

    private let root: String
    private let store: StoreDirectory
    private let program: GuixDaemonProgram
    private let helper: String
    private let known = Mutex<[String]?>(nil)

    /// - Parameter helper: the program of `ops/guest-init`, which connects to the daemon and answers for its `guix`.
    init(root: String, store: StoreDirectory, program: GuixDaemonProgram, helper: String) {
        self.root = root
        self.store = store
        self.program = program
        self.helper = helper
    }

    var environment: [String: String] {
        [
            "GUIX": inside(helper), "GUIX_CONFIGURATION_DIRECTORY": "\(root)/guix/etc",
            "GUIX_DATABASE_DIRECTORY": "\(root)/guix/var/db", "GUIX_LOG_DIRECTORY": "\(root)/guix/log",
            "GUIX_STATE_DIRECTORY": "\(root)/guix/var", "HOME": "\(root)/guix/home", "LC_ALL": "C.UTF-8",
            "NIX_STORE_DIR": store.path, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        ]
    }

    /// What the container's program is started with.
    func arguments() async throws -> [String] {
        if let arguments = known.withLock({ $0 }) { return arguments }
        guard FileManager.default.isExecutableFile(atPath: helper) else {
            throw StoreDaemonError.cannotRun("guix-daemon", "\(helper) is missing: run ops/guest-init")
        }
        let arguments = try mounts() + ["--", inside(helper), "relay"] + command(try await program.parts())
        known.withLock { $0 = arguments }
        return arguments
    }

    /// By its loader, since its own path does not lead to it inside.
    func command(_ parts: GuixDaemonProgram.Parts) -> [String] {
        let folders = Set(parts.libraries.map { (inside($0) as NSString).deletingLastPathComponent })
        return [
            inside(parts.loader), "--library-path", folders.sorted().joined(separator: ":"), inside(parts.program),
            "--no-substitutes", "--no-offload", "--disable-deduplication", "--max-jobs=0",
        ]
    }

    private func inside(_ path: String) -> String {
        path.hasPrefix(store.path + "/") ? Self.machineStore + path.dropFirst(store.path.count) : path
    }

    private func mounts() throws -> [String] {
        let files = FileManager.default
        // Processes are those of the machine: the daemons of one store know each other by their numbers.
        var options = ["--unshare-net", "--unshare-ipc", "--unshare-uts", "--new-session", "--chdir", "/"]
        let own = store.path.split(separator: "/").first.map(String.init)
        for name in try files.contentsOfDirectory(atPath: "/").sorted() where name != own {
            let place = "/\(name)"
            if let target = try? files.destinationOfSymbolicLink(atPath: place) {
                options += ["--symlink", target, place]
            } else {
                options += [name == "dev" ? "--dev-bind" : "--ro-bind-try", place, place]
            }
        }
        if files.fileExists(atPath: store.path) { options += ["--ro-bind", store.path, Self.machineStore] }
        return options + ["--bind", root, root, "--bind", "\(root)/store", store.path]
    }
}

extension HostStore {
    /// Guix's store in a data directory, kept by a guix-daemon that each connection has to itself; directories and database
    /// are made where they are missing.
    ///
    /// - Parameters:
    ///   - logicalDirectory: what derivations call the store, whose files lie in `store` in the data directory.
    ///   - helper: what `ops/guest-init` made.
    /// - Throws: an error of the file system, `StoreDaemonError.database`, or `SignatureError` for a key that is none.
    package static func ownGuix(
        dataDirectory: String, daemon: GuixDaemonProgram, helper: String, logicalDirectory: StoreDirectory = .guix
    ) throws -> HostStore {
        let root = URL(fileURLWithPath: dataDirectory).standardizedFileURL.path
        for folder in ["store", "guix/var/db", "guix/log", "guix/etc", "guix/home", "guix/spool"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        try makeDatabase(in: "\(root)/guix/var/db")
        return HostStore(
            engine: .guix, logicalDirectory: logicalDirectory, physicalDirectory: "\(root)/store", environment: [:],
            access: .own(OwnGuixDaemon(root: root, store: logicalDirectory, program: daemon, helper: helper)),
            spoolDirectory: "\(root)/guix/spool", signingKey: try StoreSigningKey(in: "\(root)/guix"))
    }

    /// Whether `ownGuix` was here.
    package static func hasOwnGuix(in dataDirectory: String) -> Bool {
        FileManager.default.fileExists(atPath: dataDirectory + "/guix/var/db/schema")
    }

    /// Whether `nix` was here.
    package static func hasNix(in dataDirectory: String) -> Bool {
        FileManager.default.fileExists(atPath: dataDirectory + "/nix/conf/nix.conf")
    }

    /// Of two first daemons each would make the database, and one would fail.
    private static func makeDatabase(in folder: String) throws {
        let lock = open(folder + "/almanac-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw StoreDaemonError.file(path: folder + "/almanac-lock", operation: "creating", code: errno)
        }
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else {
            throw StoreDaemonError.file(path: folder + "/almanac-lock", operation: "locking", code: errno)
        }
        if FileManager.default.fileExists(atPath: folder + "/schema") { return }
        let none = GuestDatabase(engine: .guix, closure: [])
        try none.write(to: folder) { throw StoreDaemonError.notValid($0) }
    }
}
