// SPDX-License-Identifier: GPL-3.0-or-later

internal import Foundation
internal import Synchronization
internal import Transfer

/// Asks servers small questions, thousands of them, and asks no more of a host that does not answer.
struct CarefulTransfer: Sendable {
    /// What kept a server from answering; another time it may.
    struct Silence: Error, CustomStringConvertible {
        let description: String
    }

    private let transfer: HTTPTransfer
    private let silent = SilentHosts()

    init(concurrency: Int = 16) {
        transfer = HTTPTransfer(TransferEngine(concurrency: concurrency))
    }

    /// - Parameter limit: bytes of the answer; of a longer one it is only told that it is there.
    /// - Returns: the answer of any status; nil in place of one that is longer than `limit`.
    /// - Throws: `Silence`, or `CancellationError`.
    func ask(
        _ url: String, method: String = "GET", fields: [HTTPField] = [], limit: Int64 = 4 << 20
    ) async throws -> HTTPResponse? {
        let host = URL(string: url).map { "\($0.host ?? ""):\($0.port ?? 0)" } ?? url
        if let reason = silent.reason(host) { throw Silence(description: reason) }
        let limits = TransferLimits(
            connecting: .seconds(20), stalled: .seconds(30), total: .seconds(120), bodySize: limit)
        let request = HTTPRequest(
            url, method: method, fields: fields, limits: limits, schemes: ["http", "https", "ftp"])
        do {
            let answer = try await transfer.send(request)
            silent.hasAnswered(host)
            return answer
        } catch .cancelled {
            throw CancellationError()
        } catch .tooLarge {
            silent.hasAnswered(host)
            return nil
        } catch {
            let words = error.description.trimmingCharacters(in: CharacterSet(charactersIn: ". \n"))
            if error.isTransient { silent.keptSilent(host, words) }
            throw Silence(description: words)
        }
    }
}

/// Hosts that did not answer several times in a row.
private final class SilentHosts: Sendable {
    private static let patience = 3
    private let hosts = Mutex<[String: (times: Int, reason: String)]>([:])

    func reason(_ host: String) -> String? {
        hosts.withLock { hosts in
            guard let entry = hosts[host], entry.times >= Self.patience else { return nil }
            return "\(entry.reason) (it is asked no more)"
        }
    }

    func keptSilent(_ host: String, _ reason: String) {
        hosts.withLock { $0[host] = (($0[host]?.times ?? 0) + 1, reason) }
    }

    func hasAnswered(_ host: String) {
        hosts.withLock { _ = $0.removeValue(forKey: host) }
    }
}
