// SPDX-License-Identifier: GPL-3.0-or-later

package import ByteStreams
package import Derivations

extension HostStore {
    /// Adds a file or directory that was fetched as a fixed output, once its hash is as it must be, and has it stay.
    ///
    /// - Parameters:
    ///   - file: where it lies on this machine, outside the store.
    ///   - name: the fixed-output derivation's name.
    /// - Returns: the path of the derivation's output.
    /// - Throws: `StoreDaemonError.hashMismatch`; the store is unchanged then.
    package func addFixedOutput(
        file: String, name: String, expected: FixedOutput
    ) async throws -> StorePath {
        try await withConnection { connection in
            let path = try await connection.addFixedOutput(file: file, name: name, expected: expected)
            try await keep([path], over: connection)
            return path
        }
    }

    /// The same for a SHA-256.
    package func addFixedOutput(
        file: String, name: String, sha256: ContentHash, recursive: Bool
    ) async throws -> StorePath {
        let expected = FixedOutput(method: recursive ? .recursive : .flat, hash: sha256)
        return try await addFixedOutput(file: file, name: name, expected: expected)
    }

    /// Imports what a guest built from an export that is read to the end of `stream`, and has it stay.
    ///
    /// The export is believed in nothing: it must hold exactly the `expected` items, each must mention what it
    /// claims to and nothing else, and no item becomes valid before all were checked. Nothing is held in memory:
    /// archives wait in unnamed files beside the store.
    ///
    /// - Parameters:
    ///   - expected: the outputs that were built.
    ///   - inputs: the closure of the build's inputs, which outputs may mention; all valid here.
    ///   - deriver: the derivation that was built.
    ///   - limit: bytes that all outputs may hold together.
    package func importArchive(
        from stream: any ByteStream, expected: [StorePath], inputs: [StorePath], deriver: StorePath?,
        limit: UInt64 = 64 << 30
    ) async throws {
        let spool = ArchiveSpool(directory: spoolDirectory, expected: expected, inputs: inputs, limit: limit)
        while true {
            let bytes = try await stream.read(upTo: 256 << 10)
            if bytes.isEmpty { break }
            try await spool.receive(bytes)
        }
        try await add(try await spool.finish(), deriver: deriver, stay: true)
    }

    /// Imports what a guest built straight from the guest's daemon; otherwise as the other `importArchive`.
    package func importArchive(
        of expected: [StorePath], from guest: StoreConnection, inputs: [StorePath], deriver: StorePath?,
        limit: UInt64 = 64 << 30
    ) async throws {
        let spool = ArchiveSpool(directory: spoolDirectory, expected: expected, inputs: inputs, limit: limit)
        try await guest.export(expected) { try await spool.receive($0) }
        try await add(try await spool.finish(), deriver: deriver, stay: true)
    }

    /// - Parameter stay: whether no collection takes the items, also when the connection is gone.
    func add(_ items: [SpooledItem], deriver: StorePath?, stay: Bool) async throws {
        try await withConnection { connection in
            if let signingKey {
                try await connection.add(items, deriver: deriver, signedWith: signingKey)
            } else {
                for item in items { try await connection.add(item, deriver: deriver) }
            }
            if stay { try await keep(items.map(\.path), over: connection) }
        }
    }
}

extension StoreConnection {
    /// Adds a file under the hash that it must have.
    package func addFixedOutput(
        file: String, name: String, expected: FixedOutput
    ) async throws -> StorePath {
        let algorithm = expected.hash.algorithm
        let actual = try FixedOutput.of(file: file, method: expected.method, algorithm: algorithm)
        guard actual == expected else {
            throw StoreDaemonError.hashMismatch(name: name, expected: expected.hash, actual: actual.hash)
        }
        return try await add(file: file, name: name, method: expected.method, algorithm: algorithm)
    }
}
