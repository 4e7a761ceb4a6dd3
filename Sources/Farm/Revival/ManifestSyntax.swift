// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets
import Rewriting

/// Whether a manifest reads as Scheme at all, before minutes are spent on evaluating it in a sandbox.
package enum ManifestSyntax {
    /// - Throws: `InvalidJobset` with the place of the first fault.
    package static func check(_ text: String, file: String) throws {
        let bytes = Array(text.utf8)
        do {
            guard try SchemeReader.read(bytes).isEmpty else { return }
            throw fault(file, bytes, 0, found: "nothing", expected: "a manifest")
        } catch let error as SchemeError {
            throw fault(file, bytes, error.offset, found: "no Scheme", expected: "a manifest: \(error.problem)")
        }
    }

    private static func fault(
        _ file: String, _ bytes: [UInt8], _ offset: Int, found: String, expected: String
    ) -> InvalidJobset {
        let before = bytes.prefix(offset)
        let line = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let column = String(decoding: line.last ?? [], as: UTF8.self).unicodeScalars.count + 1
        return InvalidJobset(faults: [
            JobsetFault(
                file: file, line: max(1, line.count), column: column, key: "", found: found, expected: expected)
        ])
    }
}
