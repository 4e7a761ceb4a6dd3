// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Keeps a worker from taking builds that its machine has no room for.
///
/// A guest that meets a full disk or is killed for want of memory is an infrastructure failure: better to wait.
package struct WorkerGuard: Sendable {
    /// What is free just now.
    package struct Room: Sendable, Equatable {
        /// Bytes of the data directory's file system; nil: unknown.
        package var disk: Int?
        /// MiB that programs can get without swapping; nil: unknown.
        package var memory: Int?

        package init(disk: Int?, memory: Int?) {
            self.disk = disk
            self.memory = memory
        }
    }

    /// Less free disk than this and nothing is begun.
    package var leastDisk: Int
    /// MiB that are never given to guests.
    package var reservedMemory: Int
    private let look: @Sendable () -> Room

    package init(
        leastDisk: Int = 4 << 30, reservedMemory: Int = 256, look: @escaping @Sendable () -> Room
    ) {
        self.leastDisk = leastDisk
        self.reservedMemory = reservedMemory
        self.look = look
    }

    /// Looks at the machine itself.
    package init(directory: String) {
        self.init(look: { Room(disk: Self.freeDisk(directory), memory: Self.freeMemory()) })
    }

    /// What the next guest may have, or why there is none.
    package enum Verdict: Sendable, Equatable {
        case room(memory: Int?)
        case hindered(String)
    }

    package func verdict() -> Verdict {
        let room = look()
        if let disk = room.disk, disk < leastDisk {
            return .hindered("\(disk >> 20) MiB of disk are free, less than \(leastDisk >> 20)")
        }
        guard let memory = room.memory else { return .room(memory: nil) }
        let free = memory - reservedMemory
        return free > 0 ? .room(memory: free) : .hindered("\(memory) MiB of memory are free")
    }

    private static func freeDisk(_ directory: String) -> Int? {
        var system = statvfs()
        guard statvfs(directory, &system) == 0 else { return nil }
        return Int(system.f_bavail) * Int(system.f_frsize)
    }

    /// `MemAvailable` of proc(5).
    private static func freeMemory() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes >> 10
    }

    /// MiB of the whole machine.
    package static var machineMemory: Int { Int(ProcessInfo.processInfo.physicalMemory >> 20) }
}
