// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import Jobsets

@Suite struct `A folder of jobset files` {
    /// Runs `body` with a folder of `files` that is gone afterwards.
    private func withFolder(_ files: [String: Data], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, data) in files { try data.write(to: folder.appendingPathComponent(name)) }
        try body(folder.path)
    }

    @Test func `good files are loaded in the order of their names, wrong ones are named with their faults`() throws {
        let files = [
            "b.yaml": Data(JobsetText.with().utf8), "a.yml": Data(JobsetText.full.utf8),
            "wrong.yaml": Data("name: x\nengine: both\n".utf8), "latin.yaml": Data([0x6e, 0xe4, 0x0a]),
            "notes.txt": Data("not a jobset".utf8),
        ]
        try withFolder(files) { path in
            let folder = JobsetFolder(reading: path)
            #expect(folder.files.map(\.path) == ["\(path)/a.yml", "\(path)/b.yaml"])
            #expect(folder.files.map(\.description.name) == ["full-1.0_x", "sample"])
            #expect(
                folder.faults.map(\.description) == [
                    "\(path)/latin.yaml:1:1: found bytes that are not text; expected text in UTF-8",
                    "\(path)/wrong.yaml:1:1: found no key 'channel'; expected it to be given",
                    "\(path)/wrong.yaml:1:1: found no key 'revisions'; expected it to be given",
                    "\(path)/wrong.yaml:2:9: engine: found \"both\"; expected one of guix, nix",
                ])
        }
    }

    @Test func `relative paths start at the folder of the file, however it is named`() throws {
        let text = JobsetText.with(packages: "{manifest: m.scm}")
            .replacing("https://example.org/guix.git", with: "demo:channel")
        try withFolder(["a.yaml": Data(text.utf8)]) { path in
            for name in ["\(path)/a.yaml", "\(path)/../\((path as NSString).lastPathComponent)/./a.yaml"] {
                let jobset = try JobsetFolder.read(name)
                #expect(jobset.channel.url == .demonstration(folder: "\(path)/channel"))
                #expect(jobset.packages == .manifest(path: "\(path)/m.scm"))
            }
        }
    }

    @Test func `the second file of a name is refused`() throws {
        let text = Data(JobsetText.with().utf8)
        try withFolder(["a.yaml": text, "b.yaml": text]) { path in
            let folder = JobsetFolder(reading: path)
            #expect(folder.files.map(\.path) == ["\(path)/a.yaml"])
            #expect(folder.faults.map(\.key) == ["name"])
            #expect(folder.faults.first?.found == "\"sample\", the name of \(path)/a.yaml")
        }
    }

    @Test func `a folder or file that is not there is a fault`() {
        #expect(JobsetFolder(reading: "/nonexistent/jobsets").faults.count == 1)
        #expect(throws: InvalidJobset.self) { try JobsetFolder.read("/nonexistent/a.yaml") }
        #expect(throws: InvalidJobset.self) { try JobsetFolder.read("/") }
    }

    @Test func `a file without end is not read to its end`() {
        #expect(throws: InvalidJobset.self) { try JobsetFolder.read("/dev/zero") }
    }

    @Test func `the environment of the paper is the one that its Scheme files name`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../Jobsets")
        let folder = root.standardizedFileURL.path
        let jobset = try JobsetFolder.read(folder + "/paper.yaml")
        let text = try String(contentsOfFile: folder + "/paper/channels.scm", encoding: .utf8)
        let channel = try #require(try SchemeChannel.read(text, file: "channels.scm").first)
        #expect(jobset.channel == channel.description)
        #expect(jobset.revisions == channel.commit.map { [.commit($0)] })
        #expect(jobset.packages == .manifest(path: folder + "/paper/manifest.scm"))
        #expect(FileManager.default.fileExists(atPath: folder + "/paper/manifest.scm"))
    }

    @Test func `every jobset file this project ships is good`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let folder = JobsetFolder(reading: root.standardizedFileURL.appendingPathComponent("Jobsets").path)
        #expect(folder.faults.map(\.description) == [])
        #expect(folder.files.map(\.description.name).contains("demo"))
        for file in folder.files {
            #expect(try JobsetDescription(canonicalJSON: file.description.canonicalJSON) == file.description)
        }
    }
}
