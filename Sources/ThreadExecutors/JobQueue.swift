// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc

/// The jobs waiting for one thread.
///
/// `@unchecked Sendable`: the two pthread objects live at fixed addresses for the queue's whole life, and
/// `entries` and `isClosed` are touched only while `mutex` is held.
final class JobQueue: @unchecked Sendable {
    /// A job, and the executor it must not outlive.
    struct Entry {
        let job: UnownedJob
        let executor: ThreadExecutor
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var entries: [Entry] = []
    private var isClosed = false

    init() {
        mutex.initialize(to: pthread_mutex_t())
        filled.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(filled, nil)
    }

    deinit {
        pthread_cond_destroy(filled)
        pthread_mutex_destroy(mutex)
        filled.deallocate()
        mutex.deallocate()
    }

    func append(_ entry: Entry) {
        pthread_mutex_lock(mutex)
        entries.append(entry)
        pthread_cond_signal(filled)
        pthread_mutex_unlock(mutex)
    }

    /// Lets the thread end once the queue is empty.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(filled)
        pthread_mutex_unlock(mutex)
    }

    /// Waits for jobs and takes all of them, oldest first; none means that the queue is closed.
    func takeAll() -> [Entry] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while entries.isEmpty && !isClosed {
            pthread_cond_wait(filled, mutex)
        }
        var taken: [Entry] = []
        swap(&taken, &entries)
        return taken
    }
}
