// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Yams

/// How one farm is set up: `almanac.yaml`, overridden by `ALMANAC_…`, overridden by flags.
package struct FarmConfiguration: Sendable, Equatable {
    package var data: String
    /// PostgreSQL's connection string; nil: an embedded cluster under the data directory.
    package var databaseURL: String?
    /// Address of the web API.
    package var host = "127.0.0.1"
    package var port = 8787
    /// Whether anybody may read; else every request needs a token.
    package var readingIsOpen = true
    /// Requests a second of one address other than this machine's; 0: no limit.
    package var requestLimit = 50
    /// Guests that run at once; 0: this server builds nothing itself.
    package var guests: Int
    /// Memory of a guest in MiB.
    package var guestMemory = 1024
    /// Folder of jobset files.
    package var jobsets: String
    /// Which program keeps the farm's store, `nix` or `guix`; nil for the one that this machine has.
    package var store: String?
    /// The guests' first process, made by `ops/guest-init`.
    package var guestInit: String
    /// Whether workers are started in Slurm jobs as the queue needs them; nil: not.
    package var pool: Pool?
    package var slurm = SlurmSettings()
    /// How alerts leave the farm.
    package var alerts = AlertSettings()
    /// Who is told what becomes of derivations.
    package var dataService = DataServiceSettings()
    /// Where sources and substitutes come from.
    package var sources = SourceSettings()

    /// Where workers come from, beside those that people start.
    package enum Pool: String, Sendable {
        case slurm
    }

    /// Guests at once that the farm may come to.
    var mostGuests: Int { guests + (pool == .slurm ? slurm.jobs * slurm.guests : 0) }

    package var dataDirectory: DataDirectory { DataDirectory(path: data) }

    /// The settings a file may have, and what each expects.
    static let keys = [
        "reading": "open or closed", "request-limit": "a number from 0 to 100000", "data": "a directory",
        "database-url": "a PostgreSQL connection string", "host": "an address",
        "port": "a number from 0 to 65535", "guests": "a number from 0 to 1024",
        "guest-memory": "MiB, from 256 to 1048576", "jobsets": "a directory",
        "guest-init": "a file", "store": "nix or guix", "pool": "slurm or none",
    ].merging(AlertSettings.keys) { own, _ in own }.merging(SourceSettings.keys) { own, _ in own }
        .merging(SlurmSettings.keys) { own, _ in own }.merging(DataServiceSettings.keys) { own, _ in own }

    /// Defaults, then the file, then the environment.
    ///
    /// - Parameter file: `almanac.yaml`; a missing file named by nobody is no error.
    package static func load(
        file: String?, environment: [String: String], processors: Int
    ) throws(FarmError) -> FarmConfiguration {
        let standard = DataDirectory.standard(environment: environment)
        var configuration = FarmConfiguration(
            data: standard.path, databaseURL: nil, guests: max(1, min(processors, 8)), jobsets: "Jobsets",
            guestInit: DataDirectory.absolute(".build/guest-init/guest-init"))
        let path = file ?? standard.path + "/almanac.yaml"
        if file != nil || FileManager.default.fileExists(atPath: path) {
            try configuration.apply(settings: read(path), from: path)
        }
        var overrides: [String: String] = [:]
        for key in keys.keys {
            let name = "ALMANAC_" + key.uppercased().replacing("-", with: "_")
            if let value = environment[name], !value.isEmpty { overrides[key] = value }
        }
        if let url = environment["DATABASE_URL"], !url.isEmpty { overrides["database-url"] = url }
        try configuration.apply(settings: overrides, from: "environment")
        return configuration
    }

    private static func read(_ path: String) throws(FarmError) -> [String: String] {
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            guard let node = try Yams.compose(yaml: text) else { return [:] }
            guard let mapping = node.mapping else {
                throw FarmError.configuration(file: path, reason: "expected settings, each 'key: value'.")
            }
            var settings: [String: String] = [:]
            for (key, value) in mapping {
                guard let name = key.string, let text = value.scalar?.string else {
                    throw FarmError.configuration(file: path, reason: "expected settings, each 'key: value'.")
                }
                settings[name] = text
            }
            return settings
        } catch let error as FarmError {
            throw error
        } catch {
            throw .configuration(file: path, reason: "\(error)")
        }
    }

    /// Sets what was given in another way than by the file or the environment.
    ///
    /// - Parameter origin: for the error about a value that does not fit.
    package mutating func apply(settings: [String: String], from origin: String) throws(FarmError) {
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            guard let expected = Self.keys[key] else {
                let known = Self.keys.keys.sorted().joined(separator: ", ")
                throw .configuration(file: origin, reason: "unknown setting '\(key)'; known are \(known).")
            }
            guard set(key, value) else {
                throw .configuration(file: origin, reason: "\(key): found '\(value)'; expected \(expected).")
            }
        }
    }

    private mutating func set(_ key: String, _ value: String) -> Bool {
        func number(_ range: ClosedRange<Int>, into field: WritableKeyPath<Self, Int>) -> Bool {
            guard let number = Int(value), range.contains(number) else { return false }
            self[keyPath: field] = number
            return true
        }
        switch key {
        case "data": data = DataDirectory.absolute(value)
        case "database-url": databaseURL = value
        case "host": host = value
        case "port": return number(0...65535, into: \.port)
        case "reading":
            readingIsOpen = value == "open"
            return ["open", "closed"].contains(value)
        case "request-limit": return number(0...100_000, into: \.requestLimit)
        case "guests": return number(0...1024, into: \.guests)
        case "guest-memory": return number(256...1_048_576, into: \.guestMemory)
        case "store":
            store = value
            return ["guix", "nix"].contains(value)
        case "guest-init": guestInit = DataDirectory.absolute(value)
        case "jobsets": jobsets = DataDirectory.absolute(value)
        case "pool":
            pool = Pool(rawValue: value)
            return pool != nil || value == "none"
        default:
            return alerts.set(key, value) ?? sources.set(key, value) ?? slurm.set(key, value)
                ?? dataService.set(key, value) ?? false
        }
        return true
    }
}
