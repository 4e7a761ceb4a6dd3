// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Logging

/// The program's own log, on the standard error.
enum ServerLog {
    static func logger() -> Logger {
        var logger = Logger(label: "almanac") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel =
            ProcessInfo.processInfo.environment["ALMANAC_LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) } ?? .info
        return logger
    }
}
