// SPDX-License-Identifier: GPL-3.0-or-later

/// The shared libraries of programs, by ldd(1).
enum SharedLibraries {
    /// Absolute paths of all libraries that `programs` need, the loader included, sorted.
    static func needed(by programs: [String]) async throws -> [String] {
        var found: Set<String> = []
        for program in programs {
            found.formUnion(try paths(in: try await HostProgram.ldd.run([program]), of: program))
        }
        return found.sorted()
    }

    /// - Throws: `GuestError.image` when a library is not on this host.
    static func paths(in listing: String, of program: String) throws(GuestError) -> [String] {
        var paths: [String] = []
        for line in listing.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if line.contains("=> not found") {
                throw .image("\(program) needs \(words.first ?? "a library"), which is missing")
            }
            if let path = words.first(where: { $0.hasPrefix("/") }) { paths.append(String(path)) }
        }
        return paths
    }
}
