// SPDX-License-Identifier: GPL-3.0-or-later

/// The name of one item in a store: `/gnu/store/<32 characters of hash>-<name>`.
///
/// A value of this type is well-formed; it says nothing about whether the item exists.
package struct StorePath: Hashable, Sendable {
    package let directory: StoreDirectory
    package let digest: Digest
    package let name: String

    /// Longest name that a store accepts, in bytes.
    package static let longestName = 211

    /// - Throws: `DerivationsError.invalidStorePath` when `name` holds a character outside
    ///   `[0-9A-Za-z+-._?=]`, starts with a dot, is empty or too long.
    package init(_ directory: StoreDirectory, _ digest: Digest, name: String) throws(DerivationsError) {
        if let problem = Self.problem(inName: name.utf8) {
            throw .invalidStorePath("\(directory)/\(digest)-\(name)", reason: problem)
        }
        self.directory = directory
        self.digest = digest
        self.name = name
    }

    /// The last component: hash, dash, name.
    package var baseName: String { "\(digest)-\(name)" }

    package var isDerivation: Bool { name.hasSuffix(".drv") }

    private static func problem(inName name: some Collection<UInt8>) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.count > longestName { return "the name is longer than \(longestName) bytes" }
        if name.first == UInt8(ascii: ".") { return "the name starts with a dot" }
        for byte in name where !isAllowed(byte) { return "the name holds the byte \(byte)" }
        return nil
    }

    /// Letters, digits and `+-._?=`.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        // One bit for each byte of ASCII.
        let (low, high): (UInt64, UInt64) = (0xA3FF_6800_0000_0000, 0x07FF_FFFE_87FF_FFFE)
        return byte < 128 && (byte < 64 ? low >> byte : high >> (byte - 64)) & 1 == 1
    }
}

extension StorePath: CustomStringConvertible {
    /// The whole path, as derivations write it.
    package var description: String { "\(directory.path)/\(digest)-\(name)" }
}

extension StorePath: Comparable {
    /// The byte order of the whole paths, in which derivations list them.
    package static func < (one: StorePath, other: StorePath) -> Bool {
        if one.directory != other.directory {
            return one.directory.path.utf8.lexicographicallyPrecedes(other.directory.path.utf8)
        }
        if one.digest != other.digest { return one.digest < other.digest }
        return one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }
}

extension StorePath {
    /// Reads a whole path such as `/gnu/store/…-hello-2.12.1`.
    ///
    /// - Throws: `DerivationsError.invalidStorePath`, also for a path below a store item.
    package init(parsing text: String) throws(DerivationsError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Reads the last component, `<hash>-<name>`, of a path in `directory`.
    package init(_ directory: StoreDirectory, baseName: String) throws(DerivationsError) {
        try self.init(directory, baseName: Array(baseName.utf8)[...])
    }

    /// Reads a whole path from UTF-8.
    package init(parsing bytes: [UInt8]) throws(DerivationsError) {
        try self.init(parsing: bytes[...])
    }

    init(parsing bytes: ArraySlice<UInt8>) throws(DerivationsError) {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > bytes.startIndex else {
            throw .invalidStorePath(String(decoding: bytes.prefix(300), as: UTF8.self), reason: "it is not absolute")
        }
        let directory = try StoreDirectory(String(decoding: bytes[..<slash], as: UTF8.self))
        try self.init(directory, baseName: bytes[(slash + 1)...])
    }

    init(_ directory: StoreDirectory, baseName: ArraySlice<UInt8>) throws(DerivationsError) {
        self = try baseName.withUnsafeBufferPointer { bytes throws(DerivationsError) in
            try StorePath(directory, baseName: bytes)
        }
    }

    init(_ directory: StoreDirectory, baseName: UnsafeBufferPointer<UInt8>) throws(DerivationsError) {
        func refuse(_ reason: String) -> DerivationsError {
            .invalidStorePath(
                "\(directory)/\(String(decoding: baseName.prefix(300), as: UTF8.self))", reason: reason)
        }
        let dash = Digest.textLength
        guard dash < baseName.count, baseName[dash] == UInt8(ascii: "-") else {
            throw refuse("no dash follows a hash of \(Digest.textLength) characters")
        }
        guard let digest = Digest(characters: UnsafeBufferPointer(rebasing: baseName[..<dash])) else {
            throw refuse("its hash is not base 32")
        }
        let name = UnsafeBufferPointer(rebasing: baseName[(dash + 1)...])
        if let problem = Self.problem(inName: name) { throw refuse(problem) }
        self.directory = directory
        self.digest = digest
        self.name = String(decoding: name, as: UTF8.self)
    }
}
