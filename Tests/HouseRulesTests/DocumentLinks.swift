// SPDX-License-Identifier: GPL-3.0-or-later

/// What a Markdown document refers to inside this checkout.
enum DocumentLinks {
    /// Targets of links and pictures outside code blocks that are not addresses; without their `#part`.
    static func relative(in text: String) -> [String] {
        var isCode = false
        var targets: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCode.toggle() }
            if isCode { continue }
            for match in line.matches(of: /\]\(([^)\s]+)\)/) {
                let target = match.1.prefix { $0 != "#" }
                if !target.isEmpty, !target.contains(/^[a-z]+:/) { targets.append(String(target)) }
            }
        }
        return targets
    }

    /// The path from the checkout's root; nil when it leads out of it.
    static func resolved(_ link: String, from path: String) -> String? {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") {
            if part == ".." {
                guard !parts.isEmpty else { return nil }
                parts.removeLast()
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    /// Programs of `ops/` that are named anywhere, also in code.
    static func scripts(in text: String) -> Set<String> {
        Set(text.matches(of: /(?:^|[\s`"'(\/])(ops\/[a-z][a-z0-9-]*(\.[a-z]+)?)/).map { String($0.1) })
    }
}
