// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Guests

@Suite struct ModuleOrderTests {
    private let order = ModuleOrder(
        dependencies: """
            kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/mbcache.ko kernel/fs/jbd2/jbd2.ko
            kernel/fs/jbd2/jbd2.ko: kernel/lib/crc16.ko
            kernel/fs/mbcache.ko:
            kernel/lib/crc16.ko.xz:
            kernel/arch/x86/crypto/crc32c-intel.ko:
            kernel/a.ko: kernel/b.ko
            kernel/b.ko: kernel/a.ko
            """, builtIn: "kernel/fs/proc.ko\n")

    @Test func `what a module needs comes before it, once`() throws {
        let files = try order.files(for: ["ext4", "jbd2"])
        #expect(
            files == [
                "kernel/lib/crc16.ko.xz", "kernel/fs/mbcache.ko", "kernel/fs/jbd2/jbd2.ko", "kernel/fs/ext4/ext4.ko",
            ])
    }

    @Test func `a built-in module needs no file, a missing one is an error`() throws {
        #expect(try order.files(for: ["proc"]).isEmpty)
        #expect(throws: GuestError.self) { try order.files(for: ["9p"]) }
    }

    @Test func `modules that need each other come to an end`() throws {
        #expect(try order.files(for: ["a"]).count == 2)
    }

    @Test func `dashes are underscores`() throws {
        #expect(try order.files(for: ["crc32c_intel"]).count == 1)
    }
}

@Suite struct KernelPackagesTests {
    @Test func `only full kernels are offered, oldest first`() {
        let listing = """
            linux-image-6.12.100+deb12-amd64 - Linux 6.12 for 64-bit PCs (signed)
            linux-image-6.1.0-47-amd64 - Linux 6.1 for 64-bit PCs (signed)
            linux-image-6.1.0-47-cloud-amd64 - Linux 6.1 for x86-64 cloud (signed)
            linux-image-6.1.0-47-rt-amd64 - Linux 6.1, PREEMPT_RT (signed)
            linux-image-6.1.0-47-amd64-unsigned - Linux 6.1 for 64-bit PCs
            linux-image-6.12-amd64 - Linux for 64-bit PCs (meta-package)
            """
        #expect(KernelPackages.releases(in: listing).map(\.rawValue) == ["6.1.0-47-amd64", "6.12.100+deb12-amd64"])
    }

    @Test func `the standard kernel is the one the meta-package depends on`() {
        #expect(
            KernelPackages.standard(in: "linux-image-amd64\n  Depends: linux-image-6.1.0-56-amd64\n")?.rawValue
                == "6.1.0-56-amd64")
        #expect(KernelPackages.standard(in: "linux-image-amd64\n") == nil)
    }
}

@Suite struct CompressedKernelTests {
    @Test func `what is no bzImage is left alone`() {
        #expect(CompressedKernel(in: []) == nil)
        #expect(CompressedKernel(in: [UInt8](repeating: 0, count: 4096)) == nil)
        #expect(!CompressedKernel.isBootable([0x7f, 0x45, 0x4c, 0x46, 2, 1] + [UInt8](repeating: 0xff, count: 200)))
    }

    @Test func `a payload outside the image is refused`() {
        var image = [UInt8](repeating: 0, count: 4096)
        image.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        image.replaceSubrange(0x24c..<0x250, with: [0xff, 0xff, 0xff, 0x7f])
        #expect(CompressedKernel(in: image) == nil)
    }

    @Test func `the payload and its packer are found`() throws {
        var image = [UInt8](repeating: 0, count: 4096)
        image[0x1f1] = 1
        image.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        image[0x248] = 16
        image[0x24c] = 24
        image.replaceSubrange(1040..<1046, with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
        let found = try #require(CompressedKernel(in: image))
        #expect(found.program == .xz)
        #expect(found.payload.count == 20)
    }
}

@Suite struct UserlandTests {
    @Test func `the system files have the build users and no other names than localhost`() throws {
        let tree = Userland(stores: ["/gnu/store"])
        guard case .text(let users, _) = tree.entries["etc/passwd"],
            case .text(let hosts, _) = tree.entries["etc/hosts"]
        else {
            Issue.record("etc/passwd or etc/hosts is missing")
            return
        }
        #expect(users.split(separator: "\n").count == Userland.buildUsers + 1)
        #expect(hosts == "127.0.0.1 localhost\n::1 localhost\n")
        #expect(tree.entries["gnu"] == .directory(mode: 0o755))
        #expect(tree.entries["gnu/store"] == .directory(mode: 0o755))
    }

    @Test func `the host's libraries keep their place, short and long names being the same`() {
        var tree = Userland(stores: [])
        tree.addHostFile("/lib/x86_64-linux-gnu/libc.so.6")
        tree.addHostFile("/lib64/ld-linux-x86-64.so.2")
        tree.addHostFile("/usr/sbin/dropbear")
        #expect(tree.entries["usr/lib/x86_64-linux-gnu/libc.so.6"] != nil)
        #expect(tree.entries["usr/lib64/ld-linux-x86-64.so.2"] != nil)
        #expect(tree.entries["usr/bin/dropbear"] == .file(of: "/usr/sbin/dropbear", mode: 0o755))
    }

    @Test func `the key changes with what is in the tree and not otherwise`() throws {
        var (one, other) = (Userland(stores: []), Userland(stores: []))
        #expect(try one.key() == other.key())
        one.add("etc/more", .text("a", mode: 0o644))
        other.add("etc/more", .text("b", mode: 0o644))
        #expect(try one.key() != other.key())
    }

    @Test func `libraries are read from ldd, and a missing one is an error`() throws {
        let listing =
            "\tlinux-vdso.so.1 (0x1)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x2)\n\t/lib64/ld-linux-x86-64.so.2 (0x3)\n"
        #expect(
            try SharedLibraries.paths(in: listing, of: "x") == [
                "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2",
            ])
        #expect(throws: GuestError.self) { try SharedLibraries.paths(in: "\tlibx.so => not found\n", of: "x") }
    }
}

@Suite struct CpioArchiveTests {
    @Test func `an archive is what cpio's own format says`() {
        var archive = CpioArchive()
        archive.addFile("a", mode: 0o600, content: [0x78, 0x79, 0x7a])
        let bytes = archive.finished()
        let text = String(decoding: bytes, as: UTF8.self)
        // Inode 1, a file of mode 0600, owner and group root, one link, 1970, three bytes.
        #expect(text.hasPrefix("07070100000001000081800000000000000000000000010000000000000003"))
        // Header of 110 bytes and name with its zero, filled up to four; then the content, filled up too.
        #expect(bytes[110..<112].elementsEqual([0x61, 0]))
        #expect(bytes[112..<116].elementsEqual([0x78, 0x79, 0x7a, 0]))
        #expect(text.contains("TRAILER!!!"))
        #expect(bytes.count % 4 == 0)
    }
}
