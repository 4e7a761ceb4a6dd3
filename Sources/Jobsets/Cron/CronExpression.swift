// SPDX-License-Identifier: GPL-3.0-or-later

/// Minutes of the local clock, as crontab(5) writes them: `minute hour day-of-month month day-of-week`.
///
/// Fields are lists of values, ranges and `*`, with steps and English names; `@hourly`, `@daily`, `@midnight`, `@weekly`,
/// `@monthly`, `@yearly` and `@annually` stand for the usual expressions. As in Vixie's cron, a day matches when both day
/// fields match, or, where neither begins with `*`, when either does. Sunday is 0 or 7. An expression that no calendar
/// ever meets (30 February) is refused.
package struct CronExpression: TextForm {
    /// As written, with single spaces.
    package let description: String
    let minute: CronField
    let hour: CronField
    let dayOfMonth: CronField
    let month: CronField
    let dayOfWeek: CronField

    package init(text: String) throws(Expectation) {
        let words = try CronExpression.words(text)
        minute = try CronField(words[0], kind: .minute)
        hour = try CronField(words[1], kind: .hour)
        dayOfMonth = try CronField(words[2], kind: .dayOfMonth)
        month = try CronField(words[3], kind: .month)
        dayOfWeek = try CronField(words[4], kind: .dayOfWeek)
        description = text.hasPrefix("@") ? text : words.joined(separator: " ")
        guard happens else {
            throw Expectation("a day that the calendar has: none of these months is that long")
        }
    }

    /// Names a time of day, rather than times all through the day or hour; decides what daylight saving does to it.
    package var isFixedTime: Bool { !minute.isWildcard && !hour.isWildcard }

    private static func words(_ text: String) throws(Expectation) -> [String] {
        if text.hasPrefix("@") {
            guard let expression = nicknames[text] else {
                throw Expectation(
                    "one of \(nicknames.keys.sorted().joined(separator: ", ")), or five fields such as '0 2 * * *'")
            }
            return expression.split(separator: " ").map(String.init)
        }
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard words.count == 5 else {
            throw Expectation(
                "five fields (minute, hour, day of the month, month, day of the week) such as '0 2 * * *'")
        }
        return words
    }

    private static let nicknames = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    private var happens: Bool {
        let either = !dayOfMonth.isWildcard && !dayOfWeek.isWildcard
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let first = dayOfMonth.next(from: 1) ?? 32
        return either || (1...12).contains { month.contains($0) && first <= longest[$0 - 1] }
    }
}
