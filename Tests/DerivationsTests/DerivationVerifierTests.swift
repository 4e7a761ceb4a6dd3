// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Testing

@Suite struct DerivationVerifierTests {
    /// A source, a library built from it, and a program of two outputs built from that.
    private struct Tree {
        var files: [StorePath: [UInt8]] = [:]
        var source: StorePath
        var library: StorePath
        var program: StorePath

        init() throws {
            let fixed = FixedOutput(method: .flat, hash: .of([1, 2, 3]))
            let place = try StorePath.fixed(.flat, fixed.hash, name: "s.tar", in: .guix)
            var made: [StorePath: [UInt8]] = [:]
            func keep(_ derivation: Derivation, _ name: String) throws -> StorePath {
                var calculator = OutputPathCalculator { try Derivation(parsing: made[$0] ?? []) }
                let completed = try calculator.completed(derivation, name: name, in: .guix)
                let path = try completed.path(name: name, in: .guix)
                made[path] = completed.printed()
                return path
            }
            source = try keep(
                Self.derivation([DerivationOutput(path: place, fixed: fixed)], []), "s.tar")
            library = try keep(Self.derivation([DerivationOutput(name: "out", path: nil)], [source]), "l")
            program = try keep(
                Self.derivation(
                    [DerivationOutput(name: "doc", path: nil), DerivationOutput(name: "out", path: nil)], [library]),
                "p")
            files = made
        }

        private static func derivation(_ outputs: [DerivationOutput], _ inputs: [StorePath]) -> Derivation {
            Derivation(
                outputs: outputs, inputDerivations: inputs.map { .init(path: $0, outputs: ["out"]) }, inputSources: [],
                system: "x86_64-linux", builder: "/bin/sh", arguments: [],
                environment: outputs.map { .init(name: $0.name, value: $0.path?.description ?? "") })
        }

        func faults(_ path: StorePath, as name: String? = nil, bytes: [UInt8]? = nil) -> [DerivationFault] {
            var verifier = DerivationVerifier { files[$0] }
            return verifier.faults(in: bytes ?? files[path] ?? [], fileName: name ?? path.baseName)
        }
    }

    @Test func `what a store made holds`() throws {
        let tree = try Tree()
        #expect(tree.files.count == 3)
        for path in tree.files.keys { #expect(tree.faults(path) == []) }
    }

    @Test func `a file of another name is judged by its outputs alone`() throws {
        let tree = try Tree()
        #expect(tree.faults(tree.program, as: "program.drv") == [])
        #expect(
            tree.faults(tree.library, as: tree.program.baseName).contains(
                .namedOtherwise(
                    computed: try Derivation(parsing: tree.files[tree.library] ?? []).path(name: "p", in: .guix))))
    }

    @Test func `an output that lies elsewhere is named`() throws {
        let tree = try Tree()
        var derivation = try Derivation(parsing: try #require(tree.files[tree.library]))
        let (right, wrong) = (try #require(derivation.outputs[0].path), tree.source)
        derivation.outputs[0] = DerivationOutput(name: "out", path: wrong)
        let faults = tree.faults(tree.library, bytes: derivation.printed())
        #expect(faults.contains(.outputElsewhere(name: "out", claimed: wrong, computed: right)))
        #expect(faults.contains(.environmentDiffers(output: "out", value: right.description)))
        #expect(faults.contains { if case .namedOtherwise = $0 { true } else { false } })
    }

    @Test func `an input that is missing, far down or near, is named`() throws {
        var tree = try Tree()
        tree.files[tree.source] = nil
        #expect(tree.faults(tree.library) == [.inputsMissing([tree.source])])
        #expect(tree.faults(tree.program) == [.inputsMissing([tree.source])])
    }

    @Test func `an input with another text than its name says is not believed`() throws {
        var tree = try Tree()
        tree.files[tree.library] = tree.files[tree.source]
        #expect(tree.faults(tree.program) == [.inputForged(tree.library)])
    }

    @Test func `what does not parse, and what has no name, is said`() throws {
        let tree = try Tree()
        #expect(tree.faults(tree.source, bytes: Array("Derive(".utf8)).count == 1)
        let nameless = Derivation(
            outputs: [DerivationOutput(name: "out", path: nil)], inputDerivations: [], inputSources: [], system: "",
            builder: "", arguments: [], environment: [])
        #expect(tree.faults(tree.source, as: "x.drv", bytes: nameless.printed()) == [.nameless("x.drv")])
    }

    @Test(.enabled(if: RecordedGuix.isPresent, "the recordings of a real Guix are not beside the checkout"))
    func `every recorded derivation whose inputs were recorded holds`() throws {
        let recorded = try RecordedGuix.derivations(in: "drvs")
        var verifier = DerivationVerifier { recorded[$0] }
        for (path, bytes) in recorded { #expect(verifier.faults(in: bytes, fileName: path.baseName) == [], "\(path)") }
    }
}
