// SPDX-License-Identifier: GPL-3.0-or-later

/// Almanac's lists of places, in the form in which `builtin:download` of guix-daemon reads them.
package enum MirrorLists {
    /// Places that mirror a project, by the project's name in `mirror://NAME/…`.
    package static let places: [(name: String, places: [String])] = [
        ("gnu", ["https://ftpmirror.gnu.org/gnu/", "https://ftp.gnu.org/gnu/", "https://ftp.gnu.org/old-gnu/"]),
        ("gnupg", ["https://gnupg.org/ftp/gcrypt/"]),
        ("gnome", ["https://download.gnome.org/"]),
        ("savannah", ["https://download.savannah.gnu.org/releases/", "https://nongnu.freemirror.org/nongnu/"]),
        ("sourceforge", ["https://downloads.sourceforge.net/project/"]),
        ("gcc", ["https://sourceware.org/pub/gcc/", "https://gcc.gnu.org/pub/gcc/"]),
        ("sourceware.org", ["https://sourceware.org/pub/"]),
        ("kernel.org", ["https://www.kernel.org/pub/", "https://mirrors.edge.kernel.org/pub/"]),
        ("apache", ["https://downloads.apache.org/", "https://archive.apache.org/dist/"]),
        ("xorg", ["https://www.x.org/releases/", "https://xorg.freedesktop.org/releases/"]),
        ("imagemagick", ["https://imagemagick.org/archive/releases/"]),
        ("kde", ["https://download.kde.org/"]),
        ("debian", ["https://deb.debian.org/debian/", "https://snapshot.debian.org/archive/debian/"]),
        ("qt", ["https://download.qt.io/official_releases/", "https://download.qt.io/archive/qt/"]),
    ]

    /// Addresses of files by their hash: `{name}`, `{algorithm}`, `{base32}` and `{base16}` stand for the file's.
    package static let hashed = [
        "https://bordeaux.guix.gnu.org/file/{name}/{algorithm}/{base32}",
        "https://ci.guix.gnu.org/file/{name}/{algorithm}/{base32}",
        "https://tarballs.nixos.org/{algorithm}/{base32}",
        "https://archive.softwareheritage.org/api/1/content/{algorithm}:{base16}/raw/",
    ]

    /// Places that have descriptions of how to put an archive together again.
    package static let disarchivePlaces = ["https://disarchive.guix.gnu.org/", "https://disarchive.ngyro.com/"]

    /// `places`, for looking up.
    package static let present = Dictionary(uniqueKeysWithValues: places)

    /// The list of a past Guix, as its downloads name it; what is no such list has no places.
    package static func read(_ bytes: [UInt8]) -> [String: [String]] {
        guard case .list(let entries)? = (try? SchemeReader.read(bytes))?.first else { return [:] }
        var places: [String: [String]] = [:]
        for case .list(let entry) in entries {
            guard case .symbol(let name)? = entry.first else { continue }
            places[name] = SchemeDatum.list(Array(entry.dropFirst())).strings
        }
        return places
    }

    /// An association list.
    static var byName: String {
        SchemeDatum.list(places.map { .list([.symbol($0.name)] + $0.places.map { .string($0) }) }).description
    }

    static var disarchive: String {
        SchemeDatum.list(disarchivePlaces.map { .string($0) }).description
    }

    /// A program that gives a list of procedures from a file's name, the algorithm and the hash to an address.
    static var byHash: String {
        let procedures = hashed.map { address in
            "(lambda (file algo hash) (string-append \(parts(of: address).joined(separator: " "))))"
        }
        return "(begin (use-modules (guix base16) (guix base32)) (list \(procedures.joined(separator: " "))))"
    }

    private static let expressions = [
        "{name}": "file", "{algorithm}": "(symbol->string algo)", "{base32}": "(bytevector->nix-base32-string hash)",
        "{base16}": "(bytevector->base16-string hash)",
    ]

    /// The texts and expressions that make up an address.
    private static func parts(of address: String) -> [String] {
        var (parts, text, rest): ([String], String, Substring) = ([], "", address[...])
        while let character = rest.first {
            if let (mark, expression) = expressions.first(where: { rest.hasPrefix($0.key) }) {
                if !text.isEmpty { parts.append(SchemeDatum.written(text)) }
                parts.append(expression)
                text = ""
                rest = rest.dropFirst(mark.count)
            } else {
                text.append(character)
                rest = rest.dropFirst()
            }
        }
        return text.isEmpty ? parts : parts + [SchemeDatum.written(text)]
    }
}
