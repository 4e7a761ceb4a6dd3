// SPDX-License-Identifier: GPL-3.0-or-later

internal import CByteStreams
internal import Glibc

extension ChildProcess {
    /// Starts a program with a socket as its standard input and output.
    ///
    /// The child gets no other descriptor but standard error, no blocked signal, and a process group of its
    /// own, so that an interrupt typed at a terminal reaches it only through us.
    static func spawn(
        executable: String, arguments: [String], environment: [String: String], socket: Int32, errors: Int32
    ) throws(ByteStreamError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, socket, 0)
        posix_spawn_file_actions_adddup2(&actions, socket, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        almanac_spawn_closefrom(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        configure(&attributes)
        let words = [executable] + arguments
        let settings = environment.map { "\($0.key)=\($0.value)" }
        var process: pid_t = 0
        let code = withCStrings(words) { words in
            withCStrings(settings) { settings in
                posix_spawnp(&process, executable, &actions, &attributes, words, settings)
            }
        }
        guard code == 0 else { throw .cannotStart(executable: executable, code: code) }
        return process
    }

    private static func configure(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with a nil has a base") }
            return body(base)
        }
    }
}
