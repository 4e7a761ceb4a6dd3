// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc
package import SecureShell

/// One virtual machine, from the start of QEMU to its end.
///
/// `Guest.run` is the only way to get one: it boots it, lends it, and ends it whatever happens.
package actor Guest {
    /// Where in its life a guest is, with what it has then.
    package enum State: Sendable {
        case booting
        /// It answers; nothing it says has been compared yet.
        case ready(SecureShellSession, since: SuspendingClock.Instant)
        /// Its clock, processor and kernel were found as asked.
        case verified(SecureShellSession, GuestEvidence, ClockReading)
        case stopped
    }

    package nonisolated let specification: GuestSpecification
    package private(set) var state = State.booting
    private let launch: GuestLaunch

    init(_ specification: GuestSpecification, launch: GuestLaunch) {
        self.specification = specification
        self.launch = launch
    }

    /// Waits until the guest's first process says that all is mounted, and logs in.
    func boot(limit: Duration) async throws {
        let monitor = launch.monitor
        do {
            try await withTimeLimit(limit) {
                for await line in monitor.said {
                    if line == BootPlan.Line.ready { return }
                    if line.hasPrefix(BootPlan.Line.failed) {
                        throw GuestError.bootFailed(String(line.dropFirst(BootPlan.Line.failed.count)))
                    }
                }
                throw GuestError.transport("it ended while it booted")
            }
        } catch SecureShellError.timeLimit {
            throw GuestError.notReady(after: limit, console: monitor.console)
        }
        let since = SuspendingClock.now
        let session = try await logIn(port: 0, limit: limit)
        state = .ready(session, since: since)
    }

    /// A session on a port that was not used before.
    private func logIn(port: Int, limit: Duration) async throws -> SecureShellSession {
        guard let socket = launch.sockets[.session(port)] else { throw GuestError.transport("it has no port \(port)") }
        let descriptor = fcntl(socket.number, F_DUPFD_CLOEXEC, 0)
        try SystemCall.check(descriptor, "duplicating", "a socket")
        do {
            return try await SecureShellSession.connect(
                descriptor: descriptor, credentials: launch.credentials, timeLimit: limit)
        } catch let error as SecureShellError {
            throw GuestError.transport("\(error)")
        }
    }

    /// Compares the guest with what it was asked to be.
    ///
    /// - Throws: `GuestError.conditions` when it is not.
    package func verify() async throws -> GuestEvidence {
        guard case .ready(let session, let since) = state else { throw GuestError.transport("it is not ready") }
        let (report, reading) = try await ask(session)
        let check = ConditionsCheck(conditions: specification.conditions, memory: specification.memory)
        var mismatches = check.mismatches(in: report, warnings: try launch.processorWarnings())
        let elapsed = since.duration(to: reading.host)
        if let wrong = check.mismatch(of: reading, elapsed: elapsed) { mismatches.append(wrong) }
        guard mismatches.isEmpty else { throw GuestError.conditions(mismatches) }
        let evidence = evidence(report, reading)
        state = .verified(session, evidence, reading)
        return evidence
    }

    /// Looks again after the work: the clock must have run at the host's rate all the time.
    ///
    /// - Throws: `GuestError.conditions` when it did not.
    package func verifyAgain() async throws -> GuestEvidence {
        guard case .verified(let session, var evidence, let first) = state else {
            throw GuestError.transport("it has not been verified")
        }
        let (report, last) = try await ask(session)
        evidence.complete(with: report, from: first, to: last)
        state = .verified(session, evidence, first)
        if let wrong = ConditionsCheck.mismatch(from: first, to: last) { throw GuestError.conditions([wrong]) }
        return evidence
    }

    /// The evidence so far; nil before `verify`.
    package var evidence: GuestEvidence? {
        switch state {
        case .verified(_, let evidence, _): evidence
        case .booting, .ready, .stopped: nil
        }
    }

    /// The session of a verified guest.
    package func session() throws(GuestError) -> SecureShellSession {
        switch state {
        case .verified(let session, _, _): return session
        case .booting, .ready: throw .transport("it has not been verified")
        case .stopped: throw .transport("it has been stopped")
        }
    }

    private func ask(_ session: SecureShellSession) async throws -> (GuestReport, ClockReading) {
        let (result, asked, answered) = try await withTimeLimit(.seconds(60)) {
            let asked = SuspendingClock.now
            let result = try await session.run("/usr/bin/guest-init report /scratch")
            return (result, asked, SuspendingClock.now)
        }
        guard result.exit.isSuccess else { throw GuestError.report("\(result.exit): \(result.errorText)") }
        let report = try GuestReport(parsing: result.outputText)
        return (report, ClockReading(guest: report.realtime, asked: asked, answered: answered))
    }

    private func evidence(_ report: GuestReport, _ reading: ClockReading) -> GuestEvidence {
        GuestEvidence(
            asked: specification.conditions, began: reading.instant, clockSource: report.clockSource, cpu: report.cpu,
            cpuFlags: report.cpuFlags, kernel: report.kernel, cores: report.processors, memory: report.memory,
            disk: report.disk, outOfMemoryKills: report.outOfMemoryKills, accelerator: specification.accelerator,
            qemuVersion: launch.qemuVersion, qemuCommand: launch.command.arguments,
            imageHash: specification.image.hash, kernelHash: specification.kernel.hash)
    }

    /// Closes the session; the machine is ended by `run`.
    func stop() async {
        switch state {
        case .ready(let session, _), .verified(let session, _, _): await session.close()
        case .booting, .stopped: break
        }
        state = .stopped
    }
}
