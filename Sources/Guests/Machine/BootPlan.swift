// SPDX-License-Identifier: GPL-3.0-or-later

internal import TimeTravel

/// What the guest's first process does, step by step; its other half is `Boot` of GuestInit.
///
/// A line is a step: its name and its fields, separated by tabs.
package struct BootPlan: Hashable, Sendable {
    package private(set) var text = ""

    /// The initial file system's files that the plan names.
    enum File {
        static let hostKey = "/hostkey"
        static let authorizedKeys = "/authorized_keys"
    }

    /// What the guest tells on its control port.
    enum Line {
        static let ready = "guest: ready"
        static let failed = "guest: failed: "
    }

    private mutating func step(_ fields: String...) {
        text += fields.joined(separator: "\t") + "\n"
    }

    /// A plan that says one line on the console and powers off: enough to learn whether an accelerator works.
    static let probe: BootPlan = {
        var plan = BootPlan()
        plan.step("say", "ready")
        return plan
    }()

    private init() {}

    /// - Parameter seed: 32 random bytes in hexadecimal, for the guest's random numbers.
    init(_ guest: GuestSpecification, seed: String) {
        let clock = "\(guest.conditions.date.seconds)"
        mountKernelFileSystems(below: "")
        step("clock", clock)
        for module in guest.kernel.modules { step("module", "/modules/\(module)") }
        step("control", "control")
        step("device", "/dev/vdb")
        step("mount", "erofs", "/dev/vda", "/root", "ro", "")
        prepareLogin()
        step("root", "/root")
        mountKernelFileSystems(below: "")
        mountMemory()
        mountDisk()
        mountStore(guest)
        step("hostname", "localhost")
        step("interface", "lo")
        step("random", seed)
        step("watch", "/scratch")
        for session in 0..<guest.sessions {
            step("ssh", "ssh\(session)", "/usr/bin/dropbear", "-i", "-s", "-j", "-k", "-r", "/run/ssh/hostkey")
        }
        // Again, as the last thing: the boot took a second or two.
        step("clock", clock)
        step("say", "ready")
    }

    private mutating func mountKernelFileSystems(below root: String) {
        step("mount", "proc", "proc", root + "/proc", "nosuid,nodev,noexec", "")
        step("mount", "sysfs", "sysfs", root + "/sys", "nosuid,nodev,noexec", "")
        step("mount", "devtmpfs", "devtmpfs", root + "/dev", "nosuid", "mode=755")
    }

    private mutating func prepareLogin() {
        step("mount", "tmpfs", "tmpfs", "/root/run", "nosuid,nodev", "mode=755,size=16m")
        for directory in ["ssh", "root", "root/.ssh"] { step("directory", "/root/run/\(directory)", "700") }
        step("copy", File.hostKey, "/root/run/ssh/hostkey", "600")
        step("copy", File.authorizedKeys, "/root/run/root/.ssh/authorized_keys", "600")
    }

    private mutating func mountMemory() {
        step("directory", "/dev/pts", "755")
        step("directory", "/dev/shm", "1777")
        step("mount", "devpts", "devpts", "/dev/pts", "nosuid,noexec", "mode=620,ptmxmode=666")
        step("mount", "tmpfs", "tmpfs", "/dev/shm", "nosuid,nodev", "mode=1777")
    }

    private mutating func mountDisk() {
        step("mount", "ext4", "/dev/vdb", "/scratch", "noatime", "noinit_itable")
        for directory in ["upper", "work", "var"] {
            step("directory", "/scratch/\(directory)", "755")
        }
        step("directory", "/scratch/tmp", "1777")
        step("mount", "none", "/scratch/tmp", "/tmp", "bind", "")
        step("mount", "none", "/scratch/var", "/var", "bind", "")
    }

    private mutating func mountStore(_ guest: GuestSpecification) {
        step("mount", "9p", "share", "/share", "ro", "trans=virtio,version=9p2000.L,cache=loose,msize=512000")
        step(
            "mount", "overlay", "overlay", guest.storeDirectory, "noatime",
            "lowerdir=/share/store,upperdir=/scratch/upper,workdir=/scratch/work")
        for directory in Self.folders(of: guest.copies) { step("directory", "/scratch/\(directory)", "755") }
        for copy in guest.copies { step("copy", "/share/\(copy.source)", "/scratch/\(copy.target)", "644") }
    }

    /// The folders that copies go to, each after what it is in.
    private static func folders(of copies: [GuestSpecification.Copy]) -> [String] {
        var folders: Set<String> = []
        for copy in copies {
            let parts = copy.target.split(separator: "/").dropLast()
            for count in parts.indices { folders.insert(parts[...count].joined(separator: "/")) }
        }
        return folders.sorted()
    }
}
