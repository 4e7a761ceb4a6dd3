// SPDX-License-Identifier: GPL-3.0-or-later

/// An initial file system in the form that Linux unpacks at boot: cpio, "newc" (initramfs-buffer-format.rst).
///
/// Several archives may follow each other, which is how a guest's own files come after the image's. Everything belongs
/// to root and to 1970, so that the same content gives the same bytes.
struct CpioArchive {
    private(set) var bytes: [UInt8] = []
    private var count: UInt32 = 0

    mutating func addDirectory(_ path: String, mode: UInt32 = 0o755) {
        add(path, mode: 0o040000 | mode, content: [])
    }

    mutating func addFile(_ path: String, mode: UInt32 = 0o644, content: [UInt8]) {
        add(path, mode: 0o100000 | mode, content: content)
    }

    mutating func addCharacterDevice(_ path: String, mode: UInt32, major: UInt32, minor: UInt32) {
        add(path, mode: 0o020000 | mode, content: [], device: (major, minor))
    }

    /// The archive, complete.
    consuming func finished() -> [UInt8] {
        add("TRAILER!!!", mode: 0, content: [])
        return bytes
    }

    private mutating func add(_ path: String, mode: UInt32, content: [UInt8], device: (UInt32, UInt32) = (0, 0)) {
        count += 1
        let name = Array(path.utf8) + [0]
        // Inode, mode, owner, group, links, time, size, device of the file system, device, length of name, checksum.
        let fields: [UInt32] = [
            count, mode, 0, 0, 1, 0, UInt32(content.count), 0, 0, device.0, device.1, UInt32(name.count), 0,
        ]
        bytes += Array("070701".utf8)
        for field in fields { bytes += CpioArchive.hexadecimal(field) }
        bytes += name
        pad()
        bytes += content
        pad()
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    private static func hexadecimal(_ value: UInt32) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return stride(from: 28, through: 0, by: -4).map { digits[Int(value >> UInt32($0) & 15)] }
    }
}
