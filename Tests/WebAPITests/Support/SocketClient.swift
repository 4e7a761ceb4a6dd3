// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Testing
import ThreadExecutors

/// Speaks HTTP/1.1 over a connection of its own for each request, with blocking calls on its own thread.
actor SocketClient: WebClient {
    private let port: Int
    private let executor = ThreadExecutor(name: "socket client")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(port: Int) {
        self.port = port
    }

    struct Failure: Error {
        let call: String
        let code = errno
    }

    func send(_ method: String, _ target: String, _ headers: [String: String], body: String) throws -> Answer {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let lines = headers.map { "\($0): \($1)\r\n" }.joined() + length
        let bytes = try exchange(
            "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(lines)\r\n\(body)", until: nil)
        return try #require(Self.parse(bytes, hasBody: method != "HEAD"))
    }

    /// Sends text as it is and reads until the server closes, or until `enough` says so.
    func exchange(_ request: String, until enough: (@Sendable ([UInt8]) -> Bool)?) throws -> [UInt8] {
        let socket = try connected()
        defer { close(socket) }
        var rest = Array(request.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while enough?(received) != true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer.prefix(count)
        }
        return received
    }

    private func connected() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            throw Failure(call: "connect")
        }
        return descriptor
    }

    private static func parse(_ bytes: [UInt8], hasBody: Bool) -> Answer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count >= 2, let status = Int(first[1]) else {
            return nil
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            headers[line[..<colon].lowercased(), default: ""] +=
                (headers[line[..<colon].lowercased()] == nil ? "" : ", ") + value
        }
        var body = Array(bytes[end.upperBound...])
        if headers["transfer-encoding"] == "chunked" {
            guard let whole = hasBody ? unchunk(body) : [] else { return nil }
            body = whole
        } else if hasBody, let length = headers["content-length"].flatMap({ Int($0) }), length != body.count {
            return nil
        }
        return Answer(status: status, headers: headers, body: body)
    }

    /// Nil where the last chunk is missing: the server gave up in the middle.
    private static func unchunk(_ bytes: [UInt8]) -> [UInt8]? {
        var (rest, body) = (bytes[...], [UInt8]())
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            guard let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) else {
                return nil
            }
            if size == 0 { return body }
            let chunk = rest[end.upperBound...]
            guard chunk.count >= size + 2 else { return nil }
            body += chunk.prefix(size)
            rest = chunk.dropFirst(size + 2)
        }
        return nil
    }
}
