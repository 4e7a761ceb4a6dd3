// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads Cuirass specifications: `(list (specification …) …)`, one jobset each.
///
/// What Cuirass builds once is screened here under the standard conditions. Of what it says, `build-outputs` and mail
/// servers mean nothing to a farm that keeps logs and evidence; they are passed over. Source of the form: the Cuirass
/// manual, "Specifications".
struct CuirassReader {
    private let channels: SchemeChannelReader

    /// - Throws: `InvalidJobset` with every fault and its place.
    static func read(_ text: String, file: String) throws(InvalidJobset) -> [JobsetDescription] {
        let data = try ForeignText.scheme(text, file: file)
        let faults = FaultList(file: file)
        let reader = CuirassReader(channels: SchemeChannelReader(faults: faults))
        let jobsets = reader.specifications(data.last)
        guard faults.faults.isEmpty, !jobsets.isEmpty else { throw InvalidJobset(faults: faults.faults) }
        return jobsets
    }

    private func specifications(_ datum: SchemeDatum?) -> [JobsetDescription] {
        guard let datum else {
            channels.faults.add(line: 1, column: 1, key: "", found: "nothing", expected: "(list (specification …) …)")
            return []
        }
        let items = datum.items ?? [datum]
        if items.isEmpty { _ = channels.fault(datum, "", "(list (specification …) …)") as Void? }
        return items.compactMap(specification)
    }

    private func specification(_ datum: SchemeDatum) -> JobsetDescription? {
        guard let fields = datum.arguments(of: "specification") else {
            return channels.fault(datum, "", "(specification …)")
        }
        var jobset = JobsetDescription(
            name: "", engine: .guix, channel: SchemeChannel.guix.description, revisions: [.head(branch: "master")])
        for field in fields {
            guard let list = field.list, list.count == 2, let key = list[0].symbol else {
                return channels.fault(field, "specification", "a field such as (name 'guix)")
            }
            read(key, list[0], list[1], into: &jobset)
        }
        if jobset.name.isEmpty, channels.faults.faults.isEmpty {
            return channels.fault(datum, "specification", "a name")
        }
        return jobset
    }

    private func read(_ key: String, _ name: SchemeDatum, _ value: SchemeDatum, into jobset: inout JobsetDescription) {
        switch key {
        case "name":
            jobset.name =
                value.word.flatMap { JobsetReader.isName($0) ? $0 : nil }
                ?? channels.fault(value, key, "a name of letters, digits, '-', '_' and '.'") ?? ""
        case "build": jobset.packages = packages(value) ?? .all
        case "channels": readChannels(value, into: &jobset)
        case "period": jobset.schedule = period(value)
        case "priority":
            // Cuirass goes from 0, the first, to 9, the last and usual.
            if case .number(let number) = value.value, (0...9).contains(number) {
                jobset.priority = (9 - number) * 10
            } else {
                _ = channels.fault(value, key, "a whole number from 0 to 9") as Void?
            }
        case "systems":
            guard let systems = value.items, systems.contains(where: { $0.word == "x86_64-linux" }) else {
                return _ =
                    channels.fault(value, key, "a list with \"x86_64-linux\", the one system built here") as Void?
            }
        case "is-active?":
            guard case .boolean(let flag) = value.value else {
                return _ = channels.fault(value, key, "#t or #f") as Void?
            }
            jobset.enabled = flag
        case "notifications": jobset.alerts = alerts(value)
        case "build-outputs", "properties": break
        default:
            _ =
                channels.fault(
                    name, "specification",
                    "one of name, build, channels, period, priority, systems, "
                        + "is-active?, notifications, build-outputs, properties") as Void?
        }
    }

    private func readChannels(_ value: SchemeDatum, into jobset: inout JobsetDescription) {
        guard let all = channels.channels(value) else { return }
        guard let channel = SchemeChannel.together(all) else {
            return _ = channels.fault(value, "channels", SchemeChannel.togetherExpected) as Void?
        }
        jobset.channel = channel.description
        jobset.revisions = [channel.commit.map { .commit($0) } ?? .head(branch: channel.description.branch)]
    }

    private func packages(_ value: SchemeDatum) -> PackageSelection? {
        let value = value.unquoted
        let expected =
            "'all, 'guix, 'core, 'hello, 'images, 'system-tests, 'tarball, '(packages …), '(manifests \"FILE\") or "
            + "'(channels guix)"
        switch value.symbol {
        case "all": return .all
        case "guix": return .channel
        case let name? where ["core", "hello", "images", "system-tests", "tarball"].contains(name): return .subset(name)
        default: break
        }
        // (list 'packages …) and '(packages …) are the same.
        let items = value.items ?? value.list ?? []
        let words = items.dropFirst().compactMap(\.word)
        guard let kind = items.first?.word, words.count == items.count - 1, !words.isEmpty else {
            return channels.fault(value, "build", expected)
        }
        switch kind {
        case "packages": return .names(words)
        case "manifests" where words.count == 1: return .manifest(path: words[0])
        // Cuirass lists the one channel by that name, in parentheses or not.
        case "channels" where words == ["guix"]: return .all
        default: return channels.fault(value, "build", expected)
        }
    }

    /// Seconds between evaluations, as the nearest rhythm of a clock.
    private func period(_ value: SchemeDatum) -> Schedule? {
        guard case .number(let seconds) = value.value, seconds >= 0 else {
            return channels.fault(value, "period", "seconds, a whole number; 0 for none")
        }
        guard seconds > 0 else { return nil }
        return ForeignText.schedule(every: seconds)
    }

    private func alerts(_ value: SchemeDatum) -> [AlertTarget] {
        guard let items = value.items else {
            return channels.fault(value, "notifications", "(list (email …) …)") ?? []
        }
        return items.compactMap { item in
            guard let fields = item.arguments(of: "email") else {
                return item.list?.first?.symbol == "mastodon"
                    ? nil : channels.fault(item, "notifications", "(email (to \"ADDRESS\") …)")
            }
            let address = fields.first { $0.list?.first?.symbol == "to" }?.list?.last?.word ?? ""
            return JobsetReader.isEmailAddress(address)
                ? .email(address: address) : channels.fault(item, "notifications", "(to \"ADDRESS\") in it")
        }
    }
}

extension ForeignText {
    /// A schedule about as often as every so many seconds.
    static func schedule(every seconds: Int) -> Schedule? {
        let expression =
            switch seconds {
            case ..<3_600: "*/\(max(1, seconds / 60)) * * * *"
            case ..<86_400: "0 */\(seconds / 3_600) * * *"
            case ..<604_800: "@daily"
            default: "@weekly"
            }
        guard let cron = try? CronExpression(text: expression), let zone = try? Zone(text: "UTC") else { return nil }
        return Schedule(cron: cron, timeZone: zone)
    }
}
