// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// The thread that runs a queue's jobs until the queue closes.
enum JobThread {
    static func start(name: String, queue: JobQueue) {
        let argument = Unmanaged.passRetained(Start(name: name, queue: queue)).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                JobThread.nameCurrentThread(start.name)
                JobThread.run(start.queue)
                return nil
            }, argument)
        precondition(status == 0, "no thread could be started for an executor: raise the limit on threads")
        pthread_detach(thread)
    }

    /// What a new thread is handed.
    private final class Start {
        let name: String
        let queue: JobQueue

        init(name: String, queue: JobQueue) {
            self.name = name
            self.queue = queue
        }
    }

    /// Names the calling thread through proc(5); glibc's function for it is hidden from Swift. A thread that
    /// could not be named works all the same.
    private static func nameCurrentThread(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
    }

    /// Entries are dropped one at a time, after their job: the last one may take its executor with it, here.
    private static func run(_ queue: JobQueue) {
        while true {
            let entries = queue.takeAll()
            if entries.isEmpty { return }
            for entry in entries {
                entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
            }
        }
    }
}
