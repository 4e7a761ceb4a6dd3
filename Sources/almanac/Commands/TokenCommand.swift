// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import Farm
import TimeTravel

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens that let programs and people change something through the web API.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it, once: only its hash is kept.",
            discussion: """
                Scopes: trigger (ask for evaluations), annotate (say under which conditions a package builds), admin \
                (everything). Example: almanac token create forge --scope trigger --days 365
                """)
        @OptionGroup var farm: FarmOptions
        @Argument(help: "What it is for.") var name: String
        @Option(name: .long, help: "trigger, annotate or admin; may be given more than once.") var scope: [TokenScope]
        @Option(name: .long, help: "How long it holds; for ever without it.") var days: Int?

        func validate() throws {
            guard !scope.isEmpty else { throw ValidationError("Give at least one --scope.") }
            guard days.map({ (1...36_500).contains($0) }) ?? true else {
                throw ValidationError("--days takes a whole number from 1 to 36500.")
            }
        }

        func run() async throws {
            let (name, scope) = (name, scope)
            let expires = days.map { Instant.now + Int64($0) * 86_400 }
            let made = try await farm.withDatabase {
                try await $0.createToken(name: name, scopes: scope, expires: expires)
            }
            Terminal.complain(
                "Token \(made.record.id) '\(name)', \(expires.map { "until \($0)" } ?? "for ever"). It is not shown again:"
            )
            Terminal.write(made.token + "\n")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List tokens, newest first.")
        @OptionGroup var farm: FarmOptions
        @Option(name: .long, help: "table or json.") var format = OutputFormat.table

        func run() async throws {
            let tokens = try await farm.withDatabase { try await $0.accessTokens() }
            switch format {
            case .json: Terminal.write(try OutputFormat.json(tokens))
            case .table:
                var table = TextTable(["TOKEN", "NAME", "SCOPES", "CREATED", "EXPIRES", "REVOKED", "LAST USED"])
                for token in tokens {
                    table.add([
                        String(token.id), token.name, token.scopes.map(\.rawValue).joined(separator: ","),
                        "\(token.created)", token.expires.map { "\($0)" } ?? "never",
                        token.revoked.map { "\($0)" } ?? "-", token.lastUsed.map { "\($0)" } ?? "-",
                    ])
                }
                Terminal.write(
                    tokens.isEmpty ? "There are no tokens.\n" : table.render(headerStyle: Terminal().bold) + "\n")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a token hold no more, from now on.")
        @OptionGroup var farm: FarmOptions
        @Argument(help: "Its number.") var token: Int

        func run() async throws {
            let token = token
            guard try await farm.withDatabase({ try await $0.revokeToken(token) }) else {
                throw ValidationError("There is no token \(token) that holds; 'almanac token list' shows them all.")
            }
            Terminal.write("Token \(token) holds no more.\n")
        }
    }
}

extension TokenScope: ExpressibleByArgument {}
