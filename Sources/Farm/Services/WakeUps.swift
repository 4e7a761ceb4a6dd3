// SPDX-License-Identifier: GPL-3.0-or-later

package import Postgres
import ServiceLifecycle
import Synchronization

/// Tells the services when there may be work: on a notification of the database, and now and then without one.
///
/// A wake-up says nothing about what happened; who is woken looks in the tables. One that comes while its reader works
/// is kept; more than one are one.
package final class WakeUps: Service {
    /// What the database notifies of.
    package enum Topic: String, CaseIterable, Sendable {
        case evaluations = "almanac_evaluations"
        case sources = "almanac_sources"
        case builds = "almanac_builds"
        case runs = "almanac_runs"
        case investigations = "almanac_investigations"
        case outbox = "almanac_outbox"
    }

    private let listener: PostgresListener
    private let interval: Duration
    private let readers = Mutex<[Topic: [Int: AsyncStream<Void>.Continuation]]>([:])
    private let counter = Atomic<Int>(0)

    /// - Parameter interval: the longest a reader goes without being woken.
    package init(listener: PostgresListener, interval: Duration = .seconds(5)) {
        self.listener = listener
        self.interval = interval
    }

    /// Wake-ups of some topics; the first comes at once.
    package func stream(_ topics: Topic...) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = counter.add(1, ordering: .relaxed).newValue
        readers.withLock { readers in
            for topic in topics { readers[topic, default: [:]][number] = continuation }
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number) }
        continuation.yield()
        return stream
    }

    private func remove(_ number: Int) {
        readers.withLock { readers in
            for topic in Topic.allCases { readers[topic]?[number] = nil }
        }
    }

    /// Wakes the readers of a topic.
    package func wake(_ topic: Topic) {
        let continuations = readers.withLock { $0[topic].map { Array($0.values) } ?? [] }
        for continuation in continuations { continuation.yield() }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.listener.run() }
                group.addTask { await self.tick() }
                for topic in Topic.allCases {
                    group.addTask {
                        for await _ in self.listener.events(of: topic.rawValue) { self.wake(topic) }
                    }
                }
            }
        }
    }

    /// Wakes everybody now and then, until cancelled.
    private func tick() async {
        while true {
            do { try await Task.sleep(for: interval) } catch { return }
            for topic in Topic.allCases { wake(topic) }
        }
    }
}
