// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

/// Turns the text of one jobset file into a description, or into the list of everything that is wrong with it.
package enum JobsetReader {
    /// - Parameter file: the name that faults are reported under.
    package static func read(_ text: String, file: String) throws(InvalidJobset) -> JobsetDescription {
        let document = try YAMLDocument(text, file: file)
        let faults = FaultList(file: file)
        let description = jobset(Item(node: document.root, key: "", faults: faults))
        guard let description, faults.faults.isEmpty else { throw InvalidJobset(faults: faults.faults) }
        return description
    }

    private static func jobset(_ item: Item) -> JobsetDescription? {
        let keys = [
            "name", "description", "engine", "channel", "revisions", "packages", "screen", "reference", "precision",
            "schedule", "priority", "shares", "retention", "alerts", "limits", "enabled",
        ]
        guard let fields = item.fields(keys) else { return nil }
        let name = fields.required("name") { $0.text("a name of letters, digits, '-', '_' and '.'", where: isName) }
        let engine = fields.required("engine") { $0.choice(Engine.self) }
        let channel = fields.required("channel") { self.channel($0, engine: engine) }
        let revisions = fields.required("revisions") { list in
            list.list(of: "revisions, such as 'tag: v1.0'", count: 1...1_000) { revision($0) }
        }
        let packages = fields.optional("packages", default: .all) { self.packages($0, engine: engine) }
        var rest = JobsetDescription(
            name: name ?? "", engine: engine ?? .guix,
            channel: channel ?? ChannelDescription(name: "", url: .path("")), revisions: revisions ?? [],
            packages: packages)
        read(&rest, fields)
        return name == nil || engine == nil || channel == nil || revisions == nil ? nil : rest
    }

    /// What has a default.
    private static func read(_ jobset: inout JobsetDescription, _ fields: Fields) {
        jobset.description = fields.optional("description", default: "") { $0.text("a sentence or two on one line") }
        jobset.screen = fields.optional("screen", default: .standard) { screening($0) }
        jobset.reference = fields.optional("reference", default: ReferenceConditions()) { reference($0) }
        jobset.precision = fields.optional("precision", default: .minute) { $0.choice(Precision.self) }
        jobset.schedule = fields.optional("schedule") { schedule($0) }
        jobset.priority = fields.optional("priority", default: 0) { $0.integer(-1_000...1_000) }
        jobset.shares = fields.optional("shares", default: 100) { $0.integer(1...1_000_000) }
        jobset.retention = fields.optional("retention", default: Retention()) { retention($0) }
        jobset.alerts = fields.optional("alerts", default: []) { $0.list(of: "targets", count: 0...100) { alert($0) } }
        jobset.limits = fields.optional("limits", default: BuildLimits()) { limits($0) }
        jobset.enabled = fields.optional("enabled", default: true) { $0.flag() }
    }

    /// Names become parts of paths, addresses and queries.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
