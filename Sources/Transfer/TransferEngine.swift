// SPDX-License-Identifier: GPL-3.0-or-later

import CCurl
import Glibc
import Synchronization

/// Makes transfers on one thread, a bounded number at a time, the others in the order they came.
///
/// The thread ends with the last reference to the engine, and unfinished transfers are then cancelled.
package final class TransferEngine: Sendable {
    private let core: EngineCore
    private let waitingLimit: Int

    /// - Parameters:
    ///   - concurrency: transfers made at once.
    ///   - waitingLimit: transfers that may wait; one more is refused.
    ///   - certificates: a PEM file of certificates to trust instead of the system's.
    package init(concurrency: Int = 16, waitingLimit: Int = 10_000, certificates: String? = nil) {
        core = EngineCore(concurrency: concurrency, certificates: certificates)
        self.waitingLimit = waitingLimit
        core.startThread()
    }

    deinit {
        core.stop()
    }

    func perform(_ plan: TransferPlan) async throws(TransferError) -> HTTPResponse {
        if let fault = plan.fault { throw fault }
        let id = core.newIdentifier()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.submit(id, plan, continuation, waitingLimit: waitingLimit)
            }
        } onCancel: {
            core.cancel(id)
        }
        return try outcome.get()
    }
}
