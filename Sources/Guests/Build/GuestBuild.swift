// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations
internal import SecureShell
internal import StoreDaemon
internal import TimeTravel

/// Builds one derivation in a guest of its own, under the conditions asked for.
package struct GuestBuild: Sendable {
    private let request: GuestBuildRequest
    private let host: GuestHost
    private let files: GuestFiles
    private let log: BuildLog
    private let progress: @Sendable (Progress) -> Void

    /// How far a build is.
    package enum Progress: Sendable {
        case booting
        /// The guest is as asked and builds.
        case building(GuestEvidence)
        /// The builder wrote so many bytes.
        case said(Int)
    }

    /// - Parameter progress: is told how far it is; must not block.
    package init(
        _ request: GuestBuildRequest, on host: GuestHost, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.request = request
        self.host = host
        self.progress = progress
        files = GuestFiles(directory: request.directory)
        log = BuildLog(path: request.log, limit: request.limits.logBytes)
    }

    /// Builds, and tells how it ended; whatever is no fault of the package is an outcome too.
    ///
    /// The guest is gone and its files are removed when this returns. To be called once.
    ///
    /// - Throws: only `CancellationError`.
    package func run() async throws -> GuestBuildResult {
        let started = ContinuousClock.now
        var result = GuestBuildResult(
            outcome: .infrastructure("nothing was done"), log: BuildLogSummary(path: request.log), durations: .init(),
            outputs: [])
        do {
            let prepared = try await prepare()
            result.durations.preparation = started.duration(to: .now)
            result.take(try await build(prepared))
        } catch is CancellationError {
            await clean()
            throw CancellationError()
        } catch {
            result.outcome = .infrastructure("\(error)")
        }
        await clean()
        do {
            result.log = try await log.finish()
        } catch {
            result.outcome = .infrastructure("the log could not be kept: \(error)")
        }
        result.durations.total = started.duration(to: .now)
        return result
    }

    private struct Prepared: Sendable {
        let inputs: BuildInputs
        let specification: GuestSpecification
    }

    /// Shares the inputs, and nothing but them, and makes the disk.
    private func prepare() async throws -> Prepared {
        let inputs = try await BuildInputs(of: request.derivation, in: request.store)
        let (files, store) = (files, request.store)
        try await BlockingWork.run("input farm") {
            try FileTree.makeDirectories(files.directory)
            try FileTree.remove(files.transient)
            try FileTree.makeDirectories(files.store, mode: 0o700)
            try GuestOwner.current().write(to: files)
            let names = inputs.closure.map(\.path.baseName)
            try InputFarm(store: store.physicalDirectory, farm: files.store).add(names)
            try inputs.writeDatabase(to: "\(files.share)/database", items: files.store)
        }
        try await ScratchDisk.make(files.scratch, bytes: request.limits.diskBytes)
        return Prepared(inputs: inputs, specification: try await specification())
    }

    private func specification() async throws -> GuestSpecification {
        GuestSpecification(
            conditions: request.conditions, accelerator: host.accelerator, memory: request.limits.memory,
            kernel: try await host.kernels.kernel(request.conditions.kernel), image: host.image, files: files,
            storeDirectory: request.store.logicalDirectory.path,
            copies: ["db.sqlite", "schema"].map {
                .init(source: "database/\($0)", target: "\(GuestDaemon.database(of: request.store.engine))/\($0)")
            })
    }

    private func build(_ prepared: Prepared) async throws -> GuestCourse {
        let begun = ContinuousClock.now
        progress(.booting)
        return try await Guest.run(prepared.specification, qemu: host.qemu, bootLimit: request.limits.bootTime) {
            guest in
            var course = GuestCourse(evidence: try await guest.verify())
            course.durations.boot = begun.duration(to: .now)
            progress(.building(course.evidence))
            let work = GuestWork(guest: guest, request: request, inputs: prepared.inputs, log: log, progress: progress)
            try await work.perform(&course)
            return course
        }
    }

    private func clean() async {
        let transient = files.transient
        _ = try? await BlockingWork.run("guest files") { try FileTree.remove(transient) }
    }
}

extension GuestBuildResult {
    fileprivate mutating func take(_ course: GuestCourse) {
        outcome = course.outcome
        evidence = course.evidence
        began = course.evidence.began
        ended = course.evidence.ended
        outputs = course.outputs
        let preparation = durations.preparation
        durations = course.durations
        durations.preparation = preparation
    }
}
