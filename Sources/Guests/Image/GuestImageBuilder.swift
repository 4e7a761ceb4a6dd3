// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
package import Logging
internal import TimeTravel

/// Makes guests' disks from the programs of the host, and finds them again while those are unchanged.
package struct GuestImageBuilder: Sendable {
    /// Where images are kept.
    package let images: String
    /// The guest's first process: a static program, made by `ops/guest-init`.
    package let firstProcess: String
    private let logger: Logger

    package init(images: String, firstProcess: String, logger: Logger) {
        self.images = images
        self.firstProcess = firstProcess
        self.logger = logger
    }

    /// The image of `flavour`; made when there is none of just these contents.
    ///
    /// - Throws: `GuestError.missingProgram` naming the package to install, or what the making met.
    package func image(_ flavour: ImageFlavour) async throws -> GuestImage {
        let tree = try await userland(flavour)
        let hash = try await BlockingWork.run("image key") { try tree.key() }
        let path = "\(images)/\(flavour.name)-\(hash.prefix(16)).erofs"
        let image = GuestImage(userland: path, flavour: flavour.name, hash: hash)
        if FileTree.exists(path) { return image }
        logger.info("Making a guest image", metadata: ["image": "\(path)"])
        try await make(tree, at: path)
        return image
    }

    /// Builds beside the final place and moves it there when complete, so that a broken image never has its name.
    private func make(_ tree: Userland, at path: String) async throws {
        let work = "\(images)/.making-\(UUID().uuidString)"
        try await BlockingWork.run("image tree") {
            try FileTree.makeDirectories("\(work)/tree")
            try tree.write(to: "\(work)/tree")
        }
        do {
            try await HostProgram.makeErofs.run(
                [
                    "--quiet", "-T0", "-U", "00000000-0000-0000-0000-000000000000", "--all-root", "\(work)/image",
                    "\(work)/tree",
                ])
            try await BlockingWork.run("image end") {
                try FileTree.rename("\(work)/image", to: path)
                try FileTree.remove(work)
            }
        } catch {
            try? await BlockingWork.run("image end") { try FileTree.remove(work) }
            throw error
        }
    }

    /// The tree of a flavour: its programs and what every guest needs, with their libraries.
    func userland(_ flavour: ImageFlavour) async throws -> Userland {
        var tree = Userland(stores: flavour.stores)
        let busybox = try HostProgram.busybox.path()
        tree.addHostFile(busybox)
        guard FileTree.exists(firstProcess) else {
            throw GuestError.image("\(firstProcess) is missing: run ops/guest-init")
        }
        tree.add("usr/bin/guest-init", .file(of: firstProcess, mode: 0o755))
        let programs = flavour.programs + [try HostProgram.dropbear.path()]
        for program in programs {
            tree.add("usr/bin/\(program.split(separator: "/").last ?? "")", .file(of: program, mode: 0o755))
        }
        for library in try await SharedLibraries.needed(by: programs) { tree.addHostFile(library) }
        for applet in try await BusyBox.applets(of: busybox) where tree.entries["usr/bin/\(applet)"] == nil {
            tree.add("usr/bin/\(applet)", .link(to: "busybox"))
        }
        for (place, file) in flavour.files { tree.add(String(place.dropFirst()), .file(of: file, mode: 0o755)) }
        for (name, target) in flavour.links { tree.add("usr/bin/\(name)", .link(to: target)) }
        for (path, text) in flavour.texts { tree.add(String(path.dropFirst()), .text(text.content, mode: text.mode)) }
        return tree
    }
}
