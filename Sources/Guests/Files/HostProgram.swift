// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
internal import Subprocess
internal import SystemPackage

/// A program of the host that the guests' making needs.
package enum HostProgram: String, CaseIterable, Sendable {
    case qemu = "qemu-system-x86_64"
    case makeErofs = "mkfs.erofs"
    case makeExt4 = "mke2fs"
    case depmod
    case dpkgDeb = "dpkg-deb"
    case aptGet = "apt-get"
    case xz
    case lz4
    case zstd
    case gzip
    case ldd
    case dropbear
    case busybox
    case nix = "nix-daemon"

    /// The Debian package that brings it.
    package var package: String {
        switch self {
        case .qemu: "qemu-system-x86"
        case .makeErofs: "erofs-utils"
        case .makeExt4: "e2fsprogs"
        case .depmod: "kmod"
        case .dpkgDeb: "dpkg"
        case .aptGet: "apt"
        case .xz: "xz-utils"
        case .lz4: "lz4"
        case .zstd: "zstd"
        case .gzip: "gzip"
        case .ldd: "libc-bin"
        case .dropbear: "dropbear-bin"
        case .busybox: "busybox-static"
        case .nix: "nix-bin"
        }
    }

    /// Where it is, in `PATH` or where programs for the administrator are.
    package func path() throws(GuestError) -> String {
        let search = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for directory in search.split(separator: ":") + ["/usr/bin", "/usr/sbin", "/bin", "/sbin"] {
            let candidate = "\(directory)/\(rawValue)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw .missingProgram(rawValue, package: package)
    }

    package var isInstalled: Bool { (try? path()) != nil }

    /// Runs it to its end; its output, at most 16 MiB.
    @discardableResult
    func run(
        _ arguments: [String], directory: String? = nil, environment: [String: String] = [:]
    ) async throws -> String {
        let changes = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let result = try await Subprocess.run(
            .path(FilePath(try path())), arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: changes)),
            workingDirectory: directory.map { FilePath($0) },
            output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            let errors = result.standardError.trimmingCharacters(in: .whitespacesAndNewlines)
            throw GuestError.programFailed(
                rawValue, status: "\(result.terminationStatus)", errors: String(errors.suffix(2000)))
        }
        return result.standardOutput
    }

    /// Runs it to its end; its output, at most 512 MiB, as bytes.
    func output(_ arguments: [String]) async throws -> [UInt8] {
        let result = try await Subprocess.run(
            .path(FilePath(try path())), arguments: Arguments(arguments), output: .bytes(limit: 512 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw GuestError.programFailed(
                rawValue, status: "\(result.terminationStatus)", errors: result.standardError)
        }
        return result.standardOutput
    }
}
