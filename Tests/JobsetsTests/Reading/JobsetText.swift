// SPDX-License-Identifier: GPL-3.0-or-later

@testable import Jobsets

/// Jobset files as the tests write them: the least there can be, with lines put in.
enum JobsetText {
    /// Nine lines; `extra` starts on line 10.
    static func with(_ extra: String = "", engine: String = "guix", packages: String = "all") -> String {
        """
        name: sample
        engine: \(engine)
        channel:
          name: guix
          url: https://example.org/guix.git
          branch: master
        revisions:
          - tag: v1.4.0
        packages: \(packages)
        \(extra)
        """
    }

    /// What is wrong with `text`, one line per fault.
    static func faults(_ text: String) -> [String] {
        do {
            _ = try JobsetReader.read(text, file: "f.yaml")
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }
}

extension JobsetText {
    /// Every key there is.
    static let full = """
        name: full-1.0_x
        description: All there is
        engine: guix
        channel:
          name: guix
          url: git@example.org:guix.git
          branch: main
          introduction:
            commit: 9edb3f66fd807b096b48283debdcddccfea34bad
            fingerprint: bbb0 2ddf 2cea f6a8 0d1d  e643 a2a0 6df2 a33a 54fa
        revisions:
          - tag: v1.0.0
          - commit: 6298C3FFD9654D3231A6F25390B056483E8F407C
          - head: core-updates
          - nearest: 2020-04-01
          - newest: 3
          - {from: 2019-01-01, to: 2021-01-01, every: 1 month}
          - from: 2022-01-01T00:00:00Z
            every: 100 commits
        packages:
          - hello
          - python@3.11
        screen:
          dates: [2100-01-01, "2096-02-29T12:00:00Z", release + 3 years, today-10days]
          cpu: Nehalem
          cores: 4
          repeats: {hello: 3, "python@3.11": 100}
          kernel: 6.1.0-47-amd64
        precision: second
        reference: {date: release, cpu: Haswell, cores: 2}
        schedule:
          cron: 30  2 * * mon-fri
          timeZone: Europe/Paris
        priority: -5
        shares: 50
        retention: {logs: forever, outputs: 30 days, evaluations: 20}
        alerts:
          - webhook: https://example.org/hook?a=1&b=2
            secret: {environment: HOOK_SECRET}
          - webhook: http://localhost:8080/
            secret: {file: /etc/almanac/hook}
          - email: farm@example.org
          - webhook: https://ntfy.example.org/traps
            template: ntfy
            kinds: [new-trap, edge-coming]
            packages: [python-*]
            grouping: nightly
            days: [14, 1]
        limits:
          buildTime: 4 h
          silentTime: 30 min
          memory: 4096 MiB
          logSize: 200 MB
          scratchSize: 16GiB
        enabled: false
        """
}
