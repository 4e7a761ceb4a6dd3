// SPDX-License-Identifier: GPL-3.0-or-later

/// Which programs a guest has: what differs between guests that build for Nix and for Guix.
package struct ImageFlavour: Sendable {
    package let name: String
    /// Programs of the host, by absolute path; their libraries come with them.
    package var programs: [String]
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
        name: String, programs: [String], links: [String: String] = [:], texts: [String: Text] = [:],
        stores: [String] = ["/gnu/store"]
    ) {
        self.name = name
        self.programs = programs
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
