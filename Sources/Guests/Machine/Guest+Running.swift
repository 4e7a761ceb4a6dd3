// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc
internal import SecureShell

extension Guest {
    /// Boots a guest, lends it to `body`, and ends it whatever happens.
    ///
    /// - Parameter bootLimit: from the start of QEMU to the guest's readiness, and again to log in.
    /// - Throws: `GuestError.died` when the guest ended before `body` did; what `body` throws; `CancellationError`.
    package static func run<Value: Sendable>(
        _ specification: GuestSpecification, qemu: QEMUProgram, bootLimit: Duration = .seconds(180),
        _ body: @Sendable @escaping (Guest) async throws -> Value
    ) async throws -> Value {
        try specification.validate()
        let launch = try await GuestLaunch(specification, qemu: qemu)
        let guest = Guest(specification, launch: launch)
        let course = await withTaskGroup(of: Course<Value>.Event.self) { group in
            group.addTask { .ended(await launch.monitor.watch()) }
            group.addTask {
                do {
                    try await guest.boot(limit: bootLimit)
                    return .finished(.success(try await body(guest)))
                } catch {
                    return .finished(.failure(error))
                }
            }
            var course = Course<Value>()
            for await event in group {
                switch course.take(event) {
                case .cancelWork: group.cancelAll()
                case .endMachine: course.machineEndedByItself = await launch.endMachine(after: course.patience)
                case .nothing: break
                }
            }
            return course
        }
        await guest.stop()
        return try course.outcome(console: launch.monitor.console)
    }
}

extension GuestLaunch {
    /// Ends the machine, at the latest after `patience`; whether it had ended by itself.
    func endMachine(after patience: Duration) async -> Bool {
        let (process, milliseconds) = (self.process, Int32(patience / .milliseconds(1)))
        let hadEnded = try? await BlockingWork.run("guest end") {
            var wait = pollfd(fd: process.handle.number, events: Int16(POLLIN), revents: 0)
            let hasEnded = poll(&wait, 1, milliseconds) > 0
            if !hasEnded { process.kill() }
            return hasEnded
        }
        return hadEnded ?? false
    }
}
