// SPDX-License-Identifier: GPL-3.0-or-later

/// The host's QEMU.
package struct QEMUProgram: Codable, Hashable, Sendable {
    package let path: String
    /// The first line of `--version`.
    package let version: String

    /// Finds it and asks for its version.
    ///
    /// - Throws: `GuestError.missingProgram`.
    package static func find() async throws -> QEMUProgram {
        let path = try HostProgram.qemu.path()
        let printed = try await HostProgram.qemu.run(["--version"])
        return QEMUProgram(path: path, version: String(printed.prefix { !$0.isNewline }))
    }
}
