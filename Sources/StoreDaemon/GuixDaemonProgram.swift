// SPDX-License-Identifier: GPL-3.0-or-later

internal import ByteStreams
internal import Foundation

/// The guix-daemon of this machine.
///
/// It usually lies in `/gnu/store`, together with its libraries, and has to run where another directory has that name: in
/// a guest, and over a farm's own store. So it is always started by its loader, which is told where the libraries are.
package struct GuixDaemonProgram: Sendable, Hashable {
    /// Behind all links.
    package let path: String

    /// What it is made of, as absolute paths of this machine.
    package struct Parts: Sendable, Hashable {
        package var program: String
        package var loader: String
        package var libraries: [String]
    }

    /// The one in `PATH` or beside `guix`, else root's, which is the one that usually runs; nil where there is none.
    package static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> GuixDaemonProgram? {
        let search = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let besideGuix = search.map { "\($0)/guix" }.filter(isProgram).map {
            (URL(fileURLWithPath: $0).resolvingSymlinksInPath().path as NSString).deletingLastPathComponent
        }
        let folders = search + besideGuix + ["/var/guix/profiles/per-user/root/current-guix/bin"]
        guard let found = folders.map({ "\($0)/guix-daemon" }).first(where: isProgram) else { return nil }
        return GuixDaemonProgram(path: URL(fileURLWithPath: found).resolvingSymlinksInPath().path)
    }

    private static func isProgram(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }

    /// Asks the loader that the program names for what it would load.
    ///
    /// - Throws: `StoreDaemonError.cannotRun`.
    package func parts() async throws -> Parts {
        guard let file = FileHandle(forReadingAtPath: path),
            try file.read(upToCount: 4) == Data([0x7f, 0x45, 0x4c, 0x46])
        else { throw StoreDaemonError.cannotRun(path, "it is no program of the processor's") }
        let child = try ChildProcessStream(
            executable: path, arguments: [], environment: ["LD_TRACE_LOADED_OBJECTS": "1", "PATH": "/usr/bin:/bin"])
        var listing: [UInt8] = []
        while true {
            let bytes = try await child.read(upTo: 64 << 10)
            if bytes.isEmpty || listing.count > 1 << 20 { break }
            listing += bytes
        }
        await child.close()
        return try Self.parts(of: path, listing: String(decoding: listing, as: UTF8.self))
    }

    /// - Parameter listing: what the loader prints, as ldd(1) shows it.
    static func parts(of program: String, listing: String) throws(StoreDaemonError) -> Parts {
        var (loader, libraries): (String?, [String]) = (nil, [])
        for line in listing.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let name = words.first else { continue }
            if line.contains("=> not found") { throw .cannotRun(program, "its library \(name) is missing") }
            if words.count > 2, words[1] == "=>", words[2].hasPrefix("/") {
                // A library may need the loader by its name.
                if name.contains("ld-linux") { loader = loader ?? words[2] } else { libraries.append(words[2]) }
            } else if name.hasPrefix("/") {
                loader = name
            }
        }
        guard let loader, !libraries.isEmpty else {
            throw .cannotRun(program, "it does not say which libraries it needs")
        }
        return Parts(program: program, loader: loader, libraries: libraries.sorted())
    }
}
