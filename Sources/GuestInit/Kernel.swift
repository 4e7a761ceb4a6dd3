// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Loads a module; one that is already there is no error.
func loadModule(_ path: Bytes) throws(Failure) {
    let descriptor = withCString(path) { linux_open($0, O_RDONLY, 0) }
    try check(descriptor, "opening", path)
    defer { close(descriptor) }
    if linux_load_module(descriptor) < 0 && linux_errno() != EEXIST {
        throw Failure("loading module", path)
    }
}

/// Sets the clock, in seconds since 1970; `time_t` has 64 bits here, so that 2038 and 2106 are dates like any other.
func setClock(_ seconds: Int) throws(Failure) {
    var time = timespec(tv_sec: seconds, tv_nsec: 0)
    try check(clock_settime(CLOCK_REALTIME, &time), "setting the clock to", decimal(seconds))
}

/// Gives the random pool a start, from pairs of hexadecimal digits: without one a guest waits for entropy.
func seedRandom(_ hexadecimal: Bytes) throws(Failure) {
    var seed: Bytes = []
    var index = 0
    while index + 1 < hexadecimal.count {
        guard let high = digit(hexadecimal[index]), let low = digit(hexadecimal[index + 1]) else {
            throw Failure(bytes("the random seed is not hexadecimal"))
        }
        seed.append(UInt8(high << 4 | low))
        index += 2
    }
    try check(linux_seed_random(seed, Int32(seed.count)), "seeding", bytes("the random pool"))
}

func setHostName(_ name: Bytes) throws(Failure) {
    try check(withCString(name) { sethostname($0, name.count) }, "setting the host name", name)
}

func bringUp(interface: Bytes) throws(Failure) {
    try check(withCString(interface) { linux_bring_up($0) }, "bringing up", interface)
}
