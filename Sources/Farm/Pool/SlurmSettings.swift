// SPDX-License-Identifier: GPL-3.0-or-later

package import Jobsets

/// What the farm asks of Slurm for its workers.
package struct SlurmSettings: Sendable, Equatable {
    /// Nil: what the cluster gives those who ask for nothing.
    package var partition: String?
    package var constraint: String?
    package var account: String?
    /// Of one job.
    package var timeLimit = TimeSpan(seconds: 12 * 3_600)
    /// Guests at once in one job, each on one processor.
    package var guests = 4
    /// Jobs at most, running or waiting.
    package var jobs = 16
    /// A worker that has had nothing to build for so long leaves.
    package var idle = TimeSpan(seconds: 120)
    /// How often Slurm is asked what became of the jobs.
    package var interval = TimeSpan(seconds: 15)
    /// The program `almanac` on the nodes; nil: where it is here.
    package var program: String?
    /// Further arguments of sbatch.
    package var options: [String] = []

    package init() {}

    /// Until then a job takes builds; the last quarter of its time is for finishing what it holds.
    var lastClaim: TimeSpan { TimeSpan(seconds: timeLimit.seconds / 4 * 3) }

    private static let span = "a length of time such as '90 s' or '12 hours'"

    static let keys = [
        "slurm-partition": "a name", "slurm-constraint": "features of nodes, as sbatch takes them",
        "slurm-account": "a name", "slurm-time-limit": span + ", from 5 minutes on",
        "slurm-guests": "a number from 1 to 256", "slurm-jobs": "a number from 1 to 10000", "slurm-idle": span,
        "slurm-interval": span, "slurm-program": "a file",
        "slurm-options": "further options of sbatch, each beginning with '-'",
    ]

    /// - Returns: whether the value fits; nil where the key is none of these.
    mutating func set(_ key: String, _ value: String) -> Bool? {
        switch key {
        case "slurm-partition": return setWord(value, \.partition)
        case "slurm-constraint": return setWord(value, \.constraint)
        case "slurm-account": return setWord(value, \.account)
        case "slurm-time-limit": return setSpan(value, from: 300, \.timeLimit)
        case "slurm-guests": return setNumber(value, 1...256, \.guests)
        case "slurm-jobs": return setNumber(value, 1...10_000, \.jobs)
        case "slurm-idle": return setSpan(value, from: 1, \.idle)
        case "slurm-interval": return setSpan(value, from: 1, \.interval)
        case "slurm-program":
            program = DataDirectory.absolute(value)
            return true
        case "slurm-options":
            options = value.split(separator: " ").map(String.init)
            return options.allSatisfy { $0.hasPrefix("-") && Self.isPlain($0) }
        default: return nil
        }
    }

    private mutating func setWord(_ value: String, _ field: WritableKeyPath<Self, String?>) -> Bool {
        self[keyPath: field] = value
        return Self.isPlain(value)
    }

    private mutating func setSpan(
        _ value: String, from least: Int64, _ field: WritableKeyPath<Self, TimeSpan>
    ) -> Bool {
        guard let span = try? TimeSpan(text: value), span.seconds >= least else { return false }
        self[keyPath: field] = span
        return true
    }

    private mutating func setNumber(
        _ value: String, _ range: ClosedRange<Int>, _ field: WritableKeyPath<Self, Int>
    ) -> Bool {
        guard let number = Int(value), range.contains(number) else { return false }
        self[keyPath: field] = number
        return true
    }

    /// One line of visible ASCII.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
