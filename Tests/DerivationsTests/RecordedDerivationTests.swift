// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Testing

/// Every derivation recorded from a real Guix; skipped where the recordings are not beside the checkout.
@Suite(.enabled(if: RecordedGuix.isPresent, "the recordings of a real Guix are not beside the checkout"))
struct RecordedDerivationTests {
    @Test(arguments: ["drvs", "past-sources"])
    func `every recorded derivation prints as the bytes it was read from`(folder: String) throws {
        let recorded = try RecordedGuix.derivations(in: folder)
        #expect(recorded.count == (folder == "drvs" ? 1_766 : 10))
        for (path, bytes) in recorded {
            let derivation = try Derivation(parsing: bytes)
            #expect(derivation.printed() == bytes, "\(path)")
        }
    }

    @Test func `every recorded derivation lies where its text says`() throws {
        for folder in ["drvs", "past-sources"] {
            for (path, bytes) in try RecordedGuix.derivations(in: folder) {
                let derivation = try Derivation(parsing: bytes)
                let name = String(path.name.dropLast(4))
                #expect(try derivation.path(name: name, in: .guix) == path)
            }
        }
    }

    @Test func `every recorded derivation's outputs are recomputed`() throws {
        let recorded = try RecordedGuix.derivations(in: "drvs").mapValues { try Derivation(parsing: $0) }
        var calculator = OutputPathCalculator { path in try #require(recorded[path]) }
        for (path, derivation) in recorded {
            let computed = try calculator.outputPaths(
                of: derivation, name: String(path.name.dropLast(4)), in: .guix)
            #expect(computed == outputs(of: derivation), "\(path)")
        }
    }

    @Test func `recorded outputs fill a derivation that lost them`() throws {
        let recorded = try RecordedGuix.derivations(in: "drvs").mapValues { try Derivation(parsing: $0) }
        var calculator = OutputPathCalculator { path in try #require(recorded[path]) }
        let (path, derivation) = try #require(recorded.first { $0.value.outputs.count > 1 })
        let names = Set(derivation.outputs.map(\.name))
        var stripped = derivation
        stripped.outputs = derivation.outputs.map { DerivationOutput(name: $0.name, path: nil) }
        stripped.environment = derivation.environment.map {
            names.contains($0.name) ? Derivation.Variable(name: $0.name, value: "") : $0
        }
        let completed = try calculator.completed(stripped, name: String(path.name.dropLast(4)), in: .guix)
        #expect(completed == derivation)
    }

    @Test func `past sources are fixed outputs where they say`() throws {
        var count = 0
        for (path, bytes) in try RecordedGuix.derivations(in: "past-sources") {
            let derivation = try Derivation(parsing: bytes)
            guard let fixed = try derivation.fixedOutput() else { continue }
            count += 1
            let computed = try StorePath.fixed(
                fixed.method, fixed.hash, name: String(path.name.dropLast(4)), in: .guix)
            #expect(computed == derivation.outputs[0].path)
        }
        #expect(count == 9)
    }

    @Test func `recorded roots have closures of the recorded size`() throws {
        let recorded = try RecordedGuix.derivations(in: "drvs").mapValues { try Derivation(parsing: $0) }
        let directory = try #require(RecordedGuix.directory)
        let lines = try String(contentsOf: directory.appendingPathComponent("roots.txt"), encoding: .utf8)
        for line in lines.split(separator: "\n") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count == 3, let size = Int(fields[2]) else { continue }
            let root = try StorePath(parsing: String(fields[1]))
            let closure = try DerivationClosure.walk(from: [root]) { try #require(recorded[$0]) }
            #expect(closure.count == size, "\(fields[0])")
            #expect(closure.last?.path == root)
        }
    }

    private func outputs(of derivation: Derivation) -> [String: StorePath] {
        Dictionary(derivation.outputs.compactMap { output in output.path.map { (output.name, $0) } }) { one, _ in one }
    }
}
