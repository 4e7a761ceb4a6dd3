// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Where everything of one farm lives on disk.
///
/// The default is `~/.local/share/almanac`, as root `/var/lib/almanac`; `ALMANAC_DATA` replaces it.
package struct DataDirectory: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    package var postgres: String { path + "/postgres" }
    package var images: String { path + "/images" }
    package var kernels: String { path + "/kernels" }
    package var channels: String { path + "/channels" }
    package var logs: String { path + "/logs" }
    package var sources: String { path + "/sources" }
    package var runs: String { path + "/runs" }
    /// What workers in jobs of a pool have to say.
    package var workers: String { path + "/workers" }
    /// What revivals evaluated.
    package var revivals: String { path + "/revivals" }
    package var serverLog: String { path + "/server.log" }
    package var serverLock: String { path + "/server.lock" }
    package var serverAddress: String { path + "/server.address" }

    /// Held by the process that works under this name.
    package func workerLock(_ name: String) -> String { "\(path)/worker-\(name).lock" }

    /// The default place for the present user.
    package static func standard(environment: [String: String]) -> DataDirectory {
        if let named = environment["ALMANAC_DATA"], !named.isEmpty {
            return DataDirectory(path: absolute(named))
        }
        if geteuid() == 0 { return DataDirectory(path: "/var/lib/almanac") }
        let home = environment["HOME"] ?? NSHomeDirectory()
        return DataDirectory(path: home + "/.local/share/almanac")
    }

    /// Makes the directory and its parts where they are missing.
    package func create() throws(FarmError) {
        for directory in [path, images, kernels, channels, logs, sources, runs, revivals, workers] {
            do {
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            } catch {
                throw .dataDirectory(path: directory, reason: error.localizedDescription)
            }
        }
    }

    /// The log of a run; two levels, so that a million runs do not share one folder.
    package func log(ofRun run: Int64) -> String {
        "\(logs)/\(run / 1000)/\(run).log.gz"
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
