// SPDX-License-Identifier: GPL-3.0-or-later

/// The two ways every endpoint is tried.
enum Transport: CaseIterable, Sendable {
    case inProcess
    /// Over a real connection to a server on 127.0.0.1.
    case socket
}

/// Asks the server something.
protocol WebClient: Sendable {
    func send(_ method: String, _ target: String, _ headers: [String: String], body: String) async throws -> Answer
}

extension WebClient {
    func send(_ method: String, _ target: String, _ headers: [String: String]) async throws -> Answer {
        try await send(method, target, headers, body: "")
    }
}

/// What the server answered.
struct Answer: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}
