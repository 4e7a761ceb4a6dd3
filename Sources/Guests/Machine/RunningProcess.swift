// SPDX-License-Identifier: GPL-3.0-or-later

internal import CGuests
internal import Glibc

/// A child process, by a handle that cannot come to mean another one.
final class RunningProcess: Sendable {
    let identifier: pid_t
    /// Readable when the process has ended.
    let handle: Descriptor

    init(_ identifier: pid_t) throws(GuestError) {
        let number = cguests_pidfd_open(identifier)
        guard number >= 0 else {
            let code = errno
            Glibc.kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
            throw .file("process \(identifier)", operation: "opening", code: code)
        }
        self.identifier = identifier
        handle = Descriptor(number)
    }

    private init(_ identifier: pid_t, handle: Descriptor) {
        self.identifier = identifier
        self.handle = handle
    }

    /// A process that need not be our child.
    static func existing(_ identifier: pid_t) throws(GuestError) -> RunningProcess {
        let number = cguests_pidfd_open(identifier)
        try SystemCall.check(number, "opening", "process \(identifier)")
        return RunningProcess(identifier, handle: Descriptor(number))
    }

    /// Ends it at once; one that has ended is no error.
    func kill() { _ = cguests_pidfd_signal(handle.number, SIGKILL) }

    /// Waits for the end; the status as `waitpid` gives it. To be called once.
    func reap() -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}
