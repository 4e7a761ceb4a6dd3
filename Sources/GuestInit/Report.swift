// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// What the guest knows of itself, as lines `key=value`: the evidence that goes with every run.
///
/// The clock is read first, so that the time the rest takes does not count against it.
func report(disk directory: Bytes) -> Bytes {
    var lines: Bytes = []
    func add(_ key: StaticString, _ value: Bytes) {
        lines += bytes(key) + bytes("=") + value + bytes("\n")
    }
    add("realtime", reading(of: CLOCK_REALTIME))
    add("monotonic", reading(of: CLOCK_MONOTONIC))
    add("release", kernelRelease())
    add("clocksource", content("/sys/devices/system/clocksource/clocksource0/current_clocksource"))
    add("processors", decimal(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let processor = content("/proc/cpuinfo")
    add("cpu", field("model name", of: processor))
    add("cpu-flags", field("flags", of: processor))
    add("memory-kib", digits(of: field("MemTotal", of: content("/proc/meminfo"))))
    add("oom-kills", word(after: "oom_kill", in: content("/proc/vmstat")))
    addDisk(directory, add)
    return lines
}

private func addDisk(_ directory: Bytes, _ add: (StaticString, Bytes) -> Void) {
    var status = statvfs()
    guard withCString(directory, { statvfs($0, &status) }) == 0 else { return }
    add("disk-bytes", decimal(Int(status.f_blocks) * Int(status.f_frsize)))
    add("disk-free-bytes", decimal(Int(status.f_bavail) * Int(status.f_frsize)))
    let seen = split(trimmed((try? readFile(DiskWatch.record)) ?? []), at: UInt8(ascii: " "))
    guard seen.count == 2, let leastBytes = number(seen[0]), let leastInodes = number(seen[1]) else { return }
    add("disk-least-free-bytes", decimal(leastBytes))
    add("disk-least-free-inodes", decimal(leastInodes))
}

private func reading(of clock: Int32) -> Bytes {
    var time = timespec()
    clock_gettime(clock, &time)
    return decimal(time.tv_sec) + bytes(".") + decimal(time.tv_nsec, digits: 9)
}

private func kernelRelease() -> Bytes {
    var names = utsname()
    uname(&names)
    return withUnsafeBytes(of: &names.release) { Bytes($0.prefix(while: { $0 != 0 })) }
}

private func content(_ path: StaticString) -> Bytes {
    trimmed((try? readFile(bytes(path))) ?? [])
}

/// The value of the first line `name : value`.
private func field(_ name: StaticString, of text: Bytes) -> Bytes {
    for line in split(text, at: UInt8(ascii: "\n")) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
        var key = Bytes(line[0..<colon])
        while let last = key.last, last == UInt8(ascii: "\t") || last == UInt8(ascii: " ") { key.removeLast() }
        if key == bytes(name) { return Bytes(line[(colon + 1)...].drop(while: { $0 == UInt8(ascii: " ") })) }
    }
    return []
}

private func word(after name: StaticString, in text: Bytes) -> Bytes {
    for line in split(text, at: UInt8(ascii: "\n")) {
        let words = split(line, at: UInt8(ascii: " "))
        if words.count == 2 && words[0] == bytes(name) { return words[1] }
    }
    return []
}

private func digits(of text: Bytes) -> Bytes {
    Bytes(text.drop(while: { $0 == UInt8(ascii: " ") }).prefix(while: { digit($0) != nil }))
}
