// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser

/// Where workers come from, beside those that people start: the settings of the same names, given as flags.
struct PoolOptions: ParsableArguments {
    @Option(name: .long, help: "slurm: start workers in Slurm jobs, as many as the queue needs. Or none.")
    var pool: String?
    @Option(name: .long, help: "The partition of the jobs.") var slurmPartition: String?
    @Option(name: .long, help: "What their nodes must have.") var slurmConstraint: String?
    @Option(name: .long, help: "Who pays for them.") var slurmAccount: String?
    @Option(name: .long, help: "How long one may take, such as '12 hours'.") var slurmTimeLimit: String?
    @Option(name: .long, help: "Guests of one job.") var slurmGuests: String?
    @Option(name: .long, help: "Jobs at most.") var slurmJobs: String?
    @Option(name: .long, help: "A worker without builds for so long leaves, such as '2 min'.") var slurmIdle: String?
    // What follows begins with a dash.
    @Option(
        name: .long, parsing: .unconditional, help: "Further options of sbatch, such as '--qos=low --exclude=node7'.")
    var slurmOptions: String?

    /// By their names in almanac.yaml.
    var settings: [String: String] {
        let given = [
            "pool": pool, "slurm-partition": slurmPartition, "slurm-constraint": slurmConstraint,
            "slurm-account": slurmAccount, "slurm-time-limit": slurmTimeLimit, "slurm-guests": slurmGuests,
            "slurm-jobs": slurmJobs, "slurm-idle": slurmIdle, "slurm-options": slurmOptions,
        ]
        return given.compactMapValues { $0 }
    }
}
