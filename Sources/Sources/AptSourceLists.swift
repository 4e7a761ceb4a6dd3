// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// apt's own lists of archives, with the source packages of each archive added.
///
/// Source of the two forms, lines and stanzas: sources.list(5).
struct AptSourceLists: Equatable, Sendable {
    /// Contents by file name.
    var files: [String: String]

    init(files: [String: String]) {
        self.files = files
    }

    /// - Parameter lines: a file of the form `deb URL suite component…`.
    static func addingSources(toLines lines: String) -> String {
        var kept: [String] = []
        for line in lines.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            guard line.hasPrefix("deb ") || line.hasPrefix("deb\t") else { continue }
            kept += [line, "deb-src" + line.dropFirst(3)]
        }
        return kept.map { $0 + "\n" }.joined()
    }

    /// - Parameter stanzas: a file of the form `Types: deb`, `URIs: …`, with empty lines between archives.
    static func addingSources(toStanzas stanzas: String) -> String {
        let lines = stanzas.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let field = line.split(separator: ":", maxSplits: 1).first?.trimmingCharacters(in: .whitespaces)
            return field?.lowercased() == "types" ? "Types: deb deb-src" : String(line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads what this machine's apt is set to.
    static func ofThisMachine() async throws -> AptSourceLists {
        let answer = try await HostTool.run(
            "apt-config", ["shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"])
        var places: [String: String] = [:]
        for line in answer.output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            places[String(parts[0])] = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "'"))
        }
        return read(
            list: places["LIST"] ?? "/etc/apt/sources.list", parts: places["PARTS"] ?? "/etc/apt/sources.list.d/")
    }

    static func read(list: String, parts: String) -> AptSourceLists {
        var files: [String: String] = [:]
        if let text = try? String(contentsOfFile: list, encoding: .utf8) {
            files["main.list"] = addingSources(toLines: text)
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parts)) ?? [] {
            guard let text = try? String(contentsOfFile: "\(parts)/\(name)", encoding: .utf8) else { continue }
            if name.hasSuffix(".list") { files["part-\(name)"] = addingSources(toLines: text) }
            if name.hasSuffix(".sources") { files["part-\(name)"] = addingSources(toStanzas: text) }
        }
        return AptSourceLists(files: files)
    }

    /// Replaces what is in a directory.
    func write(to directory: String) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: directory) {
            try manager.removeItem(atPath: "\(directory)/\(name)")
        }
        for (name, text) in files {
            try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        }
    }
}
