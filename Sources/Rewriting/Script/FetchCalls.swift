// SPDX-License-Identifier: GPL-3.0-or-later

/// The calls by which a builder script fetches, as one origin.
struct FetchCalls {
    private let calls: [FetchCall]
    private let output: String

    /// - Parameters:
    ///   - calls: at least one.
    ///   - output: the derivation's output, below which folders are.
    init(_ calls: [FetchCall], output: String) {
        self.calls = calls
        self.output = output
    }

    func origin() throws(RewriteError) -> Origin {
        if calls.allSatisfy({ $0.procedure == "svn-fetch" }) { return .subversion(try subversion()) }
        var origins: [Origin] = []
        for call in calls {
            let origin = try Self.origin(of: call)
            if !origins.contains(origin) { origins.append(origin) }
        }
        guard origins.count == 1 else { throw .severalSources(origins.flatMap(\.addresses)) }
        return origins[0]
    }

    private static func origin(of call: FetchCall) throws(RewriteError) -> Origin {
        switch call.procedure {
        case "url-fetch": .download(urls: try call.addresses(), isExecutable: false)
        case "hg-fetch": .mercurial(url: try call.text(0, "address"), changeset: try call.text(1, "changeset"))
        case "bzr-fetch": .bazaar(url: try call.text(0, "address"), revision: try call.text(1, "revision"))
        case "cvs-fetch":
            .cvs(
                root: try call.text(0, "root"), module: try call.text(1, "module"),
                revision: try call.text(2, "revision"))
        case "git-fetch", "git-fetch-with-fallback":
            .git(
                url: try call.text(0, "address"), commit: try call.text(1, "commit"),
                isRecursive: try call.flag("recursive?", else: false))
        case let procedure: throw .undetermined(procedure: procedure, what: "meaning")
        }
    }

    private func subversion() throws(RewriteError) -> SubversionOrigin {
        var checkouts: [SubversionOrigin.Checkout] = []
        for call in calls {
            guard call.arguments.count > 2, let target = call.arguments[2].string else {
                throw .undetermined(procedure: call.procedure, what: "target")
            }
            guard target == output || target.hasPrefix(output + "/") else { throw .unsafeText(target) }
            let checkout = SubversionOrigin.Checkout(
                url: try call.text(0, "address"), folder: Self.trimmed(String(target.dropFirst(output.count))))
            if !checkouts.contains(checkout) { checkouts.append(checkout) }
        }
        guard case .datum(.integer(let revision))? = calls[0].arguments.dropFirst().first else {
            throw .undetermined(procedure: "svn-fetch", what: "revision")
        }
        return SubversionOrigin(
            checkouts: checkouts, revision: revision, isRecursive: try calls[0].flag("recursive?", else: true),
            user: try calls[0].optionalText("user-name"), password: try calls[0].optionalText("password"))
    }

    /// Without slashes and dots at its ends, as a folder below the output is written.
    static func trimmed(_ folder: String) -> String {
        let parts = folder.split(separator: "/").filter { $0 != "." }
        return parts.joined(separator: "/")
    }
}

extension FetchCall {
    fileprivate func text(_ index: Int, _ what: String) throws(RewriteError) -> String {
        guard index < arguments.count, let text = arguments[index].string else {
            throw .undetermined(procedure: procedure, what: what)
        }
        return text
    }

    /// One address, or a list of them to be tried in order.
    fileprivate func addresses() throws(RewriteError) -> [String] {
        if let url = arguments.first?.string { return [url] }
        guard let urls = arguments.first?.list.flatMap({ SchemeDatum.list($0).strings }), !urls.isEmpty else {
            throw .undetermined(procedure: procedure, what: "address")
        }
        return urls
    }

    fileprivate func flag(_ name: String, else standard: Bool) throws(RewriteError) -> Bool {
        guard let value = keywords[name] else { return standard }
        guard let truth = value.truth else { throw .undetermined(procedure: procedure, what: name) }
        return truth
    }

    fileprivate func optionalText(_ name: String) throws(RewriteError) -> String? {
        switch keywords[name] {
        case nil, .datum(.boolean(false))?: nil
        case .datum(.string(let text))?: text
        case .datum?, .procedure?, .named?, .unknown?: throw .undetermined(procedure: procedure, what: name)
        }
    }
}
