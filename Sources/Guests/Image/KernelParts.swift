// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
internal import TimeTravel

/// A kernel and its modules, taken out of a package.
struct KernelParts: Codable, Sendable {
    let release: KernelRelease
    private(set) var directory: String
    /// File name of the kernel in `directory`.
    let kernelName: String
    /// File names of the modules in `directory`/modules, in loading order.
    let modules: [String]
    /// Of the kernel and the modules.
    let hash: String

    static let record = "kernel.json"

    var kernel: String { "\(directory)/\(kernelName)" }

    func moved(to directory: String) -> KernelParts {
        var moved = self
        moved.directory = directory
        return moved
    }

    /// What an earlier `make` left; nil when there is nothing.
    static func load(_ release: KernelRelease, in kernels: String) throws -> KernelParts? {
        let directory = "\(kernels)/\(release)"
        guard FileTree.exists("\(directory)/\(record)") else { return nil }
        let data = Data(try FileTree.read("\(directory)/\(record)"))
        return try JSONDecoder().decode(KernelParts.self, from: data).moved(to: directory)
    }

    /// Takes the kernel and `modules` from a file tree with /boot and /lib/modules.
    static func make(
        _ release: KernelRelease, from root: String, modules wanted: [String], in directory: String
    ) async throws -> KernelParts {
        let library = "\(root)/lib/modules/\(release)"
        if !FileTree.exists("\(library)/modules.dep") {
            try await HostProgram.depmod.run(["-b", root, release.rawValue])
        }
        try FileTree.makeDirectories("\(directory)/modules")
        let kernelName = try await takeKernel("\(root)/boot/vmlinuz-\(release)", to: directory)
        let order = ModuleOrder(
            dependencies: String(decoding: try FileTree.read("\(library)/modules.dep"), as: UTF8.self),
            builtIn: String(decoding: try FileTree.read("\(library)/modules.builtin"), as: UTF8.self))
        var modules: [String] = []
        var hashes = try ContentKey.ofFile("\(directory)/\(kernelName)")
        for file in try order.files(for: wanted) {
            let name = ModuleOrder.name(of: file) + ".ko"
            let content = try await unpacked("\(library)/\(file)")
            try FileTree.write(content, to: "\(directory)/modules/\(name)")
            modules.append(name)
            hashes += ContentKey.of(content)
        }
        let parts = KernelParts(
            release: release, directory: directory, kernelName: kernelName, modules: modules,
            hash: ContentKey.of(Array(hashes.utf8)))
        try FileTree.write(Array(try JSONEncoder().encode(parts)), to: "\(directory)/\(record)")
        return parts
    }

    /// Puts the kernel, unpacked if it can start so, into `directory`; gives its name there.
    private static func takeKernel(_ path: String, to directory: String) async throws -> String {
        let image = try FileTree.read(path)
        if let compressed = CompressedKernel(in: image) {
            let packed = "\(directory)/payload"
            try FileTree.write(Array(compressed.payload), to: packed)
            let kernel = try await unpack(packed, with: compressed.program)
            try FileTree.remove(packed)
            if CompressedKernel.isBootable(kernel) {
                try FileTree.write(kernel, to: "\(directory)/vmlinux")
                return "vmlinux"
            }
        }
        try FileTree.write(image, to: "\(directory)/vmlinuz")
        return "vmlinuz"
    }

    private static func unpacked(_ module: String) async throws -> [UInt8] {
        if module.hasSuffix(".xz") { return try await unpack(module, with: .xz) }
        if module.hasSuffix(".zst") { return try await unpack(module, with: .zstd) }
        if module.hasSuffix(".gz") { return try await unpack(module, with: .gzip) }
        return try FileTree.read(module)
    }

    private static func unpack(_ path: String, with program: HostProgram) async throws -> [UInt8] {
        try await program.output(["-d", "-c", path])
    }

    /// The initial file system: the first process and the modules.
    func initialFileSystem(firstProcess: [UInt8]) throws(GuestError) -> [UInt8] {
        var archive = CpioArchive()
        for path in ["dev", "proc", "sys", "root", "modules"] { archive.addDirectory(path) }
        archive.addCharacterDevice("dev/console", mode: 0o600, major: 5, minor: 1)
        archive.addFile("init", mode: 0o755, content: firstProcess)
        for module in modules {
            archive.addFile("modules/\(module)", content: try FileTree.read("\(directory)/modules/\(module)"))
        }
        return archive.finished()
    }
}
