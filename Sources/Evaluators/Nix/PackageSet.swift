// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
package import Jobsets

/// The names of a Nix expression's attributes, and which of them are asked for.
package struct PackageSet: Sendable {
    private let all: [String]
    private let known: Set<String>

    package init(_ names: [String]) {
        all = names
        known = Set(names)
    }

    /// A package's path in the set: `python3Packages.trustme` is looked for within `python3Packages`, unless there is an
    /// attribute of just that name.
    package func attributes(_ name: String) -> [String] {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return known.contains(name) || !known.contains(parts[0]) ? [name] : parts
    }

    /// Whether it can be told only by evaluation that there is no such package.
    package func mayHave(_ name: String) -> Bool {
        attributes(name).first.map(known.contains) ?? false
    }

    /// - Throws: `EvaluationError.unknownPackages` with the nearest names when all of them are unknown.
    package func select(_ packages: PackageSelection) throws -> [String] {
        switch packages {
        case .all: return all
        case .channel, .subset:
            throw EvaluationError.unsupported("a Nix channel is no package and has no subsets: name packages, or all")
        case .names(let names): return try check(names)
        case .manifest(let path):
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw EvaluationError.badFile(path, "cannot be read; expected one package a line")
            }
            let names = text.split(separator: "\n").map { $0.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces) }
            return try check(names.filter { !$0.isEmpty })
        }
    }

    private func check(_ names: [String]) throws -> [String] {
        let unknown = names.filter { !mayHave($0) }
        guard unknown.isEmpty || unknown.count < names.count else {
            let similar = unknown.flatMap { NearMisses.of($0, among: all) }
            throw EvaluationError.unknownPackages(unknown, suggestions: Array(similar.prefix(10)))
        }
        return names
    }
}
