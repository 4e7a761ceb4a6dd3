// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// The program: the guest's first process; called by hand in a running guest, `guest-init report DIRECTORY` prints
/// its evidence.
///
/// A C function, because Embedded Swift has no `CommandLine`.
@c(main)
func start(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    if getpid() == 1 { runGuest() }
    if count == 3, let command = arguments[1], let directory = arguments[2], strcmp(command, "report") == 0 {
        return writeAll(report(disk: bytes(directory)), to: 1) ? 0 : 1
    }
    _ = writeAll(bytes("usage: guest-init report DIRECTORY\n"), to: 2)
    return 2
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
