// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Testing

@Suite struct FarmConfigurationTests {
    private func load(_ text: String, environment: [String: String] = [:]) throws -> FarmConfiguration {
        let file = NSTemporaryDirectory() + "almanac-\(UUID().uuidString).yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        defer { unlink(file) }
        return try FarmConfiguration.load(file: file, environment: environment, processors: 4)
    }

    @Test func `the environment goes before the file, the file before what is usual`() throws {
        let configuration = try load(
            "port: 9000\nguests: 3\n", environment: ["ALMANAC_PORT": "9001", "ALMANAC_DATA": "/data"])
        #expect(configuration.port == 9001 && configuration.guests == 3 && configuration.data == "/data")
        #expect(configuration.host == "127.0.0.1" && configuration.databaseURL == nil)
        #expect(try load("", environment: ["DATABASE_URL": "postgres:///x"]).databaseURL == "postgres:///x")
    }

    @Test(arguments: [
        ("prot: 9000", "unknown setting 'prot'"), ("port: many", "port: found 'many'; expected a number"),
        ("port: 70000", "expected a number from 0 to 65535"), ("guests: -1", "expected a number from 0 to 1024"),
        ("- a\n- b", "expected settings"), ("port: [1, 2]", "expected settings"), ("a: b: c", ".yaml"),
    ])
    func `a wrong file is refused with what was expected`(text: String, words: String) throws {
        let error = #expect(throws: FarmError.self) { _ = try load(text) }
        #expect(error?.description.contains(words) ?? false)
    }

    @Test func `a missing file that was named is refused`() {
        #expect(throws: FarmError.self) {
            _ = try FarmConfiguration.load(file: "/nowhere/almanac.yaml", environment: [:], processors: 1)
        }
    }
}
