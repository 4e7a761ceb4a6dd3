// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

@testable import Sources

@Suite("Fetching files by hash")
struct SourceFetcherTests {
    private static let contents = "twelve bytes"

    /// A folder with a file, an empty cache beside it, and what the file's hash is.
    private func withFile(
        _ body: (_ url: String, _ cache: String, _ hash: ContentHash) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/cache", withIntermediateDirectories: true)
            try Self.contents.write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
            try await body("file://\(folder)/file", "\(folder)/cache", .of(Array(Self.contents.utf8)))
        }
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    @Test func `a file with the right hash is kept under it`() async throws {
        try await withFile { url, cache, hash in
            let fetched = try await SourceFetcher(cache: cache).fetch([url], hash: hash)
            #expect(fetched.from == url)
            #expect(try String(contentsOfFile: fetched.file, encoding: .utf8) == Self.contents)
            #expect(try names(in: cache) == ["sha256-\(hash.base16)"])
        }
    }

    @Test func `what was fetched once is not fetched again`() async throws {
        try await withFile { url, cache, hash in
            let fetcher = SourceFetcher(cache: cache)
            _ = try await fetcher.fetch([url], hash: hash)
            try FileManager.default.removeItem(atPath: String(url.dropFirst("file://".count)))
            #expect(try await fetcher.fetch([url], hash: hash).from == "the farm's cache")
        }
    }

    @Test func `a file that was damaged in the cache is fetched again`() async throws {
        try await withFile { url, cache, hash in
            let fetcher = SourceFetcher(cache: cache)
            let fetched = try await fetcher.fetch([url], hash: hash)
            try "other bytes!".write(toFile: fetched.file, atomically: true, encoding: .utf8)
            #expect(try await fetcher.fetch([url], hash: hash).from == url)
            #expect(try String(contentsOfFile: fetched.file, encoding: .utf8) == Self.contents)
        }
    }

    @Test func `a file with another hash is refused and nothing of it kept`() async throws {
        try await withFile { url, cache, _ in
            let error = await #expect(throws: SourceError.self) {
                try await SourceFetcher(cache: cache).fetch([url], hash: .of([1, 2, 3]))
            }
            #expect(error?.isFinal == true)
            #expect(error?.description.contains("has the hash") == true)
            let kept = try names(in: cache)
            #expect(kept == [])
        }
    }

    @Test func `places are tried in order, and a place that keeps files by hash comes last`() async throws {
        try await withFile { url, cache, hash in
            let folder = (cache as NSString).deletingLastPathComponent
            try FileManager.default.moveItem(atPath: "\(folder)/file", toPath: "\(folder)/\(hash.base16)-file")
            let template = "file://\(folder)/{hash}-{name}"
            let fetched = try await SourceFetcher(cache: cache, fallbacks: [template]).fetch([url], hash: hash)
            #expect(fetched.from == "file://\(folder)/\(hash.base16)-file")
        }
    }

    @Test func `a file that no place has is lost, and every place is named`() async throws {
        try await withFile { url, cache, hash in
            let fetcher = SourceFetcher(cache: cache, fallbacks: ["file:///nowhere/{algorithm}/{hash}"])
            let error = await #expect(throws: SourceError.self) {
                try await fetcher.fetch(["\(url).gone", "gopher://example.org/file"], hash: hash)
            }
            #expect(error?.isFinal == true)
            let text = error?.description ?? ""
            #expect(
                text.contains("\(url).gone") && text.contains("gopher://")
                    && text.contains("/nowhere/sha256/\(hash.base16)"))
        }
    }

    @Test func `a server that does not answer may answer later`() async throws {
        try await withFile { url, cache, hash in
            let error = await #expect(throws: SourceError.self) {
                try await SourceFetcher(cache: cache).fetch(["\(url).gone", "http://127.0.0.1:9/file"], hash: hash)
            }
            #expect(error?.isFinal == false)
        }
    }

    @Test func `a file that is larger than may be is not kept`() async throws {
        try await withFile { url, cache, hash in
            await #expect(throws: SourceError.self) {
                try await SourceFetcher(cache: cache, sizeLimit: 5).fetch([url], hash: hash)
            }
            let kept = try names(in: cache)
            #expect(kept == [])
        }
    }

    @Test func `downloads that were cut off are cleared away`() async throws {
        try await withFile { _, cache, _ in
            try FileManager.default.createDirectory(atPath: "\(cache)/fetching-1", withIntermediateDirectories: true)
            _ = SourceFetcher(cache: cache)
            let kept = try names(in: cache)
            #expect(kept == [])
        }
    }
}
