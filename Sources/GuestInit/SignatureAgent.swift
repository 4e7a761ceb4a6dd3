// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Stands in for the program `guix` of a guix-daemon that serves one client alone, over a pipe.
///
/// The daemon imports only archives with a signature, and asks `guix authenticate` whether it trusts the signature and which
/// hash was signed; it compares that hash with the archive itself. Whoever can speak to such a daemon is trusted, so the
/// hash is all there is to say.
enum SignatureAgent {
    /// Answers questions until there are no more.
    static func run() {
        while let question = nextQuestion() {
            let answer: Bytes
            if let hash = signedHash(in: question) {
                answer = bytes("0 ") + decimal(hash.count) + bytes(":") + hash
            } else {
                let words = bytes("this is no signature")
                answer = bytes("1 ") + decimal(words.count) + bytes(":") + words
            }
            if !writeAll(answer, to: 1) { return }
        }
    }

    private static let longest = 64 << 10

    /// The signature of `verify LENGTH:SIGNATURE`, up to the line feed after it; empty for another question, nil at the end.
    private static func nextQuestion() -> Bytes? {
        var head: Bytes = []
        while true {
            guard let byte = nextByte() else { return nil }
            if byte == UInt8(ascii: "\n") { return [] }
            if byte == UInt8(ascii: ":") { break }
            head.append(byte)
            if head.count > 64 { return nil }
        }
        let words = split(head, at: UInt8(ascii: " "))
        guard words.count == 2, words[0] == bytes("verify"), let count = number(words[1]), count <= longest else {
            return nil
        }
        var signature: Bytes = []
        for _ in 0..<count {
            guard let byte = nextByte() else { return nil }
            signature.append(byte)
        }
        _ = nextByte()
        return signature
    }

    private static func nextByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count < 0 && linux_errno() == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    /// The digits in `(hash sha256 #…#)`, as the daemon writes them.
    static func signedHash(in signature: Bytes) -> Bytes? {
        let mark = bytes("(hash sha256 #")
        guard signature.count > mark.count else { return nil }
        for start in 0..<(signature.count - mark.count) where Bytes(signature[start..<start + mark.count]) == mark {
            var digits: Bytes = []
            for byte in signature[(start + mark.count)...] {
                if byte == UInt8(ascii: "#") { return digits.count == 64 ? digits : nil }
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "F")
                let lower = isUpper ? byte + 32 : byte
                guard digit(lower) != nil else { return nil }
                digits.append(lower)
            }
        }
        return nil
    }
}
