// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Opens the virtio-serial port that the host called `name`.
///
/// The links in /dev/virtio-ports are udev's work, so the name is looked up in /sys. A port appears a moment after
/// its driver is loaded; ten seconds is the limit.
func openPort(_ name: Bytes) throws(Failure) -> Int32 {
    for _ in 0..<1000 {
        if let device = deviceOfPort(name) {
            let path = bytes("/dev/") + device
            let descriptor = withCString(path) { linux_open($0, O_RDWR, 0) }
            if descriptor >= 0 { return descriptor }
            if linux_errno() != ENOENT { throw Failure("opening", path) }
        }
        usleep(10_000)
    }
    throw Failure(bytes("no virtio-serial port is called ") + name)
}

private func deviceOfPort(_ name: Bytes) -> Bytes? {
    let folder = bytes("/sys/class/virtio-ports")
    guard let directory = withCString(folder, { opendir($0) }) else { return nil }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
        let device = bytes(linux_entry_name(entry))
        if device.first == UInt8(ascii: ".") { continue }
        let file = folder + bytes("/") + device + bytes("/name")
        guard let content = try? readFile(file) else { continue }
        if trimmed(content) == name { return device }
    }
    return nil
}

/// Without the line feed that files of /sys end in.
func trimmed(_ text: Bytes) -> Bytes {
    var text = text
    while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: " ") { text.removeLast() }
    return text
}
