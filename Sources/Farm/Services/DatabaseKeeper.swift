// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging
import ServiceLifecycle

/// Starts the embedded database again when its server has ended while the farm works: it was killed, or died of a full disk.
///
/// Everything else waits for it meanwhile and loses nothing.
package struct DatabaseKeeper: Service {
    private let access: DatabaseAccess
    private let interval: Duration
    private let logger: Logger

    package init(_ access: DatabaseAccess, interval: Duration = .seconds(5), logger: Logger) {
        self.access = access
        self.interval = interval
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var told = false
            while true {
                do { try await Task.sleep(for: interval) } catch { return }
                do {
                    if try await access.restart() {
                        logger.warning("The database had ended and was started again")
                        told = false
                    }
                } catch {
                    if Task.isCancelled { return }
                    if !told { logger.error("The database has ended", metadata: ["error": "\(error)"]) }
                    told = true
                }
            }
        }
    }
}

extension DatabaseKeeper: CustomStringConvertible {
    package var description: String { "database" }
}
