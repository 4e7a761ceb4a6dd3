// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation

/// A server of the data directory in a process of its own, which outlives the command that started it.
enum BackgroundServer {
    /// Starts a server and waits until it answers.
    ///
    /// - Returns: its process.
    static func start(_ configuration: FarmConfiguration, arguments: [String]) async throws -> Int32 {
        let data = configuration.dataDirectory
        unlink(data.serverAddress)
        let former = size(data.serverLog)
        let process = try spawn(arguments: ["serve", "--data", data.path] + arguments, log: data.serverLog)
        while true {
            if ServerAddress.read(data) != nil { return process }
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process {
                throw FarmError.serverDidNotStart(
                    log: data.serverLog, lastLines: tail(data.serverLog, after: former))
            }
            do {
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                try? await stop(process: process, data: data)
                throw error
            }
        }
    }

    /// Asks a server to stop and waits until its process is gone, however long its guests take to end.
    static func stop(process: Int32, data: DataDirectory) async throws {
        kill(process, SIGTERM)
        while true {
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process { return }
            if kill(process, 0) != 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Starts this program again in a session of its own, its output added to `log`.
    private static func spawn(arguments: [String], log: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(newSession))

        let words = [CommandLine.arguments[0]] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, pointers, environ)
        guard failure == 0 else {
            throw FarmError.serverDidNotStart(log: log, lastLines: String(cString: strerror(failure)))
        }
        return process
    }

    /// `POSIX_SPAWN_SETSID` of glibc's spawn.h, which Swift's import leaves out.
    private static let newSession: Int32 = 0x80

    private static func size(_ log: String) -> UInt64 {
        var status = stat()
        return stat(log, &status) == 0 ? UInt64(status.st_size) : 0
    }

    /// The last lines of what came after so many bytes, or of a file that was begun since.
    private static func tail(_ log: String, after former: UInt64) -> String {
        guard let file = FileHandle(forReadingAtPath: log) else { return "" }
        defer { try? file.close() }
        if former <= size(log) { try? file.seek(toOffset: former) }
        let bytes = (try? file.readToEnd()) ?? nil
        return String(decoding: bytes ?? Data(), as: UTF8.self).split(separator: "\n").suffix(12).joined(
            separator: "\n")
    }
}

/// The file in which a running server says where its web API is.
enum ServerAddress {
    static func read(_ data: DataDirectory) -> String? {
        guard let text = try? String(contentsOfFile: data.serverAddress, encoding: .utf8), text.hasSuffix("\n") else {
            return nil
        }
        return String(text.dropLast())
    }

    static func write(_ address: String, _ data: DataDirectory) throws {
        try (address + "\n").write(toFile: data.serverAddress, atomically: true, encoding: .utf8)
    }
}
