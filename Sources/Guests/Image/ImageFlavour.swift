// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
internal import StoreDaemon

/// Which programs a guest has: what differs between guests that build for Nix and for Guix.
package struct ImageFlavour: Sendable {
    package let name: String
    /// Programs of the host, by absolute path; their libraries come with them.
    package var programs: [String]
    /// More files of the host, each by its absolute path in the guest.
    package var files: [String: String]
    /// Other names of programs, all in `/usr/bin`.
    package var links: [String: String]
    /// More files, by absolute path.
    package var texts: [String: Text]
    /// Store directories that get a mount point.
    package var stores: [String]

    package struct Text: Hashable, Sendable {
        package var content: String
        package var mode: UInt32

        package init(_ content: String, mode: UInt32 = 0o644) {
            self.content = content
            self.mode = mode
        }
    }

    package init(
        name: String, programs: [String] = [], files: [String: String] = [:], links: [String: String] = [:],
        texts: [String: Text] = [:], stores: [String] = ["/gnu/store"]
    ) {
        self.name = name
        self.programs = programs
        self.files = files
        self.links = links
        self.texts = texts
        self.stores = stores
    }

    /// Where the guest's Nix finds what it is told here.
    static let nixConfigurationDirectory = "/etc/nix"

    /// A guest that builds with Nix as the host has it.
    package static func nix() throws(GuestError) -> ImageFlavour {
        ImageFlavour(
            name: "nix", programs: [try HostProgram.nix.path()],
            texts: [
                "\(nixConfigurationDirectory)/nix.conf": Text(nixConfiguration),
                "/usr/lib/guest/decline-hook": Text(declineHook, mode: 0o755),
            ],
            stores: ["/gnu/store", "/nix/store"])
    }

    /// Where a guest has guix-daemon, its libraries and its loader.
    static let guixDirectory = "/usr/lib/guix"

    /// A guest that builds with guix-daemon as the host has it: no Guile, and no `guix`.
    ///
    /// Daemon and libraries lie together and outside of the store, since the guest's store holds what a build may see and
    /// nothing else.
    package static func guix() async throws -> ImageFlavour {
        guard let daemon = GuixDaemonProgram.find() else {
            throw GuestError.image("there is no guix-daemon in PATH or beside guix: install Guix (docs/guix.md)")
        }
        let parts = try await daemon.parts()
        var files = ["\(guixDirectory)/guix-daemon": parts.program, "\(guixDirectory)/ld.so": parts.loader]
        for library in parts.libraries {
            files["\(guixDirectory)/\((library as NSString).lastPathComponent)"] = library
        }
        return ImageFlavour(name: "guix", files: files)
    }

    private static let nixConfiguration = """
        build-users-group = nixbld
        sandbox = true
        sandbox-fallback = false
        sandbox-paths =
        substitute = false
        substituters =
        build-hook = /usr/lib/guest/decline-hook
        keep-build-log = false
        fsync-metadata = false
        use-sqlite-wal = true
        system-features =

        """

    /// Nix asks a hook whether another machine should build, and its default is a program that a guest lacks.
    private static let declineHook = """
        #!/bin/sh
        echo '# decline-permanently' >&2
        exec cat >/dev/null

        """
}
