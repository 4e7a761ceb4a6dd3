// SPDX-License-Identifier: GPL-3.0-or-later

/// The state of one question: builds it needs, or its answer.
enum Progress<Answer, Need> {
    case need([Need])
    case settled(Answer)
}

extension Array {
    /// At most `count` elements, but never none of some.
    func prefixed(_ count: Int) -> [Element] { Array(prefix(Swift.max(1, count))) }
}
