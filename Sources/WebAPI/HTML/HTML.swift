// SPDX-License-Identifier: GPL-3.0-or-later

/// A piece of a page.
///
/// There is no way to put markup into it as text: names of elements and attributes are words of the program, and whatever
/// comes from packages, logs or requests is a text or an attribute's value, which are always escaped.
indirect enum HTML: Sendable {
    case text(String)
    case element(Tag, [Attribute], [HTML])
    case group([HTML])

    static let empty = HTML.group([])

    /// Elements that pages use, those of SVG included.
    enum Tag: String, Sendable {
        case a, body, br, button, caption, circle, code, dd, desc, details, div, dl, dt, em, figcaption, figure, footer
        case form, g, h1, h2, h3, head, header, html, input, label, li, line, link, main, meta, nav, ol, option, p, path
        case pre, progress, rect, section, select, small, span, strong, summary, svg, table, tbody, td, text, th, thead
        case time, title, tr, ul

        /// Elements without an end tag, HTML section 13.1.2.
        var isVoid: Bool {
            switch self {
            case .br, .input, .link, .meta: true
            case .a, .body, .button, .caption, .circle, .code, .dd, .desc, .details, .div, .dl, .dt, .em, .figcaption,
                .figure, .footer, .form, .g, .h1, .h2, .h3, .head, .header, .html, .label, .li, .line, .main, .nav, .ol,
                .option, .p, .path, .pre, .progress, .rect, .section, .select, .small, .span, .strong, .summary, .svg,
                .table, .tbody, .td, .text, .th, .thead, .time, .title, .tr, .ul:
                false
            }
        }
    }

    /// An attribute; its name is a literal of the program, its value is escaped.
    struct Attribute: Sendable {
        let name: String
        /// Nil for an attribute that is there or not, such as `selected`.
        let value: String?

        init(_ name: StaticString, _ value: String?) {
            self.name = "\(name)"
            self.value = value
        }

        static func set(_ name: StaticString, _ value: some CustomStringConvertible) -> Attribute {
            Attribute(name, value.description)
        }

        static func has(_ name: StaticString) -> Attribute { Attribute(name, nil) }
        static func css(_ names: StaticString) -> Attribute { Attribute("class", "\(names)") }
        /// An address of this server; there is no other kind of link.
        static func href(_ path: WebPath) -> Attribute { Attribute("href", path.description) }
        static func id(_ id: String) -> Attribute { Attribute("id", id) }
    }
}

extension HTML: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self = .text(value) }
}

/// An element with its content in braces.
func tag(
    _ tag: HTML.Tag, _ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }
) -> HTML {
    .element(tag, attributes, [content()])
}

@resultBuilder
enum HTMLBuilder {
    static func buildExpression(_ piece: HTML) -> HTML { piece }
    static func buildExpression(_ text: String) -> HTML { .text(text) }
    static func buildExpression(_ pieces: [HTML]) -> HTML { .group(pieces) }
    static func buildBlock(_ pieces: HTML...) -> HTML { .group(pieces) }
    static func buildOptional(_ piece: HTML?) -> HTML { piece ?? .empty }
    static func buildEither(first piece: HTML) -> HTML { piece }
    static func buildEither(second piece: HTML) -> HTML { piece }
    static func buildArray(_ pieces: [HTML]) -> HTML { .group(pieces) }
}
