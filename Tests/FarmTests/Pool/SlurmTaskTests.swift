// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Testing

/// What Slurm's programs say, and what they might.
@Suite struct SlurmTaskTests {
    @Test func `the lines of squeue are read`() throws {
        let tasks = try SlurmTask.parse(
            """
            12_0|RUNNING|None
            12_1|CONFIGURING|None
            12_2|COMPLETING|None
            13_0|PENDING|Resources
            13_1|PENDING|PartitionTimeLimit
            14|SUSPENDED|None

            """)
        #expect(tasks.map(\.id) == ["12_0", "12_1", "12_2", "13_0", "13_1", "14"])
        #expect(tasks.map(\.stage) == [.running, .running, .ending, .waiting, .waiting, .running])
        #expect(tasks.map(\.reason)[3...4] == ["Resources", "PartitionTimeLimit"])
        #expect(try SlurmTask.parse("").isEmpty)
    }

    @Test(arguments: [
        "slurm_load_jobs error: Unable to contact slurm controller", "1_0|RUNNING", "1_0|DANCING|None",
        "1_0_0|RUNNING|None", "x|RUNNING|None", "1_[0-7]|PENDING|None", "1_0|RUNNING|None\n1_0|RUNNING|None",
        "-1|RUNNING|None", "99999999999|RUNNING|None", "|RUNNING|None", "1_|RUNNING|None", "1_0|RUNNING|a|b\n\u{1b}[2J",
    ])
    func `anything else of squeue is an error that quotes it`(output: String) {
        #expect(throws: SlurmError.self) { _ = try SlurmTask.parse(output) }
    }

    @Test func `the number of a submission is read, with or without a cluster`() throws {
        #expect(try SlurmTask.submitted("4711\n") == "4711")
        #expect(try SlurmTask.submitted("4711;north\n") == "4711")
    }

    @Test(arguments: ["", "\n", "Submitted batch job 4711", "4711x", ";north", "4 711", "\u{0}4711"])
    func `anything else of sbatch is an error`(output: String) {
        #expect(throws: SlurmError.self) { _ = try SlurmTask.submitted(output) }
    }

    @Test func `an error shows one short line that cannot move a cursor`() {
        let text = SlurmError.strange("squeue", said: "a\u{1b}[2Jb\n\u{9b}31m" + String(repeating: "x", count: 10_000))
            .description
        #expect(text.count < 500)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    }

    @Test func `a process knows its job by what Slurm tells it`() {
        #expect(
            SlurmTask.current(["SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2", "SLURM_JOB_ID": "9"]) == "7_2")
        #expect(SlurmTask.current(["SLURM_JOB_ID": "9"]) == "9")
        #expect(SlurmTask.current([:]) == nil)
        #expect(SlurmTask.current(["SLURM_JOB_ID": "../x"]) == nil)
    }
}
