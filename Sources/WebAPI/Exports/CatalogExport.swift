// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// The whole catalog in forms that other programs take in at once; the filters are those of the list.
enum CatalogExport {
    static let endpoints: [Endpoint] = [
        export(
            "/api/v1/traps.jsonl", "exportTrapLines", "The traps as JSON Lines, one object a line.", "application/jsonl"
        ) { _ in
            []
        } line: { trap in
            try JSON.encode(trap) + [UInt8(ascii: "\n")]
        },
        export("/api/v1/traps.csv", "exportTrapTable", "The traps as CSV, RFC 4180, with a line of heads.", "text/csv")
        { _ in
            CommaSeparated.line(columns.map(\.name))
        } line: { trap in
            CommaSeparated.line(columns.map { $0.value(trap) })
        },
    ]

    /// Of entries that are read from the database at once.
    private static let portion = 500

    private static func export(
        _ path: String, _ name: String, _ summary: String, _ mediaType: String,
        head: @escaping @Sendable (Call) throws -> [UInt8],
        line: @escaping @Sendable (TrapRecord) throws -> [UInt8]
    ) -> Endpoint {
        Endpoint(
            audience: .programs, path: path, name: name, summary: summary, parameters: Endpoint.filterParameters,
            contents: [Endpoint.Content(mediaType: mediaType, schema: ["type": "string"])], otherStatuses: [:]
        ) { call in
            let filter = try Endpoint.trapFilter(call)
            let first = try head(call)
            return Reply(
                mediaType: mediaType + "; charset=utf-8",
                body: .stream(length: nil) { write in
                    if !first.isEmpty { try await write(first) }
                    var filter = filter
                    filter.limit = portion
                    while true {
                        let found = try await call.database.trapEntries(filter).map(\.record)
                        guard let last = found.last else { return }
                        try await write(try found.flatMap(line))
                        filter.after = last.id
                    }
                })
        }
    }

    /// A row per trap; several windows stand in one cell each, parted by semicolons.
    private static let columns: [(name: String, value: @Sendable (TrapRecord) -> String)] = [
        ("id", { "\($0.id)" }), ("package", { $0.package }), ("version", { $0.version }),
        ("derivation", { $0.derivation }), ("verdict", { $0.verdict.rawValue }), ("axis", { $0.axis.rawValue }),
        ("cause", { $0.cause.rawValue }), ("status", { $0.status.rawValue }),
        ("first_good", { edges($0) { $0.notBefore?.firstGood } }),
        ("last_bad", { edges($0) { $0.notBefore?.lastBad } }),
        ("last_good", { edges($0) { $0.notAfter?.lastGood } }), ("first_bad", { edges($0) { $0.notAfter?.firstBad } }),
        ("cpu_last_bad", { $0.cpu?.lastBad.rawValue ?? "" }), ("cpu_first_good", { $0.cpu?.firstGood.rawValue ?? "" }),
        ("periodic", { $0.periodic?.rule ?? "" }), ("probability", { "\($0.probability)" }),
        ("annotation_date", { $0.annotation.date?.description ?? "" }),
        ("annotation_cpu", { $0.annotation.cpu?.rawValue ?? "" }),
        ("annotation_kernel", { $0.annotation.kernel?.rawValue ?? "" }),
        ("annotation_cores", { $0.annotation.cores.map { "\($0)" } ?? "" }),
        ("revisions", { $0.revisions.joined(separator: ";") }),
        ("runs", { $0.runs.map { "\($0)" }.joined(separator: ";") }),
    ]

    private static func edges(_ trap: TrapRecord, _ edge: (Window) -> Instant?) -> String {
        trap.windows.map { edge($0)?.description ?? "" }.joined(separator: ";")
    }
}
