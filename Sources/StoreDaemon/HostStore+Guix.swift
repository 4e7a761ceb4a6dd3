// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations
internal import FoundationEssentials

extension HostStore {
    /// Guix's store of this machine, kept by a running `guix-daemon`.
    ///
    /// - Parameters:
    ///   - dataDirectory: takes archives that wait to be checked, and the key that imports are signed with, which is made
    ///     where there is none.
    ///   - socket: where the daemon listens; nil for what `GUIX_DAEMON_SOCKET` says, or Guix's own default.
    /// - Throws: an error of the file system, or `SignatureError` for a key that is none.
    package static func guix(
        dataDirectory: String, socket: String? = nil, directory: StoreDirectory = .guix
    ) throws -> HostStore {
        let folder = "\(URL(fileURLWithPath: dataDirectory).standardizedFileURL.path)/guix"
        try FileManager.default.createDirectory(atPath: folder + "/spool", withIntermediateDirectories: true)
        let socket = socket ?? guixSocket()
        return HostStore(
            engine: .guix, logicalDirectory: directory, physicalDirectory: directory.path,
            environment: ["GUIX_DAEMON_SOCKET": socket], access: .socket(path: socket),
            spoolDirectory: folder + "/spool", signingKey: try StoreSigningKey(in: folder))
    }

    /// Where guix-daemon listens: the path, or the path of the `file:` URI, in `GUIX_DAEMON_SOCKET`; else Guix's default.
    package static func guixSocket(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        let named = environment["GUIX_DAEMON_SOCKET"] ?? ""
        let path = named.hasPrefix("file://") ? String(named.dropFirst(7)) : named
        return path.hasPrefix("/") ? path : "/var/guix/daemon-socket/socket"
    }
}
