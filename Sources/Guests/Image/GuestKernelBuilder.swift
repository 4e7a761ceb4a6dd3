// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
package import Logging
package import TimeTravel

/// Makes kernels that guests can boot from Debian's kernel packages.
package struct GuestKernelBuilder: Sendable {
    /// Where kernels are kept, a directory for each release.
    package let kernels: String
    package let firstProcess: String
    private let logger: Logger

    package init(kernels: String, firstProcess: String, logger: Logger) {
        self.kernels = kernels
        self.firstProcess = firstProcess
        self.logger = logger
    }

    /// What a guest's devices and file systems need.
    ///
    /// The generic checksum first: erofs and ext4 ask for one, and an Intel one refuses older processors.
    static let modules = [
        "crc32c_generic", "virtio_pci", "virtio_blk", "virtio_console", "erofs", "ext4", "overlay", "9p",
        "9pnet_virtio",
    ]

    /// The kernel `release`: made already, installed on this host, or fetched with `apt-get download`.
    package func kernel(_ release: KernelRelease) async throws -> GuestKernel {
        if let parts = try KernelParts.load(release, in: kernels) { return try await withInitialFileSystem(parts) }
        return try await withInitialFileSystem(try await makeParts(release))
    }

    /// Kernels that have been made, oldest first.
    package func made() async throws -> [KernelRelease] {
        guard FileTree.exists(kernels) else { return [] }
        return try FileTree.names(in: kernels).filter { FileTree.exists("\(kernels)/\($0)/\(KernelParts.record)") }
            .compactMap { KernelRelease(rawValue: $0) }.sorted()
    }

    /// Kernels that apt offers and guests can use, oldest first: full ones, since only those have 9p.
    package func offered() async throws -> [KernelRelease] {
        let listing = try await KernelPackages.search()
        return KernelPackages.releases(in: listing)
    }

    /// The kernel that guests get when nothing else is asked: the newest made, or what the meta-package names.
    package func standard() async throws -> KernelRelease {
        if let made = try await made().last { return made }
        guard let release = KernelPackages.standard(in: try await KernelPackages.dependencies(of: "linux-image-amd64"))
        else {
            throw GuestError.image("apt offers no linux-image-amd64: run apt-get update")
        }
        return release
    }

    private func makeParts(_ release: KernelRelease) async throws -> KernelParts {
        logger.info("Making a guest kernel", metadata: ["kernel": "\(release)"])
        let work = "\(kernels)/.making-\(UUID().uuidString)"
        try FileTree.makeDirectories(work)
        do {
            let root = try await KernelPackages.root(of: release, unpackingIn: work)
            let parts = try await KernelParts.make(release, from: root, modules: Self.modules, in: "\(work)/parts")
            let final = "\(kernels)/\(release)"
            try await BlockingWork.run("kernel end") {
                try FileTree.remove(final)
                try FileTree.rename("\(work)/parts", to: final)
                try FileTree.remove(work)
            }
            return parts.moved(to: final)
        } catch {
            try? await BlockingWork.run("kernel end") { try FileTree.remove(work) }
            throw error
        }
    }

    private func withInitialFileSystem(_ parts: KernelParts) async throws -> GuestKernel {
        let firstProcess = firstProcess
        guard FileTree.exists(firstProcess) else {
            throw GuestError.image("\(firstProcess) is missing: run ops/guest-init")
        }
        return try await BlockingWork.run("initial files") {
            let program = try FileTree.read(firstProcess)
            let archive = try parts.initialFileSystem(firstProcess: program)
            let hash = ContentKey.of(Array((parts.hash + ContentKey.of(archive)).utf8))
            let path = "\(parts.directory)/initial-\(hash.prefix(16)).cpio"
            if !FileTree.exists(path) {
                let temporary = "\(path).\(UUID().uuidString)"
                try FileTree.write(archive, to: temporary)
                try FileTree.rename(temporary, to: path)
            }
            return GuestKernel(
                release: parts.release, path: parts.kernel, initialFileSystem: path, modules: parts.modules, hash: hash)
        }
    }
}
