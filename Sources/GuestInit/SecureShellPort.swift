// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// One virtio-serial port with an SSH server behind it.
///
/// The server wants a socket, which a port is not; two processes copy between the port and a socket pair, one each
/// way, so that neither direction can hold up the other. When any of the three ends, the port is used up: what was
/// under way on it would confuse the next session.
struct SecureShellPort {
    private(set) var processes: [Int32] = []

    init(port name: Bytes, server: [Bytes]) throws(Failure) {
        let port = try openPort(name)
        var pair: [Int32] = [-1, -1]
        try check(linux_local_pair(&pair), "making", bytes("a socket pair"))
        let (ours, theirs) = (pair[0], pair[1])
        processes.append(
            try startChild {
                dup2(theirs, 0)
                dup2(theirs, 1)
                execute(server, environment: [bytes("HOME=/"), bytes("PATH=/usr/bin:/usr/sbin")])
            })
        processes.append(try SecureShellPort.copier(from: port, to: ours, closing: theirs))
        processes.append(try SecureShellPort.copier(from: ours, to: port, closing: theirs))
        close(port)
        close(ours)
        close(theirs)
    }

    private static func copier(from source: Int32, to target: Int32, closing other: Int32) throws(Failure) -> Int32 {
        try startChild {
            close(other)
            copy(from: source, to: target)
            _exit(0)
        }
    }

    /// Ends what is left of a port one of whose processes has ended.
    func end() {
        for process in processes { kill(process, SIGKILL) }
    }
}
