// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation
import Jobsets
import TimeTravel

struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert",
        abstract: "Alerts: what was sent, what could not be, and whether a target can be reached.",
        subcommands: [List.self, Test.self, Retry.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List alerts, newest first.", discussion: "Example: almanac alert list --state dead")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "pending, delivered or dead.") var state: AlertState?
        @Option(name: .long, help: "At most so many.") var limit = 50
        @Option(name: .long, help: ListFormat.help) var format = ListFormat.table

        func run() async throws {
            let (state, limit) = (state, limit)
            let alerts = try await farm.withDatabase { try await $0.alertRecords(state: state?.rawValue, limit: limit) }
            try format.write(alerts, type: "Alert") { table(alerts) }
        }

        private func table(_ alerts: [AlertRecord]) -> String {
            if alerts.isEmpty { return "There are no such alerts.\n" }
            var table = TextTable(["ALERT", "KIND", "STATE", "TRIES", "JOBSET", "TARGET", "CREATED", "LAST ERROR"])
            for alert in alerts {
                table.add([
                    String(alert.id), alert.kind, alert.state, String(alert.attempts), alert.jobset ?? "-",
                    alert.target,
                    "\(alert.created)", alert.lastError ?? "",
                ])
            }
            return table.render(headerStyle: Terminal().bold) + "\n"
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test at once and say whether it was accepted.",
            discussion: """
                TARGET is an e-mail address, the name of a jobset (all its targets) or 'operator' (who hears of the farm's \
                own trouble). Example: almanac alert test me@example.org
                """)
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Whom to send it to.") var target: String

        func run() async throws {
            let settings = try farm.load().alerts
            let places = try await places(settings)
            let delivery = AlertDelivery(
                settings: settings, environment: ProcessInfo.processInfo.environment, now: { .now })
            var failed = false
            for place in places {
                do {
                    let key = UUID().uuidString.lowercased()
                    try await delivery.send(AlertContent.test(for: place), key: key, to: place)
                    Terminal.write("\(place.shown): accepted\n")
                } catch {
                    failed = true
                    Terminal.complain("\(place.shown): \(error)")
                }
            }
            if failed { throw ExitCode.failure }
        }

        private func places(_ settings: AlertSettings) async throws -> [AlertPlace] {
            if JobsetReader.isEmailAddress(target) { return [.email(address: target)] }
            if target == "operator" {
                guard let target = settings.operatorTarget else {
                    throw ValidationError("No operator is set: set 'operator' in almanac.yaml or ALMANAC_OPERATOR.")
                }
                return [target.place]
            }
            let name = target
            let places = try await farm.withDatabase { try await $0.jobset(named: name) }.description.alerts.map(
                \.place)
            guard !places.isEmpty else { throw ValidationError("The jobset '\(name)' has no targets under 'alerts'.") }
            return places
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try dead alerts again: those that were refused too often.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Number of the alert; all dead ones without it.") var alert: Int64?

        func run() async throws {
            let alert = alert
            let count = try await farm.withDatabase { try await $0.retryAlerts(id: alert) }
            Terminal.write("\(count) \(count == 1 ? "alert is" : "alerts are") tried again.\n")
        }
    }
}

enum AlertState: String, ExpressibleByArgument, CaseIterable {
    case pending, delivered, dead
}
