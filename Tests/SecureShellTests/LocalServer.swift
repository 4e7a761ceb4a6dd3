// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Glibc

@testable import SecureShell

/// OpenSSH's server on one end of a socket pair, for one session.
///
/// As root it wants a directory in /run, which it gets in a mount namespace of its own.
struct LocalServer {
    let descriptor: Int32
    let credentials: SecureShellSession.Credentials
    private let directory: String
    private let process: pid_t

    static let program = "/usr/sbin/sshd"
    static var isInstalled: Bool { access(program, X_OK) == 0 }

    /// - Parameter pinned: the host key to expect; the server's own when nil.
    init(identity: SecureShellKeyPair? = nil, pinned: SecureShellKeyPair? = nil) throws {
        let directory = "\(NSTemporaryDirectory())sshd-\(UUID().uuidString)"
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let (hostKey, known) = (try SecureShellKeyPair(), try SecureShellKeyPair())
        func write(_ text: String, _ name: String) throws {
            let path = "\(directory)/\(name)"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            chmod(path, 0o600)
        }
        try write(hostKey.privateText, "hostkey")
        try write(known.authorizedKeysLine, "authorized_keys")
        try write(
            """
            HostKey \(directory)/hostkey
            AuthorizedKeysFile \(directory)/authorized_keys
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin yes
            LogLevel QUIET
            PrintMotd no
            """, "config")
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
            throw SecureShellError.connection("no socket pair")
        }
        for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = pair[0]
        let server = "exec \(LocalServer.program) -i -e -f \(directory)/config 2>>\(directory)/log"
        let arguments =
            geteuid() == 0
            ? [
                "/usr/bin/unshare", "-m", "/bin/sh", "-c",
                "mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && \(server)",
            ]
            : ["/bin/sh", "-c", server]
        process = try LocalServer.start(arguments, socket: pair[1])
        close(pair[1])
        credentials = .init(
            user: NSUserName(), identity: identity ?? known, hostKey: (pinned ?? hostKey).publicBase64)
    }

    /// Logs in, lends the session, and closes it.
    static func withSession<Value: Sendable>(
        _ body: (SecureShellSession, LocalServer) async throws -> Value
    ) async throws -> Value {
        let server = try LocalServer()
        defer { server.end() }
        let session = try await SecureShellSession.connect(
            descriptor: server.descriptor, credentials: server.credentials, timeLimit: .seconds(60))
        let result: Result<Value, any Error>
        do { result = .success(try await body(session, server)) } catch { result = .failure(error) }
        await session.close()
        return try result.get()
    }

    private static func start(_ arguments: [String], socket: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, socket, 0)
        posix_spawn_file_actions_adddup2(&actions, socket, 1)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        guard posix_spawn(&process, arguments[0], &actions, nil, &words, environ) == 0 else {
            throw SecureShellError.connection("\(arguments[0]) could not be started")
        }
        return process
    }

    /// Kills the server in the middle of whatever it does.
    func kill() { Glibc.kill(process, SIGKILL) }

    func end() {
        kill()
        waitpid(process, nil, 0)
        try? FileManager.default.removeItem(atPath: directory)
    }
}
