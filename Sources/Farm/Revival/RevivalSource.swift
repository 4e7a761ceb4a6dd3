// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Revival
package import Sources

/// A source that an environment needs, and where it is to be had.
package struct RevivalSource: Encodable, Sendable {
    package enum State: String, Encodable, Sendable, CaseIterable {
        /// In the store already.
        case present
        case available
        /// A place answers that may have it; only fetching would tell.
        case likely
        /// Nobody who was asked has it, but somebody did not answer.
        case unanswered
        case lost
    }

    /// Its name in the store, without the hash.
    package let name: String
    /// Store path of the derivation, the first where several fetch the same.
    package let derivation: String
    package let output: String
    /// `download`, `git`, `svn` and so on.
    package var kind: String
    package var addresses: [String]
    package var state: State
    /// Kind and address of the place that has it; null where none does.
    package var place: String?
    package var from: String?
    /// The packages of the environment that need it.
    package let neededBy: [String]
    /// Each place that was asked, in order.
    package var tried: [PlaceFinding]

    init(_ source: RevivalOutline.Source, neededBy: [String], state: State = .present, tried: [PlaceFinding] = []) {
        name = source.output.name
        derivation = source.derivations[0].description
        output = source.output.description
        kind = ""
        addresses = []
        self.state = state
        self.neededBy = neededBy
        self.tried = tried
    }

    /// Takes in what places said.
    mutating func judge(_ prospect: SourceRealiser.Prospect) {
        kind = prospect.kind
        addresses += prospect.addresses.filter { !addresses.contains($0) }
        tried += prospect.findings
        let best = tried.first { $0.answer == .present } ?? tried.first { $0.answer == .likely }
        (place, from) = (best?.place, best?.address)
        switch best?.answer {
        case .present: state = .available
        case .likely: state = .likely
        case .silent, .absent, nil: state = tried.contains { $0.answer == .silent } ? .unanswered : .lost
        }
    }

    /// Takes in how fetching ended.
    mutating func take(from place: String?, _ findings: [PlaceFinding]) {
        if let place {
            (state, from) = (.present, place)
        } else {
            tried = findings
            (self.place, from) = (nil, nil)
            state = findings.contains { $0.answer == .silent } ? .unanswered : .lost
        }
    }
}
