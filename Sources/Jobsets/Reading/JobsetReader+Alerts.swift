// SPDX-License-Identifier: GPL-3.0-or-later

extension JobsetReader {
    static func alert(_ item: Item) -> AlertTarget? {
        let keys = ["webhook", "secret", "template", "email", "kinds", "packages", "maintainers", "grouping", "days"]
        guard let fields = item.fields(keys), let place = place(fields, item) else { return nil }
        return AlertTarget(
            place,
            kinds: fields.optional("kinds", default: []) { item in
                item.list(of: "kinds of alerts", count: 1...AlertKind.allCases.count) { $0.choice() }
            },
            packages: fields.optional("packages", default: []) { item in
                item.list(of: "names of packages", count: 1...1_000) {
                    $0.text("a package's name, '*' for anything in it") { !$0.isEmpty }
                }
            },
            maintainers: fields.optional("maintainers", default: []) { item in
                item.list(of: "maintainers", count: 1...1_000) {
                    $0.text("a maintainer's address or name, '*' for anything in it") { !$0.isEmpty }
                }
            },
            grouping: fields.optional("grouping") { $0.choice() },
            days: fields.optional("days", default: AlertTarget.standardDays) { item in
                item.list(of: "numbers of days", count: 1...10) { $0.integer(1...3_650) }
            })
    }

    private static func place(_ fields: Fields, _ item: Item) -> AlertPlace? {
        switch (fields.has("webhook"), fields.has("email")) {
        case (true, false):
            let url = fields.required("webhook") { $0.text("an http or https URL", where: isWebAddress) }
            let form = fields.optional("template", default: WebhookForm.json) { $0.choice() }
            guard form.needsSecret || fields.has("secret") else {
                return url.map { .webhook(url: $0, secret: nil, form: form) }
            }
            let secret = fields.required("secret") { self.secret($0) }
            guard let url, let secret else { return nil }
            return .webhook(url: url, secret: secret, form: form)
        case (false, true):
            guard !fields.has("secret"), !fields.has("template") else {
                return item.fault("'secret' and 'template' only beside 'webhook'")
            }
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

    package static func isWebAddress(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let host = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        return !host.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    package static func isEmailAddress(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        return halves.count == 2 && !halves.contains("") && text.utf8.count <= 254 && !text.hasPrefix("-")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>,;\"\\".utf8.contains($0) }
    }
}
