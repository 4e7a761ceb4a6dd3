// SPDX-License-Identifier: GPL-3.0-or-later

/// The channels of a `channels.scm`, or of a Cuirass specification.
///
/// Source of the form: the Guix manual, "Replicating Guix" and "Channel Authentication".
package struct SchemeChannel: Hashable, Sendable {
    package var description: ChannelDescription
    /// The pinned commit.
    package var commit: String?

    /// Where Guix itself comes from unless a file says otherwise.
    package static let guix = SchemeChannel(
        description: ChannelDescription(
            name: "guix", url: .remote(url: "https://git.guix.gnu.org/guix.git"), branch: "master",
            introduction: .init(
                commit: "9edb3f66fd807b096b48283debdcddccfea34bad",
                fingerprint: "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA")))
}

extension SchemeChannel {
    /// Guix's own channel with all others of a list beside it; nil where it is not in there once, or two have one name.
    static func together(_ channels: [SchemeChannel]) -> SchemeChannel? {
        let names = channels.map(\.description.name)
        guard var guix = channels.first(where: { $0.description.name == "guix" }), Set(names).count == names.count,
            channels.count <= CompanionChannel.most + 1
        else { return nil }
        guix.description.companions = channels.filter { $0.description.name != "guix" }.map {
            CompanionChannel(
                name: $0.description.name, url: $0.description.url, branch: $0.description.branch, commit: $0.commit,
                introduction: $0.description.introduction)
        }
        return guix
    }

    static let togetherExpected =
        "the channel 'guix', and others beside it (\(CompanionChannel.most) at most), each with a name of its own"
}

/// Reads forms with the faults that they have.
struct SchemeChannelReader {
    let faults: FaultList

    func fault<Value>(_ datum: SchemeDatum, _ key: String, _ expected: String) -> Value? {
        faults.add(line: datum.line, column: datum.column, key: key, found: datum.shown, expected: expected)
        return nil
    }

    /// `(list (channel …) …)`, `%default-channels`, or either with `cons`, `cons*` or `append`.
    func channels(_ datum: SchemeDatum) -> [SchemeChannel]? {
        if datum.symbol == "%default-channels" { return [.guix] }
        if let items = datum.items { return all(items.map(channel)) }
        if let arguments = datum.arguments(of: "cons") ?? datum.arguments(of: "cons*"), let rest = arguments.last {
            guard let first = all(arguments.dropLast().map(channel)), let rest = channels(rest) else { return nil }
            return first + rest
        }
        if let arguments = datum.arguments(of: "append") { return all(arguments.map(channels))?.flatMap(\.self) }
        return fault(datum, "channels", "(list (channel …) …), %default-channels, cons, cons* or append of them")
    }

    private func all<Value>(_ values: [Value?]) -> [Value]? {
        let good = values.compactMap { $0 }
        return good.count == values.count ? good : nil
    }

    private func channel(_ datum: SchemeDatum) -> SchemeChannel? {
        guard let fields = datum.arguments(of: "channel") else { return fault(datum, "channels", "(channel …)") }
        var name: String?
        var url: ChannelLocation?
        var channel = SchemeChannel(description: ChannelDescription(name: "", url: .path("")))
        for field in fields {
            guard let list = field.list, list.count == 2, let key = list[0].symbol else {
                return fault(field, "channel", "a field such as (url \"…\")")
            }
            switch key {
            case "inherit":
                guard Self.isGuix(list[1]) else {
                    return fault(list[1], key, "%default-guix-channel or (car %default-channels)")
                }
                channel = .guix
                (name, url) = (channel.description.name, channel.description.url)
            case "name":
                name = list[1].word.flatMap { JobsetReader.isName($0) ? $0 : nil } ?? fault(list[1], key, "a name")
            case "url":
                url =
                    list[1].word.flatMap { try? ChannelLocation(text: $0) }
                    ?? fault(list[1], key, "a git repository's URL")
            case "branch":
                guard let branch = list[1].word, JobsetReader.isReferenceName(branch) else {
                    return fault(list[1], key, "the name of a branch")
                }
                channel.description.branch = branch
            case "commit":
                guard let commit = self.commit(list[1]) else { return nil }
                channel.commit = commit
            case "introduction":
                guard let introduction = introduction(list[1]) else { return nil }
                channel.description.introduction = introduction
            default:
                return fault(list[0], "channel", "one of inherit, name, url, branch, commit, introduction")
            }
        }
        guard let name, let url else {
            return faults.faults.isEmpty ? fault(datum, "channel", "a name and a url") : nil
        }
        channel.description.name = name
        channel.description.url = url
        return channel
    }

    /// Guix's own channel, as files name it that change something of it.
    private static func isGuix(_ datum: SchemeDatum) -> Bool {
        if datum.symbol == "%default-guix-channel" { return true }
        let list = datum.list?.map(\.symbol)
        return list == ["car", "%default-channels"] || list == ["first", "%default-channels"]
    }

    private func commit(_ datum: SchemeDatum) -> String? {
        guard let text = datum.word?.lowercased(), JobsetReader.isHexadecimal(text, lengths: [40, 64]) else {
            return fault(datum, "commit", "a full commit identifier of 40 hexadecimal digits")
        }
        return text
    }

    private func introduction(_ datum: SchemeDatum) -> ChannelDescription.Introduction? {
        guard let arguments = datum.arguments(of: "make-channel-introduction"), arguments.count == 2,
            let fingerprint = arguments[1].arguments(of: "openpgp-fingerprint")?.first?.word?.filter({ $0 != " " }),
            JobsetReader.isHexadecimal(fingerprint, lengths: [40])
        else {
            return fault(
                datum, "introduction", "(make-channel-introduction \"COMMIT\" (openpgp-fingerprint \"40 digits\"))")
        }
        return commit(arguments[0]).map { .init(commit: $0, fingerprint: fingerprint.uppercased()) }
    }
}

extension SchemeChannel {
    /// Reads a `channels.scm`.
    ///
    /// - Throws: `InvalidJobset` with every fault and its place.
    package static func read(_ text: String, file: String) throws(InvalidJobset) -> [SchemeChannel] {
        let data = try ForeignText.scheme(text, file: file)
        let faults = FaultList(file: file)
        let reader = SchemeChannelReader(faults: faults)
        guard let last = data.last else {
            faults.add(line: 1, column: 1, key: "", found: "nothing", expected: "(list (channel …) …)")
            throw InvalidJobset(faults: faults.faults)
        }
        guard let channels = reader.channels(last), faults.faults.isEmpty else {
            throw InvalidJobset(faults: faults.faults)
        }
        return channels
    }
}

enum ForeignText {
    /// What a Scheme file holds, without the forms that only name modules.
    static func scheme(_ text: String, file: String) throws(InvalidJobset) -> [SchemeDatum] {
        do {
            return try SchemeText.read(text).filter {
                !["use-modules", "define-module"].contains($0.list?.first?.symbol)
            }
        } catch {
            throw InvalidJobset(faults: [
                JobsetFault(
                    file: file, line: error.line, column: error.column, key: "", found: error.found,
                    expected: error.expected)
            ])
        }
    }
}
