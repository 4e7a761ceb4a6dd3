// SPDX-License-Identifier: GPL-3.0-or-later

/// Sends mail by SMTP.
package struct MailTransfer: Sendable {
    private let engine: TransferEngine
    private let limits: TransferLimits

    package init(
        _ engine: TransferEngine = TransferEngine(), limits: TransferLimits = TransferLimits(total: .seconds(300))
    ) {
        self.engine = engine
        self.limits = limits
    }

    /// Hands a message to a server; on return the server has taken it for all recipients.
    package func send(_ message: MailMessage, through server: MailServer) async throws(TransferError) {
        _ = try await engine.perform(TransferPlan(kind: .mail(message, server, limits)))
    }
}
