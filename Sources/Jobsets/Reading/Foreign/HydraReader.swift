// SPDX-License-Identifier: GPL-3.0-or-later

import Yams

/// Reads the jobsets that Hydra's declarative projects consist of: a JSON object of jobsets by name.
///
/// Source of the form: the Hydra manual, "Declarative Projects".
enum HydraReader {
    private static let keys = [
        "enabled", "hidden", "description", "nixexprinput", "nixexprpath", "checkinterval", "schedulingshares",
        "enableemail", "emailoverride", "keepnr", "enable_dynamic_run_command", "type", "flake", "inputs",
    ]

    /// Whether a document is such an object rather than a jobset of ours.
    static func recognises(_ root: Item) -> Bool {
        guard case .mapping(let pairs) = root.node, !pairs.isEmpty else { return false }
        return !pairs.contains { key, value in
            guard case .mapping(let fields) = value else { return true }
            return !fields.contains { keys.contains($0.key.scalar?.string ?? "") } || key.scalar?.string == "channel"
        }
    }

    static func jobsets(_ root: Item) -> [JobsetDescription] {
        guard case .mapping(let pairs) = root.node else { return [] }
        return pairs.compactMap { key, value in
            let name = Item(node: key, key: key.scalar?.string ?? "", faults: root.faults)
                .text("a name of letters, digits, '-', '_' and '.'", where: JobsetReader.isName)
            guard let name else { return nil }
            return jobset(name, Item(node: value, key: name, faults: root.faults))
        }
    }

    private static func jobset(_ name: String, _ item: Item) -> JobsetDescription? {
        guard let fields = item.fields(keys) else { return nil }
        if fields.optional("type", default: 0, { $0.integer(0...1) }) == 1 || fields.has("flake") {
            return item.fault("a jobset of type 0 (legacy): flakes are not evaluated here")
        }
        let input = fields.required("nixexprinput") { $0.text("the name of an input") }
        let path = fields.required("nixexprpath") {
            $0.text("the path of a file in it", where: JobsetReader.isPathInside)
        }
        guard let input, let path,
            let source = fields.required("inputs", { self.source($0, named: input) })
        else { return nil }
        var jobset = JobsetDescription(
            name: name, engine: .nix,
            channel: ChannelDescription(name: input, url: source.url, branch: source.branch, expression: path),
            revisions: [.head(branch: source.branch)])
        jobset.description = fields.optional("description", default: "") { $0.text("a sentence") }
        // 2, one-at-a-time, and 3, one-shot, are ways of being enabled.
        jobset.enabled = fields.optional("enabled", default: true) { switched($0) }
        jobset.shares = fields.optional("schedulingshares", default: 100) { $0.integer(1...1_000_000) }
        jobset.retention.evaluations = fields.optional("keepnr", default: 0) { $0.integer(0...1_000_000) }
        if jobset.retention.evaluations == 0 { jobset.retention.evaluations = nil }
        let interval = fields.optional("checkinterval", default: 0) { $0.integer(0...100_000_000) }
        jobset.schedule = interval > 0 ? ForeignText.schedule(every: interval) : nil
        let address = fields.optional("emailoverride", default: "") { $0.scalar ?? "" }
        if fields.optional("enableemail", default: false, { switched($0) }), JobsetReader.isEmailAddress(address) {
            jobset.alerts = [.email(address: address)]
        }
        return jobset
    }

    private static func switched(_ item: Item) -> Bool? {
        switch item.scalar {
        case "0", "false": false
        case "1", "2", "3", "true": true
        default: item.fault("0, 1, true or false")
        }
    }

    /// `"src": {"type": "git", "value": "URL [BRANCH [deepClone]]"}`
    private static func source(_ item: Item, named name: String) -> (url: ChannelLocation, branch: String)? {
        guard case .mapping(let pairs) = item.node else { return item.fault("inputs by name") }
        guard let pair = pairs.first(where: { $0.key.scalar?.string == name }) else {
            return item.fault("an input '\(name)', which nixexprinput names")
        }
        let input = Item(node: pair.value, key: "\(item.key).\(name)", faults: item.faults)
        guard let fields = input.fields(["type", "value", "emailresponsible"]) else { return nil }
        let type = fields.required("type") { item in item.scalar == "git" ? "git" : item.fault("git") }
        let value = fields.required("value") { item -> (ChannelLocation, String)? in
            let words = (item.scalar ?? "").split(separator: " ").map(String.init)
            guard let first = words.first, let url = try? ChannelLocation(text: first) else {
                return item.fault("the URL of a git repository, and a branch")
            }
            let branch = words.count > 1 ? words[1] : ChannelDescription.defaultBranch
            return JobsetReader.isReferenceName(branch) ? (url, branch) : item.fault("a branch after the URL")
        }
        guard type != nil, let value else { return nil }
        return value
    }
}
