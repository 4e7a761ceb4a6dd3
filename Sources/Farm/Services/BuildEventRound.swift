// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Logging
import Synchronization
package import TimeTravel
package import Transfer

/// Tells a Guix Data Service what became of derivations, in the order in which it happened.
///
/// Each event is kept until the service took it; a batch whose answer was lost is sent again. A service that does not
/// answer is asked again after a minute, then after twice as long each time, an hour at most.
package struct BuildEventRound: Sendable {
    private let database: FarmDatabase
    private let settings: DataServiceSettings
    private let logger: Logger
    private let limits: TransferLimits
    private let now: @Sendable () -> Instant
    private let state = Pause()

    private final class Pause: Sendable {
        let value = Mutex((failures: 0, until: Instant.earliest, isKnown: false))
    }

    package init(
        database: FarmDatabase, settings: DataServiceSettings, limits: TransferLimits = AlertDelivery.standardLimits,
        logger: Logger, now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.settings = settings
        self.limits = limits
        self.logger = logger
        self.now = now
    }

    package func callAsFunction() async throws {
        let present = now()
        if state.value.withLock({ !$0.isKnown }) {
            try await database.wantBuildEvents(at: settings.url)
            state.value.withLock { $0.isKnown = true }
        }
        guard let url = settings.url, state.value.withLock({ $0.until <= present }) else { return }
        while !Task.isCancelled {
            let events = try await database.dueBuildEvents()
            guard !events.isEmpty else { return }
            do {
                try await send(events, to: url)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                let pause = state.value.withLock { state -> Int64 in
                    state.failures += 1
                    let pause = Int64(min(60 << min(state.failures - 1, 6), 3_600))
                    state.until = present + pause
                    return pause
                }
                logger.warning(
                    "The data service took no events; they are kept",
                    metadata: ["error": "\(error)", "again-in": "\(pause) s"])
                return
            }
            state.value.withLock { $0.failures = 0 }
            try await database.delivered(events)
            logger.info("The data service took events", metadata: ["events": "\(events.count)"])
        }
    }

    // MARK: The form of the Guix Data Service

    private struct Items: Encodable {
        struct Item: Encodable {
            let type = "build"
            let event: String
            /// Seconds since 1970.
            let timestamp: Int64
            let derivation: String
            let buildID: String

            enum CodingKeys: String, CodingKey {
                case type, event, timestamp, derivation
                case buildID = "build_id"
            }
        }

        let items: [Item]
    }

    private func send(_ events: [BuildEvent], to url: String) async throws {
        let items = events.map { event in
            Items.Item(
                event: event.event, timestamp: event.time.seconds, derivation: "/gnu/store/\(event.derivation)",
                buildID: "\(event.build)")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let response = try await HTTPTransfer().send(
            HTTPRequest(
                try address(url), method: "POST", fields: [HTTPField("Content-Type", "application/json")],
                body: Array(try encoder.encode(Items(items: items))), limits: limits, redirects: .refused))
        guard response.isSuccess else { throw AlertError.refused(url: url, status: response.status) }
    }

    /// With the token, which is read each time.
    private func address(_ url: String) throws -> String {
        guard let path = settings.tokenFile else { return url }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw AlertError.noSecret(path) }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let encoded = token.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw AlertError.noSecret(path)
        }
        return "\(url)?token=\(encoded)"
    }
}
