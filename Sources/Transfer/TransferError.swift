// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a transfer brought nothing.
package enum TransferError: Error, Sendable, Equatable {
    case invalidURL(String)
    case schemeNotAllowed(url: String)
    case cannotResolve(String)
    case cannotConnect(String)
    /// The server's certificate or the TLS handshake was not acceptable.
    case insecure(String)
    /// A limit of time was reached; the text says which one.
    case timedOut(String)
    case tooLarge(limit: Int64)
    case tooManyRedirects(limit: Int)
    /// The connection broke off, or the other side did not speak as expected.
    case interrupted(String)
    /// The mail server said no: 4xx for now, 5xx for good.
    case mailRefused(status: Int, String)
    case invalidMessage(String)
    /// The file to download to cannot be written.
    case file(String, reason: String)
    case tooManyWaiting(limit: Int)
    case cancelled

    /// Whether the same transfer may pass later.
    package var isTransient: Bool {
        switch self {
        case .cannotResolve, .cannotConnect, .timedOut, .interrupted, .tooManyWaiting: true
        case .mailRefused(let status, _): (400..<500).contains(status)
        case .invalidURL, .schemeNotAllowed, .insecure, .tooLarge, .tooManyRedirects, .invalidMessage, .file,
            .cancelled:
            false
        }
    }
}

extension TransferError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidURL(let url): "\"\(url)\" is no URL that can be fetched."
        case .schemeNotAllowed(let url): "The scheme of \(url), or of where it redirects to, is not allowed."
        case .cannotResolve(let reason): "The host's name could not be resolved: \(reason)"
        case .cannotConnect(let reason): "No connection: \(reason)"
        case .insecure(let reason): "The connection could not be secured: \(reason)"
        case .timedOut(let reason): "It took too long: \(reason)"
        case .tooLarge(let limit): "The response is larger than the \(limit) bytes allowed."
        case .tooManyRedirects(let limit): "More than \(limit) redirects."
        case .interrupted(let reason): "The transfer broke off: \(reason)"
        case .mailRefused(let status, let reason): "The mail server refused with \(status): \(reason)"
        case .invalidMessage(let reason): "The message cannot be sent: \(reason)."
        case .file(let path, let reason): "\(path) cannot be written: \(reason)"
        case .tooManyWaiting(let limit): "More than \(limit) transfers wait."
        case .cancelled: "The transfer was cancelled."
        }
    }
}
