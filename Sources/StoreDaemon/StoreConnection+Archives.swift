// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

extension StoreConnection {
    /// Sends items one after another as an export, which `ExportDecoder` and `importPaths` read.
    ///
    /// - Parameters:
    ///   - isSigned: whether Guix's daemon signs them with the machine's key; Nix's never does.
    ///   - sink: receives the bytes in pieces, while the daemon waits.
    package func export(
        _ paths: [StorePath], isSigned: Bool = false, to sink: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        for path in paths {
            try await sink(ExportArchive.itemMark)
            try await operate(.exportPath, exchange: DaemonExchange(sink: sink)) { request in
                request.path(path)
                request.boolean(isSigned)
            }
        }
        try await sink(ExportArchive.endMark)
    }

    /// Imports an export, and tells which items it held.
    ///
    /// The daemon believes what the export says of itself, once it trusts the client (Nix) or the signatures
    /// (Guix); for a guest's export use `HostStore.importArchive`, which checks it.
    ///
    /// - Parameter source: gives at most so many bytes of the export, none after its end.
    package func importPaths(
        from source: @escaping @Sendable (Int) async throws -> [UInt8]
    ) async throws -> [StorePath] {
        try await operate(.importPaths, exchange: DaemonExchange(source: source)) { _ in
        } answer: {
            try await $0.paths()
        }
    }
}
