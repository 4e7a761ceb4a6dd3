// SPDX-License-Identifier: GPL-3.0-or-later

/// What supports a cause: a place in a file or log, or a run, and what was found there.
package struct Evidence: Hashable, Sendable {
    /// Where the finding was made.
    package enum Kind: String, CaseIterable, Codable, Hashable, Sendable { case log, file, run, constant }

    package var kind: Kind
    /// The file's path inside the package, or nil for logs and constants.
    package var path: String?
    /// Line of the log or file, from 1.
    package var line: Int?
    /// Bytes of the file, first and count.
    package var offset: Int?
    package var length: Int?
    /// The run whose log it is.
    package var run: Int64?
    /// The instant found there, if any.
    package var instant: Instant?
    /// The text found or a sentence of what it says; at most a few hundred characters.
    package var text: String

    package init(
        kind: Kind, path: String? = nil, line: Int? = nil, offset: Int? = nil, length: Int? = nil, run: Int64? = nil,
        instant: Instant? = nil, text: String
    ) {
        self.kind = kind
        self.path = path
        self.line = line
        self.offset = offset
        self.length = length
        self.run = run
        self.instant = instant
        self.text = text
    }
}

extension Evidence: Codable {}
