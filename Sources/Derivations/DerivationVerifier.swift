// SPDX-License-Identifier: GPL-3.0-or-later

/// Recomputes what a `.drv` claims: its own path, and those of its outputs.
///
/// An input is believed only when its text has the hash that its path names, so that a forged input is told from a
/// forged derivation. Inputs that were read once are kept.
package struct DerivationVerifier {
    private let find: (StorePath) throws -> [UInt8]?
    private var calculator: OutputPathCalculator

    /// - Parameter find: the bytes of an input's `.drv`; nil where there is none.
    package init(find: @escaping (StorePath) throws -> [UInt8]?) {
        self.find = find
        calculator = OutputPathCalculator { try Self.input($0, find: find) }
    }

    /// What does not hold of a `.drv`; nothing when all does.
    ///
    /// - Parameters:
    ///   - bytes: the file's.
    ///   - fileName: its name without folders. Where this is not `HASH-NAME.drv`, the derivation's own path stands
    ///     nowhere and is not compared; its name is then that of its outputs.
    package mutating func faults(in bytes: [UInt8], fileName: String) -> [DerivationFault] {
        do {
            let derivation = try Derivation(parsing: bytes)
            guard derivation.printed() == bytes else { return [.notCanonical] }
            let directory = derivation.storeDirectory
            let claimed = try? StorePath(directory, baseName: fileName)
            guard let name = claimed?.derivationName ?? derivation.nameOfOutputs else { return [.nameless(fileName)] }
            var faults = derivation.environmentFaults
            let computed = try derivation.path(name: name, in: directory)
            if let claimed, claimed != computed { faults.append(.namedOtherwise(computed: computed)) }
            return faults + (try outputFaults(derivation, name, directory))
        } catch let fault as DerivationFault {
            return [fault]
        } catch {
            return [.unreadable("\(error)")]
        }
    }

    private mutating func outputFaults(
        _ derivation: Derivation, _ name: String, _ directory: StoreDirectory
    ) throws -> [DerivationFault] {
        if !derivation.isFixedOutput {
            let missing = try derivation.inputDerivations.map(\.path).filter { try find($0) == nil }
            if !missing.isEmpty { return [.inputsMissing(missing)] }
        }
        let computed = try calculator.outputPaths(of: derivation, name: name, in: directory)
        return derivation.outputs.compactMap { output in
            guard let path = computed[output.name], path != output.path else { return nil }
            return .outputElsewhere(name: output.name, claimed: output.path, computed: path)
        }
    }

    private static func input(_ path: StorePath, find: (StorePath) throws -> [UInt8]?) throws -> Derivation {
        guard let bytes = try find(path), let name = path.derivationName else {
            throw DerivationFault.inputsMissing([path])
        }
        let derivation = try Derivation(parsing: bytes)
        guard try derivation.path(name: name, in: path.directory) == path else {
            throw DerivationFault.inputForged(path)
        }
        return derivation
    }
}

/// Why a `.drv` is not what it claims to be.
package enum DerivationFault: Error, Equatable, Sendable {
    case unreadable(String)
    /// It parses, but a store would have written other bytes.
    case notCanonical
    /// Neither its file nor its outputs tell its name.
    case nameless(String)
    case namedOtherwise(computed: StorePath)
    case outputElsewhere(name: String, claimed: StorePath?, computed: StorePath)
    case environmentDiffers(output: String, value: String)
    case inputsMissing([StorePath])
    /// An input that was found has not the text its path names.
    case inputForged(StorePath)
}

extension DerivationFault: CustomStringConvertible {
    /// Whether the derivation could only not be checked to the end, for want of others.
    package var isOfInputs: Bool {
        if case .inputsMissing = self { true } else { false }
    }

    package var description: String {
        switch self {
        case .unreadable(let reason): reason
        case .notCanonical: "a store would write it with other bytes"
        case .nameless(let file): "'\(file)' is not named HASH-NAME.drv and has no output whose path tells its name"
        case .namedOtherwise(let computed): "its contents belong at \(computed)"
        case .outputElsewhere(let name, let claimed, let computed):
            "its output '\(name)' belongs at \(computed), not \(claimed?.description ?? "nowhere")"
        case .environmentDiffers(let output, let value):
            "its environment has '\(value)' for the output '\(output)'"
        case .inputsMissing(let paths):
            "its outputs cannot be recomputed: \(paths[0].baseName)"
                + (paths.count > 1 ? " and \(paths.count - 1) more of its inputs are" : ", one of its inputs, is")
                + " neither beside it nor in the store"
        case .inputForged(let path): "its input \(path) was found with a text that is not that derivation's"
        }
    }
}

extension StorePath {
    /// The name of the derivation whose `.drv` this is; nil where this is none.
    package var derivationName: String? { isDerivation && name.utf8.count > 4 ? String(name.dropLast(4)) : nil }
}

extension Derivation {
    /// The store that its outputs, or else its inputs, are in; Guix's where it names none.
    package var storeDirectory: StoreDirectory {
        (outputs.lazy.compactMap(\.path).first ?? inputSources.first ?? inputDerivations.first?.path)?.directory
            ?? .guix
    }

    /// Its name, as the paths of its outputs tell it.
    package var nameOfOutputs: String? {
        for output in outputs {
            guard let name = output.path?.name else { continue }
            if output.name == "out" { return name }
            if name.hasSuffix("-\(output.name)") { return String(name.dropLast(output.name.count + 1)) }
        }
        return nil
    }

    /// Outputs whose environment variable says another path than the list of outputs.
    fileprivate var environmentFaults: [DerivationFault] {
        outputs.compactMap { output in
            guard let value = self[variable: output.name], value != output.path?.description ?? "" else { return nil }
            return .environmentDiffers(output: output.name, value: value)
        }
    }
}
