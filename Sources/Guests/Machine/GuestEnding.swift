// SPDX-License-Identifier: GPL-3.0-or-later

/// How a guest's life ended.
package enum GuestEnding: Hashable, Sendable {
    /// It switched itself off, or QEMU ended as if it had.
    case poweredOff
    case kernelPanic(String)
    /// QEMU gave up; the end of what it printed.
    case gaveUp(status: Int32, String)
    case killed(signal: Int32)
    /// The host could not store what the guest wrote.
    case hostDisk(String)

    /// - Parameters:
    ///   - status: as `waitpid` gives it.
    ///   - console: the end of what the guest's kernel printed.
    static func reading(status: Int32, console: String, errors: String) -> GuestEnding {
        if let panic = panic(in: console) { return .kernelPanic(panic) }
        let signal = status & 0x7f
        if signal != 0 { return .killed(signal: signal) }
        let code = status >> 8 & 0xff
        return code == 0 ? .poweredOff : .gaveUp(status: code, errors)
    }

    private static func panic(in console: String) -> String? {
        for line in console.split(whereSeparator: \.isNewline) {
            guard let range = line.firstRange(of: "Kernel panic - not syncing: ") else { continue }
            return String(line[range.upperBound...])
        }
        return nil
    }
}

extension GuestEnding: CustomStringConvertible {
    package var description: String {
        switch self {
        case .poweredOff: "it powered off"
        case .kernelPanic(let reason): "kernel panic: \(reason)"
        case .gaveUp(let status, let errors): "QEMU ended with status \(status): \(errors)"
        case .killed(let signal): "QEMU was killed by signal \(signal)"
        case .hostDisk(let reason): "the host could not store what the guest wrote (\(reason)): free disk space"
        }
    }
}
