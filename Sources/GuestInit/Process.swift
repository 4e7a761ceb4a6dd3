// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Starts a child that runs `body` and never returns from it; gives its process id.
func startChild(_ body: () -> Void) throws(Failure) -> Int32 {
    let process = linux_fork()
    try check(process, "starting", bytes("a process"))
    if process == 0 {
        _ = linux_block_child_signal(0)
        body()
        _exit(127)
    }
    return process
}

/// Becomes the program `arguments[0]`; returns only when that fails.
func execute(_ arguments: [Bytes], environment: [Bytes]) {
    guard let path = arguments.first else { return }
    var argumentPointers = arguments.map { cString($0) }
    var environmentPointers = environment.map { cString($0) }
    argumentPointers.append(nil)
    environmentPointers.append(nil)
    _ = withCString(path) { linux_execute($0, &argumentPointers, &environmentPointers) }
}

/// A copy that is never freed: the process is about to become another program.
private func cString(_ text: Bytes) -> UnsafeMutablePointer<CChar>? {
    withCString(text) { strdup($0) }
}

/// Tells the kernel which processes to spare when memory runs out: from -1000 (never end it) to 1000.
func setOutOfMemoryScore(_ score: Int) {
    let descriptor = linux_open("/proc/self/oom_score_adj", O_WRONLY, 0)
    if descriptor < 0 { return }
    _ = writeAll(decimal(score), to: descriptor)
    close(descriptor)
}
