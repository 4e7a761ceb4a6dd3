// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import TimeTravel

/// What a simulated farm has to build: releases of Guix that share nothing, every derivation of them once under screening
/// conditions, and the investigations of those that fail.
struct FarmWork {
    /// The rounds of builds that a derivation takes until its verdict; each build says whether it passed.
    typealias Script = [[Bool]]

    static let packages = 30_000
    static let releases = 8

    /// Shares of packages: guesses of the order that demonstrations suggest; see docs/results/farm.md.
    static let trapped = 0.015
    static let bound = 0.002  // to a processor
    static let flaky = 0.005
    static let broken = 0.02  // of those that nothing needs: what many packages need is mended before a release

    let scripts: [Script]
    /// Of each derivation: its script, the seconds of one build of it, and what it needs, by number.
    let scriptOf: [Int32]
    let seconds: [Double]
    let inputs: [[Int32]]
    let users: [[Int32]]
    /// The longest chain of dependents above each.
    let depth: [Int32]

    /// - Parameters:
    ///   - scale: 1 is 30,000 packages in each of 8 releases.
    ///   - guests: of one investigation at once.
    init(scale: Double, seed: UInt64, guests: Int) {
        let graph = QueueGraph(scale: scale * Double(Self.packages) / Double(QueueGraph.standard.builds), seed: seed)
        let count = graph.inputs.count
        let library = Self.library(seed: seed, guests: guests)
        var random = SeededRandom(seed: seed &+ 99)
        var isNeeded = [Bool](repeating: false, count: count)
        for own in graph.inputs { for input in own { isNeeded[input] = true } }
        var (scriptOf, seconds, inputs) = ([Int32](), [Double](), [[Int32]]())
        for release in 0..<Self.releases {
            for package in 0..<count {
                scriptOf.append(library.draw(isNeeded: isNeeded[package], &random))
                seconds.append(Self.seconds(&random))
                inputs.append(graph.inputs[package].map { Int32(release * count + $0) })
            }
        }
        var users = [[Int32]](repeating: [], count: inputs.count)
        for (user, own) in inputs.enumerated() { for input in own { users[Int(input)].append(Int32(user)) } }
        var depth = [Int32](repeating: 0, count: inputs.count)
        // Inputs have smaller numbers than what uses them.
        for index in inputs.indices.reversed() {
            for input in inputs[index] { depth[Int(input)] = max(depth[Int(input)], depth[index] + 1) }
        }
        scripts = library.scripts
        (self.scriptOf, self.seconds, self.inputs, self.users, self.depth) = (scriptOf, seconds, inputs, users, depth)
    }

    /// Log-normal: half of all builds take less than 80 s, the mean is 5 minutes; none takes more than 12 hours. Six more
    /// for the guest's boot.
    private static func seconds(_ random: inout SeededRandom) -> Double {
        let (one, two) = (
            Double.random(in: .leastNonzeroMagnitude...1, using: &random), Double.random(in: 0..<1, using: &random)
        )
        let normal = (-2 * log(one)).squareRoot() * cos(2 * .pi * two)
        return min(80 * exp(1.6 * normal), 43_200) + 6
    }

    // MARK: Scripts

    private struct Library {
        var scripts: [Script] = [[[true]]]
        var (dated, bound, flaky, broken): ([Int32], [Int32], [Int32], [Int32]) = ([], [], [], [])

        /// The script of a package: most build at once.
        func draw(isNeeded: Bool, _ random: inout SeededRandom) -> Int32 {
            var place = Double.random(in: 0..<1, using: &random)
            for (share, scripts) in [
                (FarmWork.trapped, dated), (FarmWork.bound, bound), (FarmWork.flaky, flaky),
                (isNeeded ? 0 : FarmWork.broken, broken),
            ] {
                if place < share { return scripts.randomElement(using: &random) ?? 0 }
                place -= share
            }
            return 0
        }

        mutating func add(_ report: SimulatedFarm.Report) -> Int32 {
            var script: Script = []
            var runs = report.runs[...]
            for size in report.roundSizes {
                script.append(runs.prefix(size).map { $0.outcome == .succeeded })
                runs = runs.dropFirst(size)
            }
            scripts.append(script)
            return Int32(scripts.count - 1)
        }
    }

    /// Investigations by the farm's own machine, to be met again and again.
    private static func library(seed: UInt64, guests: Int) -> Library {
        var library = Library()
        let corpus = InvestigateCorpus(recall: 0.8, flakeRate: 0.01, seconds: 0...0)
        for number in 0..<100 {
            let specimen = corpus.specimen(number, seed: seed)
            let farm = SimulatedFarm(guests: guests, seed: seed &+ UInt64(number))
            library.dated.append(
                library.add(farm.investigate(specimen.trap, specimen.subject, candidates: specimen.candidates)))
            guard number < 20 else { continue }
            let others: [(WritableKeyPath<Library, [Int32]>, PlantedTrap)] = [
                (\.bound, PlantedTrap { _, conditions in conditions.cpu != .baseline }),
                (\.flaky, PlantedTrap(flakeRate: 0.3) { _, _ in true }),
                (\.broken, PlantedTrap { _, _ in false }),
            ]
            for (kind, trap) in others {
                library[keyPath: kind].append(library.add(farm.investigate(trap, specimen.subject, candidates: [])))
            }
        }
        return library
    }
}
