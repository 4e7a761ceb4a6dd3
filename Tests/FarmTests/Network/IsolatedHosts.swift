// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Postgres
import PostgresFixture
import Subprocess
import SystemPackage

/// Worker hosts in network namespaces, each with nothing but a cable to the namespace that PostgreSQL listens in. All goes
/// with the test: the namespaces end with their processes, the cables with the namespaces.
struct IsolatedHosts: Sendable {
    /// Of the database's files and its socket, which reaches into every namespace.
    let directory: String
    private let watchdog: Watchdog

    static let names = ["one", "two"]

    /// Whether namespaces and cables can be made here.
    static func arePossible() async -> Bool {
        guard geteuid() == 0 else { return false }
        let tried = try? await Subprocess.run(
            .name("unshare"),
            arguments: ["--net", "sh", "-c", "ip link add probe0 type veth peer name probe1 && ip link set lo up"],
            output: .discarded, error: .discarded)
        return tried?.terminationStatus.isSuccess ?? false
    }

    /// Starts the database; returns when it takes connections. `begin` starts the workers.
    init(program: String, data: String, guestInit: String) async throws {
        let user = TestPrograms.serverUser ?? "root"
        directory = try TemporaryDirectory.make(for: user)
        guard chmod(directory, 0o755) == 0, mkfifo("\(directory)/ready", 0o600) == 0,
            mkfifo("\(directory)/begin", 0o600) == 0
        else { throw FixtureError("\(directory): \(String(cString: strerror(errno)))") }
        watchdog = try Watchdog(
            as: nil, script: Self.script,
            [directory, try TestPrograms.directory(), user, program, data, guestInit] + Self.names)
        try await sh(#"read -r word < "$1/ready" && [ "$word" = ready ]"#, directory)
    }

    var database: String { "host=\(directory) dbname=postgres user=postgres" }

    /// Starts a worker on every host.
    func begin() async throws { try await sh(#"echo go > "$1/begin""#, directory) }

    /// Pulls a host's cable, or puts it back.
    func set(_ name: String, isConnected: Bool) async throws {
        try await sh(
            #"exec nsenter --net="/proc/$(cat "$1/hub")/ns/net" ip link set "to-$2" "$3""#, directory, name,
            isConnected ? "up" : "down")
    }

    func end() { watchdog.end() }

    private func sh(_ script: String, _ arguments: String...) async throws {
        let result = try await Subprocess.run(
            .name("sh"), arguments: Arguments(["-c", script, "sh"] + arguments), output: .discarded,
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw FixtureError("\(result.standardError); \(directory)/log and hub.log say more")
        }
    }

    private static let script = #"""
        trap '' INT TERM HUP
        exec 3<&0
        unshare --net sh -c '
            echo $$ > "$1/hub"
            ip link set lo up
            setpriv --reuid="$3" --regid="$3" --init-groups -- "$2/initdb" --pgdata="$1/data" --username=postgres \
                --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions >"$1/log" 2>&1
            echo "host all all 10.77.0.0/16 trust" >> "$1/data/pg_hba.conf"
            setpriv --reuid="$3" --regid="$3" --init-groups -- "$2/postgres" -D "$1/data" -k "$1" -h "*" -c fsync=off \
                -c max_connections=60 -c shared_buffers=32MB </dev/null >>"$1/log" 2>&1 &
            server=$!
            until "$2/pg_isready" -q -h "$1"; do kill -0 $server || exit 1; sleep 0.1; done
            echo ready > "$1/ready"
            read -r word < "$1/begin"
            workers=
            number=0
            directory=$1 program=$4 data=$5 guest_init=$6
            shift 6
            for name; do
                number=$((number + 1))
                unshare --net sh -c "
                    until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
                    ip link set lo up
                    ip address add 10.77.$number.2/24 dev eth0
                    ip link set eth0 up
                    export ALMANAC_GUEST_INIT=\"\$3\"
                    exec \"\$1\" work --data \"\$2\" --name $name --guests 1 \
                        --database \"host=10.77.$number.1 dbname=postgres user=postgres\"
                " sh "$program" "$data" "$guest_init" > "$directory/worker-$name.log" 2>&1 3<&- &
                worker=$!
                workers="$workers $worker"
                while [ "$(readlink /proc/$worker/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
                ip link add "to-$name" type veth peer name eth0 netns $worker
                ip address add "10.77.$number.1/24" dev "to-$name"
                ip link set "to-$name" up
            done
            cat <&3 >/dev/null
            kill -TERM $workers
            wait $workers
            kill -INT $server
            wait $server
        ' sh "$@" >"$1/hub.log" 2>&1
        rm -rf "$1"
        """#
}
