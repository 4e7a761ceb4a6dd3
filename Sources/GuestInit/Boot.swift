// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Turns a freshly started kernel into a guest, by the plan that the host put into the initial file system.
///
/// A plan is lines of fields separated by tabs, the first field naming the step; the steps are taken in order, and
/// the first one that fails ends the boot. The host writes it (`BootPlan` of the module Guests), so that there is
/// one place which knows what a guest consists of.
struct Boot {
    private(set) var ports: [SecureShellPort] = []
    private(set) var watch: DiskWatch?
    private var control: Int32 = -1

    /// Takes every step of `plan`.
    mutating func follow(_ plan: Bytes) throws(Failure) {
        for line in split(plan, at: UInt8(ascii: "\n")) where !line.isEmpty {
            var fields = split(line, at: UInt8(ascii: "\t"))
            let step = fields.removeFirst()
            try take(step, fields)
        }
    }

    private mutating func take(_ step: Bytes, _ fields: [Bytes]) throws(Failure) {
        switch (step, fields.count) {
        case (bytes("module"), 1): try loadModule(fields[0])
        case (bytes("device"), 1): try waitForFile(fields[0])
        case (bytes("directory"), 2): try makeDirectory(fields[0], mode: try mode(fields[1]))
        case (bytes("mount"), 5):
            try mountFileSystem(
                type: fields[0], source: fields[1], target: fields[2], flags: fields[3], options: fields[4])
        case (bytes("root"), 1): try switchRoot(to: fields[0])
        case (bytes("copy"), 3): try copyFile(from: fields[0], to: fields[1], mode: try mode(fields[2]))
        case (bytes("hostname"), 1): try setHostName(fields[0])
        case (bytes("interface"), 1): try bringUp(interface: fields[0])
        case (bytes("random"), 1): try seedRandom(fields[0])
        case (bytes("clock"), 1): try setClock(try seconds(fields[0]))
        case (bytes("watch"), 1): watch = DiskWatch(directory: fields[0])
        case (bytes("control"), 1): control = try openPort(fields[0])
        case (bytes("ssh"), 2...): ports.append(try SecureShellPort(port: fields[0], server: Array(fields[1...])))
        case (bytes("say"), 1): say(fields[0])
        default: throw Failure(bytes("the boot plan has an unknown step: ") + step)
        }
    }

    /// Tells the host a line, on the control port or, before there is one, on the console.
    func say(_ line: Bytes) {
        _ = writeAll(bytes("guest: ") + line + bytes("\n"), to: control >= 0 ? control : 2)
    }

    /// Tells the host why the boot cannot go on; on the console as well, where it is kept.
    func sayFailed(_ failure: Failure) {
        let line = bytes("failed: ") + failure.message
        if control >= 0 { say(line) }
        _ = writeAll(bytes("guest: ") + line + bytes("\n"), to: 2)
    }

    private func mode(_ text: Bytes) throws(Failure) -> UInt32 {
        guard let value = number(text, radix: 8) else { throw Failure(bytes("not a file mode: ") + text) }
        return UInt32(truncatingIfNeeded: value)
    }

    private func seconds(_ text: Bytes) throws(Failure) -> Int {
        guard let value = number(text) else { throw Failure(bytes("not a number of seconds: ") + text) }
        return value
    }
}
