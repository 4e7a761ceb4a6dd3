// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// Why a guest could not be made, booted, trusted or used. None of these says anything about a package.
package enum GuestError: Error {
    /// A program of the host is missing; the message names the Debian package.
    case missingProgram(String, package: String)
    case programFailed(String, status: String, errors: String)
    case file(String, operation: String, code: Int32)
    /// Something about the host's kernel packages or libraries is not as the image needs it.
    case image(String)
    case kernelUnknown(KernelRelease, available: [KernelRelease])
    /// The conditions cannot be given by any guest.
    case unsupported(String)
    /// The guest told that its boot failed.
    case bootFailed(String)
    case notReady(after: Duration, console: String)
    /// QEMU ended when nobody had asked it to.
    case died(GuestEnding, console: String)
    /// The guest answered something that is no evidence.
    case report(String)
    /// The guest is not as it was asked to be.
    case conditions([ConditionsMismatch])
    case transport(String)
    case store(String)
}

extension GuestError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingProgram(let program, let package):
            "the program \(program) is missing: install the package \(package)"
        case .programFailed(let program, let status, let errors): "\(program) failed (\(status)): \(errors)"
        case .file(let path, let operation, let code): "\(operation) \(path): \(SystemCall.message(code))"
        case .image(let reason): "guest image: \(reason)"
        case .kernelUnknown(let kernel, let available):
            "no kernel \(kernel) has been built; there are: \(available.map(\.rawValue).joined(separator: ", "))"
        case .unsupported(let reason): "no guest can be made like that: \(reason)"
        case .bootFailed(let reason): "the guest's boot failed: \(reason)"
        case .notReady(let limit, let console): "the guest was not ready after \(limit); its last words: \(console)"
        case .died(let ending, let console):
            console.isEmpty ? "the guest died: \(ending)" : "the guest died: \(ending); its last words: \(console)"
        case .report(let reason): "the guest's evidence cannot be read: \(reason)"
        case .conditions(let mismatches):
            "the guest is not as asked: \(mismatches.map(\.description).joined(separator: "; "))"
        case .transport(let reason): "the guest cannot be reached: \(reason)"
        case .store(let reason): "the guest's store: \(reason)"
        }
    }
}
