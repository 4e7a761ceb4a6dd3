// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import StoreDaemon
import Synchronization

/// Keeps what a daemon said, or sent.
final class Recorder: Sendable {
    private let kept = Mutex<(events: [LogEvent], bytes: [UInt8])>(([], []))

    var log: LogHandler {
        { event in self.kept.withLock { $0.events.append(event) } }
    }

    var sink: @Sendable ([UInt8]) async throws -> Void {
        { bytes in self.kept.withLock { $0.bytes += bytes } }
    }

    var events: [LogEvent] { kept.withLock { $0.events } }
    var bytes: [UInt8] { kept.withLock { $0.bytes } }

    /// All builders' output, joined.
    var output: String {
        let bytes = events.flatMap { event -> [UInt8] in
            switch event {
            case .output(let bytes, _): bytes
            case .message, .started: []
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    var largestPiece: Int {
        events.map { event in
            switch event {
            case .output(let bytes, _): bytes.count
            case .message, .started: 0
            }
        }.max() ?? 0
    }
}
