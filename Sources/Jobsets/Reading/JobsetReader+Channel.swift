// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

extension JobsetReader {
    static func channel(_ item: Item, engine: Engine?) -> ChannelDescription? {
        guard let fields = item.fields(["name", "url", "branch", "introduction", "expression", "companions"]) else {
            return nil
        }
        let name = fields.required("name") { $0.text("a name of letters, digits, '-', '_' and '.'", where: isName) }
        let url = fields.required("url") { $0.value(ChannelLocation.self) }
        let branch = fields.optional("branch", default: ChannelDescription.defaultBranch) { self.branch($0) }
        let introduction = fields.optional("introduction") { item in
            engine == .nix ? item.fault("no introduction: only engine guix has them") : self.introduction(item)
        }
        let standard = engine == .nix ? ChannelDescription.defaultExpression : nil
        let expression = fields.optional("expression", default: standard) { item -> String?? in
            item.text("the path of a file inside the repository", where: isPathInside)
        }
        let companions = fields.optional("companions", default: []) { item in
            engine == .nix || expression != nil
                ? item.fault("no companions: only a channel that is Guix itself has them")
                : self.companions(item, beside: name)
        }
        guard let name, let url else { return nil }
        return ChannelDescription(
            name: name, url: url, branch: branch, introduction: introduction, expression: expression,
            companions: companions)
    }

    private static func companions(_ item: Item, beside channel: String?) -> [CompanionChannel]? {
        var names: Set<String> = channel.map { [$0] } ?? []
        return item.list(of: "channels", count: 0...CompanionChannel.most) { item in
            guard let fields = item.fields(["name", "url", "branch", "commit", "introduction"]) else { return nil }
            let name = fields.required("name") { item -> String? in
                guard let name = item.text("a name of letters, digits, '-', '_' and '.'", where: isName) else {
                    return nil
                }
                return names.insert(name).inserted ? name : item.fault("a name that no other channel has")
            }
            let url = fields.required("url") { $0.value(ChannelLocation.self) }
            let branch = fields.optional("branch", default: ChannelDescription.defaultBranch) { self.branch($0) }
            let commit = fields.optional("commit") { self.commit($0) }
            let introduction = fields.optional("introduction") { self.introduction($0) }
            guard let name, let url else { return nil }
            return CompanionChannel(
                name: name, url: url, branch: branch, commit: commit, introduction: introduction)
        }
    }

    private static func introduction(_ item: Item) -> ChannelDescription.Introduction? {
        guard let fields = item.fields(["commit", "fingerprint"]) else { return nil }
        let commit = fields.required("commit") { self.commit($0) }
        let fingerprint = fields.required("fingerprint") { item -> String? in
            let digits = item.scalar?.filter { $0 != " " } ?? ""
            return isHexadecimal(digits, lengths: [40])
                ? digits.uppercased() : item.fault("the 40 hexadecimal digits of an OpenPGP fingerprint")
        }
        guard let commit, let fingerprint else { return nil }
        return ChannelDescription.Introduction(commit: commit, fingerprint: fingerprint)
    }

    static func revision(_ item: Item) -> RevisionSelector? {
        let kinds = ["tag", "commit", "head", "nearest", "newest", "from"]
        guard let fields = item.fields(kinds + ["to", "every"]) else { return nil }
        let named = kinds.filter(fields.has)
        guard named.count == 1, let kind = named.first else {
            return item.fault("exactly one of \(kinds.joined(separator: ", "))")
        }
        if kind != "from", fields.has("to") || fields.has("every") {
            return item.fault("'to' and 'every' only beside 'from'")
        }
        switch kind {
        case "tag": return fields.required(kind) { referenceName($0, "the name of a tag").map { .tag($0) } }
        case "commit": return fields.required(kind) { commit($0).map { .commit($0) } }
        case "head": return fields.required(kind) { branch($0).map { .head(branch: $0) } }
        case "nearest": return fields.required(kind) { instant($0).map { .nearest($0) } }
        case "newest": return fields.required(kind) { $0.integer(1...10_000).map { .newest($0) } }
        default: return range(item, fields)
        }
    }

    private static func range(_ item: Item, _ fields: Fields) -> RevisionSelector? {
        let from = fields.required("from") { instant($0) }
        let to = fields.optional("to") { instant($0) }
        let every = fields.required("every") { $0.value(RevisionStep.self) }
        guard let from, let every else { return nil }
        if let to, to <= from { return fields.required("to") { $0.fault("a date after 'from'") } }
        return .range(from: from, to: to, every: every)
    }

    static func packages(_ item: Item, engine: Engine?) -> PackageSelection? {
        switch item.scalar {
        case "all": return .all
        case "channel" where engine != .nix: return .channel
        case "channel": return item.fault("'channel' only with engine guix, whose channel is a package")
        default: break
        }
        if item.isList {
            return item.list(of: "package names", count: 1...100_000) { $0.text("a package name", where: isWord) }
                .map { .names($0) }
        }
        guard item.isMapping, let fields = item.fields(["manifest", "subset"]) else {
            return item.fault("'all', a list of package names, 'manifest: FILE' or 'subset: NAME'")
        }
        if fields.has("subset") {
            if engine == .nix || fields.has("manifest") {
                return item.fault("'subset' only with engine guix, and alone")
            }
            return fields.required("subset") { $0.text("a word such as 'core', 'hello' or 'images'", where: isName) }
                .map { .subset($0) }
        }
        return fields.required("manifest") { $0.text("the path of a manifest file", where: isPath) }
            .map { .manifest(path: $0) }
    }

    private static func instant(_ item: Item) -> Instant? {
        item.scalar.flatMap(ConditionsDate.absolute)
            ?? item.fault("a date such as '2020-04-01' or '2020-04-01T12:00:00Z'")
    }

    private static func commit(_ item: Item) -> String? {
        guard let text = item.scalar?.lowercased(), isHexadecimal(text, lengths: [40, 64]) else {
            return item.fault("a full commit identifier of 40 hexadecimal digits")
        }
        return text
    }

    private static func branch(_ item: Item) -> String? { referenceName(item, "the name of a branch") }

    /// The rules of git-check-ref-format(1), and no leading `-`, which git would take for an option.
    private static func referenceName(_ item: Item, _ expected: String) -> String? {
        item.text(expected, where: isReferenceName)
    }

    static func isReferenceName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 255 && !name.hasPrefix("-") && !name.hasSuffix(".") && name != "@"
            && !name.contains("..") && !name.contains("@{")
            && !name.utf8.contains { $0 <= 0x20 || "~^:?*[\\".utf8.contains($0) }
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
    }

    static func isHexadecimal(_ text: String, lengths: [Int]) -> Bool {
        lengths.contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func isWord(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && !text.hasPrefix("-") && !text.contains(" ")
    }

    static func isPath(_ text: String) -> Bool { !text.isEmpty && !text.hasPrefix("-") }

    static func isPathInside(_ text: String) -> Bool {
        isPath(text) && !text.hasPrefix("/") && !text.split(separator: "/").contains("..")
    }
}
