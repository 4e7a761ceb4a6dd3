// SPDX-License-Identifier: GPL-3.0-or-later

import TimeTravel

extension JobsetReader {
    static func screening(_ item: Item) -> Screening? {
        guard let fields = item.fields(["dates", "cpu", "cores", "kernel", "repeats"]) else { return nil }
        let dates = fields.optional("dates", default: Screening.standard.dates) { list in
            list.list(of: "dates", count: 1...16) { $0.value(ConditionsDate.self) }
        }
        return Screening(
            dates: dates,
            cpu: fields.optional("cpu", default: Screening.standard.cpu) { $0.choice(CPUModel.self) },
            cores: fields.optional("cores", default: Screening.standard.cores) { cores($0) },
            kernel: fields.optional("kernel") { kernel($0) },
            repeats: fields.optional("repeats", default: [:]) { packages in
                packages.map(of: "packages", count: 0...1_000) { $0.integer(2...100) }
            })
    }

    static func reference(_ item: Item) -> ReferenceConditions? {
        guard let fields = item.fields(["date", "cpu", "cores", "kernel"]) else { return nil }
        return ReferenceConditions(
            date: fields.optional("date", default: ReferenceConditions().date) { $0.value(ConditionsDate.self) },
            cpu: fields.optional("cpu") { $0.choice(CPUModel.self) },
            cores: fields.optional("cores") { cores($0) },
            kernel: fields.optional("kernel") { kernel($0) })
    }

    static func schedule(_ item: Item) -> Schedule? {
        guard let fields = item.fields(["cron", "timeZone"]) else { return nil }
        let cron = fields.required("cron") { $0.value(CronExpression.self) }
        let zone = fields.optional("timeZone", default: Zone.utc) { $0.value(Zone.self) }
        return cron.map { Schedule(cron: $0, timeZone: zone) }
    }

    private static func cores(_ item: Item) -> Int? { item.integer(1...1_024) }

    private static func kernel(_ item: Item) -> KernelRelease? {
        item.scalar.flatMap(KernelRelease.init(rawValue:))
            ?? item.fault("a kernel release as 'uname -r' prints it, such as '6.1.0-47-amd64'")
    }
}
