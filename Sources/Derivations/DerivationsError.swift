// SPDX-License-Identifier: GPL-3.0-or-later

/// What can be wrong with store paths, derivations and archives.
package enum DerivationsError: Error, Equatable, Sendable {
    case invalidStoreDirectory(String)
    case invalidStorePath(String, reason: String)
    case invalidHash(String)
    case unknownHashAlgorithm(String)
    /// A `.drv` that does not parse; `offset` counts bytes from its start.
    case malformedDerivation(offset: Int, expected: String)
    /// A `.drv` that parses but cannot be: for example a fixed output beside another output.
    case inconsistentDerivation(String)
    case derivationCycle(through: StorePath)
    case tooManyDerivations(limit: Int)
    /// An archive that breaks the format; `offset` counts bytes from the archive's start.
    case malformedArchive(offset: UInt64, problem: String)
    case malformedNarInfo(line: Int, problem: String)
    /// A system call on a file failed with `code` (`errno`).
    case file(path: String, operation: String, code: Int32)
    /// A file that no archive can hold: a device, a socket, a pipe, or one that changed while it was read.
    case unarchivableFile(path: String, problem: String)
}

extension DerivationsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidStoreDirectory(let text):
            "\"\(text)\" is not a store directory: give an absolute path without a trailing slash"
        case .invalidStorePath(let text, let reason): "\"\(text)\" is not a store path: \(reason)"
        case .invalidHash(let text): "\"\(text)\" is not a hash in base 16, base 32 or base 64"
        case .unknownHashAlgorithm(let name): "hash algorithm \"\(name)\" is not known"
        case .malformedDerivation(let offset, let expected):
            "the derivation is malformed at byte \(offset): expected \(expected)"
        case .inconsistentDerivation(let problem): "the derivation is inconsistent: \(problem)"
        case .derivationCycle(let path): "derivations depend on themselves through \(path)"
        case .tooManyDerivations(let limit): "the closure holds more than \(limit) derivations"
        case .malformedArchive(let offset, let problem): "the archive is malformed at byte \(offset): \(problem)"
        case .malformedNarInfo(let line, let problem): "the narinfo is malformed at line \(line): \(problem)"
        case .file(let path, let operation, let code): "\(operation) of \(path) failed with error number \(code)"
        case .unarchivableFile(let path, let problem): "\(path) cannot be archived: \(problem)"
        }
    }
}
