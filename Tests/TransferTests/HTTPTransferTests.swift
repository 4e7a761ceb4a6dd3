// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
import Synchronization
import Testing
import Transfer

/// The transfers that are tried against one server.
@Suite(.enabled(if: LoopbackServer.isPossible, "python3 and openssl are needed for the server"), .serialized)
struct HTTPTransferTests {
    private let transfer = HTTPTransfer()

    @Test func `a request brings status, fields and body`() async throws {
        try await LoopbackServer.run { server throws in
            let request = HTTPRequest(server.url("/echo"), fields: [HTTPField("X-One", "1"), HTTPField("X-None", "")])
            let answer = try await transfer.send(request)
            let echo = String(decoding: answer.body, as: UTF8.self)
            #expect(answer.status == 200)
            #expect(answer.isSuccess)
            #expect(answer.field("x-twice") == "a: b")
            #expect(answer.field("X-Empty") == "")
            #expect(answer.field("X-Other") == nil)
            #expect(answer.bodySize == Int64(answer.body.count))
            #expect(echo.contains(#""x-one": "1""#))
            #expect(echo.contains(#""x-none": """#))
            #expect(echo.contains(#""method": "GET""#))
        }
    }

    @Test(arguments: ["POST", "PUT"])
    func `a body goes out as it is`(_ method: String) async throws {
        try await LoopbackServer.run { server throws in
            let request = HTTPRequest(server.url("/echo"), method: method, body: Array("a body".utf8))
            let echo = String(decoding: try await transfer.send(request).body, as: UTF8.self)
            #expect(echo.contains(#""method": "\#(method)""#))
            #expect(echo.contains(#""body": "a body""#))
        }
    }

    @Test func `an answer to HEAD has no body`() async throws {
        try await LoopbackServer.run { server throws in
            let answer = try await transfer.send(HTTPRequest(server.url("/bytes/2560"), method: "HEAD"))
            #expect(answer.field("Content-Length") == "2560")
            #expect(answer.body.isEmpty)
        }
    }

    @Test(arguments: [404, 500, 503])
    func `a server's failure is an answer like any other`(_ status: Int) async throws {
        try await LoopbackServer.run { server throws in
            let answer = try await transfer.send(HTTPRequest(server.url("/status/\(status)")))
            #expect(answer.status == status)
            #expect(!answer.isSuccess)
            #expect(answer.body == Array("status \(status)".utf8))
        }
    }

    @Test func `redirects are followed up to the limit, or not at all`() async throws {
        try await LoopbackServer.run { server throws in
            let three = server.url("/redirect/3")
            let followed = try await transfer.send(HTTPRequest(three, redirects: .followed(limit: 3)))
            #expect(followed.status == 200)
            #expect(followed.url == server.url("/status/200"))
            await #expect(throws: TransferError.tooManyRedirects(limit: 2)) {
                _ = try await transfer.send(HTTPRequest(three, redirects: .followed(limit: 2)))
            }
            let refused = try await transfer.send(HTTPRequest(three, redirects: .refused))
            #expect(refused.status == 302)
            #expect(refused.field("location") == "/redirect/2")
        }
    }

    @Test func `only the schemes allowed are used, redirects included`() async throws {
        try await LoopbackServer.run { server throws in
            for url in [server.url("/leave"), "file:///etc/passwd", "gopher://127.0.0.1/"] {
                await #expect(throws: TransferError.schemeNotAllowed(url: url)) {
                    _ = try await transfer.send(HTTPRequest(url))
                }
            }
            let plain = server.url("/status/200")
            await #expect(throws: TransferError.schemeNotAllowed(url: plain)) {
                _ = try await transfer.send(HTTPRequest(plain, schemes: ["https"]))
            }
        }
    }

    @Test(arguments: ["", "http://", "http://a b/", "http://127.0.0.1:99999/", "http://127.0.0.1/\r\nX: y"])
    func `what is no URL is refused`(_ url: String) async throws {
        await #expect(throws: TransferError.invalidURL(url)) { _ = try await transfer.send(HTTPRequest(url)) }
    }

    @Test func `a field cannot smuggle another one in`() async throws {
        let request = HTTPRequest("http://127.0.0.1:1/", fields: [HTTPField("X", "1\r\nY: 2")])
        await #expect(throws: TransferError.invalidMessage("the header field X contains a line break")) {
            _ = try await transfer.send(request)
        }
    }

    @Test func `a port where nobody listens is no connection, and may be tried later`() async throws {
        try await LoopbackServer.run { server throws in
            let error = await #expect(throws: TransferError.self) {
                _ = try await transfer.send(HTTPRequest("http://127.0.0.1:\(server.nobody)/"))
            }
            guard case .cannotConnect = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            #expect(error?.isTransient == true)
        }
    }

    @Test func `a name that does not exist cannot be resolved`() async throws {
        let error = await #expect(throws: TransferError.self) {
            _ = try await transfer.send(HTTPRequest("http://nowhere.invalid/"))
        }
        guard case .cannotResolve = error else {
            Issue.record("the error is \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["/stall/header", "/stall/body"])
    func `a server that stalls is given up, by either limit`(_ path: String) async throws {
        try await LoopbackServer.run { server throws in
            for limits in [TransferLimits(stalled: .seconds(1)), TransferLimits(total: .milliseconds(300))] {
                let error = await #expect(throws: TransferError.self) {
                    _ = try await transfer.send(HTTPRequest(server.url(path), limits: limits))
                }
                guard case .timedOut = error else {
                    Issue.record("the error is \(String(describing: error))")
                    return
                }
                #expect(error?.isTransient == true)
            }
        }
    }

    @Test(arguments: ["/bytes/1024", "/endless"])
    func `a body beyond the limit is not taken, announced or not`(_ path: String) async throws {
        try await LoopbackServer.run { server throws in
            let request = HTTPRequest(server.url(path), limits: TransferLimits(bodySize: 1_023))
            await #expect(throws: TransferError.tooLarge(limit: 1_023)) { _ = try await transfer.send(request) }
            let exact = HTTPRequest(server.url("/bytes/1024"), limits: TransferLimits(bodySize: 1_024))
            #expect(try await transfer.send(exact).body.count == 1_024)
        }
    }

    @Test func `a body that breaks off is no answer`() async throws {
        try await LoopbackServer.run { server throws in
            let error = await #expect(throws: TransferError.self) {
                _ = try await transfer.send(HTTPRequest(server.url("/broken")))
            }
            guard case .interrupted = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
        }
    }

    @Test func `a certificate that nobody vouches for is refused, and taken when it is named`() async throws {
        try await LoopbackServer.run { server throws in
            let request = HTTPRequest("https://127.0.0.1:\(server.https)/status/200")
            let error = await #expect(throws: TransferError.self) { _ = try await transfer.send(request) }
            guard case .insecure = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
            let trusting = HTTPTransfer(TransferEngine(certificates: server.certificates))
            #expect(try await trusting.send(request).status == 200)
        }
    }

    @Test(arguments: ["/stall/header", "/stall/body"])
    func `cancelling ends a transfer at once`(_ path: String) async throws {
        try await LoopbackServer.run { server throws in
            let outcome = try await withThrowingTaskGroup(of: TransferError?.self) { group in
                group.addTask {
                    do throws(TransferError) {
                        _ = try await transfer.send(HTTPRequest(server.url(path)))
                        return nil
                    } catch {
                        return error
                    }
                }
                _ = try await HTTPTransfer().send(HTTPRequest(server.url("/reached\(path)")))
                group.cancelAll()
                return try await group.next() ?? nil
            }
            #expect(outcome == .cancelled)
        }
    }

    @Test func `a task that is cancelled already sends nothing`() async throws {
        let outcome = await withTaskGroup(of: TransferError?.self) { group in
            group.cancelAll()
            group.addTask {
                do throws(TransferError) {
                    _ = try await transfer.send(HTTPRequest("http://127.0.0.1:1/"))
                    return nil
                } catch {
                    return error
                }
            }
            return await group.next() ?? nil
        }
        #expect(outcome == .cancelled)
    }

    @Test func `no more transfers than allowed are made at once, and all get done`() async throws {
        try await LoopbackServer.run { server throws in
            let few = HTTPTransfer(TransferEngine(concurrency: 3))
            let done = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await few.send(HTTPRequest(server.url("/crowd"))).status } }
                return try await group.reduce(0) { $0 + ($1 == 200 ? 1 : 0) }
            }
            #expect(done == 40)
            let most = try await transfer.send(HTTPRequest(server.url("/most"))).body
            #expect(try #require(Int(String(decoding: most, as: UTF8.self))) <= 3)
        }
    }

    @Test func `one transfer too many is refused`() async throws {
        try await LoopbackServer.run { server throws in
            let single = HTTPTransfer(TransferEngine(concurrency: 1, waitingLimit: 0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await single.send(HTTPRequest(server.url("/stall/header"))) }
                _ = try await transfer.send(HTTPRequest(server.url("/reached/stall/header")))
                await #expect(throws: TransferError.tooManyWaiting(limit: 0)) {
                    _ = try await single.send(HTTPRequest(server.url("/status/200")))
                }
                group.cancelAll()
            }
        }
    }
}
