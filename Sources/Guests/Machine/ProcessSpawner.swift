// SPDX-License-Identifier: GPL-3.0-or-later

internal import CGuests
internal import Glibc
internal import ThreadExecutors

/// Starts the processes that must not outlive this one.
///
/// The kernel kills them when the thread that started them ends, also after `kill -9` of this process; so they are all
/// started by one thread, which never ends.
actor ProcessSpawner {
    static let shared = ProcessSpawner()

    private let executor = ThreadExecutor(name: "spawner")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// What to start.
    struct Program: Sendable {
        let path: String
        let arguments: [String]
        let environment: [String: String]
        let directory: String
        /// Become the child's descriptors 3, 4, …
        let descriptors: [Descriptor]
        /// Takes the standard output and error.
        let errors: Descriptor
    }

    func start(_ program: Program) throws(GuestError) -> RunningProcess {
        let lowest = Int32(program.descriptors.count + 3)
        var inherited: [Descriptor] = []
        for descriptor in program.descriptors { inherited.append(try descriptor.duplicate(above: lowest)) }
        let errors = try program.errors.duplicate(above: lowest)
        var words = ([program.path] + program.arguments).map { strdup($0) } + [nil]
        var settings = program.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        let numbers = inherited.map(\.number)
        let result = cguests_start(
            program.path, &words, &settings, numbers, Int32(numbers.count), errors.number, program.directory)
        withExtendedLifetime(inherited) {}
        guard result > 0 else { throw .file(program.path, operation: "starting", code: -result) }
        return try RunningProcess(result)
    }
}
