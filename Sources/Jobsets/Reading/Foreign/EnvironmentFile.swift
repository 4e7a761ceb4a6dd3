// SPDX-License-Identifier: GPL-3.0-or-later

/// The files that describe an environment of the past: `channels.scm`, as `guix describe -f channels` prints it too, and
/// a manifest. Nothing of them is evaluated here.
package enum EnvironmentFile {
    /// The channel of a `channels.scm`.
    ///
    /// - Parameter engine: with `guix` it is the one called so, and others are its companions.
    /// - Throws: `InvalidJobset` with every fault and its place.
    package static func channel(_ path: String, engine: Engine) throws(InvalidJobset) -> SchemeChannel {
        let text = try JobsetFolder.text(of: path)
        let channels = try SchemeChannel.read(text, file: path)
        let found = engine == .guix ? SchemeChannel.together(channels) : channels.count == 1 ? channels.first : nil
        guard let channel = found else {
            let last = try ForeignText.scheme(text, file: path).last
            let names = channels.map { "'\($0.description.name)'" }.joined(separator: ", ")
            throw fault(
                path, last, found: channels.isEmpty ? "no channel" : "the channels \(names)",
                expected: engine == .guix ? SchemeChannel.togetherExpected : "one channel")
        }
        return channel
    }

    /// The packages of a manifest that is nothing but `(specifications->manifest '("NAME" …))`.
    ///
    /// - Throws: `InvalidJobset` where it is anything else.
    package static func names(_ path: String) throws(InvalidJobset) -> [String] {
        let last = try ForeignText.scheme(try JobsetFolder.text(of: path), file: path).last
        let arguments = last?.arguments(of: "specifications->manifest")
        guard let items = arguments?.first?.items, arguments?.count == 1 else {
            throw fault(
                path, last, found: last?.shown ?? "nothing", expected: "(specifications->manifest '(\"NAME\" …))")
        }
        var names: [String] = []
        for item in items {
            guard case .string(let name) = item.value, !name.isEmpty else {
                throw fault(path, item, found: item.shown, expected: "the name of a package, a string")
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw fault(path, last, found: "no package", expected: "at least one") }
        return names
    }

    /// A file's text, never more of it than such a file may have.
    package static func text(_ path: String) throws(InvalidJobset) -> String { try JobsetFolder.text(of: path) }

    private static func fault(_ path: String, _ datum: SchemeDatum?, found: String, expected: String) -> InvalidJobset {
        InvalidJobset(faults: [
            JobsetFault(
                file: path, line: datum?.line ?? 1, column: datum?.column ?? 1, key: "", found: found,
                expected: expected)
        ])
    }
}
