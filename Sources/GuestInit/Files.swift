// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Writes all of `content`, however many calls it takes; false when the other side is gone.
func writeAll(_ content: Bytes, to descriptor: Int32) -> Bool {
    content.withUnsafeBytes { writeAll($0, to: descriptor) }
}

func writeAll(_ content: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < content.count {
        guard let start = content.baseAddress else { return true }
        let count = write(descriptor, start + sent, content.count - sent)
        if count < 0 && linux_errno() == EINTR { continue }
        if count <= 0 { return false }
        sent += count
    }
    return true
}

/// Reads a file of at most `limit` bytes; files of /proc and /sys, which tell no size, too.
func readFile(_ path: Bytes, limit: Int = 1 << 20) throws(Failure) -> Bytes {
    let descriptor = withCString(path) { linux_open($0, O_RDONLY, 0) }
    try check(descriptor, "opening", path)
    defer { close(descriptor) }
    var content: Bytes = []
    var chunk = Bytes(repeating: 0, count: 16384)
    while content.count < limit {
        let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && linux_errno() == EINTR { continue }
        if count < 0 { throw Failure("reading", path) }
        if count == 0 { return content }
        content += chunk[0..<count]
    }
    return content
}

func copyFile(from source: Bytes, to target: Bytes, mode: UInt32) throws(Failure) {
    let input = withCString(source) { linux_open($0, O_RDONLY, 0) }
    try check(input, "opening", source)
    defer { close(input) }
    let output = withCString(target) { linux_open($0, O_WRONLY | O_CREAT | O_TRUNC, mode) }
    try check(output, "creating", target)
    defer { close(output) }
    try check(fchmod(output, mode), "setting the mode of", target)
    var chunk = Bytes(repeating: 0, count: 1 << 16)
    while true {
        let count = chunk.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
        if count < 0 { throw Failure("reading", source) }
        if count == 0 { return }
        let written = chunk.withUnsafeBytes { writeAll(UnsafeRawBufferPointer(rebasing: $0[0..<count]), to: output) }
        if !written { throw Failure("writing", target) }
    }
}

func makeDirectory(_ path: Bytes, mode: UInt32) throws(Failure) {
    let result = withCString(path) { mkdir($0, mode) }
    if result < 0 && linux_errno() != EEXIST { throw Failure("making directory", path) }
    try check(withCString(path) { chmod($0, mode) }, "setting the mode of", path)
}

/// Waits, for ten seconds at most, until a driver has made its device.
func waitForFile(_ path: Bytes) throws(Failure) {
    for _ in 0..<1000 {
        if withCString(path, { access($0, F_OK) }) == 0 { return }
        usleep(10_000)
    }
    throw Failure("waiting for", path)
}
