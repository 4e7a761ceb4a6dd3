// SPDX-License-Identifier: GPL-3.0-or-later

/// What is wrong with a file whatever language it is in, as `path:line: words`.
enum FileRules {
    static let lineLimit = 400

    static let functionLimit = 70

    static func faults(in file: Checkout.File) -> [String] {
        length(file) + functions(file) + licence(file) + unfinished(file) + machinePaths(file) + folder(file)
    }

    static func length(_ file: Checkout.File) -> [String] {
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        return count > lineLimit
            ? ["\(file.path):\(lineLimit + 1): \(count) lines: split it by subject well before \(lineLimit)"] : []
    }

    /// Swift functions from the line of `func` or `init` to the brace at the same indentation.
    static func functions(_ file: Checkout.File) -> [String] {
        guard file.path.hasSuffix(".swift") else { return [] }
        let lines = file.lines
        return lines.indices.compactMap { start in
            let body = lines[start].drop { $0 == " " }
            let words = body.prefix { $0 != "(" && $0 != "<" && $0 != "`" }.split(separator: " ")
            guard words.contains("func") || words.last == "init" || words.last == "init?" else { return nil }
            let end = lines[start].prefix { $0 == " " } + "}"
            guard let last = lines[start...].firstIndex(of: end[...]) else { return nil }
            let count = last - start + 1
            return count > functionLimit
                ? "\(file.path):\(start + 1): a function of \(count) lines: split it, at most \(functionLimit)" : nil
        }
    }

    /// Every language here has comments, and the licence stands in one of the first three lines.
    static func licence(_ file: Checkout.File) -> [String] {
        file.lines.prefix(3).contains { $0.contains("SPDX-License-Identifier: GPL-3.0-or-later") }
            ? []
            : ["\(file.path):1: no SPDX-License-Identifier: begin with 'SPDX-License-Identifier: GPL-3.0-or-later'"]
    }

    static func unfinished(_ file: Checkout.File) -> [String] {
        places(
            of: /\b(FIXME|TODO|XXX)\b/, needles: ["FIXME", "TODO", "XXX"], in: file,
            say: "unfinished: finish it, or open an issue")
    }

    /// Folders that exist on some developer's machine only.
    static func machinePaths(_ file: Checkout.File) -> [String] {
        places(
            of: /(^|["'`\s=(:])\/(work|farm)\/[a-z]/, needles: ["/work/", "/farm/"], in: file,
            say: "a path of one machine: use the checkout, a temporary folder or $ALMANAC_DATA")
    }

    /// Folders say what is in them, not what kind of code it is.
    static func folder(_ file: Checkout.File) -> [String] {
        let kinds: Set<Substring> = ["Utils", "Utilities", "Helpers", "Managers", "Extensions", "Misc", "Common"]
        let found = file.path.split(separator: "/").dropLast().filter(kinds.contains)
        return found.map { "\(file.path):1: in a folder '\($0)': name it after its subject" }
    }

    /// - Parameter needles: one of them is in every match; files without any are not searched.
    private static func places(
        of pattern: Regex<some Any>, needles: [String], in file: Checkout.File, say words: String
    ) -> [String] {
        guard needles.contains(where: file.text.contains) else { return [] }
        return file.lines.enumerated().filter { $0.element.contains(pattern) }
            .map { "\(file.path):\($0.offset + 1): \(words)" }
    }
}
