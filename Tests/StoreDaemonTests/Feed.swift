// SPDX-License-Identifier: GPL-3.0-or-later

/// Bytes handed out in pieces.
actor Feed {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    func next(_ limit: Int) -> [UInt8] {
        let taken = rest.prefix(limit)
        rest = rest.dropFirst(taken.count)
        return Array(taken)
    }
}
