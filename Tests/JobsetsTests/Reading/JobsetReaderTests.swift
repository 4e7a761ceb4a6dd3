// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Jobsets

@Suite struct `Reading a jobset file` {
    @Test func `the least file gets the documented defaults`() throws {
        let jobset = try JobsetReader.read(JobsetText.with(), file: "f.yaml")
        let expected = JobsetDescription(
            name: "sample", engine: .guix,
            channel: ChannelDescription(name: "guix", url: .remote(url: "https://example.org/guix.git")),
            revisions: [.tag("v1.4.0")])
        #expect(jobset == expected)
        #expect(jobset.screen.dates.map(\.description) == ["2100-01-01T00:00:00Z"])
        #expect(jobset.screen.cpu == .baseline)
        #expect(jobset.reference.date.description == "release")
        #expect(jobset.schedule == nil)
        #expect(jobset.enabled)
    }

    @Test func `every key of a full file is taken`() throws {
        let jobset = try JobsetReader.read(JobsetText.full, file: "f.yaml")
        #expect(jobset.description == "All there is")
        #expect(jobset.channel.introduction?.fingerprint == "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA")
        #expect(
            jobset.revisions == [
                .tag("v1.0.0"), .commit("6298c3ffd9654d3231a6f25390b056483e8f407c"), .head(branch: "core-updates"),
                .nearest(try #require(Instant("2020-04-01T00:00:00Z"))), .newest(3),
                .range(
                    from: CivilDate(firstOf: 2019).start, to: CivilDate(firstOf: 2021).start,
                    every: .calendar(CalendarOffset(count: 1, unit: .month))),
                .range(from: CivilDate(firstOf: 2022).start, to: nil, every: .commits(100)),
            ])
        #expect(jobset.packages == .names(["hello", "python@3.11"]))
        #expect(
            jobset.screen.dates.map(\.description) == [
                "2100-01-01T00:00:00Z", "2096-02-29T12:00:00Z", "release + 3 years", "today - 10 days",
            ])
        #expect(jobset.screen.cpu == .nehalem)
        #expect(jobset.screen.cores == 4)
        #expect(jobset.screen.repeats == ["hello": 3, "python@3.11": 100])
        #expect(jobset.screen.kernel?.rawValue == "6.1.0-47-amd64")
        #expect(jobset.reference == ReferenceConditions(date: .relative(.release, nil), cpu: .haswell, cores: 2))
        #expect(jobset.precision == .second)
        #expect(jobset.schedule?.cron.description == "30 2 * * mon-fri")
        #expect(jobset.schedule?.timeZone.identifier == "Europe/Paris")
        #expect(jobset.priority == -5)
        #expect(jobset.shares == 50)
        #expect(jobset.retention.logs == .forever)
        #expect(jobset.retention.outputs == .span(TimeSpan(seconds: 30 * 86_400)))
        #expect(jobset.retention.evaluations == 20)
        #expect(
            jobset.alerts == [
                .webhook(url: "https://example.org/hook?a=1&b=2", secret: .environment(variable: "HOOK_SECRET")),
                .webhook(url: "http://localhost:8080/", secret: .file(path: "/etc/almanac/hook")),
                .email(address: "farm@example.org"),
                AlertTarget(
                    .webhook(url: "https://ntfy.example.org/traps", secret: nil, form: .ntfy),
                    kinds: [.newTrap, .edgeComing], packages: ["python-*"], grouping: .nightly, days: [14, 1]),
            ])
        #expect(jobset.limits.buildTime == TimeSpan(seconds: 4 * 3_600))
        #expect(jobset.limits.silentTime == TimeSpan(seconds: 1_800))
        #expect(jobset.limits.memory == .gibibytes(4))
        #expect(jobset.limits.logSize == ByteCount(bytes: 200_000_000))
        #expect(jobset.limits.scratchSize == .gibibytes(16))
        #expect(!jobset.enabled)
    }

    @Test func `an unknown key is a fault at its place and names the key meant`() {
        #expect(
            JobsetText.faults(JobsetText.with("scheduel:\n  cron: '@daily'")) == [
                "f.yaml:10:1: found the unknown key 'scheduel'; expected 'schedule', or another of "
                    + "name, description, engine, channel, revisions, packages, screen, reference, precision, schedule, "
                    + "priority, shares, retention, alerts, limits, enabled"
            ])
    }

    @Test func `a wrong value is a fault at its place with what was found and expected`() {
        #expect(
            JobsetText.faults(JobsetText.with("schedule:\n  cron: 0 25 * * *")) == [
                "f.yaml:11:9: schedule.cron: found \"0 25 * * *\"; "
                    + "expected an hour from 0 to 23, a list, a range or '*'"
            ])
    }

    @Test func `all faults of a file are reported, in its order`() {
        let text = """
            name: ../evil
            engine: nixx
            channel: {name: c}
            revisions: []
            priority: high
            limits:
              memory: 2 apples
              buildTime: 400 days
            enabled: yes
            """
        let places = JobsetText.faults(text).map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(
            places == [
                "f.yaml:1:7: name:", "f.yaml:2:9: engine:", "f.yaml:3:10: channel:", "f.yaml:4:12: revisions:",
                "f.yaml:5:11: priority:", "f.yaml:7:11: limits.memory:", "f.yaml:8:14: limits.buildTime:",
                "f.yaml:9:10: enabled:",
            ])
    }

    @Test func `a missing key is a fault of what lacks it`() {
        #expect(
            JobsetText.faults("name: a\nengine: nix\nchannel:\n  name: c\n  url: /srv/c\n") == [
                "f.yaml:1:1: found no key 'revisions'; expected it to be given"
            ])
    }

    @Test(arguments: [
        ("name: sample", "name:"), ("engine: guix", "engine: [guix]"), ("engine: guix", "engine: Guix"),
        ("- tag: v1.4.0", "- tag: -v1"), ("- tag: v1.4.0", "- tag: a..b"), ("- tag: v1.4.0", "- tag: 'a b'"),
        ("- tag: v1.4.0", "- commit: abc123"), ("- tag: v1.4.0", "- {tag: v1, newest: 2}"),
        ("- tag: v1.4.0", "- {tag: v1, every: 1 month}"), ("- tag: v1.4.0", "- newest: 0"),
        ("- tag: v1.4.0", "- nearest: 2019-02-29"), ("- tag: v1.4.0", "- {from: 2020-01-01}"),
        ("- tag: v1.4.0", "- {from: 2020-01-01, to: 2019-01-01, every: 1 month}"),
        ("- tag: v1.4.0", "- {from: 2020-01-01, every: 0 days}"), ("- tag: v1.4.0", "- v1.4.0"),
        ("https://example.org/guix.git", "--upload-pack=/bin/sh"), ("https://example.org/guix.git", "ext::sh -c id"),
        ("https://example.org/guix.git", "ftp://example.org/x"), ("https://example.org/guix.git", "'demo:'"),
        ("branch: master", "branch: -x"),
        ("branch: master", "introduction: {commit: 6298c3ffd9654d3231a6f25390b056483e8f407c, fingerprint: 34}"),
        ("branch: master", "expression: ../guix.scm"), ("packages: all", "packages: {subset: ''}"),
        ("packages: all", "packages: {subset: core, manifest: m.scm}"),
        ("packages: all", "packages: some"), ("packages: all", "packages: []"), ("packages: all", "packages: [-x]"),
        ("packages: all", "packages: {manifest: ''}"), ("packages: all", "screen: {dates: [2300-01-01]}"),
        ("packages: all", "screen: {dates: [release * 2]}"), ("packages: all", "screen: {cpu: pentium}"),
        ("packages: all", "screen: {repeats: [hello]}"), ("packages: all", "screen: {repeats: {hello: 1}}"),
        ("packages: all", "screen: {repeats: {'': 2}}"), ("packages: all", "screen: {cores: 0}"),
        ("packages: all", "screen: {kernel: 'a b'}"),
        ("packages: all", "schedule: {cron: '@reboot'}"), ("packages: all", "schedule: {timeZone: UTC}"),
        ("packages: all", "schedule: {cron: '@daily', timeZone: Europe/Berln}"),
        ("packages: all", "alerts: [{webhook: 'https://example.org/'}]"),
        ("packages: all", "alerts: [{webhook: 'file:///etc/passwd', secret: {environment: A}}]"),
        ("packages: all", "alerts: [{email: 'a@b@c'}]"), ("packages: all", "alerts: [{email: 'a b@c'}]"),
        ("packages: all", "alerts: [{email: a@b, secret: {environment: A}}]"),
        ("packages: all", "alerts: [{email: a@b, template: ntfy}]"),
        ("packages: all", "alerts: [{webhook: 'https://e.org/', template: matrix}]"),
        ("packages: all", "alerts: [{email: a@b, kinds: [trap]}]"),
        ("packages: all", "alerts: [{email: a@b, days: [0]}]"),
        ("packages: all", "alerts: [{webhook: 'https://e.org/', secret: hunter2}]"),
        ("packages: all", "retention: {logs: 0 days}"), ("packages: all", "retention: {evaluations: -1}"),
        ("packages: all", "limits: {memory: 1 MiB}"), ("packages: all", "shares: 0"),
        ("packages: all", "precision: hour"),
        ("packages: all", "priority: 1.5"), ("packages: all", "enabled: 'perhaps'"),
        ("packages: all", "? [a, b]\n: c"),
    ])
    func `a file with one wrong thing has exactly one fault`(right: String, wrong: String) throws {
        let text = JobsetText.with()
        try #require(text.contains(right))
        let faults = JobsetText.faults(text.replacing(right, with: wrong, maxReplacements: 1))
        #expect(faults.count == 1, "\(faults)")
    }

    @Test func `a subset is for guix only, and a Guix channel may have an expression`() throws {
        let text = JobsetText.with(packages: "{subset: core}").replacing("branch: master", with: "expression: guix.scm")
        let jobset = try JobsetReader.read(text, file: "f.yaml")
        #expect(jobset.packages == .subset("core"))
        #expect(jobset.channel.expression == "guix.scm")
        #expect(try JobsetDescription(canonicalJSON: jobset.canonicalJSON) == jobset)
        #expect(JobsetText.faults(JobsetText.with(engine: "nix", packages: "{subset: core}")).count == 1)
    }

    @Test func `channels beside Guix's own have names of their own, and an older description stays the same`() throws {
        let commit = "1971d11db9ed9683d5036cd4c62deb564842e1f6"
        func text(_ companions: String) -> String {
            JobsetText.with().replacing("  branch: master", with: "  branch: master\n  companions: \(companions)")
        }
        let fingerprint = String(repeating: "AB", count: 20)
        let introduction = "introduction: {commit: \(commit), fingerprint: \(fingerprint)}"
        let past = "{name: past, url: past, commit: \(commit), \(introduction)}"
        let jobset = try JobsetReader.read(text("[\(past), {name: b, url: https://b, branch: main}]"), file: "f.yaml")
            .resolvingPaths(against: "/jobsets")
        #expect(
            jobset.channel.companions == [
                CompanionChannel(
                    name: "past", url: .path("/jobsets/past"), commit: commit,
                    introduction: .init(commit: commit, fingerprint: fingerprint)),
                CompanionChannel(name: "b", url: .remote(url: "https://b"), branch: "main"),
            ])
        #expect(try JobsetDescription(canonicalJSON: jobset.canonicalJSON) == jobset)
        let alone = try JobsetReader.read(JobsetText.with(), file: "f.yaml")
        #expect(try !alone.fingerprint.contains("companions") && alone.fingerprint != jobset.fingerprint)
        for wrong in [
            "[{name: guix, url: a}]", "[\(past), \(past)]", "[{name: a}]", "[{name: a, url: b, commit: 1}]", "a",
        ] {
            #expect(JobsetText.faults(text(wrong)).count == 1, "\(wrong)")
        }
        #expect(JobsetText.faults(text("[\(past)]\n  expression: guix.scm")).count == 1)
        #expect(JobsetText.faults(text("[\(past)]").replacing("engine: guix", with: "engine: nix")).count == 1)
    }

    @Test func `channel itself as package is for guix only`() throws {
        let jobset = try JobsetReader.read(JobsetText.with(packages: "channel"), file: "f.yaml")
        #expect(jobset.packages == .channel)
        #expect(JobsetText.faults(JobsetText.with(engine: "nix", packages: "channel")).count == 1)
    }

    @Test func `a misspelt zone names the zone meant`() {
        let faults = JobsetText.faults(JobsetText.with("schedule: {cron: '@daily', timeZone: Europe/Berln}"))
        #expect(faults.first?.contains("did you mean 'Europe/Berlin'?") == true, "\(faults)")
    }
}
