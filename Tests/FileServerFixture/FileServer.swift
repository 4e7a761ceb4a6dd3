// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Serves a folder's files over HTTP on a loopback port until it is ended.
package final class FileServer: Sendable {
    private let process: Process
    package let address: String

    /// Returns once the server says that it serves.
    package init(_ folder: String) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = Data()
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte.first != 10 {
            line += byte
        }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        let port = words.firstIndex(of: "port").map { String(words[$0 + 1]) } ?? "0"
        address = "http://127.0.0.1:\(port)/"
    }

    package func end() {
        // Started with signals blocked, it would not hear a milder one.
        kill(process.processIdentifier, SIGKILL)
    }
}
