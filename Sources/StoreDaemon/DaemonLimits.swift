// SPDX-License-Identifier: GPL-3.0-or-later

/// What a peer may make us hold in memory; a daemon in a guest is not trusted.
package struct DaemonLimits: Sendable {
    /// Bytes in one text of an answer.
    package var textBytes: Int
    /// Elements in one list of an answer.
    package var listCount: Int
    /// Bytes of build log handed on at once; longer lines come in pieces.
    package var logPieceBytes: Int

    package init(textBytes: Int = 1 << 20, listCount: Int = 1 << 20, logPieceBytes: Int = 64 << 10) {
        self.textBytes = textBytes
        self.listCount = listCount
        self.logPieceBytes = logPieceBytes
    }
}
