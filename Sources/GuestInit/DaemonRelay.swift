// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// A daemon that only takes connections on a socket, made to speak to standard input and output: guix-daemon.
///
/// The daemon is handed a socket that already listens, as systemd does it, so that nobody waits for it. The socket has a
/// name that the kernel gives, in the abstract name space of this network name space, where builders never are. The
/// daemon ends with the connection.
struct DaemonRelay {
    private let daemon: Int32
    private let sender: Int32
    private let connection: Int32

    /// - Parameter command: the daemon, by its whole path, and its arguments.
    init(_ command: [Bytes]) throws(Failure) {
        var pair: [Int32] = [-1, -1]
        try check(linux_listening_pair(&pair), "making", bytes("a listening socket"))
        let (listener, connection) = (pair[0], pair[1])
        self.connection = connection
        daemon = try startChild {
            close(connection)
            _ = linux_end_with_parent()
            _ = linux_hand_over(listener)
            let empty = linux_open("/dev/null", O_RDONLY, 0)
            dup2(empty, 0)
            dup2(2, 1)
            execute(command, environment: currentEnvironment())
        }
        close(listener)
        sender = try startChild {
            _ = linux_end_with_parent()
            copy(from: 0, to: connection)
            // The client is gone; the daemon's process for it shall end too, whatever it does.
            shutdown(connection, Int32(SHUT_RDWR))
            _exit(0)
        }
    }

    /// Copies until the connection ends on either side.
    func run() {
        copy(from: connection, to: 1)
        for process in [sender, daemon] {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }
}

/// Copies until there is no more to read or nobody to read it.
func copy(from source: Int32, to target: Int32) {
    var chunk = Bytes(repeating: 0, count: 1 << 16)
    while true {
        let count = chunk.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
        if count < 0 && linux_errno() == EINTR { continue }
        if count <= 0 { return }
        let copied = chunk.withUnsafeBytes { writeAll(UnsafeRawBufferPointer(rebasing: $0[0..<count]), to: target) }
        if !copied { return }
    }
}

/// The variables of this process's own environment.
private func currentEnvironment() -> [Bytes] {
    var variables: [Bytes] = []
    var index: Int32 = 0
    while let variable = linux_variable(index) {
        variables.append(bytes(variable))
        index += 1
    }
    return variables
}
