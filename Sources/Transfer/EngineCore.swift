// SPDX-License-Identifier: GPL-3.0-or-later

import CCurl
import Glibc
import Synchronization

/// The engine's thread and what it is handed.
///
/// `@unchecked Sendable`: `multi` is used by the thread alone, except for `curl_multi_wakeup`, which libcurl allows from
/// any thread (curl_multi_wakeup(3)); the thread holds a reference, hence `multi` lives as long as it runs. Everything
/// else that is shared is in the mutex.
final class EngineCore: @unchecked Sendable {
    typealias Outcome = Result<HTTPResponse, TransferError>
    typealias Continuation = CheckedContinuation<Outcome, Never>

    private struct Order {
        let id: UInt64
        let plan: TransferPlan
        let continuation: Continuation
    }

    /// How far a call has come.
    private enum Progress {
        case begun
        case cancelledBeforeSubmission
        case submitted
    }

    private struct Inbox {
        var orders: [Order] = []
        var cancelled: [UInt64] = []
        /// Calls not answered yet.
        var calls: [UInt64: Progress] = [:]
        var nextIdentifier: UInt64 = 0
        var isStopped = false
    }

    private let inbox = Mutex(Inbox())
    private let multi: UnsafeMutableRawPointer
    private let concurrency: Int
    private let certificates: String?

    private static let initialized: Bool = almanac_curl_global_init() == CURLE_OK

    init(concurrency: Int, certificates: String?) {
        precondition(concurrency > 0, "an engine makes at least one transfer at once")
        precondition(Self.initialized, "libcurl could not be initialized")
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
        self.multi = multi
        self.concurrency = concurrency
        self.certificates = certificates
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    // MARK: From any thread

    func newIdentifier() -> UInt64 {
        inbox.withLock {
            $0.nextIdentifier += 1
            $0.calls[$0.nextIdentifier] = .begun
            return $0.nextIdentifier
        }
    }

    func submit(_ id: UInt64, _ plan: TransferPlan, _ continuation: Continuation, waitingLimit: Int) {
        let refusal = inbox.withLock { inbox -> TransferError? in
            let refusal: TransferError? =
                if inbox.isStopped || inbox.calls[id] == .cancelledBeforeSubmission {
                    .cancelled
                } else if inbox.calls.count > waitingLimit + concurrency {
                    .tooManyWaiting(limit: waitingLimit)
                } else {
                    nil
                }
            if refusal == nil {
                inbox.calls[id] = .submitted
                inbox.orders.append(Order(id: id, plan: plan, continuation: continuation))
            } else {
                inbox.calls[id] = nil
            }
            return refusal
        }
        if let refusal { continuation.resume(returning: .failure(refusal)) } else { curl_multi_wakeup(multi) }
    }

    func cancel(_ id: UInt64) {
        inbox.withLock { inbox in
            switch inbox.calls[id] {
            case .begun: inbox.calls[id] = .cancelledBeforeSubmission
            case .submitted: inbox.cancelled.append(id)
            case .cancelledBeforeSubmission, nil: break
            }
        }
        curl_multi_wakeup(multi)
    }

    func stop() {
        inbox.withLock { $0.isStopped = true }
        curl_multi_wakeup(multi)
    }

    func startThread() {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(self).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<EngineCore>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        precondition(status == 0, "no thread could be started for transfers: raise the limit on threads")
        pthread_detach(thread)
    }

    // MARK: On the thread

    private func run() {
        var waiting: [Order] = []
        var active: [UInt64: (transfer: ActiveTransfer, continuation: Continuation)] = [:]
        while true {
            let (orders, cancelled, isStopped) = takeInbox()
            waiting += orders
            for id in cancelled { cancel(id, &waiting, &active) }
            if isStopped {
                for id in waiting.map(\.id) + Array(active.keys) { cancel(id, &waiting, &active) }
                return
            }
            start(&waiting, &active)
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finish(&active)
            let isBusy = !waiting.isEmpty && active.count < concurrency
            curl_multi_poll(multi, nil, 0, isBusy ? 0 : 60_000, nil)
        }
    }

    private func takeInbox() -> (orders: [Order], cancelled: [UInt64], isStopped: Bool) {
        inbox.withLock { inbox in
            defer { (inbox.orders, inbox.cancelled) = ([], []) }
            return (inbox.orders, inbox.cancelled, inbox.isStopped)
        }
    }

    private typealias Active = [UInt64: (transfer: ActiveTransfer, continuation: Continuation)]

    private func start(_ waiting: inout [Order], _ active: inout Active) {
        while active.count < concurrency, !waiting.isEmpty {
            let order = waiting.removeFirst()
            guard let transfer = ActiveTransfer(order.plan) else {
                answer(order.id, order.continuation, .failure(.interrupted("libcurl is out of memory")))
                continue
            }
            if let certificates { transfer.trust(certificates) }
            active[order.id] = (transfer, order.continuation)
            curl_multi_add_handle(multi, transfer.handle)
        }
    }

    private func finish(_ active: inout Active) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let (handle, code) = (message.pointee.easy_handle, message.pointee.data.result)
            guard let id = active.first(where: { $0.value.transfer.handle == handle })?.key,
                let (transfer, continuation) = active.removeValue(forKey: id)
            else { continue }
            curl_multi_remove_handle(multi, transfer.handle)
            answer(id, continuation, transfer.outcome(code))
        }
    }

    private func cancel(_ id: UInt64, _ waiting: inout [Order], _ active: inout Active) {
        if let place = waiting.firstIndex(where: { $0.id == id }) {
            answer(id, waiting.remove(at: place).continuation, .failure(.cancelled))
        } else if let (transfer, continuation) = active.removeValue(forKey: id) {
            curl_multi_remove_handle(multi, transfer.handle)
            transfer.discardFile()
            answer(id, continuation, .failure(.cancelled))
        }
    }

    private func answer(_ id: UInt64, _ continuation: Continuation, _ outcome: Outcome) {
        _ = inbox.withLock { $0.calls.removeValue(forKey: id) }
        continuation.resume(returning: outcome)
    }
}
