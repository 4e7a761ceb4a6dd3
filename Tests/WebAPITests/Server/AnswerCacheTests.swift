// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Postgres
import Synchronization
import Testing

@testable import WebAPI

@Suite struct AnswerCacheTests {
    /// A clock that is moved by hand, and a count of what was made.
    private final class Stage: Sendable {
        private let time = Mutex(Duration.zero)
        private let count = Mutex(0)

        var now: Duration { time.withLock { $0 } }
        var made: Int { count.withLock { $0 } }

        func pass(_ duration: Duration) { time.withLock { $0 += duration } }

        func make(in cost: Duration = .zero) -> Reply {
            pass(cost)
            return .text("\(count.withLock { $0 += 1; return $0 })", mediaType: "text/plain")
        }
    }

    private struct Failure: Error {}

    private func text(_ reply: Reply) -> String {
        if case .bytes(let bytes) = reply.body { String(decoding: bytes, as: UTF8.self) } else { "stream" }
    }

    @Test func `an answer is given again for a second`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        for _ in 0..<5 { #expect(text(try await cache.reply(for: "a") { stage.make() }) == "1") }
        #expect(text(try await cache.reply(for: "b") { stage.make() }) == "2")
        stage.pass(.milliseconds(999))
        #expect(text(try await cache.reply(for: "a") { stage.make() }) == "1")
        stage.pass(.milliseconds(2))
        #expect(text(try await cache.reply(for: "a") { stage.make() }) == "3")
    }

    @Test func `what was dear to make is kept longer, but not for ever`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        _ = try await cache.reply(for: "dear") { stage.make(in: .milliseconds(400)) }
        _ = try await cache.reply(for: "dearer") { stage.make(in: .seconds(20)) }
        stage.pass(.milliseconds(3_900) - .seconds(20))
        #expect(text(try await cache.reply(for: "dear") { stage.make() }) == "1")
        stage.pass(.seconds(20) + .milliseconds(200))
        #expect(text(try await cache.reply(for: "dear") { stage.make() }) == "3")
        stage.pass(.seconds(10))
        #expect(text(try await cache.reply(for: "dearer") { stage.make() }) == "4")
    }

    @Test func `while one makes it anew, others get the old one, unless it is too old`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        _ = try await cache.reply(for: "a") { stage.make() }
        stage.pass(.milliseconds(1_500))
        let renewed = try await cache.reply(for: "a") {
            let other = text(try await cache.reply(for: "a") { stage.make() })
            #expect(other == "1")
            return stage.make()
        }
        #expect(text(renewed) == "2")
        stage.pass(.seconds(4))
        #expect(text(try await cache.reply(for: "a") { stage.make() }) == "3")
    }

    @Test func `many who come at once have it made once`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                text(
                    try await cache.reply(for: "a") {
                        begin.finish()
                        for await _ in released {}
                        return stage.make()
                    })
            }
            for await _ in begun {}
            for _ in 0..<20 { group.addTask { text(try await cache.reply(for: "a") { stage.make() }) } }
            release.finish()
            for try await reply in group { #expect(reply == "1") }
        }
        #expect(stage.made == 1)
    }

    @Test func `who waited for a failure hears of it, and it is not kept`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do {
                        _ = try await cache.reply(for: "a") {
                            begin.finish()
                            for await _ in released {}
                            throw Failure()
                        }
                        return false
                    } catch { return error is Failure }
                }
            }
            for await _ in begun {}
            release.finish()
            for await hasFailed in group { #expect(hasFailed) }
        }
        #expect(text(try await cache.reply(for: "a") { stage.make() }) == "1")
    }

    @Test func `when the client for whom it is made goes away, the next one has it made`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: String.self) { group in
            let first = Task {
                try await cache.reply(for: "a") {
                    begin.finish()
                    for await _ in released {}
                    try Task.checkCancellation()
                    return stage.make()
                }
            }
            for await _ in begun {}
            for _ in 0..<20 { group.addTask { text(try await cache.reply(for: "a") { stage.make() }) } }
            first.cancel()
            release.finish()
            await #expect(throws: CancellationError.self) { try await first.value }
            for try await reply in group { #expect(reply == "1") }
        }
        #expect(stage.made == 1)
    }

    @Test func `errors, streams and large bodies are made each time, and a change outdates everything`() async throws {
        let stage = Stage()
        let cache = AnswerCache(now: { stage.now })
        var missing = stage.make()
        missing.status = 404
        let large = Reply(
            mediaType: "text/plain", body: .bytes(Array(repeating: 0, count: AnswerCache.largest.one + 1)))
        let stream = Reply(mediaType: "text/plain", body: .stream(length: nil) { _ in })
        for reply in [missing, large, stream] {
            _ = try await cache.reply(for: "x") { reply }
            #expect(text(try await cache.reply(for: "x") { stage.make() }) == "\(stage.made)")
            cache.forget()
        }
        // What was begun before a change is not kept after it.
        let before = stage.made
        _ = try await cache.reply(for: "y") {
            cache.forget()
            return stage.make()
        }
        _ = try await cache.reply(for: "y") { stage.make() }
        #expect(stage.made == before + 2)
    }

    @Test func `a server that keeps answers shows a change of its own at once`() async throws {
        // No time passes.
        try await Site.run(cache: AnswerCache(now: { .zero })) { site in
            let token = try await site.token(.admin)
            #expect(try await site.json("/api/v1/jobsets/demo")["enabled"] == true)
            _ = try await site.pool.query("update jobset set enabled = false")
            #expect(try await site.json("/api/v1/jobsets/demo")["enabled"] == true)
            #expect(try await site.change("/api/v1/jobsets/demo/disable", token: token).status == 200)
            #expect(try await site.json("/api/v1/jobsets/demo")["enabled"] == false)
            // The same address in two forms.
            let text = try await site.get("/metrics")
            let page = try await site.get("/metrics", ["Accept": "text/html"])
            #expect(text.headers["content-type"] != page.headers["content-type"])
        }
    }
}
