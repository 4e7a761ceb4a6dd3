// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import StoreDaemon

/// `almanac-bench derivations`: the parser beside `nix show-derivation` on the same files, in CPU time.
struct DerivationsBenchmark {
    /// What Guile's reader does on the recorded derivations: 3.56 MB in 0.57 CPU seconds.
    static let guileMegabytesPerSecond = 6.3

    struct Figures: Encodable {
        var files = 0
        var megabytes = 0.0
        var megabytesPerSecond = 0.0
        var ratioToGuile = 0.0
        /// Absent where there is no `nix`.
        var nixMegabytesPerSecond: Double?
        var ratioToNix: Double?
    }

    let folder: String
    let rounds: Int

    func run(json: Bool) throws {
        let files = try read()
        guard !files.isEmpty else {
            throw BenchmarkError(description: "\(folder) holds no .drv file named by a store path")
        }
        var figures = Figures()
        let bytes = Double(files.reduce(0) { $0 + $1.bytes.count })
        figures.files = files.count
        figures.megabytes = bytes / 1e6
        figures.megabytesPerSecond = figures.megabytes / (try parsing(files))
        figures.ratioToGuile = figures.megabytesPerSecond / Self.guileMegabytesPerSecond
        if let seconds = try NixShowDerivation(files).seconds() {
            figures.nixMegabytesPerSecond = figures.megabytes / seconds
            figures.ratioToNix = seconds * figures.megabytesPerSecond / figures.megabytes
        }
        try print(figures, json: json)
    }

    struct File {
        let path: StorePath
        let bytes: [UInt8]
    }

    private func read() throws -> [File] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            guard name.hasSuffix(".drv"), let path = try? StorePath(.guix, baseName: name) else { return nil }
            return File(path: path, bytes: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
        }
    }

    /// CPU seconds for parsing all files once: the median of the rounds, each with ten passes.
    private func parsing(_ files: [File]) throws -> Double {
        let passes = 10
        var seconds: [Double] = []
        for _ in 0..<max(1, rounds) {
            let start = Self.processTime()
            var inputs = 0
            for _ in 0..<passes {
                for file in files { inputs += try Derivation(parsing: file.bytes).inputDerivations.count }
            }
            guard inputs > 0 else {
                throw BenchmarkError(description: "no derivation has an input: nothing was parsed")
            }
            seconds.append((Self.processTime() - start) / Double(passes))
        }
        return seconds.sorted()[seconds.count / 2]
    }

    private static func processTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func print(_ figures: Figures, json: Bool) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            Swift.print(String(decoding: try encoder.encode(figures), as: UTF8.self))
            return
        }
        let text = { (value: Double) in String(format: "%.1f", value) }
        Swift.print("\(figures.files) derivations, \(text(figures.megabytes)) MB, median of \(rounds) rounds")
        Swift.print("")
        Swift.print("| reader | MB per CPU second | almanac is faster by |")
        Swift.print("|---|--:|--:|")
        Swift.print("| almanac | \(text(figures.megabytesPerSecond)) | |")
        if let nix = figures.nixMegabytesPerSecond, let ratio = figures.ratioToNix {
            Swift.print("| nix show-derivation, which also prints JSON | \(text(nix)) | \(text(ratio)) |")
        }
        Swift.print("| Guile's reader (published) | \(Self.guileMegabytesPerSecond) | \(text(figures.ratioToGuile)) |")
    }
}

/// Why a benchmark cannot be run.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
}
