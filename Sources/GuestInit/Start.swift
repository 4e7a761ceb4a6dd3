// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// The program: the guest's first process; called by hand
/// - `guest-init report DIRECTORY` prints a running guest's evidence;
/// - `guest-init relay PROGRAM …` speaks to a daemon of sockets over standard input and output (`DaemonRelay`);
/// - `guest-init authenticate` and `guest-init gc --list-busy` answer as such a daemon's `guix` (`SignatureAgent`).
///
/// A C function, because Embedded Swift has no `CommandLine`.
@c(main)
func start(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    if getpid() == 1 { runGuest() }
    let words = (1..<max(1, Int(count))).compactMap { arguments[$0].map { bytes($0) } }
    switch (words.first, words.count) {
    case (bytes("report"), 2): return writeAll(report(disk: words[1]), to: 1) ? 0 : 1
    case (bytes("relay"), 2...): return relay(Array(words[1...]))
    case (bytes("authenticate"), 1):
        SignatureAgent.run()
        return 0
    // Which store items running programs use: nothing here runs from the daemon's store.
    case (bytes("gc"), 2) where words[1] == bytes("--list-busy"): return 0
    default:
        _ = writeAll(
            bytes("usage: guest-init report DIRECTORY | relay PROGRAM ARGUMENT… | authenticate | gc --list-busy\n"),
            to: 2)
        return 2
    }
}

private func relay(_ command: [Bytes]) -> Int32 {
    do throws(Failure) {
        try DaemonRelay(command).run()
        return 0
    } catch {
        _ = writeAll(bytes("relay: ") + error.message + bytes("\n"), to: 2)
        return 1
    }
}

/// Never returns: a first process that ended would be a kernel panic.
private func runGuest() -> Never {
    _ = linux_block_child_signal(1)
    var boot = Boot()
    do throws(Failure) {
        try check(linux_raise_descriptor_limit(1 << 20), "raising", bytes("the limit on open files"))
        try boot.follow(try readFile(bytes("/plan")))
        supervise(boot)
    } catch {
        boot.sayFailed(error)
    }
    while true {
        sync()
        _ = linux_power_off()
        sleep(1)
    }
}
