// SPDX-License-Identifier: GPL-3.0-or-later

internal import CSSH
internal import Glibc

/// The thread of one session: it runs the session's jobs and tells it when its descriptor has something.
///
/// `@unchecked Sendable`: everything mutable is touched only while `mutex` is held, which lives at a fixed address for
/// the object's whole life; `wake` is an eventfd, which any thread may write.
final class SessionThread: @unchecked Sendable {
    /// A job, and the executor it must not outlive.
    struct Entry {
        let job: UnownedJob
        let executor: SessionExecutor
    }

    /// What to wait for besides jobs.
    struct Interest {
        var descriptor: Int32 = -1
        var events: Int16 = 0
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake: Int32
    private var entries: [Entry] = []
    private var interest = Interest()
    private var handler: (@Sendable () -> Void)?
    private var isClosed = false
    private var isNudged = false
    private var thread = pthread_t()

    init() {
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        wake = cssh_eventfd()
        precondition(wake >= 0, "no eventfd could be made for an SSH session: raise the limit on open files")
    }

    deinit {
        close(wake)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    func append(_ entry: Entry) {
        locked { entries.append(entry) }
        signal()
    }

    /// Calls the handler soon, as if there were traffic.
    func nudge() {
        locked { isNudged = true }
        signal()
    }

    private func signal() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    func watch(_ interest: Interest) { locked { self.interest = interest } }

    /// What to call, on the thread, when the descriptor is ready or after a nudge; not after mere jobs, which the
    /// handler itself may bring about.
    func handle(_ handler: @escaping @Sendable () -> Void) { locked { self.handler = handler } }

    /// Lets the thread end once there are no more jobs.
    func end() {
        locked {
            isClosed = true
            handler = nil
        }
        signal()
    }

    var isCurrent: Bool { locked { pthread_equal(thread, pthread_self()) != 0 } }

    func start(name: String) {
        let argument = Unmanaged.passRetained(self).toOpaque()
        let status = locked {
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<SessionThread>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, argument)
        }
        precondition(status == 0, "no thread could be started for an SSH session: raise the limit on threads")
        locked {
            cssh_name_thread(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
            pthread_detach(thread)
        }
    }

    private func run() {
        while true {
            let isReady = waitForWork()
            let taken = locked {
                var taken: [Entry] = []
                swap(&taken, &entries)
                return taken
            }
            // Dropped one at a time, after their job: the last one may take its executor with it.
            for entry in taken { entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor()) }
            let (handler, isOver) = locked {
                defer { isNudged = false }
                return (isReady || isNudged ? self.handler : nil, isClosed && entries.isEmpty)
            }
            if isOver { return }
            handler?()
        }
    }

    /// Whether the descriptor has something.
    private func waitForWork() -> Bool {
        let interest = locked { self.interest }
        var waits = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: interest.descriptor, events: interest.events, revents: 0),
        ]
        _ = poll(&waits, 2, -1)
        var count: UInt64 = 0
        _ = read(wake, &count, 8)
        return waits[1].revents != 0
    }
}
