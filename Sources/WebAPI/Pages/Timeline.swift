// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The picture of what builds did at which date: windows, brackets of their edges, every probe, today, 2038 and 2100.
struct Timeline {
    let windows: [Window]
    let probes: [RunSummary]
    let now: Instant

    /// Of the drawing, in its own units.
    private static let width = 760.0
    private static let margin = 20.0
    private static let line = 78.0

    private static let milestones: [(instant: Instant?, label: String)] = [
        (Instant("2038-01-19T03:14:08Z"), "2038"), (Instant("2100-01-01T00:00:00Z"), "2100"),
    ]

    /// The dates at both ends, some years beyond everything there is to show.
    private var span: (first: Instant, last: Instant) {
        let edges = windows.flatMap {
            [$0.notBefore?.lastBad, $0.notBefore?.firstGood, $0.notAfter?.lastGood, $0.notAfter?.firstBad].compactMap(
                \.self)
        }
        let dates = edges + probes.map(\.conditions.date) + [now] + Self.milestones.compactMap(\.instant)
        let first = (dates.min() ?? now).date.year
        let last = (dates.max() ?? now).date.year
        return (CivilDate(firstOf: first - 2).start, CivilDate(firstOf: last + 4).start)
    }

    var html: HTML {
        tag(.figure) {
            tag(
                .div, .css("wide"), .set("tabindex", 0), .set("role", "region"),
                .set("aria-label", "Timeline, scrollable")
            ) { picture }
            tag(.figcaption, .css("soft")) {
                "Circles above the line: builds that succeeded; crosses below it: builds that failed; green: dates at which it works; "
                "amber: between the last known good and the first known bad build."
            }
        }
    }

    private var picture: HTML {
        tag(
            .svg, .css("timeline"), .set("viewBox", "0 0 \(Int(Self.width)) 130"), .set("role", "img"),
            .set("aria-labelledby", "timeline-title timeline-description")
        ) {
            tag(.title, .id("timeline-title")) { "Timeline of builds by the guest's date" }
            tag(.desc, .id("timeline-description")) { description }
            windows.map(area)
            tag(
                .line, .css("axisline"), .set("x1", number(Self.margin)), .set("x2", number(Self.width - Self.margin)),
                .set("y1", number(Self.line)), .set("y2", number(Self.line)))
            years.map(year)
            Self.milestones.compactMap { milestone in
                milestone.instant.map { mark($0, milestone.label, class: "milestone", top: 20) }
            }
            windows.map(brackets)
            mark(now, "today", class: "today", top: 34)
            probes.map(probe)
        }
    }

    /// The same in words.
    private var description: String {
        let good = probes.filter { $0.outcome == .succeeded }.count
        let bad = probes.filter { $0.outcome == .failed || $0.outcome == .timedOut }.count
        let spans = windows.map { window in
            let from = window.notBefore.map { "from \($0.firstGood)" } ?? "from any earlier date"
            let until = window.notAfter.map { "until \($0.lastGood)" } ?? "to any later date"
            return "It works \(from) \(until)."
        }
        let counts = "Builds that succeeded: \(good), that failed: \(bad). Today is \(now.date)."
        return (spans + [counts]).joined(separator: " ")
    }

    // MARK: Parts

    private func place(_ instant: Instant) -> Double {
        let (first, last) = span
        let share = Double(instant - first) / Double(max(1, last - first))
        return Self.margin + min(max(share, 0), 1) * (Self.width - 2 * Self.margin)
    }

    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private func area(_ window: Window) -> HTML {
        let left = window.notBefore.map { place($0.firstGood) } ?? Self.margin
        let right = window.notAfter.map { place($0.lastGood) } ?? Self.width - Self.margin
        return box(left, max(right - left, 1), "window")
    }

    private func brackets(_ window: Window) -> HTML {
        let edges = [
            window.notBefore.map { ($0.lastBad, $0.firstGood) }, window.notAfter.map { ($0.lastGood, $0.firstBad) },
        ].compactMap(\.self)
        return .group(
            edges.map { from, to in
                let left = place(from)
                return box(left, max(place(to) - left, 3), "bracket")
            })
    }

    private func box(_ left: Double, _ width: Double, _ name: String) -> HTML {
        tag(
            .rect, .set("class", name), .set("x", number(left)), .set("y", number(Self.line - 22)),
            .set("width", number(width)), .set("height", "44"))
    }

    private func mark(_ instant: Instant, _ label: String, class name: String, top: Int) -> HTML {
        let x = number(place(instant))
        return .group([
            tag(
                .line, .set("class", name), .set("x1", x), .set("x2", x), .set("y1", top + 4),
                .set("y2", number(Self.line + 26))),
            tag(.text, .set("x", x), .set("y", top), .set("text-anchor", "middle")) { label },
        ])
    }

    private var years: [Int] {
        let (first, last) = (span.first.date.year, span.last.date.year)
        let step = last - first > 60 ? 20 : last - first > 25 ? 10 : 5
        return stride(from: (first / step + 1) * step, to: last, by: step).map(\.self)
    }

    private func year(_ year: Int) -> HTML {
        let x = number(place(CivilDate(firstOf: year).start))
        return .group([
            tag(
                .line, .css("axisline"), .set("x1", x), .set("x2", x), .set("y1", number(Self.line + 26)),
                .set("y2", number(Self.line + 32))),
            tag(.text, .set("x", x), .set("y", number(Self.line + 46)), .set("text-anchor", "middle")) { "\(year)" },
        ])
    }

    private func probe(_ run: RunSummary) -> HTML {
        let x = place(run.guestBegan ?? run.conditions.date)
        let title = tag(.title) { "\(run.conditions.date): \(run.outcome?.rawValue ?? "running")" }
        switch run.outcome {
        case .succeeded:
            return tag(
                .circle, .css("pass"), .set("cx", number(x)), .set("cy", number(Self.line - 10)), .set("r", 6)
            ) { title }
        case .failed, .timedOut:
            let (left, right) = (number(x - 6), number(x + 6))
            let (top, bottom) = (number(Self.line + 4), number(Self.line + 16))
            return tag(
                .path, .css("fail"), .set("d", "M\(left) \(top)L\(right) \(bottom)M\(left) \(bottom)L\(right) \(top)")
            ) { title }
        case .infrastructure, nil:
            return .empty
        }
    }
}
