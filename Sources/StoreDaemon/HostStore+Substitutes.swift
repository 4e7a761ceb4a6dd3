// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension HostStore {
    /// Adds an item that a narinfo describes, whose signature the caller has checked, once its archive is what it says.
    ///
    /// - Parameter archive: a file with the item's archive, unpacked, outside the store.
    /// - Throws: `StoreDaemonError.hashMismatch`, `.notValid` for a reference that is not in the store; the store is
    ///   unchanged then.
    package func add(archive: String, of info: NarInfo) async throws {
        let file = try SpoolFile(in: spoolDirectory)
        var hasher = ContentHasher(info.narHash.algorithm)
        var size: UInt64 = 0
        var reader = try FileReader(path: archive)
        while let bytes = try reader.next() {
            try file.append(bytes[...])
            hasher.update(bytes[...])
            size += UInt64(bytes.count)
        }
        let actual = hasher.finalize()
        guard actual == info.narHash, size == info.narSize else {
            throw StoreDaemonError.hashMismatch(name: info.path.name, expected: info.narHash, actual: actual)
        }
        let item = SpooledItem(
            path: info.path, references: info.references.sorted(), hash: actual, size: size, file: file)
        try await withConnection { connection in
            let others = info.references.filter { $0 != info.path }
            let valid = try await connection.validPaths(among: others)
            if let missing = others.first(where: { !valid.contains($0) }) { throw StoreDaemonError.notValid(missing) }
        }
        try await add([item], deriver: info.deriver, stay: false)
    }

    /// Whether a substitute that was fetched can be added: into Guix's store of the machine only what its own administrator
    /// trusts comes, so that its daemon fetches substitutes itself.
    package var takesSubstitutes: Bool {
        switch access {
        case .child, .own: true
        case .socket: engine != .guix
        }
    }
}
