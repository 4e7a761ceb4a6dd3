// SPDX-License-Identifier: GPL-3.0-or-later

package import Derivations

/// A package of a revision, as an evaluator found it.
package struct EvaluatedJob: Sendable {
    /// Its name in the channel, unique in the revision.
    package let name: String
    package let package: String
    package let version: String
    package let system: String
    /// The derivation, or why there is none.
    package let derivation: Result<StorePath, PackageFailure>
    /// What else the channel says about it; strings only.
    package let meta: [String: String]

    package init(
        name: String, package: String, version: String, system: String,
        derivation: Result<StorePath, PackageFailure>, meta: [String: String] = [:]
    ) {
        self.name = name
        self.package = package
        self.version = version
        self.system = system
        self.derivation = derivation
        self.meta = meta
    }
}

extension EvaluatedJob {
    /// What a derivation's variables say about when and where its package is of.
    static func meta(of derivation: Derivation) -> [String: String] {
        var meta: [String: String] = [:]
        for (variable, key) in [("timezone", "timezone"), ("released", "release")] {
            if let value = derivation[variable: variable], !value.isEmpty { meta[key] = value }
        }
        return meta
    }
}

/// Why one package of a revision could not be evaluated; the others go on.
package struct PackageFailure: Error, Sendable {
    package let message: String
}
