// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon

/// The folder that an evaluation's processes share with this one, and what they see of the machine.
struct GuixWorkspace: Sendable {
    /// Where things are inside of the sandbox.
    enum Inside {
        static let script = "/almanac/run/EvaluateGuix.scm"
        static let request = "/almanac/run/request"
        static let socket = "/almanac/run/socket"
        static let checkout = "/almanac/checkout"
        static let manifest = "/almanac/manifest.scm"
        static let ownStore = "/almanac/store"
        static let hostStore = "/almanac/host-store"
        static let scratch = "/tmp"
        /// Where programs of the user whose home is `scratch` keep what they may lose.
        static let cache = scratch + "/.cache"

        static func companion(_ number: Int) -> String { "/almanac/companions/\(number)" }
    }

    let folder: String
    private let store: HostStore

    var socket: String { folder + "/run/socket" }
    private var view: String { folder + "/view" }

    /// - Throws: an error of the file system.
    init(store: HostStore) throws {
        // Short, since it ends in a socket.
        folder = "\(NSTemporaryDirectory())/almanac-\(UUID().uuidString.prefix(8))".replacing("//", with: "/")
        self.store = store
        let files = FileManager.default
        try files.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
        try files.createDirectory(atPath: view, withIntermediateDirectories: true)
        try write(String(decoding: PackageResources.EvaluateGuix_scm, as: UTF8.self), "EvaluateGuix.scm")
        try write(String(decoding: PackageResources.GuixLines_scm, as: UTF8.self), "GuixLines.scm")
        try write(String(decoding: PackageResources.GuixModules_scm, as: UTF8.self), "GuixModules.scm")
        try write(String(decoding: PackageResources.GuixMaintainers_scm, as: UTF8.self), "GuixMaintainers.scm")
        try write(String(decoding: PackageResources.GuixCompanions_scm, as: UTF8.self), "GuixCompanions.scm")
        try write(String(decoding: PackageResources.GuixAuthentication_scm, as: UTF8.self), "GuixAuthentication.scm")
        guard !isDirect else { return }
        // The Guile that evaluates may itself lie in the machine's store of the same name.
        for name in (try? files.contentsOfDirectory(atPath: store.logicalDirectory.path)) ?? []
        where !name.hasPrefix(".") {
            try files.createSymbolicLink(atPath: "\(view)/\(name)", withDestinationPath: "\(Inside.hostStore)/\(name)")
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(folder)/run/\(name)", atomically: true, encoding: .utf8)
    }

    /// Whether the store's files lie where derivations say.
    private var isDirect: Bool { store.physicalDirectory == store.logicalDirectory.path }

    /// Lets the evaluation read what was added to the store: revisions until 2019 read derivations back.
    func show(_ path: StorePath) throws {
        guard !isDirect else { return }
        let link = "\(view)/\(path.baseName)"
        guard symlink("\(Inside.ownStore)/\(path.baseName)", link) == 0 || errno == EEXIST else {
            throw EvaluationError.badFile(link, "cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    func mounts(
        host: GuixHost, checkout: String, manifest: String?, companions: [String]
    ) -> [EvaluationSandbox.Mount] {
        let logical = store.logicalDirectory.path
        var mounts: [EvaluationSandbox.Mount] = [
            .readOnly(folder + "/run", at: "/almanac/run"), .readOnly(checkout, at: Inside.checkout),
        ]
        mounts += companions.enumerated().map { .readOnly($0.element, at: Inside.companion($0.offset)) }
        if let manifest { mounts.append(.readOnly(manifest, at: Inside.manifest)) }
        if isDirect {
            mounts.append(.readOnly(logical, at: logical))
        } else {
            mounts += [.readOnly(view, at: logical), .readOnly(store.physicalDirectory, at: Inside.ownStore)]
            if FileManager.default.fileExists(atPath: logical) {
                mounts.append(.readOnly(logical, at: Inside.hostStore))
            }
        }
        let guilePrefix = ((host.guile as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
        for place in [guilePrefix] + host.loadPath + host.compiledPath
        where !["/usr/", logical + "/"].contains(where: (place + "/").hasPrefix) {
            mounts.append(.readOnly(place, at: place))
        }
        return mounts
    }
}
