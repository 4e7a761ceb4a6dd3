// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Testing

/// How Slurm's programs are called, with scripts in their place: what they are given, and what they may do to the farm.
@Suite struct SlurmCommandsTests {
    /// Scripts that stand for programs, in a folder of their own.
    private struct Programs {
        let folder = NSTemporaryDirectory() + "almanac-slurm-\(UUID().uuidString)"
        /// With what a shell would take for its own.
        var data: String { folder + "/it's here" }

        func commands(
            _ scripts: [String: String], settings: [String: String] = [:], limit: Duration = .seconds(30)
        ) throws -> SlurmCommands {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (name, script) in scripts {
                let path = "\(folder)/\(name)"
                try "#!/bin/sh\ncd \(folder)\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
                guard chmod(path, 0o755) == 0 else { throw CocoaError(.fileWriteNoPermission) }
            }
            var configuration = try FarmConfiguration.load(
                file: nil, environment: ["ALMANAC_DATA": data], processors: 1)
            try configuration.dataDirectory.create()
            try configuration.apply(settings: settings, from: "test")
            return SlurmCommands(
                configuration,
                environment: ["PATH": "\(folder):/usr/bin:/bin", "HOME": "/home/farm", "HOOK_SECRET": "hush"],
                limit: limit)
        }

        func read(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test func `an array of workers is submitted with what was set, and with no secret of the server's`() async throws {
        let programs = Programs()
        defer { programs.remove() }
        let commands = try programs.commands(
            [
                "sbatch":
                    "for last; do :; done; cat \"$last\" > script; printf '%s\\n' \"$@\" > arguments; env > environment; echo '5;north'"
            ],
            settings: [
                "slurm-partition": "long", "slurm-constraint": "avx2&ssd", "slurm-account": "time", "slurm-guests": "3",
                "slurm-time-limit": "2 hours", "slurm-options": "--qos=low --exclude=node7", "guest-memory": "1000",
                "slurm-program": "/opt/almanac", "database-url": "host=db password=x", "slurm-idle": "90 s",
            ])
        #expect(try await commands.submit(7) == "5")
        let arguments = Set(try programs.read("arguments").split(separator: "\n").map(String.init))
        for wanted in [
            "--parsable", "--array=0-6", "--cpus-per-task=3", "--mem=3512M", "--time=120", "--no-requeue",
            "--partition=long", "--constraint=avx2&ssd", "--account=time", "--qos=low", "--exclude=node7",
            "--job-name=\(commands.name)", "--output=\(programs.data)/workers/slurm-%A_%a.log",
        ] {
            #expect(arguments.contains(wanted))
        }
        #expect(
            try programs.read("script") == """
                #!/bin/sh
                exec '/opt/almanac' 'work' '--data' '\(programs.folder)/it'\\''s here' '--guests' '3' '--leave-when-idle' '90' \
                '--leave-after' '5400'

                """)
        let environment = try programs.read("environment")
        #expect(environment.contains("DATABASE_URL=host=db password=x\n") && environment.contains("HOME=/home/farm\n"))
        #expect(!environment.contains("HOOK_SECRET"))
    }

    @Test func `only the farm's own jobs are asked for and cancelled`() async throws {
        let programs = Programs()
        defer { programs.remove() }
        let commands = try programs.commands([
            "squeue": "echo \"$@\" > asked; echo '1_0|RUNNING|None'", "scancel": "echo \"$@\" >> cancelled",
        ])
        #expect(try await commands.tasks().map(\.id) == ["1_0"])
        #expect(try programs.read("asked").contains("--me --name=\(commands.name) "))
        try await commands.cancel([])
        try await commands.cancel(["1_0", "1_1"])
        try await commands.cancel(["2_0"], isGentle: true)
        #expect(try programs.read("cancelled") == "--quiet 1_0 1_1\n--quiet --batch --signal=TERM 2_0\n")
    }

    @Test(arguments: [
        (
            "echo 'sbatch: error: invalid partition specified: no' >&2; exit 1",
            "sbatch refused: 'sbatch: error: invalid"
        ),
        ("exit 3", "sbatch refused"), ("kill -9 $$", "sbatch refused"),
        ("echo 'no number'", "sbatch said what no version"),
        ("cat /dev/zero", "sbatch"), ("sleep 100", "sbatch gave no answer in 2 s"),
    ])
    func `a program that fails, stalls or floods is an error that says so`(script: String, words: String) async throws {
        let programs = Programs()
        defer { programs.remove() }
        let commands = try programs.commands(
            ["sbatch": script.replacing("sleep", with: "exec sleep")], limit: .seconds(2))
        let error = await #expect(throws: SlurmError.self) { _ = try await commands.submit(1) }
        #expect(error?.description.hasPrefix(words) ?? false, "\(String(describing: error))")
    }

    @Test func `a machine without Slurm is told what to install`() async throws {
        let programs = Programs()
        defer { programs.remove() }
        let commands = SlurmCommands(
            try FarmConfiguration.load(file: nil, environment: ["ALMANAC_DATA": "/nowhere"], processors: 1),
            environment: ["PATH": "/nowhere"])
        let error = await #expect(throws: SlurmError.self) { _ = try await commands.tasks() }
        #expect(error?.description.contains("Install slurm-client") ?? false, "\(String(describing: error))")
    }

    @Test(arguments: [
        "slurm-guests: 0", "slurm-jobs: many", "slurm-time-limit: 4 minutes", "slurm-time-limit: soon",
        "slurm-partition: a b", "slurm-constraint: ''", "slurm-options: bash", "slurm-idle: 0 s", "pool: cloud",
    ])
    func `settings that do not fit are refused`(line: String) throws {
        let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
        var configuration = try FarmConfiguration.load(
            file: nil, environment: ["ALMANAC_DATA": "/nowhere"], processors: 1)
        #expect(throws: FarmError.self) {
            try configuration.apply(settings: [parts[0]: parts[1].replacing("'", with: "")], from: "test")
        }
    }
}
