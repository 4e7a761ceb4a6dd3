// SPDX-License-Identifier: GPL-3.0-or-later

internal import CCrypto

/// A hash of bytes that arrive in pieces, in constant memory.
package struct ContentHasher: ~Copyable {
    private let algorithm: HashAlgorithm
    private let context: OpaquePointer

    package init(_ algorithm: HashAlgorithm = .sha256) {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, algorithm.function, nil) == 1 else {
            preconditionFailure("libcrypto gave no \(algorithm.rawValue) context: memory ran out")
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    package consuming func finalize() -> ContentHash {
        var digest = [UInt8](repeating: 0, count: algorithm.byteCount)
        EVP_DigestFinal_ex(context, &digest, nil)
        return ContentHash(algorithm, verified: digest)
    }
}
