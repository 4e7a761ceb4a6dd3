// SPDX-License-Identifier: GPL-3.0-or-later

/// Fetches by HTTP.
package struct HTTPTransfer: Sendable {
    private let engine: TransferEngine

    package init(_ engine: TransferEngine = TransferEngine()) {
        self.engine = engine
    }

    /// Sends a request and returns the answer, whatever its status, with its body in memory.
    package func send(_ request: HTTPRequest) async throws(TransferError) -> HTTPResponse {
        try await engine.perform(TransferPlan(kind: .http(request, file: nil, observe: nil)))
    }

    /// Sends a request and writes the answer's body to a file, as it comes.
    ///
    /// Only the body of a success goes to the file, which is removed when the transfer breaks off; the body of any other
    /// answer is returned in memory. The file is not synchronized.
    ///
    /// - Parameters:
    ///   - path: created, or emptied first.
    ///   - observe: sees every byte that was written, in order, on the engine's thread; to compute a hash.
    package func download(
        _ request: HTTPRequest, to path: String, observe: (@Sendable (RawSpan) -> Void)? = nil
    ) async throws(TransferError) -> HTTPResponse {
        try await engine.perform(TransferPlan(kind: .http(request, file: path, observe: observe)))
    }
}
