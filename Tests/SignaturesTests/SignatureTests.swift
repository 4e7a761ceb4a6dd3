// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Signatures
import Testing

@Suite struct SignatureTests {
    private static func info() throws -> NarInfo {
        let path = try StorePath(parsing: "/gnu/store/2p9bkv91gr64nm17qq0byavwg5q6w2lg-a")
        return NarInfo(path: path, narHash: .of([1]), narSize: 12, references: [path])
    }

    @Test func `what was signed with Guix's key holds, and nothing else does`() throws {
        let secret = try GuixSecretKey.generate()
        let signed = try Self.info().signedForGuix(with: secret, host: "here")
        try signed.checkGuixSignature(trusted: [secret.publicKey])
        #expect(throws: SignatureError.untrusted) { try signed.checkGuixSignature(trusted: []) }
        #expect(throws: SignatureError.missing) { try Self.info().checkGuixSignature(trusted: []) }
        var changed = signed
        changed.narSize += 1
        #expect(throws: SignatureError.otherHash) { try changed.checkGuixSignature(trusted: [secret.publicKey]) }
    }

    /// Servers have written other fields and another order than `guix publish` does now.
    private static func signed(_ fields: String, with secret: GuixSecretKey) -> String {
        let signature = GuixSignature(of: .of(Array(fields.utf8)), with: secret)
        return fields + "Signature: 1;here;\(Base64.encode(Array(signature.text.utf8)))\n"
    }

    @Test func `Guix's signature is over the lines before it, whatever they are`() throws {
        let secret = try GuixSecretKey.generate()
        let info = try Self.info()
        let fields = """
            StorePath: \(info.path)
            URL: nar/a
            Compression: none
            Extra: field
            NarHash: \(info.narHash)
            NarSize: 12
            References: \(info.path.baseName)

            """
        let text = Self.signed(fields, with: secret) + "URL: nar/zstd/a\nCompression: zstd\n"
        let read = try NarInfo(parsing: text)
        try read.checkGuixSignature(trusted: [secret.publicKey])
        #expect(read.archives.map(\.url) == ["nar/a", "nar/zstd/a"])
        #expect(read.printedForGuix() == text)
        let wrong = text.replacing("Extra: field", with: "Extra: fields")
        #expect(throws: SignatureError.otherHash) {
            try NarInfo(parsing: wrong).checkGuixSignature(trusted: [secret.publicKey])
        }
        // Signed anew it is as 'guix publish' writes it.
        let again = read.signedForGuix(with: secret, host: "here")
        try again.checkGuixSignature(trusted: [secret.publicKey])
        #expect(again.guixSignedPart() == info.guixSignedPart())
    }

    @Test(arguments: [
        "NarHash: sha256:\(ContentHash.of([2]).base32)\n", "NarSize: 13\n", "References: \n",
        "Deriver: 3zh2qpi897s2x229s93iakji86b08a20-a.drv\n",
        "StorePath: /gnu/store/3zh2qpi897s2x229s93iakji86b08a20-a\n",
    ])
    func `what is told below a signature is not signed by it`(line: String) throws {
        let secret = try GuixSecretKey.generate()
        let read = try NarInfo(parsing: Self.signed(try Self.info().guixSignedPart(), with: secret) + line)
        #expect(throws: SignatureError.self) { try read.checkGuixSignature(trusted: [secret.publicKey]) }
        let second = Self.signed("", with: secret)
        let twice = try NarInfo(parsing: Self.signed("", with: secret) + (try Self.info().guixSignedPart()) + second)
        #expect(throws: SignatureError.self) { try twice.checkGuixSignature(trusted: [secret.publicKey]) }
    }

    @Test func `keys and signatures are read as they are written`() throws {
        let secret = try GuixSecretKey.generate()
        #expect(try GuixSecretKey(parsing: secret.text).publicKey == secret.publicKey)
        #expect(try GuixPublicKey(parsing: secret.publicKey.text) == secret.publicKey)
        let signature = GuixSignature(of: .of([1]), with: secret)
        #expect(try GuixSignature(parsing: signature.text).text == signature.text)
        let again = GuixSignature(of: .of([1]), with: try GuixSecretKey(parsing: secret.text))
        #expect(again.text == signature.text)
        let swapped = signature.text.replacing("(r #", with: "(r #01")
        #expect(throws: SignatureError.wrong) {
            try GuixSignature(parsing: swapped).check(.of([1]), trusted: [secret.publicKey])
        }
    }

    @Test(arguments: [
        "", "(", "(signature", "(public-key (ecc (curve Ed25519) (q #00#)))", "(public-key (rsa (n #00#)))", "#1#",
        "(a))",
        "\"", "5:ab", "(public-key (ecc (curve Ed25519) (q #\(String(repeating: "FF", count: 32))#)))",
        String(repeating: "(", count: 10_000),
    ])
    func `what is no key is refused`(text: String) {
        #expect(throws: SignatureError.self) { try GuixPublicKey(parsing: text) }
        #expect(throws: SignatureError.self) { try GuixSecretKey(parsing: text) }
        #expect(throws: SignatureError.self) { try GuixSignature(parsing: text) }
    }

    /// Key and signature as `nix-store --generate-binary-cache-key` and `nix store sign` make them; the key is RFC 8032's
    /// first test.
    @Test func `Nix's signatures are made and checked`() throws {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        let point = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        let bytes = stride(from: 0, to: 128, by: 2).map { index in
            let text = seed + point
            let start = text.index(text.startIndex, offsetBy: index)
            return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16) ?? 0
        }
        let secret = try NixSecretKey(parsing: "k-1:\(Base64.encode(bytes))\n")
        let key = try NixPublicKey(parsing: secret.publicKey.text)
        #expect(key == secret.publicKey)
        let signed = try Self.info().signedForNix(with: secret)
        try signed.checkNixSignature(trusted: [key])
        #expect(signed.signatures[0].hasPrefix("k-1:"))
        #expect(throws: SignatureError.untrusted) { try signed.checkNixSignature(trusted: []) }
        #expect(throws: SignatureError.missing) { try Self.info().checkNixSignature(trusted: [key]) }
        var changed = signed
        changed.references = []
        #expect(throws: SignatureError.wrong) { try changed.checkNixSignature(trusted: [key]) }
    }
}

/// What a real Guix signed; skipped where the recordings are not beside the checkout.
@Suite(.enabled(if: RecordedSamples.folder != nil, "the recordings of a real Guix are not beside the checkout"))
struct RecordedSignatureTests {
    private let trusted: Set<GuixPublicKey>

    init() throws {
        trusted = try GuixPublicKey.authorized(inList: RecordedSamples.text("acl"))
    }

    @Test func `the key and the list of keys are read and printed`() throws {
        let text = try RecordedSamples.text("signing-key.pub")
        let key = try GuixPublicKey(parsing: text)
        #expect(key.text == text)
        #expect(trusted == [key])
    }

    @Test func `what guix publish served holds, and its signature prints as the same bytes`() throws {
        let answer = try RecordedSamples.text("probe.narinfo").replacing("\r", with: "")
        let start = try #require(answer.range(of: "StorePath"))
        let info = try NarInfo(parsing: String(answer[start.lowerBound...]))
        try info.checkGuixSignature(trusted: trusted)
        #expect(throws: SignatureError.untrusted) { try info.checkGuixSignature(trusted: []) }
        let last = try #require(info.guixSignature?.split(separator: ";").last)
        let text = String(decoding: try #require(Base64.decode(Array(last.utf8))), as: UTF8.self)
        #expect(try GuixSignature(parsing: text).text == text)
    }

    @Test(arguments: ["probe.export", "probe-info.export", "tree.export"])
    func `what guix-daemon exported holds`(name: String) throws {
        #expect(try check(name) > 0)
    }

    @Test func `an export with a byte changed is refused as guix-daemon refuses it`() throws {
        #expect(throws: SignatureError.otherHash) { try check("probe.tampered.export") }
    }

    private func check(_ name: String) throws -> Int {
        var (decoder, signed, count) = (ExportDecoder(), [UInt8](), 0)
        _ = try decoder.read(Array(try RecordedSamples.data(name))[...]) { event in
            switch event {
            case .archiveBegin: signed = []
            case .archiveBytes(let bytes): signed += bytes
            case .archive: break
            case .item(let item):
                try item.checkSignature(hash: .of(signed + item.signedTrailer()), trusted: trusted)
                count += 1
            }
        }
        return count
    }
}

enum RecordedSamples {
    static let folder: URL? = {
        let environment = ProcessInfo.processInfo.environment["ALMANAC_SHARED"].map { URL(fileURLWithPath: $0) }
        let beside = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .deletingLastPathComponent().appendingPathComponent("shared")
        return [environment, beside].compactMap { $0?.appendingPathComponent("data/guix/samples") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static func data(_ name: String) throws -> Data {
        guard let folder else { return Data() }
        return try Data(contentsOf: folder.appendingPathComponent(name))
    }

    static func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }
}
