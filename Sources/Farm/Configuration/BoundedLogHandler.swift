// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging

/// Writes with another handler, to a file that does not grow without end.
package struct BoundedLogHandler: LogHandler {
    private var writer: any LogHandler
    private let file: BoundedLog

    package init(_ writer: any LogHandler, file: BoundedLog) {
        self.writer = writer
        self.file = file
    }

    package func log(event: LogEvent) {
        writer.log(event: event)
        file.checkSize()
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { writer[metadataKey: key] }
        set { writer[metadataKey: key] = newValue }
    }

    package var metadata: Logger.Metadata {
        get { writer.metadata }
        set { writer.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { writer.metadataProvider }
        set { writer.metadataProvider = newValue }
    }

    package var logLevel: Logger.Level {
        get { writer.logLevel }
        set { writer.logLevel = newValue }
    }
}
