// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import Jobsets

@Suite struct `The canonical JSON of a jobset` {
    @Test(arguments: [
        JobsetText.full, JobsetText.with(), JobsetText.with(engine: "nix", packages: "{manifest: m.nix}"),
    ])
    func `reads back to the same description`(text: String) throws {
        let jobset = try JobsetReader.read(text, file: "f.yaml")
        #expect(try JobsetDescription(canonicalJSON: jobset.canonicalJSON) == jobset)
    }

    @Test func `reads back after a database has ordered and spaced it`() throws {
        let jobset = try JobsetReader.read(JobsetText.full, file: "f.yaml")
        let object = try JSONSerialization.jsonObject(with: Data(jobset.canonicalJSON.utf8))
        let printed = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted])
        #expect(try JobsetDescription(canonicalJSON: String(decoding: printed, as: UTF8.self)) == jobset)
    }

    @Test func `writes every default out, keys sorted`() throws {
        let jobset = try JobsetReader.read(JobsetText.with(), file: "f.yaml")
        #expect(
            try jobset.canonicalJSON == #"""
                {"alerts":[],"channel":{"branch":"master","name":"guix","url":"https://example.org/guix.git"},\#
                "description":"","enabled":true,"engine":"guix","limits":{"buildTime":"6 hours","logSize":"64 MiB",\#
                "memory":"2 GiB","scratchSize":"8 GiB","silentTime":"1 hour"},"name":"sample","packages":"all",\#
                "precision":"minute","priority":0,"reference":{"date":"release"},"retention":{"logs":"365 days","outputs":"90 days"},\#
                "revisions":[{"tag":"v1.4.0"}],"screen":{"cores":1,"cpu":"x86-64-v1",\#
                "dates":["2100-01-01T00:00:00Z"],"repeats":{}},"shares":100}
                """#)
    }

    @Test func `odd characters survive`() throws {
        let description = #"Ünïcode "quotes" \ back/slash 🕰 {[*&!|>%@`"#
        var jobset = try JobsetReader.read(JobsetText.with(), file: "f.yaml")
        jobset.description = description
        #expect(try JobsetDescription(canonicalJSON: jobset.canonicalJSON).description == description)
    }

    @Test func `the fingerprint changes with what decides the builds, and with nothing else`() throws {
        let jobset = try JobsetReader.read(JobsetText.full, file: "f.yaml")
        var same = jobset
        same.schedule = nil
        same.priority = 7
        same.revisions = [.newest(1)]
        same.enabled.toggle()
        #expect(try same.fingerprint == jobset.fingerprint)
        var other = jobset
        other.screen.cores += 1
        #expect(try other.fingerprint != jobset.fingerprint)
        other = jobset
        other.packages = .all
        #expect(try other.fingerprint != jobset.fingerprint)
    }
}
