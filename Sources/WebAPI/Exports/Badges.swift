// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// What a package's traps are, in a word and a colour, for the tops of READMEs.
enum Badges {
    static let endpoints: [Endpoint] = [
        Endpoint.json(
            "/api/v1/badges/{package}", "getBadge",
            "What is known of a package, as shields.io's endpoint badge takes it.",
            parameters: [Parameters.packageName.facts], schema: Schema.badge.reference
        ) { call in try .json(try await badge(ofPackage: try call.required(Parameters.packageName), call).json) },
        svg("/badges/{package}", "showBadge", "What is known of a package, as a picture.", Parameters.packageName.facts)
        {
            try await badge(ofPackage: try $0.required(Parameters.packageName), $0)
        },
        svg(
            "/jobset/{name}/badge.svg", "showJobsetBadge",
            "A jobset's newest evaluation as a picture, as Cuirass has it.",
            Parameters.name.facts
        ) { try await badge(ofJobset: try $0.required(Parameters.name), $0) },
    ]

    /// Label, message, colour.
    struct Badge: Equatable {
        let label: String
        let message: String
        let color: Color

        var json: JSON {
            [
                "schemaVersion": 1, "label": .string(label), "message": .string(message),
                "color": .string(color.rawValue),
            ]
        }
    }

    enum Color: String {
        case green, yellow, red
        case gray = "lightgrey"

        var code: String {
            switch self {
            case .green: "#2e7d46"
            case .yellow: "#8a6100"
            case .red: "#b3261e"
            case .gray: "#59636b"
            }
        }
    }

    private static func badge(ofPackage package: String, _ call: Call) async throws -> Badge {
        var filter = TrapFilter()
        filter.package = package
        filter.limit = 1_000
        let traps = try await call.database.trapEntries(filter, withRevisions: false)
        let open = traps.filter { [.open, .annotated].contains($0.record.status) }
        let now = call.services.now()
        if let edge = open.compactMap(\.firstBad).filter({ $0 > now }).min() {
            return Badge(label: "builds until", message: "\(edge.date)", color: .yellow)
        }
        if let trap = open.first { return Badge(label: "almanac", message: trap.record.verdict.rawValue, color: .red) }
        guard try await call.database.isSound(package: package) else {
            return Badge(label: "almanac", message: traps.isEmpty ? "not known" : "fixed", color: .gray)
        }
        return Badge(label: "almanac", message: "sound", color: .green)
    }

    private static func badge(ofJobset name: String, _ call: Call) async throws -> Badge {
        _ = try await call.jobset(named: name)
        guard
            let newest = try await call.database.evaluations(jobset: name, limit: 20).first(where: {
                $0.finished != nil
            })
        else { return Badge(label: name, message: "not evaluated", color: .gray) }
        guard newest.state == "succeeded" else { return Badge(label: name, message: "does not evaluate", color: .red) }
        let all = newest.builds.values.reduce(0, +)
        let good = newest.builds["succeeded"] ?? 0
        let percent = all == 0 ? 0 : good * 100 / all
        return Badge(
            label: name, message: "\(percent)% succeeded", color: percent > 80 ? .green : percent > 50 ? .yellow : .red)
    }

    private static func svg(
        _ path: String, _ name: String, _ summary: String, _ parameter: ParameterFacts,
        badge: @escaping @Sendable (Call) async throws -> Badge
    ) -> Endpoint {
        Endpoint(
            audience: .people, path: path, name: name, summary: summary, parameters: [parameter],
            contents: [Endpoint.Content(mediaType: "image/svg+xml", schema: ["type": "string"])], otherStatuses: [:]
        ) { call in
            var reply = Reply.text(picture(try await badge(call)), mediaType: "image/svg+xml")
            reply.headers.append(Problem.Header(name: "Cache-Control", value: "max-age=300"))
            return reply
        }
    }

    static func picture(_ badge: Badge) -> String {
        // Seven units a character are enough for the font at this size; the text is fitted into them.
        let (left, right) = (badge.label.count * 7 + 12, badge.message.count * 7 + 12)
        func text(_ text: String, at x: Int, width: Int) -> XML {
            XML(
                "text", ["x": "\(x + 6)", "y": "14", "fill": "#fff", "textLength": "\(width - 12)"], text: text)
        }
        let svg = XML(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "width": "\(left + right)", "height": "20", "role": "img",
                "aria-label": "\(badge.label): \(badge.message)", "font-family": "Verdana,DejaVu Sans,sans-serif",
                "font-size": "11",
            ],
            [
                XML("title", text: "\(badge.label): \(badge.message)"),
                XML("rect", ["width": "\(left)", "height": "20", "fill": "#39424a"]),
                XML("rect", ["x": "\(left)", "width": "\(right)", "height": "20", "fill": badge.color.code]),
                text(badge.label, at: 0, width: left), text(badge.message, at: left, width: right),
            ])
        return svg.rendered + "\n"
    }
}
