// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Farm
import FileServerFixture
import Foundation
import Jobsets
import Logging
import Signatures
import StoreDaemon
import TimeTravel

/// A channel of a few packages, servers that have some of what these need, and a farm whose guests are played by the test.
final class RevivalScene: Sendable {
    static let isPossible = ["/usr/bin/nix-instantiate", "/usr/bin/git", "/usr/bin/python3"]
        .allSatisfy(FileManager.default.isExecutableFile)

    let folder: String
    let server: FileServer
    private let key: GuixSecretKey

    static let good = "good\n"
    static let mirrored = "mirrored\n"
    static let gone = "gone\n"
    static let wrong = "what the hash is of\n"
    static let never = "never\n"

    init() throws {
        folder = NSTemporaryDirectory() + "almanac-revival-\(UUID().uuidString.prefix(8))"
        for name in ["served", "channel", "data"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        server = try FileServer("\(folder)/served")
        key = try GuixSecretKey.generate()
        try key.publicKey.text.write(toFile: "\(folder)/key", atomically: true, encoding: .utf8)
        try serve(Self.good, at: "good.tar")
        try serve("somebody else's\n", at: "wrong.tar")
        try serve(
            Self.mirrored, at: "file/mirrored.tar/sha256/\(ContentHash.of(Array(Self.mirrored.utf8)).base32)")
        try expression.write(toFile: "\(folder)/channel/default.nix", atomically: true, encoding: .utf8)
        try run("cd channel; git init -q -b master; git add .; git -c user.name=a -c user.email=a@b commit -qm first")
    }

    func end() {
        server.end()
        _ = try? run("chmod -R u+w .")
        try? FileManager.default.removeItem(atPath: folder)
    }

    func serve(_ contents: String, at path: String) throws {
        let file = "\(folder)/served/\(path)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try contents.write(toFile: file, atomically: true, encoding: .utf8)
    }

    @discardableResult
    func run(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// 'offered' is on the server; what it is made of is nowhere.
    private var expression: String {
        func fetch(_ name: String, _ contents: String, _ address: String) -> String {
            """
            derivation {
              name = "\(name)"; builder = "builtin:download"; system = "x86_64-linux"; url = "\\"\(address)\\"";
              outputHashMode = "flat"; outputHashAlgo = "sha256";
              outputHash = "\(ContentHash.of(Array(contents.utf8)).base16)"; }
            """
        }
        return """
            let make = name: inputs: derivation {
              inherit name inputs; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "exit 1" ]; };
            in rec {
              good = \(fetch("good.tar", Self.good, "\(server.address)good.tar"));
              mirrored = \(fetch("mirrored.tar", Self.mirrored, "http://127.0.0.1:1/mirrored.tar"));
              gone = \(fetch("gone.tar", Self.gone, "\(server.address)gone.tar"));
              wrong = \(fetch("wrong.tar", Self.wrong, "\(server.address)wrong.tar"));
              never = \(fetch("never.tar", Self.never, "\(server.address)never.tar"));
              offered = make "offered-1" [ never ];
              library = make "library-1.0" [ good mirrored ];
              tool = make "tool-2.0" [ library offered ];
              other = make "other-3.0" [ gone wrong library ];
              broken = make "broken-4.0" [ good ];
              above = make "above-5.0" [ broken tool ];
            }
            """
    }

    // MARK: The farm

    var configuration: FarmConfiguration {
        get throws {
            var configuration = try FarmConfiguration.load(
                file: nil, environment: ["ALMANAC_DATA": "\(folder)/data"], processors: 1)
            _ = configuration.sources.set("substitute-urls", server.address)
            _ = configuration.sources.set(
                "content-addressed-mirrors", "\(server.address)file/{name}/{algorithm}/{base32}")
            _ = configuration.sources.set("software-heritage", "none")
            _ = configuration.sources.set("disarchive-mirrors", "none")
            configuration.sources.substituteKeyFiles = ["\(folder)/key"]
            try configuration.dataDirectory.create()
            return configuration
        }
    }

    func reviver() throws -> Reviver {
        try Reviver(try configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    func request(_ packages: [String]) throws -> RevivalRequest {
        RevivalRequest(
            engine: .nix, channel: ChannelDescription(name: "past", url: .path("\(folder)/channel")),
            commit: try run("git -C channel rev-parse HEAD 2>/dev/null || cat commit"), packages: .names(packages))
    }

    /// Puts an item onto the server, signed.
    func offer(_ path: StorePath, _ contents: String) throws {
        let (nar, info) = try item(path, contents)
        try Data(nar).write(to: URL(fileURLWithPath: "\(folder)/served/\(path.digest).nar"))
        try serve(info.signedForGuix(with: key, host: "here").printedForGuix(), at: "\(path.digest).narinfo")
    }

    private func item(_ path: StorePath, _ contents: String) throws -> ([UInt8], NarInfo) {
        let file = "\(folder)/item-\(UUID().uuidString)"
        try contents.write(toFile: file, atomically: true, encoding: .utf8)
        var reader = ArchiveReader(of: file)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        let info = NarInfo(
            path: path, narHash: .of(bytes), narSize: UInt64(bytes.count),
            archives: [.init(url: "\(path.digest).nar", compression: "none")])
        return (bytes, info)
    }

    /// Makes the outputs of a build as a guest would have.
    func make(_ claim: ClaimedBuild, in store: HostStore) async throws {
        let path = try StorePath(store.logicalDirectory, baseName: claim.derivationPath)
        for output in try store.derivation(at: path).outputs.compactMap(\.path) {
            let (nar, info) = try item(output, "built from \(path)\n")
            let file = "\(folder)/built.nar"
            try Data(nar).write(to: URL(fileURLWithPath: file))
            try await store.add(archive: file, of: info)
        }
    }
}
