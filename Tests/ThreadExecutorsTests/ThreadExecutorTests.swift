// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Synchronization
import Testing
import ThreadExecutors

/// An actor on a thread of its own.
private actor Counter {
    private let executor: ThreadExecutor
    private var threads: Set<pthread_t> = []
    private(set) var count = 0
    private let stopped: AsyncStream<Bool>.Continuation?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(stopped: AsyncStream<Bool>.Continuation? = nil) {
        executor = ThreadExecutor(name: "counter of jobs")
        self.stopped = stopped
    }

    func increment() {
        threads.insert(pthread_self())
        count += 1
    }

    func threadCount() -> Int { threads.count }

    func threadName() -> String { firstLine(of: "/proc/thread-self/comm") ?? "" }

    func identity() -> pthread_t { pthread_self() }

    isolated deinit {
        stopped?.yield(threads.contains(pthread_self()))
        stopped?.finish()
    }
}

private func firstLine(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    guard fgets(&line, 64, file) != nil else { return nil }
    return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Number of threads of this process that bear a name.
private func threads(named name: String) -> Int {
    var found = 0
    guard let directory = opendir("/proc/self/task") else { return 0 }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
        let task = withUnsafePointer(to: entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if firstLine(of: "/proc/self/task/\(task)/comm") == name { found += 1 }
    }
    return found
}

@Suite struct ThreadExecutorTests {
    @Test func `jobs of an actor run one at a time on one thread`() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1_000 { group.addTask { await counter.increment() } }
        }
        #expect(await counter.count == 1_000)
        #expect(await counter.threadCount() == 1)
    }

    @Test func `two executors have two threads`() async {
        let one = Counter()
        let other = Counter()
        #expect(await one.identity() != other.identity())
    }

    @Test func `a thread bears the first fifteen bytes of its name`() async {
        #expect(await Counter().threadName() == "counter of jobs")
    }

    @Test func `an isolated deinit runs on the actor's thread`() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
        do {
            let counter = Counter(stopped: continuation)
            await counter.increment()
        }
        var seen: [Bool] = []
        for await onThread in stream { seen.append(onThread) }
        #expect(seen == [true])
    }

    @Test func `the thread ends when the last reference goes`() async {
        do {
            let executor = ThreadExecutor(name: "short-lived")
            withExtendedLifetime(executor) {}
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while threads(named: "short-lived") > 0 && ContinuousClock.now < deadline { await Task.yield() }
        #expect(threads(named: "short-lived") == 0)
    }
}
