// SPDX-License-Identifier: GPL-3.0-or-later

/// What can go wrong in the farm; every message says what to do next.
package enum FarmError: Error, CustomStringConvertible {
    case dataDirectory(path: String, reason: String)
    case noGuixDaemon
    case otherStore(directory: String, made: String, asked: String)
    case alreadyServed(lock: String, process: Int32)
    case configuration(file: String, reason: String)
    case unknownJobset(String, known: [String])
    case unknownRun(Int64)
    case unknownTrap(Int)
    case notInvestigated(candidates: [String])
    case unknownDerivation(String)
    case notInStore(String, reason: String)
    case notScreened(String, reason: String)
    case noServer(data: String)
    case noDatabase(data: String)
    case unknownBuild(Int)
    case unknownWorker(Int)
    case unknownEvaluation(Int)
    case backup(String, reason: String)
    case noKernel(wanted: String, known: [String])
    case serverDidNotStart(log: String, lastLines: String)
    case jobsetFiles(String)
    case addressInUse(host: String, port: Int)

    package var description: String {
        switch self {
        case .dataDirectory(let path, let reason):
            "cannot use the data directory \(path): \(reason). Choose another with ALMANAC_DATA or --data."
        case .noGuixDaemon:
            """
            the farm's store is to be kept by Guix, and there is no guix-daemon in PATH or beside guix: install Guix \
            (https://guix.gnu.org/download).
            """
        case .otherStore(let directory, let made, let asked):
            """
            the store in \(directory) was made by \(made) and cannot be kept by \(asked): leave out the setting 'store', \
            or use another data directory with --data.
            """
        case .alreadyServed(let lock, let process):
            """
            another server (process \(process)) already serves this data directory; it holds \(lock). \
            Stop it with 'almanac stop', or use another data directory with --data.
            """
        case .configuration(let file, let reason):
            "\(file): \(reason)"
        case .unknownJobset(let name, let known):
            "no jobset is named '\(name)'. "
                + (known.isEmpty
                    ? "None is loaded: load one with 'almanac jobset add FILE'."
                    : "Known: \(known.joined(separator: ", ")).")
        case .unknownRun(let run):
            "there is no run \(run)."
        case .unknownTrap(let trap):
            "there is no trap \(trap). 'almanac catalog' lists those there are."
        case .notInvestigated(let candidates) where candidates.isEmpty:
            """
            no investigated derivation has that name. What passed its screening is not investigated; \
            'almanac verdicts' lists everything that was screened.
            """
        case .notInvestigated(let candidates):
            "several derivations have that name; give one of them: \(candidates.joined(separator: ", "))"
        case .unknownDerivation(let name):
            """
            the farm knows no derivation '\(name)'. 'almanac verdicts' lists what was screened; one that no jobset has \
            is given by its path in the farm's store.
            """
        case .notInStore(let path, let reason):
            """
            \(path) cannot be investigated: \(reason). A derivation that no jobset has must be in the farm's own store, \
            as those of evaluated revisions are.
            """
        case .notScreened(let name, let reason):
            "\(name) could not be screened: \(reason). 'almanac build list' and 'almanac build why' say more."
        case .noServer(let data):
            "no server runs on \(data). Start one with 'almanac serve'."
        case .noDatabase(let data):
            """
            the database in \(data) does not run on this machine. Start its server with 'almanac serve'; a worker on \
            another machine than the server needs a database that both reach: set DATABASE_URL.
            """
        case .unknownBuild(let build):
            "there is no build \(build). 'almanac build list' lists them."
        case .unknownWorker(let worker):
            "no worker \(worker) is at work. 'almanac worker list' lists them."
        case .unknownEvaluation(let evaluation):
            "there is no evaluation \(evaluation). 'almanac evaluation list' lists them."
        case .backup(let path, let reason):
            "\(path): \(reason)."
        case .noKernel(let wanted, let known):
            """
            no guest kernel is named '\(wanted)' (known: \(known.joined(separator: ", "))). \
            Make it with 'almanac image build --kernel \(wanted)'.
            """
        case .serverDidNotStart(let log, let lastLines):
            "the server did not start; its log is \(log):\n\(lastLines)"
        case .addressInUse(let host, let port):
            "another program listens on \(host):\(port). Choose another port with --port (0 takes a free one) or ALMANAC_PORT."
        case .jobsetFiles(let report):
            report + "\nNothing was loaded. Mend the file and try again."
        }
    }
}
