// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Jobsets

/// A forge that tells of pushes, and how it proves that it is the one.
enum Forge: String, CaseIterable, Sendable {
    case forgejo, gitea, github, gitlab

    /// What the headers prove.
    enum Proof: Equatable {
        /// HMAC-SHA-256 of the body, base 16.
        case signature(String)
        /// The secret itself.
        case secret(String)
    }

    /// Sources: docs.github.com "Validating webhook deliveries", docs.gitea.com and forgejo.org "Webhooks", docs.gitlab.com
    /// "Webhooks".
    func proof(_ header: (String) -> String?) -> Proof? {
        switch self {
        case .forgejo: (header("X-Forgejo-Signature") ?? header("X-Gitea-Signature")).map { .signature($0) }
        case .gitea: header("X-Gitea-Signature").map { .signature($0) }
        case .github:
            header("X-Hub-Signature-256").flatMap { value in
                value.hasPrefix("sha256=") ? .signature(String(value.dropFirst(7))) : nil
            }
        case .gitlab: header("X-Gitlab-Token").map { .secret($0) }
        }
    }

    /// Whether the headers say that this is a push, of commits or of a tag; nil where they say nothing.
    func isPush(_ header: (String) -> String?) -> Bool? {
        switch self {
        case .forgejo: (header("X-Forgejo-Event") ?? header("X-Gitea-Event")).map { $0 == "push" }
        case .gitea: header("X-Gitea-Event").map { $0 == "push" }
        case .github: header("X-GitHub-Event").map { $0 == "push" }
        case .gitlab: header("X-Gitlab-Event").map { ["Push Hook", "Tag Push Hook"].contains($0) }
        }
    }
}

extension Forge.Proof {
    /// Takes the same time wherever a wrong proof differs, and for a wrong one as for no secret at all.
    func holds(for body: [UInt8], secret: [UInt8]?) -> Bool {
        let key = secret ?? [UInt8](repeating: 0, count: 32)
        let (given, right) =
            switch self {
            case .signature(let digits): (digits.lowercased(), KeyedHash.sha256(key: key, message: body))
            // Hashed, so that not even the length shows.
            case .secret(let text):
                (
                    KeyedHash.sha256(key: Self.pepper, message: Array(text.utf8)),
                    KeyedHash.sha256(key: Self.pepper, message: key)
                )
            }
        return KeyedHash.isEqual(Array(given.utf8), Array(right.utf8)) && secret != nil
    }

    private static let pepper = (0..<32).map { _ in UInt8.random(in: 0...255) }
}

/// What the body of a push says; the rest of it is not read.
struct PushNotice: Decodable {
    /// `refs/heads/BRANCH` or `refs/tags/TAG`.
    var ref: String
    /// The commit it points to now; zeros where it was deleted.
    var after: String?
    var deleted: Bool?

    var isDeletion: Bool { deleted ?? after.map { !$0.isEmpty && $0.allSatisfy { $0 == "0" } } ?? false }
}

extension Endpoint {
    /// Of a notice, in bytes: a push of many commits is long.
    static let largestNotice = 4 << 20

    static let pushHook = Endpoint(
        audience: .programs, path: "/api/v1/hooks/{forge}/{name}", name: "receivePush",
        summary:
            "A forge tells of a push. It is signed with the jobset's secret, which 'almanac jobset hook' makes; a push "
            + "to a branch or tag that the jobset follows has its revisions looked up.",
        parameters: [forge.facts, Parameters.name.facts],
        contents: [
            Content(
                mediaType: "application/json",
                schema: Schema.object(
                    ["jobset": Schema.text, "triggered": ["type": "boolean"], "reason": Schema.text],
                    "Whether the jobset's revisions are looked up, and why or why not."))
        ], otherStatuses: [:],
        change: Change(method: "POST", scope: nil, body: ["type": "object"], largestBody: largestNotice)
    ) { call in
        let (forge, name) = (try call.required(forge), try call.required(Parameters.name))
        let secret = try await call.database.pushSecret(ofJobset: name)
        guard let proof = forge.proof(call.header), proof.holds(for: call.body, secret: secret) else {
            throw Problem(
                status: 401, title: "Unauthorized",
                detail:
                    "The signature is missing or is not made with the jobset's secret. 'almanac jobset hook' makes one."
            )
        }
        func answer(_ triggered: Bool, _ reason: String) throws -> Reply {
            try .json(["jobset": .string(name), "triggered": .bool(triggered), "reason": .string(reason)] as JSON)
        }
        guard forge.isPush(call.header) ?? false else { return try answer(false, "This event is no push.") }
        guard let notice = try? JSONDecoder().decode(PushNotice.self, from: Data(call.body)) else {
            throw Problem(
                status: 400, title: "Bad request body",
                detail:
                    "The body has to be a push as JSON with its 'ref': set the hook's content type to application/json."
            )
        }
        let jobset = try await call.database.jobset(named: name)
        guard jobset.isEnabled else { return try answer(false, "The jobset is not enabled.") }
        if notice.isDeletion { return try answer(false, "\(notice.ref.prefix(200)) was deleted.") }
        guard jobset.description.follows(ref: notice.ref) else {
            return try answer(false, "The jobset does not follow \(notice.ref.prefix(200)).")
        }
        // A notice that comes twice has the revisions looked up twice: what is evaluated already stays so.
        try await call.database.trigger(jobset: jobset.id, cause: "push", unlessWanted: true)
        return try answer(true, "\(notice.ref.prefix(200)) moved.")
    }

    private static let forge = Parameter<Forge>.word("forge", in: .path, about: "What sends the notice.")

    static let hydraPush = change(
        "/api/push", "pushHydraJobsets", "Evaluate jobsets now, at the address that Hydra has.", scope: .trigger,
        parameters: [jobsets.facts, repositories.facts],
        schema: Schema.object(["jobsetsTriggered": Schema.list(Schema.text)], "Project and jobset of each."),
        audience: .cuirassClients
    ) { call in
        let named = try call.value(jobsets)?.split(separator: ",").map {
            $0.split(separator: ":").last.map(String.init) ?? ""
        }
        let urls = try call.value(repositories)?.split(separator: ",").map(String.init) ?? []
        var triggered: [JSON] = []
        for jobset in try await call.database.jobsets() where jobset.isEnabled {
            let name = jobset.description.name
            guard named?.contains(name) ?? false || urls.contains(jobset.description.channel.url.description) else {
                continue
            }
            try await call.database.trigger(jobset: jobset.id, cause: "push", unlessWanted: true)
            triggered.append(.string("\(jobset.description.channel.name):\(name)"))
        }
        return try .json(["jobsetsTriggered": .array(triggered)] as JSON)
    }

    private static let jobsets = Parameter<String>.text(
        "jobsets", about: "PROJECT:JOBSET, separated by commas; any project will do.")
    private static let repositories = Parameter<String>.text(
        "repos", about: "Addresses of repositories, separated by commas: the jobsets of these channels.")
}
