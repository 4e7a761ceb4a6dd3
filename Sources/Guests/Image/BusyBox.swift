// SPDX-License-Identifier: GPL-3.0-or-later

internal import Subprocess
internal import SystemPackage

/// What Debian's static BusyBox can do.
enum BusyBox {
    /// The names under which it can be called.
    static func applets(of path: String) async throws -> [String] {
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: ["--list"], output: .string(limit: 1 << 20), error: .discarded)
        let applets = result.standardOutput.split(separator: "\n").map(String.init)
        guard applets.contains("sh") else { throw GuestError.image("\(path) is no BusyBox with a shell") }
        return applets
    }
}
