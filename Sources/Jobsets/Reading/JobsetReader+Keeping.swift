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

    static func alert(_ item: Item) -> AlertTarget? {
        guard let fields = item.fields(["webhook", "secret", "email"]) else { return nil }
        switch (fields.has("webhook"), fields.has("email")) {
        case (true, false):
            let url = fields.required("webhook") { $0.text("an http or https URL", where: isWebAddress) }
            let secret = fields.required("secret") { self.secret($0) }
            guard let url, let secret else { return nil }
            return .webhook(url: url, secret: secret)
        case (false, true):
            guard !fields.has("secret") else { return item.fault("'secret' only beside 'webhook'") }
            return fields.required("email") { $0.text("an e-mail address", where: isEmailAddress) }
                .map { .email(address: $0) }
        case (true, true), (false, false):
            return item.fault("either 'webhook' with 'secret', or 'email'")
        }
    }

    private static func secret(_ item: Item) -> SecretSource? {
        guard let fields = item.fields(["environment", "file"]) else { return nil }
        switch (fields.has("environment"), fields.has("file")) {
        case (true, false):
            return fields.required("environment") { $0.text("the name of an environment variable", where: isVariable) }
                .map { .environment(variable: $0) }
        case (false, true):
            return fields.required("file") { $0.text("the absolute path of a file") { $0.hasPrefix("/") } }
                .map { .file(path: $0) }
        case (true, true), (false, false):
            return item.fault("either 'environment: VARIABLE' or 'file: PATH'")
        }
    }

    private static func isVariable(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.first?.isNumber == false
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let host = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        return !host.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    static func isEmailAddress(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        return halves.count == 2 && !halves.contains("") && text.utf8.count <= 254 && !text.hasPrefix("-")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>,;\"\\".utf8.contains($0) }
    }
}
