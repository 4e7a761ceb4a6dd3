// SPDX-License-Identifier: GPL-3.0-or-later

import CLinux

/// Mounts a file system; `flags` are words as in fstab, separated by commas.
func mountFileSystem(type: Bytes, source: Bytes, target: Bytes, flags: Bytes, options: Bytes) throws(Failure) {
    var bits: UInt = 0
    for word in split(flags, at: UInt8(ascii: ",")) where !word.isEmpty {
        guard let bit = mountFlag(word) else { throw Failure(bytes("unknown mount flag ") + word) }
        bits |= bit
    }
    let result = withCString(type) { type in
        withCString(source) { source in
            withCString(target) { target in
                withCString(options) { mount(source, target, type, bits, $0) }
            }
        }
    }
    try check(result, "mounting", source + bytes(" on ") + target + bytes(" as ") + type)
}

private func mountFlag(_ word: Bytes) -> UInt? {
    if word == bytes("ro") { return UInt(MS_RDONLY) }
    if word == bytes("nosuid") { return UInt(MS_NOSUID) }
    if word == bytes("nodev") { return UInt(MS_NODEV) }
    if word == bytes("noexec") { return UInt(MS_NOEXEC) }
    if word == bytes("noatime") { return UInt(MS_NOATIME) }
    if word == bytes("bind") { return UInt(MS_BIND) }
    if word == bytes("private") { return UInt(MS_PRIVATE) }
    if word == bytes("recursive") { return UInt(MS_REC) }
    return nil
}

/// Makes `path` the root of the file system for this process and all that follow.
func switchRoot(to path: Bytes) throws(Failure) {
    try check(withCString(path) { chdir($0) }, "entering", path)
    try check(mount(".", "/", nil, UInt(MS_MOVE), nil), "moving to /", path)
    try check(chroot("."), "changing root to", path)
    try check(chdir("/"), "entering", bytes("/"))
}
