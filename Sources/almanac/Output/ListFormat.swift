// SPDX-License-Identifier: GPL-3.0-or-later

import ArgumentParser
import WebAPI

/// How a command prints records: for people, for jq, for recsel, for a spreadsheet.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, recutils, csv

    static let help: ArgumentHelp = "table, json, recutils or csv."

    /// Prints records, or what `table` makes of them for people.
    func write(_ records: [some Encodable], type: String, table: () -> String) throws {
        switch self {
        case .table: Terminal.write(table())
        case .json: Terminal.write(try OutputFormat.json(records))
        case .recutils: Terminal.write(try FlatRecords(records).recutils(type: type))
        case .csv: Terminal.write(try FlatRecords(records).csv)
        }
    }
}

/// Records as fields with names and texts: what is nested gets longer names, what is a list more values.
struct FlatRecords {
    typealias Record = [(name: String, values: [String])]

    let records: [Record]

    init(_ records: [some Encodable]) throws {
        self.records = try records.map { record in
            Self.flatten(try JSON(decoding: try JSON.encode(record)))
        }
    }

    private static func flatten(_ value: JSON) -> Record {
        var fields: [String: [String]] = [:]
        collect(value, name: "", into: &fields)
        let names = fields.keys.sorted { ($0 == "id" ? "" : $0) < ($1 == "id" ? "" : $1) }
        return names.map { ($0, fields[$0] ?? []) }
    }

    private static func collect(_ value: JSON, name: String, into fields: inout [String: [String]]) {
        switch value {
        case .null: return
        case .bool(let flag): fields[name, default: []].append(flag ? "true" : "false")
        case .integer(let number): fields[name, default: []].append("\(number)")
        case .number(let number): fields[name, default: []].append("\(number)")
        case .string(let text): fields[name, default: []].append(text)
        case .array(let elements): for element in elements { collect(element, name: name, into: &fields) }
        case .object(let members):
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                collect(member, name: name.isEmpty ? key : "\(name)_\(key)", into: &fields)
            }
        }
    }

    /// As GNU recutils reads it: a field a line, a longer text goes on behind '+', an empty line between records.
    func recutils(type: String) -> String {
        let texts = records.map { record in
            record.flatMap { field in
                field.values.map { "\(Self.fieldName(field.name)): \($0.replacing("\n", with: "\n+ "))\n" }
            }.joined()
        }
        return "%rec: \(type)\n\n" + texts.joined(separator: "\n")
    }

    /// A field's name has letters, digits and '_' only.
    private static func fieldName(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// RFC 4180, with a line of heads; several values stand in one cell, parted by semicolons.
    var csv: String {
        let heads = Set(records.flatMap { $0.map(\.name) }).sorted { ($0 == "id" ? "" : $0) < ($1 == "id" ? "" : $1) }
        let rows = records.map { record in
            heads.map { head in record.first { $0.name == head }?.values.joined(separator: ";") ?? "" }
        }
        return ([heads] + rows).map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A cell that a spreadsheet would take for a formula begins with an apostrophe.
    private static func cell(_ text: String) -> String {
        let isFormula = Double(text) == nil && text.first.map { "=+-@\t\r".contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
