// SPDX-License-Identifier: GPL-3.0-or-later

internal import CByteStreams
internal import Glibc
internal import ThreadExecutors

/// How a child process ended.
package enum ChildExit: Sendable, Equatable {
    case exited(status: Int32)
    case signalled(Int32)
}

/// A started child process, waited for on a thread of its own.
actor ChildProcess {
    private let executor = ThreadExecutor(name: "child process")
    private let process: pid_t
    private let handle: OwnedDescriptor
    private var exit: ChildExit?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter process: a child of this process that nothing else waits for.
    init(_ process: pid_t) throws(ByteStreamError) {
        let descriptor = almanac_pidfd_open(process)
        guard descriptor >= 0 else {
            let code = errno
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            throw .system(operation: "pidfd_open", code: code)
        }
        self.process = process
        handle = OwnedDescriptor(descriptor)
    }

    /// Waits for the end, and hastens it: the signal to terminate after one `grace`, the one to kill after
    /// another.
    func end(grace: Duration) -> ChildExit {
        if let exit { return exit }
        if !hasEnded(within: grace) { kill(process, SIGTERM) }
        if !hasEnded(within: grace) { kill(process, SIGKILL) }
        return reap()
    }

    isolated deinit {
        guard exit == nil else { return }
        kill(process, SIGKILL)
        _ = reap()
    }

    private func hasEnded(within limit: Duration) -> Bool {
        let deadline = ContinuousClock.now + limit
        var polled = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            let milliseconds = max(0, left / .milliseconds(1))
            let ready = poll(&polled, 1, Int32(min(milliseconds.rounded(.up), 1_000_000)))
            if ready > 0 { return true }
            if ready == 0 { return false }
        }
    }

    private func reap() -> ChildExit {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        let exit: ChildExit = signal == 0 ? .exited(status: status >> 8 & 0xff) : .signalled(signal)
        self.exit = exit
        return exit
    }
}
