// SPDX-License-Identifier: GPL-3.0-or-later

/// What a build is told about the world: the guest's date when it starts, its processor, kernel and number of cores.
package struct Conditions: Hashable, Codable, Sendable {
    package var date: Instant
    package var cpu: CPUModel
    package var kernel: KernelRelease
    package var cores: Int

    package init(date: Instant, cpu: CPUModel, kernel: KernelRelease, cores: Int) {
        self.date = date
        self.cpu = cpu
        self.kernel = kernel
        self.cores = cores
    }
}

extension Conditions: LosslessStringConvertible {
    /// The canonical text form, one line: `2100-01-01T00:00:00Z x86-64-v1 6.1.0-47-amd64 1`.
    package var description: String { "\(date) \(cpu) \(kernel) \(cores)" }

    package init?(_ description: String) {
        let words = description.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4, let date = Instant(words[0]), let cpu = CPUModel(rawValue: words[1]),
            let kernel = KernelRelease(rawValue: words[2]), let cores = Int(words[3]), (1...1024).contains(cores)
        else { return nil }
        self.init(date: date, cpu: cpu, kernel: kernel, cores: cores)
    }
}

extension Conditions: Comparable {
    /// By date, then processor, kernel and cores: a stable order for lists, no statement about difficulty.
    package static func < (left: Conditions, right: Conditions) -> Bool {
        (left.date, left.cpu, left.kernel, left.cores) < (right.date, right.cpu, right.kernel, right.cores)
    }
}
