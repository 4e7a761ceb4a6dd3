// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Jobsets
import Testing

@Suite struct ManifestSyntaxTests {
    @Test(arguments: [
        "(specifications->manifest '(\"hello\"))",
        "(use-modules (guix gexp))\n(packages->manifest (list (computed-file \"x\" #~(mkdir #$output)) #+a #\\a #:b #'c))",
        "#| all |# (concatenate-manifests `(,@a ,b)) ; and no more",
    ])
    func `whatever reads as Scheme is left to the sandbox`(text: String) throws {
        try ManifestSyntax.check(text, file: "manifest.scm")
    }

    @Test(arguments: [
        ("(a\n  (b \"x)\n", "manifest.scm:2:6: found no Scheme; expected a manifest: the string never ends"),
        ("(list\n '(\"ü\" #z))", "manifest.scm:2:8: found no Scheme"),
        ("(a))", "manifest.scm:1:4: found no Scheme; expected a manifest: a parenthesis closes nothing"),
        ("; nothing\n", "manifest.scm:1:1: found nothing"),
    ])
    func `what does not is refused with its place`(text: String, words: String) throws {
        let error = #expect(throws: InvalidJobset.self) { try ManifestSyntax.check(text, file: "manifest.scm") }
        #expect(error?.description.hasPrefix(words) == true, "\(error.map { "\($0)" } ?? "")")
    }
}
