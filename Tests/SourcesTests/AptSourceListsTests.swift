// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import Sources

@Suite("apt's lists of archives")
struct AptSourceListsTests {
    @Test func `each line for programs gets one for their sources`() {
        let lines = """
            # a remark
            deb [signed-by=/k.gpg] http://example.org/debian bookworm main
            deb-src http://example.org/old buster main
            deb\thttp://example.org/security bookworm-security main
            """
        #expect(
            AptSourceLists.addingSources(toLines: lines) == """
                deb [signed-by=/k.gpg] http://example.org/debian bookworm main
                deb-src [signed-by=/k.gpg] http://example.org/debian bookworm main
                deb\thttp://example.org/security bookworm-security main
                deb-src\thttp://example.org/security bookworm-security main

                """)
    }

    @Test func `stanzas name both types, whatever they named`() {
        let stanzas = """
            Types: deb
            # snapshot
            URIs: http://example.org/debian
            Suites: bookworm bookworm-updates

            types:   deb
            URIs: http://example.org/security
            """
        let changed = AptSourceLists.addingSources(toStanzas: stanzas)
        #expect(changed.split(separator: "\n").filter { $0 == "Types: deb deb-src" }.count == 2)
        #expect(changed.contains("# snapshot\nURIs: http://example.org/debian\nSuites: bookworm bookworm-updates\n\n"))
    }

    @Test func `only files that apt itself would read are read`() throws {
        try withTemporaryFolder { folder in
            for name in ["a.list", "b.sources", "c.disabled", "d.list.save"] {
                try "Types: deb\ndeb http://example.org/\(name) x y\n".write(
                    toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            let lists = AptSourceLists.read(list: "\(folder)/none", parts: folder)
            #expect(lists.files.keys.sorted() == ["part-a.list", "part-b.sources"])
        }
    }
}
