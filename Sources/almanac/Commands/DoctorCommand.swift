// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import Guests
import StoreDaemon
import TimeTravel

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look whether everything the farm needs is there, and say how to mend what is not.",
        discussion: """
            Looks for the programs, asks PostgreSQL and the store's daemon, boots a guest to learn whether KVM works, and \
            looks at disk, clock and mail. Exit codes: 0 when the farm can work, 1 when something has to be mended.
            """)

    @OptionGroup var farm: FarmOptions
    @Flag(name: .long, inversion: .prefixedNo, help: "Boot a guest.") var boot = true

    private struct Finding {
        enum Kind: String { case good = "ok", poor = "note", bad = "BAD" }

        let kind: Kind
        let what: String
        let text: String
    }

    func run() async throws {
        let configuration = try farm.load()
        var isWell = true
        func tell(_ finding: Finding) {
            isWell = isWell && finding.kind != .bad
            let head = finding.kind.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0)
            let what = finding.what.padding(toLength: 12, withPad: " ", startingAt: 0)
            Terminal.write(head + what + TextTable.oneLine(finding.text) + "\n")
        }
        tell(programs(configuration))
        tell(await database())
        tell(await store(configuration))
        tell(await guix(configuration))
        if boot { tell(await guests(configuration)) }
        tell(disk(configuration))
        tell(clock())
        tell(mail(configuration))
        if !isWell { throw ExitCode.failure }
    }

    private func programs(_ configuration: FarmConfiguration) -> Finding {
        do {
            let missing = try FarmHost.missingPrograms(configuration)
            let list = missing.map { "\($0.rawValue) (package \($0.package))" }.joined(separator: ", ")
            return missing.isEmpty
                ? Finding(kind: .good, what: "programs", text: "all that guests are made with are installed")
                : Finding(kind: .bad, what: "programs", text: "missing: \(list); run ops/setup")
        } catch {
            return Finding(kind: .bad, what: "programs", text: "\(error)")
        }
    }

    private func database() async -> Finding {
        do {
            let progress = try await farm.withDatabase { try await $0.progress() }
            return Finding(
                kind: .good, what: "PostgreSQL", text: "answers; \(progress.runsDone) runs, \(progress.traps) traps")
        } catch {
            return Finding(
                kind: .bad, what: "PostgreSQL",
                text: "\(error); install postgresql-15, or set DATABASE_URL to a server that can be reached")
        }
    }

    private func store(_ configuration: FarmConfiguration) async -> Finding {
        do {
            try await FarmHost.askStore(configuration)
            let engine = try FarmHost.storeEngine(configuration)
            return Finding(
                kind: .good, what: "store",
                text: "its daemon answers, \(engine == .guix ? "guix-daemon" : "nix-daemon")")
        } catch {
            return Finding(kind: .bad, what: "store", text: "\(error); install nix-bin or Guix, and run ops/setup")
        }
    }

    /// Guix's own store takes nothing over that is not signed with a key it was told of.
    private func guix(_ configuration: FarmConfiguration) async -> Finding {
        let socket = HostStore.guixSocket()
        guard FileManager.default.fileExists(atPath: socket) else {
            return Finding(
                kind: .poor, what: "Guix", text: "no guix-daemon here (\(socket)); none is needed to evaluate")
        }
        do {
            let store = try HostStore.guix(dataDirectory: configuration.data)
            _ = try await store.withConnection { try await $0.validPaths(among: []) }
            guard let key = store.signingKey, try !key.isAuthorized() else {
                return Finding(kind: .good, what: "Guix", text: "guix-daemon answers and takes what the farm signs")
            }
            return Finding(
                kind: .poor, what: "Guix",
                text: """
                    guix-daemon answers, but would not take the farm's outputs over; to let it, as root: guix archive \
                    --authorize < \(key.publicFile)
                    """)
        } catch {
            return Finding(kind: .poor, what: "Guix", text: "\(error); start guix-daemon, or let this user use it")
        }
    }

    private func guests(_ configuration: FarmConfiguration) async -> Finding {
        do {
            let host = try await FarmHost.prepare(configuration, logger: ServerLog.logger())
            let kernels = try await host.kernels.made().map { "\($0)" }.joined(separator: ", ")
            guard host.accelerator == .kvm else {
                return Finding(
                    kind: .poor, what: "guests",
                    text: """
                        kernels \(kernels); no guest boots with KVM, so QEMU emulates, ten times slower: give this user \
                        /dev/kvm, or turn on virtualisation in the firmware or hypervisor
                        """)
            }
            return Finding(kind: .good, what: "guests", text: "boot with KVM; kernels \(kernels)")
        } catch {
            return Finding(kind: .bad, what: "guests", text: "\(error); try 'almanac image build'")
        }
    }

    private func disk(_ configuration: FarmConfiguration) -> Finding {
        guard let free = FarmTrouble.freeBytes(configuration.data) else {
            return Finding(kind: .bad, what: "disk", text: "\(configuration.data) cannot be looked at")
        }
        let text = "\(free >> 30) GiB free below \(configuration.data)"
        if free < FarmTrouble.leastSpace {
            return Finding(kind: .bad, what: "disk", text: text + "; shorten retention, or move it with --data")
        }
        return Finding(kind: free < 20 << 30 ? .poor : .good, what: "disk", text: text)
    }

    /// A clock that is before this program was made is wrong; one that is ahead cannot be told from here.
    private func clock() -> Finding {
        let attributes = try? FileManager.default.attributesOfItem(atPath: Bundle.main.executablePath ?? "")
        let made = (attributes?[.modificationDate] as? Date).map { Instant(seconds: Int64($0.timeIntervalSince1970)) }
        let now = Instant.now
        if let made, now < made - 60 {
            return Finding(kind: .bad, what: "clock", text: "it is \(now), before this program was made; set the clock")
        }
        return Finding(kind: .good, what: "clock", text: "\(now)")
    }

    private func mail(_ configuration: FarmConfiguration) -> Finding {
        let alerts = configuration.alerts
        guard let server = alerts.mailServer else {
            return Finding(kind: .poor, what: "mail", text: "no mail-server is set: alerts go to webhooks only")
        }
        guard alerts.operatorTarget != nil else {
            return Finding(kind: .poor, what: "mail", text: "\(server); no operator hears of the farm's trouble")
        }
        return Finding(kind: .good, what: "mail", text: "\(server); try 'almanac alert test operator'")
    }
}
