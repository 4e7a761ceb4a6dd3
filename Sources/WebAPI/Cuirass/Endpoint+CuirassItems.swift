// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// Addresses of Cuirass and Hydra under which an item of the store, or anything by its name, is found.
extension Endpoint {
    static let items: [Endpoint] = [output, itemLog, search]

    private static let item = Parameter<String>.text(
        "item", in: .path, about: "The base name of an output, or of a derivation.")
    private static let words = Parameter<String>.text(
        "query", shortest: 0, about: "The beginning of a package's or a jobset's name.")

    private static let output = Endpoint(
        audience: .cuirassClients, path: "/output/{item}", name: "getOutput",
        summary: "The derivation of an output and its build, as Cuirass gives them.", parameters: [item.facts],
        contents: [Content(mediaType: "application/json", schema: Schema.cuirassOutput.reference)], otherStatuses: [:]
    ) { call in
        let name = try call.required(item)
        guard let found = try await call.database.storeItem(name), let output = found.output else {
            throw Problem.cuirass(404, "Output \(name) doesn't exist.")
        }
        let build = try await call.database.jobBuilds(filter(found)).first
        return try .json(
            [
                "name": .string(output), "derivation": .string("/gnu/store/\(found.derivation)"),
                "build": build.map { CuirassBuild(build: $0).json } ?? .null,
            ] as JSON)
    }

    private static func filter(_ item: StoreItem) -> JobBuildFilter {
        var filter = JobBuildFilter()
        filter.derivation = DerivationName(item.derivation)
        filter.limit = 1
        return filter
    }

    private static let itemLog = Endpoint(
        audience: .programs, path: "/log/{item}", name: "getItemLog",
        summary: """
            The log of the run that made an output, else of the last run of its derivation: what 'guix build --log-file' \
            asks a substitute server for.
            """,
        parameters: [item.facts], contents: [Content(mediaType: "text/plain", schema: ["type": "string"])],
        otherStatuses: [
            206: "The asked range of the stored form.", 416: "The range lies beyond the stored form's end.",
        ]
    ) { call in
        let name = try call.required(item)
        guard let found = try await call.database.storeItem(name) else {
            throw Problem.notFound("There is no output or derivation \(name.prefix(200)).")
        }
        guard let run = found.run else { throw Problem.notFound("\(found.derivation) has not been built here.") }
        return try await log(ofRun: run, call)
    }

    /// What begins with a word: for Hydra's clients the builds, for people the traps as well.
    private static let search = Endpoint(
        audience: .programs, path: "/search", name: "search",
        summary: "Jobsets, and the builds of packages in their newest evaluations, whose names begin with a word.",
        parameters: [words.facts],
        contents: [
            Content(mediaType: "application/json", schema: Schema.hydraSearch.reference),
            Content(mediaType: "text/html", schema: ["type": "string"]),
        ], otherStatuses: [:]
    ) { call in
        let query = (try call.value(words) ?? "").trimmingPrefix { $0 == " " }
        let builds = query.isEmpty ? [] : try await call.database.jobBuilds(packagesFrom: String(query), limit: 100)
        let jobsets = try await call.database.jobsetRecords().map(\.name).filter {
            !query.isEmpty && $0.hasPrefix(query)
        }
        var reply: Reply
        if call.header("Accept")?.contains("text/html") ?? false {
            var filter = TrapFilter()
            filter.words = String(query)
            filter.limit = 50
            let traps = query.isEmpty ? [] : try await call.database.trapEntries(filter, withRevisions: false)
            reply = searchPage(String(query), jobsets, builds, traps.map(\.record)).reply()
        } else {
            reply = try .json(
                [
                    "projects": [], "jobsets": .array(jobsets.map { ["name": .string($0)] }), "buildsdrv": [],
                    "builds": .array(builds.map { CuirassBuild(build: $0).json }),
                ] as JSON)
        }
        reply.headers.append(Problem.Header(name: "Vary", value: "Accept"))
        return reply
    }

    private static func searchPage(
        _ query: String, _ jobsets: [String], _ builds: [JobBuild], _ traps: [TrapRecord]
    ) -> Page {
        Page("Search") {
            tag(.h1) { "Search" }
            tag(.form, .set("method", "get"), .set("action", WebPath("search"))) {
                tag(.label) {
                    "Package or jobset"
                    tag(
                        .input, .set("type", "search"), .set("name", "query"), .set("value", query),
                        .set("placeholder", "python-"))
                }
                tag(.button, .set("type", "submit")) { "Search" }
            }
            if !traps.isEmpty {
                Pieces.table(
                    "Traps", ["Package", "Verdict", "What"],
                    traps.map { trap in
                        [
                            Pieces.link(WebPath("traps", trap.id), "\(trap.package) \(trap.version)"),
                            Pieces.verdict(trap.verdict), Pieces.summary(trap),
                        ]
                    })
            }
            if !jobsets.isEmpty {
                Pieces.table("Jobsets", ["Name"], jobsets.map { [Pieces.link(WebPath("jobsets", $0), $0)] })
            }
            if !builds.isEmpty {
                Pieces.table(
                    "Builds in the jobsets' newest evaluations", ["Build", "Job", "Jobset", "Derivation", "State"],
                    builds.map { build in
                        [
                            Pieces.link(WebPath("builds", build.id), "\(build.id)"), .text(build.job),
                            Pieces.link(WebPath("jobsets", build.jobset), build.jobset), .text(build.name),
                            Pieces.state(build.state),
                        ]
                    })
            }
            if !query.isEmpty && traps.isEmpty && jobsets.isEmpty && builds.isEmpty {
                tag(.p) { "Nothing has a name like that." }
            }
        }
    }
}
