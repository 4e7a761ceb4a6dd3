// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// A line that the Scheme side prints. Whoever wrote it may be hostile: every field may be missing or absurd.
struct GuixEvent: Decodable, Sendable {
    enum Kind: String, Decodable {
        /// A module of packages is about to be loaded.
        case loading
        /// How many files were loaded so far, which one module may take hundreds of.
        case loaded
        /// A module could not be loaded.
        case problem
        /// How many packages there are.
        case total
        /// A package is about to be evaluated.
        case start
        /// A package is done.
        case end
        /// A job of the package that is being evaluated.
        case job
        /// The package has no derivation.
        case failure
        /// Packages that were asked for and are not there.
        case unknown
        /// Something worth a line in the log.
        case note
        /// The revision itself does not evaluate.
        case broken
        /// All is said.
        case done
    }

    let event: Kind
    var module: String?
    var key: String?
    var name: String?
    var package: String?
    var version: String?
    var derivation: String?
    var message: String?
    var count: Int?
    var meta: [String: String]?
    var names: [String]?
    var known: [String]?

    /// Longest line that is read, in bytes.
    static let longestLine = 4 << 20

    init?(line: [UInt8]) {
        guard let event = try? JSONDecoder().decode(GuixEvent.self, from: Data(line)) else { return nil }
        self = event
    }
}
