// SPDX-License-Identifier: GPL-3.0-or-later

import Testing

@testable import WebAPI

@Suite struct HTMLTests {
    @Test func `text and attribute values are escaped, whatever they are`() {
        let hostile = "<script>\"x\" & 'y'</script>"
        let html = tag(.p, .set("title", hostile)) { hostile }
        let escaped = "&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;"
        #expect(html.rendered == "<p title=\"\(escaped)\">\(escaped)</p>")
    }

    @Test func `what comes in by interpolation is text too`() {
        let name = "<b>"
        let html: HTML = "a \(name) c"
        #expect(html.rendered == "a &lt;b&gt; c")
    }

    @Test func `control characters and those that turn the direction of text do not come through`() {
        let html = tag(.p) { "a\u{0}b\u{1b}[31mc\u{202e}d\te\nf\u{7f}g" }
        #expect(html.rendered == "<p>a\u{fffd}b\u{fffd}[31mc\u{fffd}d\te\nf\u{fffd}g</p>")
    }

    @Test func `elements without content have no end`() {
        #expect(tag(.input, .set("name", "x"), .has("disabled")).rendered == "<input name=\"x\" disabled>")
        #expect(tag(.p).rendered == "<p></p>")
    }

    @Test func `links are made of components and cannot leave the server`() {
        let link = tag(.a, .href(WebPath("jobsets", "javascript:alert(1)/../\"x"))) { "x" }
        #expect(link.rendered == "<a href=\"/jobsets/javascript%3Aalert%281%29%2F..%2F%22x\">x</a>")
        let query = WebPath("builds").adding("derivation", "a&b=c#d").description
        #expect(query == "/builds?derivation=a%26b%3Dc%23d")
    }

    @Test(arguments: ["", "a b", "ü/%?&=#+", "\u{1F600}", "..", "%41"])
    func `what is encoded for an address is decoded again`(text: String) {
        #expect(WebPath.decode(WebPath.encode(text)) == text)
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff", "%c3%28"])
    func `what is no percent-encoded UTF-8 is refused`(text: String) {
        #expect(WebPath.decode(text) == nil)
    }
}
