// SPDX-License-Identifier: GPL-3.0-or-later

/// What happens to a guest and to the work in it, in either order.
struct Course<Value: Sendable>: Sendable {
    enum Event: Sendable {
        case ended(GuestEnding)
        case finished(Result<Value, any Error>)
    }

    enum Action { case cancelWork, endMachine, nothing }

    private var ending: GuestEnding?
    private var result: Result<Value, any Error>?
    /// Whether nobody here ended it.
    var machineEndedByItself = false

    /// How long a machine may take to end by itself: work that failed for want of it notices a moment before its
    /// machine's end shows.
    var patience: Duration {
        switch result {
        case .failure(let error) where !(error is CancellationError): .milliseconds(500)
        case .success, .failure, nil: .zero
        }
    }

    mutating func take(_ event: Event) -> Action {
        switch event {
        case .ended(let how):
            ending = how
            guard result == nil else { return .nothing }
            machineEndedByItself = true
            return .cancelWork
        case .finished(let how):
            result = how
            return ending == nil ? .endMachine : .nothing
        }
    }

    /// What the work gave, or why there is nothing.
    func outcome(console: String) throws -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let error):
            if let ending, ending.isReason(for: error, endedByItself: machineEndedByItself) {
                throw GuestError.died(ending, console: console)
            }
            throw error
        case nil: throw GuestError.transport("its work was never done")
        }
    }
}

extension GuestEnding {
    /// Whether work failed because its machine ended, rather than the other way round.
    fileprivate func isReason(for error: any Error, endedByItself: Bool) -> Bool {
        if case .hostDisk = self { return true }
        guard endedByItself else { return false }
        guard let error = error as? GuestError else { return true }
        switch error {
        case .transport, .report, .store, .notReady: return true
        case .bootFailed:
            // The guest's own words say more than that it powered off after them.
            return self != .poweredOff
        case .missingProgram, .programFailed, .file, .image, .kernelUnknown, .unsupported, .died, .conditions:
            return false
        }
    }
}
