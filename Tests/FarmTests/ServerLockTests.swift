// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Testing

@Suite struct ServerLockTests {
    private func withData(_ body: (DataDirectory) throws -> Void) throws {
        let data = DataDirectory(path: NSTemporaryDirectory() + "almanac-lock-" + UUID().uuidString)
        try data.create()
        defer { try? FileManager.default.removeItem(atPath: data.path) }
        try body(data)
    }

    @Test func `a second server on a data directory is refused, with what to do`() throws {
        try withData { data in
            let first = try ServerLock(data)
            let error = #expect(throws: FarmError.self) { _ = try ServerLock(data) }
            #expect(error?.description.contains("process \(getpid())") ?? false)
            #expect(error?.description.contains("almanac stop") ?? false)
            #expect(ServerLock.holder(of: data) == getpid())
            first.release()
        }
    }

    @Test func `a released lock leaves no file and can be taken again`() throws {
        try withData { data in
            try ServerLock(data).release()
            #expect(!FileManager.default.fileExists(atPath: data.serverLock))
            #expect(ServerLock.holder(of: data) == nil)
            try ServerLock(data).release()
        }
    }

    @Test func `what a killed server left behind locks nobody out`() throws {
        try withData { data in
            try "999999\n".write(toFile: data.serverLock, atomically: false, encoding: .utf8)
            #expect(ServerLock.holder(of: data) == nil)
            try ServerLock(data).release()
        }
    }
}
