// SPDX-License-Identifier: GPL-3.0-or-later

/// A serial executor with one thread of its own, so that an actor may make blocking C calls.
///
/// Give an actor a stored `ThreadExecutor` and return `executor.asUnownedSerialExecutor()` from its
/// `unownedExecutor`; blocking calls in it then never hold a thread of the cooperative pool. The thread ends
/// when the last reference to the executor goes; every job enqueued before that is run first, because a queued
/// job keeps its executor alive.
package final class ThreadExecutor: SerialExecutor, Sendable {
    private let queue: JobQueue

    /// Starts the thread.
    ///
    /// - Parameter name: shown by `ps -L` and debuggers; Linux keeps its first 15 bytes.
    package init(name: String) {
        queue = JobQueue()
        JobThread.start(name: name, queue: queue)
    }

    deinit {
        queue.close()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(JobQueue.Entry(job: UnownedJob(job), executor: self))
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }
}
