// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import TimeTravel
import Transfer

/// An alert as a mail message, RFC 5322, with its body in base 64 so that no line of it can be too long or a full stop.
struct AlertMail {
    let text: AlertText
    /// What a receiver knows the alert by, base 16: the part of `Message-ID` before the `@`.
    let key: String
    let kind: String
    let sender: String
    let recipient: String
    let date: Instant

    var message: MailMessage {
        MailMessage(from: sender, to: [recipient], content: Array((header + "\r\n" + encodedBody).utf8))
    }

    private var header: String {
        let domain = sender.split(separator: "@").last.map(String.init) ?? "localhost"
        return [
            "From: Almanac <\(sender)>", "To: <\(recipient)>",
            "Subject: \(Self.encodedWords("[almanac] " + text.subject))",
            "Date: \(Self.date(date))", "Message-ID: <\(key)@\(domain)>", "Auto-Submitted: auto-generated",
            "X-Almanac-Event: \(kind)", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64", "",
        ].joined(separator: "\r\n")
    }

    private var encodedBody: String {
        let lines =
            text.body.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n") + "\r\n"
        return Data(lines.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
            + "\r\n"
    }

    /// A header's text, RFC 2047: as it is where it is plain and short, else in encoded words of at most 75 characters.
    static func encodedWords(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && text.utf8.count <= 200 && !text.contains("=?")
        if isPlain { return text }
        var words: [String] = []
        var part: [UInt8] = []
        for character in text.unicodeScalars.prefix(400) {
            let bytes = Array(String(character).utf8)
            if part.count + bytes.count > 42 {
                words.append(word(part))
                part = []
            }
            part += bytes
        }
        return (words + [word(part)]).joined(separator: "\r\n ")
    }

    private static func word(_ bytes: [UInt8]) -> String { "=?utf-8?B?\(Data(bytes).base64EncodedString())?=" }

    /// As RFC 5322, section 3.3, has it: `Sat, 21 Nov 2026 05:00:00 +0000`.
    static func date(_ instant: Instant) -> String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = instant.date
        let weekday = weekdays[((day.daysSinceEpoch % 7) + 7) % 7]
        return
            "\(weekday), \(day.day) \(months[day.month - 1]) \(day.year) \(instant.description.dropFirst(11).prefix(8)) +0000"
    }
}
