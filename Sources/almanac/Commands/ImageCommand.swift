// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Guests
import TimeTravel

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "The guests' kernels and disk image.", subcommands: [Build.self, List.self])

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the guest image and a kernel from what this host has; what exists is kept.",
            discussion: "Example: almanac image build --kernel 6.1.0-47-amd64")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "A kernel release to add; repeat for more.") var kernel: [String] = []

        func run() async throws {
            let configuration = try farm.load()
            let host = try await FarmHost.prepare(configuration, logger: ServerLog.logger())
            for name in kernel {
                guard let release = KernelRelease(rawValue: name) else {
                    throw FarmError.noKernel(wanted: name, known: try await host.kernels.offered().map(\.rawValue))
                }
                _ = try await host.kernels.kernel(release)
            }
            let made = try await host.kernels.made().map(\.rawValue).joined(separator: ", ")
            Terminal.write(
                "image        \(host.image.userland)\nkernels      \(made)\naccelerator  \(host.accelerator.rawValue)\n"
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List kernels made and kernels that can be made.")
        @OptionGroup var farm: FarmOptions

        func run() async throws {
            let host = try await FarmHost.prepare(try farm.load(), logger: ServerLog.logger())
            let made = Set(try await host.kernels.made())
            var table = TextTable(["KERNEL", "MADE"])
            for release in Set(try await host.kernels.offered()).union(made).sorted() {
                table.add([release.rawValue, made.contains(release) ? "yes" : "no"])
            }
            Terminal.write(table.render() + "\n")
        }
    }
}
