// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Look at the workers, and hold them back.",
        subcommands: [List.self, Drain.self, Pause.self, Resume.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the workers.")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func run() async throws {
            let (workers, pools) = try await farm.withDatabase {
                (try await $0.workerRecords(), try await $0.poolRecords())
            }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(workers))
            case .table:
                Terminal.write(table(workers))
                for pool in pools { Terminal.write("Pool \(pool.sentence).\n") }
            }
        }

        private func table(_ workers: [WorkerRecord]) -> String {
            if workers.isEmpty { return "No worker is known. 'almanac serve' and 'almanac work' are workers.\n" }
            var table = TextTable(["WORKER", "STATE", "BUILDING", "MEMORY", "HEARD OF", "NAME", "HINDERED BY"])
            for worker in workers {
                table.add([
                    String(worker.id), worker.state.rawValue, "\(worker.building)/\(worker.capacity)",
                    worker.memory.map { "\($0) MiB" } ?? "-", "\(worker.heartbeat)", worker.name,
                    worker.hindrance ?? "-",
                ])
            }
            return table.render(headerStyle: Terminal().bold) + "\n"
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a worker finish what it is at and take no more; 'almanac work' then ends.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var worker: Int
        func run() async throws { try await WorkerCommand.set(.draining, worker, farm) }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a worker take no more builds for now.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var worker: Int
        func run() async throws { try await WorkerCommand.set(.paused, worker, farm) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused or draining worker go on.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var worker: Int
        func run() async throws { try await WorkerCommand.set(.active, worker, farm) }
    }

    private static func set(_ state: WorkerState, _ worker: Int, _ farm: FarmOptions) async throws {
        guard try await farm.withDatabase({ try await $0.setState(state, worker: worker) }) else {
            throw FarmError.unknownWorker(worker)
        }
        Terminal.write("Worker \(worker) is \(state.rawValue).\n")
    }
}
