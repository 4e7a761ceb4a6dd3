// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import Sources

@Suite("Where sources come from")
struct SourceAddressTests {
    @Test func `a file of a Python project is asked of pip`() throws {
        let address = try SourceAddress("mirror://pypi/six/six-1.17.0.tar.gz")
        #expect(address == .pythonPackage(project: "six", file: "six-1.17.0.tar.gz"))
    }

    @Test func `a Debian package is named by package and version, whatever its file is called`() throws {
        let address = try SourceAddress("mirror://debian/libcrypt1/1:4.4.33-2/libcrypt1_1%3a4.4.33-2_amd64.deb")
        #expect(address == .debianPackage(package: "libcrypt1", version: "1:4.4.33-2"))
    }

    @Test func `a file of a Debian source package is named by all three`() throws {
        let address = try SourceAddress("mirror://debian-source/timew/1.4.3+ds.1-2/timew_1.4.3+ds.1.orig.tar.xz")
        #expect(
            address == .debianSource(package: "timew", version: "1.4.3+ds.1-2", file: "timew_1.4.3+ds.1.orig.tar.xz"))
    }

    @Test(arguments: ["https://example.org/a.tar.gz", "http://example.org/a", "file:///srv/a", "ftp://example.org/a"])
    func `addresses of protocols that only read are taken as they are`(url: String) throws {
        #expect(try SourceAddress(url) == .web(url))
    }

    @Test(arguments: [
        "", "six", "/etc/passwd", "mirror://pypi/six", "mirror://pypi/six/-o", "mirror://pypi/--index-url/x",
        "mirror://debian/../x/1", "mirror://gnu/hello/hello.tar.gz/x", "mirror://debian/a//b", "gopher://example.org/",
        "file://host/path", "https://example.org/a b", "https://example.org/\n", "-https://example.org/",
    ])
    func `anything else is refused`(url: String) {
        #expect(throws: SourceError.self) { try SourceAddress(url) }
    }
}
