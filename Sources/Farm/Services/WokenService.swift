// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging
import ServiceLifecycle

/// A part of the farm that looks for work whenever it is woken, does what there is, and waits again.
///
/// What goes wrong in one round (the database is away, say) is logged and tried again at the next wake-up: the state it
/// works on is in the database, so a round that was cut short loses nothing.
package struct WokenService: Service {
    private let name: String
    private let wakeUps: AsyncStream<Void>
    private let logger: Logger
    private let round: @Sendable () async throws -> Void

    package init(
        _ name: String, wakeUps: AsyncStream<Void>, logger: Logger, round: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.wakeUps = wakeUps
        self.round = round
        var logger = logger
        logger[metadataKey: "service"] = "\(name)"
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in wakeUps {
                do {
                    try await round()
                } catch is CancellationError {
                    return
                } catch {
                    if Task.isCancelled { return }
                    logger.warning("A round failed; it is tried again", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

extension WokenService: CustomStringConvertible {
    package var description: String { name }
}
