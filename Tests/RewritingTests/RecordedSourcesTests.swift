// SPDX-License-Identifier: GPL-3.0-or-later

import Derivations
import Foundation
import Rewriting
import Testing

/// Sources of April 2020 as a real Guix wrote them; skipped where the recordings are not beside the checkout.
@Suite(.enabled(if: RecordedSources.folder != nil, "the recordings of a real Guix are not beside the checkout"))
struct RecordedSourcesTests {
    private func rewrite(_ name: String, mirrors: PresentMirrors? = nil) throws -> Rewriter.Rewritten {
        let bytes = try #require(try RecordedSources.read("past-sources", name))
        let past = try Derivation(parsing: bytes)
        let origin = try OriginReader(past) { try RecordedSources.read("past-sources", $0.baseName) }.origin()
        let path = try StorePath(.guix, baseName: name)
        return try Rewriter(mirrors: mirrors ?? PresentMirrors(in: .guix)).rewrite(
            past, name: path.derivationName ?? "", origin: origin)
    }

    @Test(arguments: [
        (
            "mspyllkw4d2395akavrkjkiw1p448p9a-hello-2.10.tar.gz.drv",
            "hbdalsf5lpf01x4dcknwx6xbn6n5km6k-hello-2.10.tar.gz", "download"
        ),
        (
            "8a1l5vg9i8nri5ym4ygk6bb6dnmq7zr7-flowCore_1.52.1.tar.gz.drv",
            "lpn81kycn0h0g3m2hyjg45il2yc4m00f-flowCore_1.52.1.tar.gz", "download"
        ),
        (
            "76i03q78ij3jg271n6vxpvgb2mf98irw-git-2.26.0.tar.xz.drv",
            "1g04hrmnp5l74yl5irvhmijpi4s71a08-git-2.26.0.tar.xz", "download"
        ),
        (
            "p4wivyw32agxqs6zq37hmhxqw6nav43x-txt2man-1.6.0-checkout.drv",
            "ba80al8r1yn09d0vy29h534igdlszdh7-txt2man-1.6.0-checkout", "git"
        ),
        (
            "6m35qr289z91d4fmb7bn5mf12lwpm4wv-emacs-openwith-0.0.1-0.aeb7878-checkout.drv",
            "skgkf6g8s8xsn1yxxgffc90l76l74ih5-emacs-openwith-0.0.1-0.aeb7878-checkout", "hg"
        ),
        (
            "7hvqnqasg15jpg0ml3az57226qfn9hdj-eigen-for-tensorflow-3.3.5-1.fd6845384b86-checkout.drv",
            "f3bybqn3sca60nrnjky2sw82wk0l5kdd-eigen-for-tensorflow-3.3.5-1.fd6845384b86-checkout", "hg"
        ),
        (
            "mbjvmf2lasvjf56kq1bbjd6hic0f29in-texlive-ae-49435-checkout.drv",
            "25wzwg4qb7wmwz0jkqpd35vi0q05ry3r-texlive-ae-49435-checkout", "svn-multi"
        ),
        (
            "g69pg0648mfk8bigf5dwrkwq52i7g7ha-texlive-latex-base-49435-checkout.drv",
            "1bn27g9caivlw7skjjnjc3s0hq973c8k-texlive-latex-base-49435-checkout", "svn-multi"
        ),
        (
            "68i9namh56plj1cxp9izsdqh67whvv1i-gnu-standards-src.drv",
            "j514ryqd0phk2paka2z9jcc33874glxc-gnu-standards-src", "cvs"
        ),
    ])
    func `a recorded source keeps its output`(name: String, output: String, kind: String) throws {
        let rewritten = try rewrite(name)
        #expect(rewritten.output.baseName == output)
        #expect(rewritten.origin.kind == kind)
    }

    @Test func `txt2man of 2020 becomes the very derivation that Guix of 2024 writes`() throws {
        #expect(
            try rewrite("p4wivyw32agxqs6zq37hmhxqw6nav43x-txt2man-1.6.0-checkout.drv").path.baseName
                == "vk367ywg4d5n3m1qy1qi2vq7mpg00cjn-txt2man-1.6.0-checkout.drv")
    }

    @Test func `with the lists of a present Guix its own downloads are rewritten to themselves`() throws {
        let folder = try #require(RecordedSources.folder).appendingPathComponent("drvs")
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".drv") {
            let data = try Data(contentsOf: folder.appendingPathComponent(name))
            guard data.range(of: Data(",\"builtin:".utf8)) != nil else { continue }
            let path = try StorePath(.guix, baseName: name)
            let derivation = try Derivation(parsing: Array(data))
            let origin = try OriginReader(derivation) { _ in nil }.origin()
            let mirrors = try (try? PresentMirrors(of: derivation)) ?? PresentMirrors(in: .guix)
            let same = try Rewriter(mirrors: mirrors).rewrite(
                derivation, name: path.derivationName ?? "", origin: origin)
            #expect(same.path == path)
            count += 1
        }
        #expect(count == 718)
    }

    @Test func `eigen's patched source is built, and its checkout is what is rewritten`() throws {
        #expect(throws: RewriteError.notFixedOutput) {
            try rewrite("sngasgqd8qy1hfjyvzz7k3xiiqfllclr-eigen-for-tensorflow-3.3.5-1.fd6845384b86.tar.xz.drv")
        }
    }
}

enum RecordedSources {
    static let folder: URL? = {
        let environment = ProcessInfo.processInfo.environment["ALMANAC_SHARED"].map { URL(fileURLWithPath: $0) }
        let beside = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .deletingLastPathComponent().appendingPathComponent("shared")
        return [environment, beside].compactMap { $0?.appendingPathComponent("data/guix") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static func read(_ part: String, _ name: String) throws -> [UInt8]? {
        guard let file = folder?.appendingPathComponent(part).appendingPathComponent(name),
            FileManager.default.fileExists(atPath: file.path)
        else { return nil }
        return Array(try Data(contentsOf: file))
    }
}
