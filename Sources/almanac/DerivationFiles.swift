// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Derivations
import Farm
import Foundation

/// Where the files of store paths are looked for.
struct StoreOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Folder that holds the store's files, beside the store itself (default: store in the data directory).",
            valueName: "DIR"))
    var store: String?
}

/// Why a file that was named is not read as a derivation.
struct DerivationFileError: Error, CustomStringConvertible {
    let file: String
    let reason: String

    var description: String { "\(file): \(reason)" }
}

/// The derivations named on the command line, and those that lie beside them or in the store.
struct DerivationFiles {
    /// Folders in which inputs are looked for, in order.
    private let folders: [String]
    private let storeFolder: String

    /// - Parameter files: as named; the folders they are in are searched first.
    init(_ options: StoreOptions, beside files: [String]) throws {
        storeFolder =
            options.store ?? DataDirectory.standard(environment: ProcessInfo.processInfo.environment).path + "/store"
        var folders: [String] = []
        for file in files where file != "-" {
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
            if folders.last != folder && !folders.contains(folder) { folders.append(folder) }
        }
        self.folders = folders
    }

    /// - Throws: `DerivationFileError`.
    func read(_ file: String) throws -> (bytes: [UInt8], name: String) {
        if file == "-" { return (try standardInput(), "-") }
        let place = FileManager.default.fileExists(atPath: file) ? file : inStore(file) ?? file
        return (try bytes(at: place, named: file), URL(fileURLWithPath: file).lastPathComponent)
    }

    func derivation(_ file: String) throws -> (derivation: Derivation, name: String) {
        let (bytes, fileName) = try read(file)
        do {
            let derivation = try Derivation(parsing: bytes)
            let own = try? StorePath(derivation.storeDirectory, baseName: fileName)
            guard let name = own?.derivationName ?? derivation.nameOfOutputs else {
                throw DerivationFileError(file: file, reason: DerivationFault.nameless(fileName).description)
            }
            return (derivation, name)
        } catch let error as DerivationsError {
            throw DerivationFileError(file: file, reason: error.description)
        }
    }

    func record(_ file: String) throws -> DerivationRecord {
        let (derivation, name) = try derivation(file)
        return try DerivationRecord(derivation, name: name)
    }

    /// The bytes of an item that derivations name; nil where no such file is.
    func input(_ path: StorePath) throws -> [UInt8]? {
        let places = folders.map { "\($0)/\(path.baseName)" } + [path.description, "\(storeFolder)/\(path.baseName)"]
        guard let place = places.first(where: FileManager.default.fileExists) else { return nil }
        return try bytes(at: place, named: place)
    }

    private func inStore(_ file: String) -> String? {
        guard let path = try? StorePath(parsing: file) else { return nil }
        let place = "\(storeFolder)/\(path.baseName)"
        return FileManager.default.fileExists(atPath: place) ? place : nil
    }

    private func bytes(at place: String, named file: String) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
            throw DerivationFileError(file: file, reason: "there is no such file")
        }
        guard !isFolder.boolValue else {
            throw DerivationFileError(
                file: file, reason: "it is a directory: name the files in it, as in \(file)/*.drv")
        }
        do {
            var reader = try FileReader(path: URL(fileURLWithPath: place).resolvingSymlinksInPath().path)
            var bytes: [UInt8] = []
            while let piece = try reader.next() {
                bytes += piece
                guard bytes.count <= Derivation.largestFile else {
                    throw DerivationFileError(file: file, reason: "it has more than \(Derivation.largestFile) bytes")
                }
            }
            return bytes
        } catch let error as DerivationsError {
            throw DerivationFileError(file: file, reason: error.description)
        }
    }

    private func standardInput() throws -> [UInt8] {
        let data = try FileHandle.standardInput.read(upToCount: Derivation.largestFile + 1) ?? Data()
        guard data.count <= Derivation.largestFile else {
            throw DerivationFileError(file: "-", reason: "it has more than \(Derivation.largestFile) bytes")
        }
        return Array(data)
    }
}
