// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Synchronization

/// A file system of a few mebibytes, on which who writes more meets a disk that is really full.
///
/// It is mounted in a namespace of its own, which needs no root, and reached through `/proc`. It goes with the test,
/// however that ends, and with it whatever serves from it.
package final class SmallDisk: Sendable {
    /// A directory on the ordinary disk, for sockets and logs; it goes as well.
    package let directory: String
    /// Where this process sees the disk.
    package let path: String
    private let watchdog: Watchdog
    /// The file that fills it.
    private let ballast = Mutex<Int32?>(nil)

    /// Whether such a disk can be made here.
    package static func isPossible() async -> Bool {
        guard let tried = try? await SmallDisk(mebibytes: 1) else { return false }
        tried.end()
        return true
    }

    package static let equipment = "needs a mount namespace: root, or user namespaces for everybody"

    /// - Parameters:
    ///   - user: whom the directory belongs to, where we are root.
    ///   - script: for `/bin/sh`, to start what serves from the disk: `$directory` and `$disk` lead there, the arguments
    ///     are `$1`, `$2`, …. It gets no signal at the end: its processes are killed.
    package init(
        mebibytes: Int, user: String? = nil, script: String = "", _ arguments: [String] = []
    ) async throws {
        directory = try TemporaryDirectory.make(for: user)
        guard chmod(directory, 0o755) == 0 else { throw FixtureError("chmod: \(String(cString: strerror(errno)))") }
        watchdog = try Watchdog(
            as: nil, script: Self.holder, [directory, "\(mebibytes)", Self.begin + script + Self.end] + arguments)
        path = "/proc/\(try await Self.holder(directory, watchdog))/root\(directory)/disk"
    }

    /// Waits for what the namespace's first process writes.
    private static func holder(_ directory: String, _ watchdog: Watchdog) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            if let file = fopen("\(directory)/holder", "r") {
                defer { fclose(file) }
                var line = [CChar](repeating: 0, count: 32)
                if fgets(&line, Int32(line.count), file) != nil {
                    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                    if text.hasSuffix("\n"), let number = Int32(text.dropLast()) { return number }
                }
            }
            if watchdog.hasEnded { throw FixtureError("no file system of its own can be mounted here") }
            guard ContinuousClock.now < deadline else {
                throw FixtureError("what serves from a small disk did not come up; see \(directory)/log")
            }
            // A shell gives no signal that a test could wait for.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Processes end with the first of their namespace, and with them what they mounted and shared.
    private static let holder = #"""
        trap '' INT TERM HUP
        own=
        [ "$(id -u)" = 0 ] || own='--user --map-current-user --keep-caps'
        directory=$1
        unshare $own --mount --pid --ipc --fork --kill-child sh -c "$3" sh "$@" >>"$directory/log" 2>&1
        rm -rf "$directory"
        """#

    private static let begin = #"""
        directory=$1 disk=$1/disk
        mkdir "$disk" && mount -t tmpfs -o "size=$2m,mode=755" almanac "$disk" &&
            mount -t tmpfs -o mode=1777 almanac /dev/shm || exit 1
        shift 3

        """#

    /// The number that others know the first process by.
    private static let end = #"""

        read -r number rest < /proc/self/stat
        echo "$number" > "$directory/holder"
        cat > /dev/null
        """#

    /// Writes until there is no room for anything more.
    package func fill() throws {
        try ballast.withLock { ballast in
            if ballast != nil { return }
            let file = open("\(path)/ballast", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw FixtureError("\(path)/ballast: \(String(cString: strerror(errno)))") }
            ballast = file
            for size in [1 << 20, 1 << 12] {
                let block = [UInt8](repeating: 0xAA, count: size)
                while write(file, block, size) > 0 {}
                guard errno == ENOSPC else { throw FixtureError("filling: \(String(cString: strerror(errno)))") }
            }
        }
    }

    package var isFull: Bool { ballast.withLock { $0 != nil } }

    /// Makes room again.
    package func free() {
        ballast.withLock { ballast in
            guard let file = ballast else { return }
            unlink("\(path)/ballast")
            close(file)
            ballast = nil
        }
    }

    package func end() {
        free()
        watchdog.end()
    }
}
