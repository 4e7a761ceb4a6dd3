// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension StoreConnection {
    /// Adds a text that mentions `references`, such as a `.drv`.
    package func addText(
        _ contents: [UInt8], name: String, references: some Collection<StorePath> & Sendable = []
    ) async throws -> StorePath {
        try await operate(.addTextToStore) { request in
            request.text(name)
            request.data(contents)
            request.paths(references)
        } answer: {
            try await $0.path()
        }
    }

    /// Adds a file or directory under the hash of its contents.
    ///
    /// - Parameter file: where it lies on this machine; links in it are added as links, and a file added flat
    ///   may not be one.
    package func add(
        file: String, name: String, method: IngestionMethod, algorithm: HashAlgorithm = .sha256
    ) async throws -> StorePath {
        guard dialect.isNix(since: 25) else {
            return try await addUnframed(file: file, name: name, method: method, algorithm: algorithm)
        }
        return try await operate(.addToStore) { request in
            request.text(name)
            request.text("fixed:\(method.prefix)\(algorithm.rawValue)")
            request.paths([])
            request.boolean(false)  // No repair.
        } body: { channel in
            switch method {
            case .flat:
                var reader = try FileReader(path: file)
                while let bytes = try reader.next() { try await channel.send(frame: bytes) }
            case .recursive:
                var reader = ArchiveReader(of: file)
                while let bytes = try reader.next() { try await channel.send(frame: bytes) }
            }
            try await channel.send(frame: [])
        } answer: { channel in
            let path = try await channel.path()
            _ = try await Self.pathInfo(of: path, from: channel, isGuix: false)
            return path
        }
    }

    /// The older form, with the archive as it is, also for a flat file.
    private func addUnframed(
        file: String, name: String, method: IngestionMethod, algorithm: HashAlgorithm
    ) async throws -> StorePath {
        let isRecursive = method == .recursive
        // Whether the next two fields count; Guix's client always says so.
        let isExplicit = dialect.isGuix || !isRecursive || algorithm != .sha256
        return try await operate(.addToStore) { request in
            request.text(name)
            request.boolean(isExplicit)
            request.boolean(isRecursive)
            request.text(algorithm.rawValue)
        } body: { channel in
            var reader = ArchiveReader(of: file)
            while let bytes = try reader.next() { try await channel.send(bytes) }
        } answer: {
            try await $0.path()
        }
    }

    /// Adds items with archives that were checked before, by Guix's way: an export that is signed here.
    ///
    /// - Parameter items: each after those that it mentions.
    /// - Throws: `StoreDaemonError.keyNotAuthorized` where the daemon does not trust the key.
    func add(_ items: [SpooledItem], deriver: StorePath?, signedWith key: StoreSigningKey) async throws {
        let export = SignedExport(items, deriver: deriver, key: key)
        do {
            _ = try await importPaths { try await export.next($0) }
        } catch StoreDaemonError.refused(let message, _) where message.contains("unauthorized public key") {
            throw StoreDaemonError.keyNotAuthorized(publicFile: key.publicFile)
        }
    }

    /// Adds an item with an archive that was checked before. Nix only, and only for a client it trusts.
    func add(_ item: SpooledItem, deriver: StorePath?) async throws {
        guard dialect.isNix(since: 23) else {
            throw StoreDaemonError.unsupportedOperation("adding an archive that is not signed")
        }
        try await operate(.addToStoreNar) { request in
            request.path(item.path)
            request.path(deriver)
            request.text(item.hash.base16)
            request.paths(item.references)
            request.integer(0)  // Registered now.
            request.integer(item.size)
            request.boolean(false)  // Not built by this store.
            request.texts([])  // No signatures,
            request.text("")  // not named by its contents,
            request.boolean(false)  // no repair,
            request.boolean(true)  // and no check of signatures.
        } body: { channel in
            var offset: UInt64 = 0
            while let bytes = try item.bytes(from: offset) {
                try await channel.send(frame: bytes)
                offset += UInt64(bytes.count)
            }
            try await channel.send(frame: [])
        } answer: { _ in
        }
    }
}

extension WireChannel {
    /// Bytes of a body whose length is not known beforehand; none ends it.
    fileprivate nonisolated(nonsending) func send(frame bytes: [UInt8]) async throws {
        var encoder = WireEncoder()
        encoder.integer(UInt64(bytes.count))
        try await send(encoder.bytes + bytes)
    }
}
