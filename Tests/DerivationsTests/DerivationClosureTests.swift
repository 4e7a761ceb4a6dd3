// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct DerivationClosureTests {
    /// Derivations numbered from 0, each with the inputs of its number.
    private func derivations(_ inputs: [[Int]]) throws -> (paths: [StorePath], read: (StorePath) throws -> Derivation) {
        let paths = try inputs.indices.map { index in
            try StorePath(.guix, StorePath.Digest(folding: .of(Array("\(index)".utf8))), name: "n\(index).drv")
        }
        var all: [StorePath: Derivation] = [:]
        for (index, inputs) in inputs.enumerated() {
            all[paths[index]] = Derivation(
                outputs: [DerivationOutput(name: "out", path: nil)],
                inputDerivations: inputs.map { .init(path: paths[$0], outputs: ["out"]) }, inputSources: [],
                system: "\(index)", builder: "", arguments: [], environment: [])
        }
        let known = all
        return (paths, { try #require(known[$0]) })
    }

    @Test func `inputs come before those that use them, each once`() throws {
        let (paths, read) = try derivations([[], [0], [0], [2, 1], []])
        let order = try DerivationClosure.walk(from: [paths[3], paths[1]], read: read).map(\.path)
        #expect(order == [paths[0], paths[2], paths[1], paths[3]])
    }

    @Test func `a derivation that depends on itself is refused`() throws {
        let (paths, read) = try derivations([[2], [0], [1]])
        #expect(throws: DerivationsError.derivationCycle(through: paths[0])) {
            try DerivationClosure.walk(from: [paths[0]], read: read)
        }
    }

    @Test func `a closure beyond the limit is refused`() throws {
        let (paths, read) = try derivations([[], [0], [1], [2]])
        #expect(throws: DerivationsError.tooManyDerivations(limit: 3)) {
            try DerivationClosure.walk(from: [paths[3]], limit: 3, read: read)
        }
        #expect(try DerivationClosure.walk(from: [paths[3]], limit: 4, read: read).count == 4)
    }

    @Test func `a chain of fifty thousand is walked and hashed`() throws {
        let (paths, read) = try derivations((0..<50_000).map { $0 == 0 ? [] : [$0 - 1] })
        let last = try #require(paths.last)
        #expect(try DerivationClosure.walk(from: [last], read: read).count == paths.count)
        var calculator = OutputPathCalculator(read: read)
        #expect(try calculator.hash(of: last) != calculator.hash(of: paths[0]))
    }

    @Test func `an error of the reader passes through`() throws {
        let (paths, _) = try derivations([[]])
        #expect(throws: DerivationsError.invalidHash("mine")) {
            try DerivationClosure.walk(from: paths) { _ in throw DerivationsError.invalidHash("mine") }
        }
    }
}
