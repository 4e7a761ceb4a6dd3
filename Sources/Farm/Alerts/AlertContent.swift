// SPDX-License-Identifier: GPL-3.0-or-later

package import Jobsets
package import TimeTravel

/// What an alert says, in the form that webhooks get it and the outbox keeps it.
package struct AlertContent: Codable, Sendable {
    /// One of the words of `AlertKind`, or `test` or `digest`.
    package var kind: String
    package var jobset: String?
    package var trap: TrapRecord?
    /// Who looks after the trap's package, as the jobset's channel says.
    package var maintainers: [String]?
    /// When the revision builds as a whole.
    package var horizon: HorizonChange?
    /// The first instant at which the trap is known to fail, and the days until then.
    package var edge: Instant?
    package var days: Int?
    package var evaluation: Int?
    package var commit: String?
    /// For people: an evaluator's error, what the farm lacks.
    package var text: String?
    /// Of a digest, oldest first.
    package var alerts: [AlertContent]?

    package init(
        _ kind: AlertKind, jobset: String? = nil, trap: TrapRecord? = nil, edge: Instant? = nil, days: Int? = nil,
        evaluation: Int? = nil, commit: String? = nil, horizon: HorizonChange? = nil, text: String? = nil
    ) {
        self.kind = kind.rawValue
        self.jobset = jobset
        self.trap = trap
        self.edge = edge
        self.days = days
        self.evaluation = evaluation
        self.commit = commit
        self.horizon = horizon
        self.text = text
    }

    private init(testFor place: String) {
        kind = "test"
        text = "This is a test of alerts to \(place). Nothing has happened."
    }

    /// What `almanac alert test` sends.
    package static func test(for place: AlertPlace) -> AlertContent {
        switch place {
        case .email(let address): AlertContent(testFor: address)
        case .webhook(_, _, let form): AlertContent(testFor: "a webhook of the form \(form.rawValue)")
        }
    }
}
