// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Logging

/// The program's own log, on the standard error.
enum ServerLog {
    /// - Parameter file: where the standard error leads there, it is kept from growing without end.
    static func logger(boundedAt file: String? = nil) -> Logger {
        let bounded = file.flatMap { BoundedLog(path: $0) }
        var logger = Logger(label: "almanac") { label in
            let writer = StreamLogHandler.standardError(label: label)
            return bounded.map { BoundedLogHandler(writer, file: $0) } ?? writer
        }
        logger.logLevel =
            ProcessInfo.processInfo.environment["ALMANAC_LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) } ?? .info
        return logger
    }
}
