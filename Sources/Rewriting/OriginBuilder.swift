// SPDX-License-Identifier: GPL-3.0-or-later

internal import Derivations

/// What derivations of the present say, so that a source is fetched: builders and their variables.
///
/// Four builders are Almanac's own, for what no store daemon fetches by itself. The farm fetches them on the host, with
/// the program of that kind, and checks the hash; a store daemon that is asked to build one says that it has no such
/// builder.
enum OriginBuilder {
    static let subversion = "builtin:almanac-svn-download"
    static let mercurial = "builtin:almanac-hg-download"
    static let bazaar = "builtin:almanac-bzr-download"
    static let cvs = "builtin:almanac-cvs-download"
    static let own = [subversion, mercurial, bazaar, cvs]

    /// What a derivation must say for an origin to be fetched.
    struct Instructions {
        let builder: String
        var variables: [String: String]
        var sources: [StorePath] = []
    }

    static func instructions(for origin: Origin, mirrors: PresentMirrors) -> Instructions {
        switch origin {
        case .download(let urls, let isExecutable): download(urls, isExecutable, mirrors)
        case .git(let url, let commit, let isRecursive):
            Instructions(
                builder: "builtin:git-download",
                variables: ["url": SchemeDatum.written(url), "commit": commit, "recursive?": isRecursive ? "#t" : "#f"])
        case .mercurial(let url, let changeset):
            Instructions(builder: mercurial, variables: ["url": url, "changeset": changeset])
        case .bazaar(let url, let revision):
            Instructions(builder: bazaar, variables: ["url": url, "revision": revision])
        case .cvs(let root, let module, let revision):
            Instructions(builder: cvs, variables: ["root": root, "module": module, "revision": revision])
        case .subversion(let origin): instructions(for: origin)
        }
    }

    private static func download(_ urls: [String], _ isExecutable: Bool, _ mirrors: PresentMirrors) -> Instructions {
        let addresses = urls.map { SchemeDatum.string($0) }
        var variables = [
            "url": (addresses.count == 1 ? addresses[0] : .list(addresses)).description,
            "mirrors": mirrors.mirrors.description,
            "content-addressed-mirrors": mirrors.contentAddressed.description,
            "disarchive-mirrors": mirrors.disarchive.description,
        ]
        if isExecutable { variables["executable"] = "1" }
        return Instructions(
            builder: "builtin:download", variables: variables,
            sources: [mirrors.mirrors, mirrors.contentAddressed, mirrors.disarchive].sorted())
    }

    private static func instructions(for origin: SubversionOrigin) -> Instructions {
        let checkouts = SchemeDatum.list(origin.checkouts.map { .list([.string($0.url), .string($0.folder)]) })
        var variables = [
            "checkouts": checkouts.description, "revision": String(origin.revision),
            "recursive?": origin.isRecursive ? "#t" : "#f",
        ]
        variables["user"] = origin.user
        variables["password"] = origin.password
        return Instructions(builder: subversion, variables: variables)
    }

    /// The origin of a derivation with one of these builders.
    static func origin(of derivation: Derivation) throws(RewriteError) -> Origin {
        func variable(_ name: String) throws(RewriteError) -> String {
            guard let value = derivation[variable: name] else { throw .variable(name, problem: "is missing") }
            return value
        }
        switch derivation.builder {
        case mercurial: return .mercurial(url: try variable("url"), changeset: try variable("changeset"))
        case bazaar: return .bazaar(url: try variable("url"), revision: try variable("revision"))
        case cvs:
            return .cvs(root: try variable("root"), module: try variable("module"), revision: try variable("revision"))
        case subversion:
            guard let revision = Int(try variable("revision")) else {
                throw .variable("revision", problem: "is no number")
            }
            return .subversion(
                SubversionOrigin(
                    checkouts: try checkouts(try variable("checkouts")), revision: revision,
                    isRecursive: derivation[variable: "recursive?"] == "#t", user: derivation[variable: "user"],
                    password: derivation[variable: "password"]))
        case let builder: throw .notFetching(builder: builder)
        }
    }

    private static func checkouts(_ text: String) throws(RewriteError) -> [SubversionOrigin.Checkout] {
        guard case .list(let items)? = try? SchemeReader.readOne(text), !items.isEmpty else {
            throw .variable("checkouts", problem: "is no list")
        }
        var checkouts: [SubversionOrigin.Checkout] = []
        for item in items {
            guard let pair = item.strings, pair.count == 2 else {
                throw .variable("checkouts", problem: "is no list of addresses and folders")
            }
            checkouts.append(SubversionOrigin.Checkout(url: pair[0], folder: pair[1]))
        }
        return checkouts
    }
}
