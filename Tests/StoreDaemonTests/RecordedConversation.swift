// SPDX-License-Identifier: GPL-3.0-or-later

import ByteStreams
import Foundation

/// A conversation recorded between Guix's client and its daemon, of which it plays the daemon's part.
///
/// A request that differs from the recorded one in a single byte gets no answer but the end of the stream. The
/// settings that a client tells are its own affair: any are accepted where the recording has or lacks some.
actor RecordedConversation: ByteStream {
    private struct Exchange {
        var request: [UInt8] = []
        var answer: [UInt8] = []
    }

    private static let directory: URL? = {
        let environment = ProcessInfo.processInfo.environment["ALMANAC_SHARED"].map { URL(fileURLWithPath: $0) }
        let beside = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .deletingLastPathComponent().appendingPathComponent("shared")
        return [environment, beside].compactMap { $0?.appendingPathComponent("data/guix/conversations") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static var isPresent: Bool { directory != nil }

    private static let done = Array("stla".utf8) + [0, 0, 0, 0]
    private static let setOptions: [UInt8] = [0x13, 0, 0, 0, 0, 0, 0, 0]

    private var exchanges: [Exchange]
    private var request: [UInt8] = []
    private var answer: [UInt8] = []

    init(_ name: String) throws {
        guard let directory = Self.directory else { throw CocoaError(.fileNoSuchFile) }
        let text = try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
        var exchanges: [Exchange] = []
        for line in text.split(separator: "\n") {
            let bytes = Self.bytes(line.dropFirst(2))
            if line.hasPrefix(">") {
                if exchanges.last?.answer.isEmpty ?? false {
                    exchanges[exchanges.count - 1].request += bytes
                } else {
                    exchanges.append(Exchange(request: bytes))
                }
            } else {
                exchanges[exchanges.count - 1].answer += bytes
            }
        }
        if !exchanges[2].request.starts(with: Self.setOptions) {
            exchanges.insert(Exchange(request: Self.setOptions, answer: Self.done), at: 2)
        }
        self.exchanges = exchanges
    }

    /// Requests that were recorded and not made.
    var left: Int { exchanges.count }

    /// The recorded bytes of the request at an index.
    func recordedRequest(_ index: Int) -> [UInt8] { exchanges[index].request }
    func recordedAnswer(_ index: Int) -> [UInt8] { exchanges[index].answer }

    func read(upTo limit: Int) async throws -> [UInt8] {
        let taken = Array(answer.prefix(limit))
        answer.removeFirst(taken.count)
        return taken
    }

    func write(_ bytes: [UInt8]) async throws {
        request += bytes
        guard let next = exchanges.first else { return }
        let isSettings = next.request.starts(with: Self.setOptions) && request.starts(with: Self.setOptions)
        guard request == next.request || isSettings else { return }
        answer += next.answer
        request = []
        exchanges.removeFirst()
    }

    func close() async {}

    private static func bytes(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while rest.count >= 2 {
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
