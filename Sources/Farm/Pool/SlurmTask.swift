// SPDX-License-Identifier: GPL-3.0-or-later

/// One task of a job array, as squeue lists it.
package struct SlurmTask: Sendable, Hashable {
    /// What counts of Slurm's job states, of which there are two dozen.
    package enum Stage: Sendable, Hashable {
        /// Not placed yet.
        case waiting
        /// It has a node.
        case running
        /// It is over, and Slurm clears up.
        case ending
    }

    /// `ARRAY_TASK`: what scancel takes, and what a worker in it says of itself.
    package let id: String
    package let stage: Stage
    /// Why it waits, in Slurm's word.
    package let reason: String

    package init(id: String, stage: Stage, reason: String = "None") {
        self.id = id
        self.stage = stage
        self.reason = reason
    }

    /// The job that this process runs in, by what Slurm tells it; nil: none.
    package static func current(_ environment: [String: String]) -> String? {
        let array = ["SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"].compactMap { environment[$0] }
        return identifier(array.count == 2 ? array.joined(separator: "_") : environment["SLURM_JOB_ID"] ?? "")
    }

    /// What squeue is asked for.
    static let format = "%i|%T|%r"

    /// Reads the lines of squeue in this format.
    ///
    /// - Throws: for anything else, however little of it: a farm that misreads its queue submits without end.
    package static func parse(_ output: String) throws(SlurmError) -> [SlurmTask] {
        var tasks: [SlurmTask] = []
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3, let id = identifier(fields[0]), let stage = Stage(word: fields[1]) else {
                throw .strange("squeue", said: String(line))
            }
            tasks.append(SlurmTask(id: id, stage: stage, reason: fields[2]))
        }
        guard Set(tasks.map(\.id)).count == tasks.count else { throw .strange("squeue", said: "a job twice") }
        return tasks
    }

    /// The number of a job that `sbatch --parsable` tells of: `NUMBER` or `NUMBER;CLUSTER`.
    package static func submitted(_ output: String) throws(SlurmError) -> String {
        let line = output.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let number = line.split(separator: ";", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        guard isNumber(number) else { throw .strange("sbatch", said: line) }
        return number
    }

    private static func identifier(_ text: String) -> String? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        return parts.count <= 2 && parts.allSatisfy(isNumber) ? text : nil
    }

    private static func isNumber(_ text: String) -> Bool {
        (1...10).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// A reason for which a job waits until a person does something.
    var isStuck: Bool { stage == .waiting && Self.stuck.contains(reason) }

    private static let stuck: Set<String> = [
        "AccountNotAllowed", "AssocGrpNodeLimit", "BadConstraints", "InvalidAccount", "InvalidQOS", "JobHeldAdmin",
        "JobHeldUser", "PartitionConfig", "PartitionDown", "PartitionInactive", "PartitionNodeLimit",
        "PartitionTimeLimit", "QOSNotAllowed", "ReservationDeleted", "launch_failed_requeued_held",
    ]
}

extension SlurmTask.Stage {
    /// - Parameter word: a job state of squeue(1), in full.
    init?(word: String) {
        switch word {
        case "PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT": self = .waiting
        case "RUNNING", "CONFIGURING", "SUSPENDED", "RESIZING", "SIGNALING", "STOPPED": self = .running
        case "COMPLETING", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL",
            "DEADLINE", "OUT_OF_MEMORY", "REVOKED", "STAGE_OUT":
            self = .ending
        default: return nil
        }
    }
}

/// Why Slurm could not be asked, or did not do what it was asked.
package enum SlurmError: Error, Equatable, CustomStringConvertible {
    case missing(String, reason: String)
    case refused(String, complaint: String)
    case tookTooLong(String, Duration)
    case strange(String, said: String)

    package var description: String {
        switch self {
        case .missing(let program, let reason):
            "\(program) cannot be run: \(Self.line(reason)). Install slurm-client here, or serve without --pool."
        case .refused(let program, let complaint):
            "\(program) refused: \(Self.line(complaint))"
        case .tookTooLong(let program, let limit):
            "\(program) gave no answer in \(limit.components.seconds) s; is slurmctld there ('scontrol ping')?"
        case .strange(let program, let said):
            "\(program) said what no version of Slurm known here says: \(Self.line(said))"
        }
    }

    /// What a program said, as one short line without what could move a terminal's cursor.
    private static func line(_ text: String) -> String {
        let words = text.split(whereSeparator: { $0.isWhitespace || $0.isNewline }).joined(separator: " ")
        let visible = String(
            words.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }.map(Character.init))
        return visible.isEmpty ? "nothing" : "'\(visible.prefix(300))'"
    }
}
