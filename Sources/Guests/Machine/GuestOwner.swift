// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc

/// The process that runs a guest, named so that a later process with the same number is not taken for it, nor one of
/// another host that shares the directory.
struct GuestOwner: Hashable, Sendable {
    let process: Int32
    /// Clock ticks after the host's boot (proc(5), field 22 of stat).
    let started: String
    /// Tells this host from others, and one start of it from the next.
    let boot: String
    let host: String

    static func current() throws(GuestError) -> GuestOwner {
        guard let owner = of(getpid()) else { throw .file("/proc/self/stat", operation: "reading", code: ENOENT) }
        return owner
    }

    /// Nil when there is no such process here.
    static func of(_ process: Int32) -> GuestOwner? {
        guard let text = try? FileTree.read("/proc/\(process)/stat"), let end = text.lastIndex(of: UInt8(ascii: ")"))
        else {
            return nil
        }
        // After the name in brackets comes field 3.
        let fields = String(decoding: text[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 19 else { return nil }
        return GuestOwner(process: process, started: String(fields[19]), boot: bootHere, host: hostHere)
    }

    private static let bootHere =
        (try? FileTree.read("/proc/sys/kernel/random/boot_id")).map { String(decoding: $0.prefix(36), as: UTF8.self) }
        ?? "-"

    /// Without white space, as the kernel's names of hosts are.
    static let hostHere: String = {
        guard let name = try? FileTree.read("/proc/sys/kernel/hostname") else { return "-" }
        return String(decoding: name.prefix { $0 > 32 }, as: UTF8.self)
    }()

    func write(to files: GuestFiles) throws(GuestError) {
        try FileTree.write(Array("\(process) \(started) \(boot) \(host)\n".utf8), to: files.owner)
    }

    /// What an earlier process wrote; nil for anything else.
    static func read(from files: GuestFiles) -> GuestOwner? {
        guard let bytes = try? FileTree.read(files.owner) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard fields.count == 4, let process = Int32(fields[0]) else { return nil }
        return GuestOwner(
            process: process, started: String(fields[1]), boot: String(fields[2]), host: String(fields[3]))
    }

    /// Whether it may still run: of another host's processes nothing can be said here.
    var mayLive: Bool { host != Self.hostHere || livesHere }

    var livesHere: Bool { GuestOwner.of(process) == self }
}
