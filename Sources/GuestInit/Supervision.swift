// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// What is left to do once the guest is up: bury the dead, watch the disk, and stop when nobody can reach the guest.
func supervise(_ boot: Boot) {
    var ports = boot.ports
    var watch = boot.watch
    while !ports.isEmpty {
        watch?.look()
        _ = linux_wait_for_child_signal(200)
        while true {
            let ended = waitpid(-1, nil, WNOHANG)
            if ended <= 0 { break }
            for index in ports.indices.reversed() where ports[index].processes.contains(ended) {
                ports[index].end()
                ports.remove(at: index)
            }
        }
    }
}
