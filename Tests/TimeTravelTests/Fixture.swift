// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation

/// Files beside the tests: traps that were measured, a certificate, a key, and a small package as tar and zip.
enum Fixture {
    struct Missing: Error {
        var name: String
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        guard let url = Bundle.module.resourceURL?.appending(path: "Fixtures/\(name)") else {
            throw Missing(name: name)
        }
        return [UInt8](try Data(contentsOf: url))
    }
}
