// SPDX-License-Identifier: GPL-3.0-or-later

extension JobsetReader {
    static func retention(_ item: Item) -> Retention? {
        guard let fields = item.fields(["logs", "outputs", "evaluations"]) else { return nil }
        let standard = Retention()
        return Retention(
            logs: fields.optional("logs", default: standard.logs) { $0.value(Period.self) },
            outputs: fields.optional("outputs", default: standard.outputs) { $0.value(Period.self) },
            evaluations: fields.optional("evaluations") { $0.integer(1...1_000_000) })
    }

    static func limits(_ item: Item) -> BuildLimits? {
        let keys = ["buildTime", "silentTime", "memory", "logSize", "scratchSize"]
        guard let fields = item.fields(keys) else { return nil }
        let standard = BuildLimits()
        let time = TimeSpan(seconds: 1)...TimeSpan(seconds: 30 * 86_400)
        return BuildLimits(
            buildTime: fields.optional("buildTime", default: standard.buildTime) { $0.span(time) },
            silentTime: fields.optional("silentTime", default: standard.silentTime) { $0.span(time) },
            memory: fields.optional("memory", default: standard.memory) {
                $0.size(.mebibytes(256)...(.gibibytes(1_024)))
            },
            logSize: fields.optional("logSize", default: standard.logSize) {
                $0.size(ByteCount(bytes: 4_096)...(.gibibytes(16)))
            },
            scratchSize: fields.optional("scratchSize", default: standard.scratchSize) {
                $0.size(.mebibytes(64)...(.gibibytes(4_096)))
            })
    }
}
