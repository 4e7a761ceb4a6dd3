// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Synchronization

/// A shell script that outlives this process just long enough to clean up after it.
///
/// Its standard input is a pipe whose other end only this process holds: `cat >/dev/null` in it returns when the
/// process ends, however it ends. It runs in a session of its own, so that signals meant for the tests pass it by.
package final class Watchdog: Sendable {
    private let process: Int32
    private let pipe: Mutex<Int32?>

    /// Processes to wait for when this one exits.
    private static let unended = Mutex<[ObjectIdentifier: Watchdog]>([:])
    private static let atExit: Void = {
        atexit {
            for watchdog in Watchdog.unended.withLock({ Array($0.values) }) { watchdog.end() }
        }
    }()

    /// - Parameters:
    ///   - user: as whom it runs when we are root.
    ///   - script: for `/bin/sh`; the arguments are `$1`, `$2`, ….
    package init(as user: String?, script: String, _ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw FixtureError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let become = user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--init-groups", "--"] } ?? []
        let words = ["setsid"] + become + ["/bin/sh", "-c", script, "sh"] + arguments
        do {
            process = try Self.spawn(words, input: ends[0])
        } catch {
            close(ends[1])
            throw error
        }
        pipe = Mutex(ends[1])
        _ = Self.atExit
        Self.unended.withLock { $0[ObjectIdentifier(self)] = self }
    }

    private static func spawn(_ words: [String], input: Int32) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        let arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let status = posix_spawnp(&process, words[0], &actions, nil, arguments + [nil], environ)
        guard status == 0 else { throw FixtureError("\(words[0]): \(String(cString: strerror(status)))") }
        return process
    }

    /// Whether the script has ended by itself.
    package var hasEnded: Bool {
        pipe.withLock { pipe in
            guard let end = pipe, waitpid(process, nil, WNOHANG) == process else { return pipe == nil }
            close(end)
            pipe = nil
            Self.unended.withLock { $0[ObjectIdentifier(self)] = nil }
            return true
        }
    }

    /// Lets the script go on and waits for its end.
    package func end() {
        pipe.withLock { pipe in
            guard let end = pipe else { return }
            close(end)
            waitpid(process, nil, 0)
            pipe = nil
        }
        Self.unended.withLock { $0[ObjectIdentifier(self)] = nil }
    }
}

/// Why a fixture could not be set up.
package struct FixtureError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
