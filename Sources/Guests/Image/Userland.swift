// SPDX-License-Identifier: GPL-3.0-or-later

/// The file tree of a guest's read-only disk, as a value.
struct Userland: Hashable, Sendable {
    enum Entry: Hashable, Sendable {
        case directory(mode: UInt32)
        case link(to: String)
        /// A copy of a host's file.
        case file(of: String, mode: UInt32)
        case text(String, mode: UInt32)
    }

    /// By path without a leading slash.
    private(set) var entries: [String: Entry] = [:]

    /// How many builds a guest's daemon could run at once; each has a user of its own.
    static let buildUsers = 8

    /// A tree with the directories and system files that every guest has.
    ///
    /// - Parameter stores: store directories that become mount points.
    init(stores: [String]) {
        for directory in [
            "proc", "sys", "dev", "run", "scratch", "share", "root", "var", "etc", "usr/bin", "usr/lib", "usr/lib64",
        ] {
            add(directory, .directory(mode: 0o755))
        }
        add("tmp", .directory(mode: 0o1777))
        for (name, target) in [("bin", "usr/bin"), ("sbin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")] {
            add(name, .link(to: target))
        }
        add("usr/sbin", .link(to: "bin"))
        for store in stores { add(String(store.dropFirst()), .directory(mode: 0o755)) }
        addSystemFiles()
    }

    private mutating func addSystemFiles() {
        let numbers = 1...Userland.buildUsers
        let users = numbers.map { "nixbld\($0):x:\(30000 + $0):30000:build user \($0):/var/empty:/usr/bin/false\n" }
        let members = numbers.map { "nixbld\($0)" }.joined(separator: ",")
        add("etc/passwd", .text("root:x:0:0:root:/run/root:/bin/sh\n" + users.joined(), mode: 0o644))
        add("etc/group", .text("root:x:0:\ntty:x:5:\nnixbld:x:30000:\(members)\n", mode: 0o644))
        add("etc/hosts", .text("127.0.0.1 localhost\n::1 localhost\n", mode: 0o644))
        add("etc/nsswitch.conf", .text("passwd: files\ngroup: files\nhosts: files\n", mode: 0o644))
        add("etc/shells", .text("/bin/sh\n", mode: 0o644))
    }

    /// Adds an entry and the directories above it.
    mutating func add(_ path: String, _ entry: Entry) {
        var above = path.split(separator: "/").dropLast()
        while !above.isEmpty {
            let directory = above.joined(separator: "/")
            if entries[directory] == nil { entries[directory] = .directory(mode: 0o755) }
            above = above.dropLast()
        }
        entries[path] = entry
    }

    /// Adds a host's program or library where the host has it, `/lib` being the same as `/usr/lib`.
    mutating func addHostFile(_ path: String, mode: UInt32 = 0o755) {
        let isShort = ["/lib", "/bin/", "/sbin/"].contains { path.hasPrefix($0) }
        let place = (isShort ? "/usr" + path : path).replacing("/usr/sbin/", with: "/usr/bin/", maxReplacements: 1)
        add(String(place.dropFirst()), .file(of: path, mode: mode))
    }

    /// Paths in an order in which directories come before what is in them.
    var paths: [String] { entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// A key of everything in the tree, also of the host's files' contents.
    func key() throws(GuestError) -> String {
        var text = ""
        for path in paths {
            guard let entry = entries[path] else { continue }
            switch entry {
            case .directory(let mode): text += "d \(mode) \(path)\n"
            case .link(let target): text += "l \(path) \(target)\n"
            case .file(let source, let mode): text += "f \(mode) \(path) \(try ContentKey.ofFile(source))\n"
            case .text(let content, let mode): text += "t \(mode) \(path) \(ContentKey.of(Array(content.utf8)))\n"
            }
        }
        return ContentKey.of(Array(text.utf8))
    }

    /// Makes the tree below `directory`, which must exist.
    func write(to directory: String) throws(GuestError) {
        for path in paths {
            guard let entry = entries[path] else { continue }
            let place = "\(directory)/\(path)"
            switch entry {
            case .directory(let mode):
                try FileTree.makeDirectories(place)
                try FileTree.setMode(mode, of: place)
            case .link(let target): try FileTree.makeLink(place, to: target)
            case .file(let source, let mode):
                try FileTree.write(try FileTree.read(source), to: place, mode: mode)
                try FileTree.setMode(mode, of: place)
            case .text(let content, let mode):
                try FileTree.write(Array(content.utf8), to: place, mode: mode)
                try FileTree.setMode(mode, of: place)
            }
        }
    }
}
