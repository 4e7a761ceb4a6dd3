// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import Guests

@Suite struct InputFarmTests {
    private func withStore(_ body: (_ store: String, _ farm: String) throws -> Void) throws {
        let root = "\(NSTemporaryDirectory())farm-\(UUID().uuidString)"
        defer { try? FileTree.remove(root) }
        try FileTree.makeDirectories("\(root)/store/item/bin")
        try FileTree.makeDirectories("\(root)/farm")
        try FileTree.write(Array("program".utf8), to: "\(root)/store/item/bin/run", mode: 0o555)
        try FileTree.makeLink("\(root)/store/item/link", to: "bin/run")
        try FileTree.makeLink("\(root)/store/item/dangling", to: "/nonexistent")
        try FileTree.write(Array("text".utf8), to: "\(root)/store/file.drv", mode: 0o444)
        try FileTree.write(Array("secret".utf8), to: "\(root)/store/other")
        for path in ["item/bin", "item"] {
            let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
            try SystemCall.check(utimensat(AT_FDCWD, "\(root)/store/\(path)", times, 0), "timing", path)
            try FileTree.setMode(0o555, of: "\(root)/store/\(path)")
        }
        try body("\(root)/store", "\(root)/farm")
    }

    @Test func `a farm holds the wanted items, as links to the same files, and no others`() throws {
        try withStore { store, farm in
            try InputFarm(store: store, farm: farm).add(["item", "file.drv"])
            #expect(try FileTree.names(in: farm) == ["file.drv", "item"])
            #expect(try FileTree.names(in: "\(farm)/item") == ["bin", "dangling", "link"])
            let (ours, theirs) = (
                try #require(try FileTree.status("\(farm)/item/bin/run")),
                try #require(try FileTree.status("\(store)/item/bin/run"))
            )
            #expect(ours.st_ino == theirs.st_ino)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(farm)/item/link") == "bin/run")
        }
    }

    @Test func `directories keep their mode and time`() throws {
        try withStore { store, farm in
            try InputFarm(store: store, farm: farm).add(["item"])
            let status = try #require(try FileTree.status("\(farm)/item"))
            #expect(status.st_mode & 0o7777 == 0o555)
            #expect(status.st_mtim.tv_sec == 1)
        }
    }

    @Test func `removing a farm leaves the store as it was`() throws {
        try withStore { store, farm in
            try InputFarm(store: store, farm: farm).add(["item", "file.drv"])
            try FileTree.remove(farm)
            #expect(!FileTree.exists(farm))
            #expect(try FileTree.read("\(store)/item/bin/run") == Array("program".utf8))
            #expect(try #require(try FileTree.status("\(store)/item/bin/run")).st_nlink == 1)
        }
    }

    @Test func `an item that is not there is an error`() throws {
        try withStore { store, farm in
            #expect(throws: GuestError.self) { try InputFarm(store: store, farm: farm).add(["missing"]) }
        }
    }
}
