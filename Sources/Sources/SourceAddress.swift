// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Where a source is fetched from, by the clients and settings this machine has.
enum SourceAddress: Equatable, Sendable {
    /// A file of a project, from pip's configured index: `mirror://pypi/PROJECT/FILE`.
    case pythonPackage(project: String, file: String)
    /// A binary package, from apt's sources: `mirror://debian/PACKAGE/VERSION/FILE`.
    case debianPackage(package: String, version: String)
    /// A file of a source package: `mirror://debian-source/PACKAGE/VERSION/FILE`.
    case debianSource(package: String, version: String, file: String)
    /// Anything curl takes, of the protocols that only read.
    case web(String)

    init(_ url: String) throws(SourceError) {
        if url.hasPrefix("mirror://") {
            let parts = url.dropFirst("mirror://".count).split(separator: "/", omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasPrefix(".") }),
                let address = Self.mirror(parts.map(String.init))
            else { throw .unknownAddress(url) }
            self = address
            return
        }
        guard ["https://", "http://", "ftp://", "file:///"].contains(where: url.hasPrefix),
            url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw .unknownAddress(url) }
        self = .web(url)
    }

    private static func mirror(_ parts: [String]) -> SourceAddress? {
        switch (parts.first, parts.count) {
        case ("pypi", 3): .pythonPackage(project: parts[1], file: parts[2])
        case ("debian", 4): .debianPackage(package: parts[1], version: parts[2])
        case ("debian-source", 4): .debianSource(package: parts[1], version: parts[2], file: parts[3])
        case (_, _): nil
        }
    }
}
