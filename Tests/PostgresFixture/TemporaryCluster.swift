// SPDX-License-Identifier: GPL-3.0-or-later

import Glibc
package import Postgres

/// Runs a test with a cluster that it may stop, start and kill; nothing of it is left behind, even when the test process
/// is killed.
///
/// - Parameter body: gets the cluster, not yet started, and the directory it was made for, which is empty.
package nonisolated(nonsending) func withTemporaryCluster(
    settings: [String: String] = ["fsync": "off", "shared_buffers": "16MB", "max_connections": "40"],
    _ body: nonisolated(nonsending) (PostgresCluster, String) async throws -> Void
) async throws {
    await clusters.enter()
    do {
        try await run(settings, body)
        await clusters.leave()
    } catch {
        await clusters.leave()
        throw error
    }
}

/// Setting a cluster up takes seconds of a processor.
private let clusters = Turnstile(limit: 2)

private nonisolated(nonsending) func run(
    _ settings: [String: String], _ body: nonisolated(nonsending) (PostgresCluster, String) async throws -> Void
) async throws {
    let root = try TemporaryDirectory.make()
    guard chmod(root, 0o755) == 0 else { throw FixtureError("chmod: \(String(cString: strerror(errno)))") }
    let directory = "\(root)/cluster"
    let watchdog = try Watchdog(
        as: nil,
        script: #"""
            trap '' INT TERM HUP
            cat >/dev/null
            # Programs that were still setting the cluster up go on without their parent: let them end by themselves.
            for round in $(seq 200); do
                find "$1" -name postmaster.pid | while read -r file; do
                    server=$(head -n 1 "$file")
                    sockets=$(sed -n 5p "$file")
                    [ "$(cat /proc/$server/comm 2>/dev/null)" = postgres ] && kill -QUIT "$server" 2>/dev/null
                    case "$sockets" in /tmp/pg-*) rm -rf "$sockets" ;; esac
                done
                # The bracket keeps grep from finding itself.
                others=$(grep -l -a "${1%?}[${1#"${1%?}"}]/" /proc/[0-9]*/cmdline 2>/dev/null)
                if [ -z "$others" ]; then
                    rm -rf "$1"
                    exit 0
                fi
                for other in $others; do
                    process=${other#/proc/}
                    [ "$round" -gt 150 ] && kill -KILL "${process%/cmdline}" 2>/dev/null
                done
                sleep 0.1
            done
            rm -rf "$1"
            """#, [root])
    defer { watchdog.end() }
    let cluster = PostgresCluster(
        PostgresClusterConfiguration(
            directory: directory, settings: settings, refuge: "\(root)/refuge", patience: .seconds(120)))
    try await body(cluster, directory)
}
