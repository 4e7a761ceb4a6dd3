// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// The jobset files of a folder: those that hold, and what is wrong with the others.
package struct JobsetFolder: Sendable {
    package struct File: Sendable {
        package let path: String
        package let description: JobsetDescription
    }

    /// In the order of their paths. A file that has any fault is not among them.
    package private(set) var files: [File] = []
    package private(set) var faults: [JobsetFault] = []

    /// Reads every `*.yaml` and `*.yml` of `folder`, not of folders inside it.
    package init(reading folder: String) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            fault(folder, found: "no folder that can be read", expected: "a folder of jobset files")
            return
        }
        var owners: [String: String] = [:]
        for name in names.sorted() where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            let path = "\(folder)/\(name)"
            do {
                let description = try JobsetFolder.read(path)
                if let owner = owners[description.name] {
                    fault(
                        path, key: "name", found: "\"\(description.name)\", the name of \(owner)",
                        expected: "another name")
                } else {
                    owners[description.name] = path
                    files.append(File(path: path, description: description))
                }
            } catch {
                faults += error.faults
            }
        }
    }

    /// Reads one file; never more of it than a jobset file may have.
    ///
    /// Relative paths in it are resolved against its folder, so that the description means the same wherever it is used.
    package static func read(_ path: String) throws(InvalidJobset) -> JobsetDescription {
        try JobsetReader.read(text(of: path), file: path).resolvingPaths(against: folder(of: path))
    }

    /// Reads every jobset of a file: ours, or as another farm has it: Cuirass specifications (`.scm`) and Hydra's
    /// declarative jobsets (`.json`).
    package static func readAll(_ path: String) throws(InvalidJobset) -> [JobsetDescription] {
        let text = try text(of: path)
        let folder = folder(of: path)
        if path.hasSuffix(".scm") {
            return try CuirassReader.read(text, file: path).map { $0.resolvingPaths(against: folder) }
        }
        if path.hasSuffix(".json") {
            let faults = FaultList(file: path)
            let root = Item(node: try YAMLDocument(text, file: path).root, key: "", faults: faults)
            if HydraReader.recognises(root) {
                let jobsets = HydraReader.jobsets(root)
                guard faults.faults.isEmpty else { throw InvalidJobset(faults: faults.faults) }
                return jobsets.map { $0.resolvingPaths(against: folder) }
            }
        }
        return [try JobsetReader.read(text, file: path).resolvingPaths(against: folder)]
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
    }

    static func text(of path: String) throws(InvalidJobset) -> String {
        guard let file = FileHandle(forReadingAtPath: path),
            let data = try? file.read(upToCount: YAMLDocument.sizeLimit + 1) ?? Data()
        else { throw invalid(path, found: "no file that can be read", expected: "one") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw invalid(path, found: "bytes that are not text", expected: "text in UTF-8")
        }
        return text
    }

    private static func invalid(_ path: String, found: String, expected: String) -> InvalidJobset {
        InvalidJobset(faults: [
            JobsetFault(file: path, line: 1, column: 1, key: "", found: found, expected: expected)
        ])
    }

    private mutating func fault(_ path: String, key: String = "", found: String, expected: String) {
        faults.append(JobsetFault(file: path, line: 1, column: 1, key: key, found: found, expected: expected))
    }
}
