// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Subprocess

/// Where what comes out of channels is evaluated: a bubblewrap container without network, with nothing of this machine
/// but its programs and what is mounted, all of it read only unless said otherwise, and with limits.
///
/// Scheme code of a channel can do what any program can; without this it is not run. A Nix expression cannot, and is
/// evaluated restricted all the same.
package struct EvaluationSandbox: Sendable {
    /// Something of this machine that is seen inside.
    package enum Mount: Sendable, Hashable {
        case readOnly(String, at: String)
        case writable(String, at: String)
    }

    /// What the processes inside may take; whoever takes more is killed.
    package struct Limits: Sendable {
        /// Bytes of address space of a process.
        package var memory: Int
        /// Of processor time of a process.
        package var time: Duration
        /// Bytes of each file it writes.
        package var fileSize = 1 << 30
        /// Bytes of files in `/tmp` together, which are held in memory.
        package var temporaryFiles = 1 << 28

        package init(memory: Int, time: Duration) {
            self.memory = memory
            self.time = time
        }
    }

    private let mounts: [Mount]
    private let environment: [String: String]
    private let limits: Limits

    /// - Parameter environment: all of it.
    package init(mounts: [Mount], environment: [String: String], limits: Limits) {
        self.mounts = mounts
        self.environment = environment
        self.limits = limits
    }

    /// A program and its arguments that run `command` in the sandbox.
    ///
    /// When the process that this makes is killed, everything inside is.
    package func wrapping(_ command: [String]) -> (executable: String, arguments: [String]) {
        let seconds = max(1, limits.time.components.seconds)
        let outer = [
            "--as=\(limits.memory)", "--cpu=\(seconds):\(seconds + 5)", "--fsize=\(limits.fileSize)", "--core=0", "--",
            "sh",
            // Bubblewrap dies with the thread that started it, and threads of a server come and go: one of the shell does
            // not.
            "-c", #""$@"; exit $?"#, "sh", "bwrap",
        ]
        return ("prlimit", outer + options + ["--"] + command)
    }

    private var options: [String] {
        var options = [
            "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "localhost",
            "--clearenv", "--proc", "/proc", "--dev", "/dev", "--size", "\(limits.temporaryFiles)", "--tmpfs", "/tmp",
            "--chdir", "/tmp",
        ]
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) { options += ["--setenv", name, value] }
        options += Self.programs
        for mount in mounts {
            switch mount {
            case .readOnly(let place, let inside): options += ["--ro-bind", place, inside]
            case .writable(let place, let inside): options += ["--bind", place, inside]
            }
        }
        return options
    }

    /// Programs and libraries of the system; no settings, nobody's files.
    private static var programs: [String] {
        var options = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/\(name)") {
                options += ["--symlink", target, "/\(name)"]
            } else {
                options += ["--ro-bind-try", "/\(name)", "/\(name)"]
            }
        }
        return options
    }

    /// Why the sandbox does not work on this machine; nil where it does. Tries it out.
    package static func problem() async -> String? {
        let limits = Limits(memory: 1 << 30, time: .seconds(60))
        let command = EvaluationSandbox(mounts: [], environment: ["PATH": "/usr/bin:/bin"], limits: limits)
            .wrapping(["sh", "-c", "test ! -e /etc/passwd && ! test -w /usr"])
        do {
            let result = try await Subprocess.run(
                .name(command.executable), arguments: Arguments(command.arguments), output: .discarded,
                error: .string(limit: 1 << 16))
            if result.terminationStatus.isSuccess { return nil }
            let said = result.standardError.split(separator: "\n").first.map { ": \($0.prefix(300))" } ?? ""
            return said.contains("not found")
                ? "bubblewrap (bwrap) is not installed: install Debian's package bubblewrap"
                : "bubblewrap does not work on this machine\(said); it needs user namespaces "
                    + "(sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces), or root"
        } catch {
            return "prlimit cannot be started (\(error)): install Debian's package util-linux"
        }
    }
}
