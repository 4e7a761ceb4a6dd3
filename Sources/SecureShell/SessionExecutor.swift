// SPDX-License-Identifier: GPL-3.0-or-later

/// Runs a session's jobs on the thread that also waits for the session's descriptor.
///
/// libssh objects must be used by one thread at a time; one thread for both saves a hand-over per packet.
final class SessionExecutor: SerialExecutor, Sendable {
    let thread = SessionThread()

    init(name: String) { thread.start(name: name) }

    deinit { thread.end() }

    func enqueue(_ job: consuming ExecutorJob) {
        thread.append(SessionThread.Entry(job: UnownedJob(job), executor: self))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    func checkIsolated() {
        precondition(thread.isCurrent, "an SSH session was used outside its thread")
    }
}
