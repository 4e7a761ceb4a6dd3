// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Glibc
import Signatures

/// A guix-daemon with a store, a database and keys of its own in a directory, as Guix's own tests run it: no root, no
/// network, no chroot.
final class GuixDaemonProcess: Sendable {
    let socket: String
    /// What `guix` needs to speak to it.
    let environment: [String: String]
    private let root: String
    private let process: Process

    static let guix = program("guix")
    private static let daemon = program("guix-daemon")
    static var isInstalled: Bool { guix != nil && daemon != nil }

    private static func program(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders: [Substring] = path.split(separator: ":") + ["/var/guix/profiles/per-user/root/current-guix/bin"]
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(root: String) throws {
        guard let daemon = Self.daemon else { throw Failure(description: "there is no guix-daemon in PATH") }
        for folder in ["store", "etc", "var", "log", "home"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        self.root = root
        socket = "\(root)/socket"
        let log = "\(root)/daemon.log"
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "\(root)/home",
            "NIX_STORE_DIR": "\(root)/store", "GUIX_STATE_DIRECTORY": "\(root)/var",
            "GUIX_LOG_DIRECTORY": "\(root)/log", "GUIX_DATABASE_DIRECTORY": "\(root)/db",
            "GUIX_CONFIGURATION_DIRECTORY": "\(root)/etc", "GUIX_DAEMON_SOCKET": socket, "LC_ALL": "C.UTF-8",
            "GUIX_BUILD_OPTIONS": "--no-grafts",
        ]
        try Self.makeKey(in: "\(root)/etc")
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // As systemd hands a socket over.
        let script = #"exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@""#
        process.arguments = ["-c", script, "sh", daemon, "--disable-chroot", "--no-substitutes", "--no-offload"]
        process.environment = environment
        process.standardInput = try Self.listening(at: socket)
        try Data().write(to: URL(fileURLWithPath: log))
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
    }

    /// The key with which the daemon signs; also a proof that Guix reads the keys that are made here.
    private static func makeKey(in folder: String) throws {
        let key = try GuixSecretKey.generate()
        let secret = folder + "/signing-key.sec"
        try Data((key.text + "\n").utf8).write(to: URL(fileURLWithPath: secret))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: secret)
        try Data((key.publicKey.text + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/signing-key.pub"))
    }

    /// A socket that listens before the daemon is there to answer, so that nobody need wait for it.
    private static func listening(at path: String) throws -> FileHandle {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard bytes.count < place.count else { throw Failure(description: "\(path) is too long for a socket") }
            place.copyBytes(from: bytes)
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        guard isBound, listen(descriptor, 64) == 0 else {
            throw Failure(description: "cannot listen at \(path): \(String(cString: strerror(errno)))")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Ends the daemon, and the processes that it has for clients and builds: those have sessions of their own and would
    /// go on. All of them have the store's directory in their environment.
    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let mark = Array(Data("\(root)/store".utf8))
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let number = pid_t(name), number != getpid(),
                let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
                environment.firstRange(of: mark) != nil
            else { continue }
            kill(number, SIGKILL)
        }
    }
}
