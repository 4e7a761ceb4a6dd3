// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import Foundation

extension JobsetCommand {
    struct Hook: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Let a forge's pushes have a jobset evaluated: give the jobset a secret that they are signed with.",
            discussion: """
                Without --secret-file one is made and printed, once. In the forge, add a webhook for pushes with content \
                type application/json, the secret, and the address that is printed. Example: almanac jobset hook demo
                """)
        @OptionGroup var farm: FarmOptions
        @Argument(help: "The jobset's name.") var name: String
        @Option(name: .long, help: "A file with the secret and nothing else, of 16 to 1024 bytes.") var secretFile:
            String?
        @Flag(name: .long, help: "Take the secret away: pushes do nothing any more.") var remove = false

        func validate() throws {
            guard !remove || secretFile == nil else {
                throw ValidationError("Give --secret-file or --remove, not both.")
            }
        }

        func run() async throws {
            let (name, remove) = (name, remove)
            if remove {
                let had = try await farm.withDatabase {
                    try await $0.removePushSecret(jobset: try await $0.jobset(named: name).id)
                }
                Terminal.write(had ? "Pushes do nothing any more.\n" : "There was no secret.\n")
                return
            }
            let given = try secretFile.map(Self.read)
            let secret = given ?? FarmDatabase.newPushSecret()
            try await farm.withDatabase {
                try await $0.setPushSecret(Array(secret.utf8), jobset: try await $0.jobset(named: name).id)
            }
            Terminal.complain(
                "Address: /api/v1/hooks/FORGE/\(name) of the server, FORGE being forgejo, gitea, github or gitlab.")
            if given == nil {
                Terminal.complain("The secret is not shown again:")
                Terminal.write(secret + "\n")
            }
        }

        private static func read(_ path: String) throws -> String {
            guard let data = FileManager.default.contents(atPath: path),
                let text = String(validating: Array(data), as: UTF8.self)
            else { throw ValidationError("\(path) cannot be read as text.") }
            let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard (16...1_024).contains(secret.utf8.count) else {
                throw ValidationError("\(path) has to hold 16 to 1024 bytes; it holds \(secret.utf8.count).")
            }
            return secret
        }
    }
}
