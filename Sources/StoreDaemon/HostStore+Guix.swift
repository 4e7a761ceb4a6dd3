// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import FoundationEssentials

extension HostStore {
    /// Guix's store of this machine, kept by a running `guix-daemon`.
    ///
    /// - Parameters:
    ///   - dataDirectory: takes archives that wait to be checked.
    ///   - socket: where the daemon listens.
    package static func guix(
        dataDirectory: String, socket: String = "/var/guix/daemon-socket/socket",
        directory: StoreDirectory = .guix
    ) throws -> HostStore {
        let spool = "\(URL(fileURLWithPath: dataDirectory).standardizedFileURL.path)/guix/spool"
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        return HostStore(
            engine: .guix, logicalDirectory: directory, physicalDirectory: directory.path,
            environment: ["GUIX_DAEMON_SOCKET": socket], access: .socket(path: socket), spoolDirectory: spool)
    }
}
