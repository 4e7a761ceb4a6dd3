// SPDX-License-Identifier: GPL-3.0-or-later

internal import Subprocess
internal import SystemPackage
internal import TimeTravel

/// Debian's kernel packages.
enum KernelPackages {
    /// A file tree with the kernel's /boot and /lib/modules: this host's, or a fetched package unpacked in `directory`.
    static func root(of release: KernelRelease, unpackingIn directory: String) async throws -> String {
        if FileTree.exists("/boot/vmlinuz-\(release)"), FileTree.exists("/lib/modules/\(release)/modules.dep") {
            return ""
        }
        let download = "\(directory)/download"
        try FileTree.makeDirectories(download)
        do {
            try await HostProgram.aptGet.run(["download", "-q", "linux-image-\(release)"], directory: download)
        } catch let GuestError.programFailed(_, _, errors) {
            throw GuestError.image("apt has no kernel package linux-image-\(release): \(errors)")
        }
        guard let package = try FileTree.names(in: download).first(where: { $0.hasSuffix(".deb") }) else {
            throw GuestError.image("apt-get download brought no package for the kernel \(release)")
        }
        let root = "\(directory)/root"
        try await HostProgram.dpkgDeb.run(["-x", "\(download)/\(package)", root])
        return root
    }

    static func search() async throws -> String {
        try await aptCache(["search", "--names-only", "^linux-image-[0-9].*-amd64$"])
    }

    static func dependencies(of package: String) async throws -> String { try await aptCache(["depends", package]) }

    private static func aptCache(_ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("apt-cache"), arguments: Arguments(arguments), output: .string(limit: 16 << 20), error: .discarded)
        return result.standardOutput
    }

    /// Full kernels in the answer of `apt-cache search`, oldest first.
    static func releases(in listing: String) -> [KernelRelease] {
        listing.split(separator: "\n").compactMap { line in
            guard let name = line.split(separator: " ").first, let rest = name.wholeMatch(of: /linux-image-(.*-amd64)/)
            else { return nil }
            let release = String(rest.1)
            guard !release.contains("-cloud-"), !release.contains("-rt-"), release.contains(/^[0-9]+\.[0-9]+\.[0-9]/)
            else { return nil }
            return KernelRelease(rawValue: release)
        }.sorted()
    }

    /// The kernel that a meta-package depends on, from `apt-cache depends`.
    static func standard(in listing: String) -> KernelRelease? {
        for line in listing.split(separator: "\n") {
            guard let match = line.firstMatch(of: /Depends: linux-image-([0-9].*-amd64)/) else { continue }
            return KernelRelease(rawValue: String(match.1))
        }
        return nil
    }
}
