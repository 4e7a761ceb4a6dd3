// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// A calendar of the days on which packages stop to build, iCalendar as RFC 5545 has it.
enum EdgeCalendar {
    static let endpoint = Endpoint(
        audience: .programs, path: "/api/v1/edges.ics", name: "getEdgeCalendar",
        summary:
            "Coming edges as iCalendar: the days on which packages stop to build, for calendar programs to subscribe.",
        parameters: [], contents: [Endpoint.Content(mediaType: "text/calendar", schema: ["type": "string"])],
        otherStatuses: [:]
    ) { call in
        let coming = try await call.database.comingTraps(after: call.services.now(), limit: Parameters.limits.most)
        return .text(text(coming), mediaType: "text/calendar")
    }

    static func text(_ coming: [TrapEntry]) -> String {
        let head = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Almanac//Coming edges//EN", "CALSCALE:GREGORIAN",
            "X-WR-CALNAME:Packages that stop to build",
        ]
        return (head + coming.flatMap(event) + ["END:VCALENDAR"]).map(folded).joined()
    }

    private static func event(_ entry: TrapEntry) -> [String] {
        guard let firstBad = entry.firstBad else { return [] }
        let trap = entry.record
        return [
            "BEGIN:VEVENT", "UID:trap-\(trap.id)-\(firstBad.seconds)@almanac", "DTSTAMP:\(compact(entry.changed))",
            "DTSTART;VALUE=DATE:\(firstBad.date.description.filter { $0 != "-" })",
            "SUMMARY:\(escaped("\(trap.package) \(trap.version) stops to build"))",
            "DESCRIPTION:\(escaped("Cause: \(trap.cause.rawValue). First known bad at \(firstBad). Trap \(trap.id)."))",
            "TRANSP:TRANSPARENT", "END:VEVENT",
        ]
    }

    /// `20270101T000020Z`.
    private static func compact(_ instant: Instant) -> String { instant.description.filter { $0 != "-" && $0 != ":" } }

    /// A value of type TEXT, RFC 5545 section 3.3.11.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": escaped += "\\\(scalar)"
            case "\n": escaped += "\\n"
            default: if VisibleText.isAllowed(scalar), scalar != "\r" { escaped.unicodeScalars.append(scalar) }
            }
        }
        return escaped
    }

    /// Lines of at most 75 bytes, no character cut, section 3.1.
    private static func folded(_ line: String) -> String {
        var (folded, length) = ("", 0)
        for character in line.unicodeScalars {
            let size = character.utf8.count
            if length + size > 75 {
                folded += "\r\n "
                length = 1
            }
            folded.unicodeScalars.append(character)
            length += size
        }
        return folded + "\r\n"
    }
}
