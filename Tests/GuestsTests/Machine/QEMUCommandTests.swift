// SPDX-License-Identifier: GPL-3.0-or-later

import Testing
import TimeTravel

@testable import Guests

@Suite struct QEMUCommandTests {
    private func specification(
        accelerator: Accelerator = .tcg, cpu: CPUModel = .baseline, directory: String = "/data/run", cores: Int = 1,
        sessions: Int = 1
    ) throws -> GuestSpecification {
        let kernel = try #require(KernelRelease(rawValue: "6.1.0-1-amd64"))
        return GuestSpecification(
            conditions: Conditions(
                date: try #require(Instant("2100-01-01T00:00:00Z")), cpu: cpu, kernel: kernel, cores: cores),
            accelerator: accelerator, memory: 1024,
            kernel: GuestKernel(
                release: kernel, path: "/k/vmlinux", initialFileSystem: "/k/init", modules: ["a.ko"], hash: ""),
            image: GuestImage(userland: "/i/nix.erofs", flavour: "nix", hash: ""),
            files: GuestFiles(directory: directory), storeDirectory: "/gnu/store", sessions: sessions)
    }

    /// The value after an option.
    private func value(_ option: String, _ arguments: [String]) -> String? {
        arguments.firstIndex(of: option).map { arguments[$0 + 1] }
    }

    @Test func `the clock has the asked base and is the machine's own`() throws {
        let arguments = QEMUCommand(try specification()).arguments
        #expect(value("-rtc", arguments) == "base=2100-01-01T00:00:00,clock=vm")
        #expect(value("-machine", arguments)?.hasPrefix("q35") == true)
    }

    @Test func `an emulated guest does not trust its time stamp counter`() throws {
        let line = try #require(value("-append", QEMUCommand(try specification()).arguments))
        #expect(line.contains("tsc=unstable clocksource=hpet"))
        #expect(!line.contains("tsc=reliable"))
    }

    @Test func `a guest on the host's processor keeps its own clock source`() throws {
        let line = try #require(value("-append", QEMUCommand(try specification(accelerator: .kvm)).arguments))
        #expect(!line.contains("tsc="))
        #expect(!line.contains("clocksource="))
    }

    @Test func `the baseline processor lacks what qemu64 has beyond x86-64-v1`() throws {
        #expect(value("-cpu", QEMUCommand(try specification()).arguments) == "qemu64,-sse3,-cx16,-ssse3")
        #expect(value("-cpu", QEMUCommand(try specification(cpu: .nehalem)).arguments) == "Nehalem")
    }

    @Test func `a path with commas and colons stays one path`() throws {
        let arguments = QEMUCommand(try specification(directory: "/data/a,b:c")).arguments
        #expect(arguments.contains { $0.contains("file.filename=/data/a,,b:c/guest/scratch.img,") })
        #expect(arguments.contains { $0.contains("path=/data/a,,b:c/guest/share,") })
    }

    @Test func `there is no network device and nothing by default`() throws {
        let arguments = QEMUCommand(try specification()).arguments
        #expect(arguments.contains("-nodefaults"))
        #expect(!arguments.contains { $0.contains("netdev") || $0.contains("virtio-net") || $0 == "-nic" })
    }

    @Test func `what the guest reads is read-only`() throws {
        let arguments = QEMUCommand(try specification()).arguments
        #expect(arguments.contains { $0.contains("node-name=root") && $0.contains("read-only=on") })
        #expect(arguments.contains { $0.hasPrefix("local,id=share") && $0.hasSuffix("readonly=on") })
    }

    @Test func `each channel has the descriptor that it is given at the start`() throws {
        let arguments = QEMUCommand(try specification(sessions: 2)).arguments
        let names = ["console", "monitor", "control", "ssh0", "ssh1"]
        for (index, name) in names.enumerated() { #expect(arguments.contains("socket,id=\(name),fd=\(index + 3)")) }
        #expect(QEMUCommand.channels(sessions: 2).count == names.count)
    }

    @Test func `a date that no clock can show is refused`() throws {
        var specification = try specification()
        try specification.validate()
        for text in ["1969-12-31T00:00:00Z", "2300-01-01T00:00:00Z"] {
            specification.conditions.date = try #require(Instant(text))
            #expect(throws: GuestError.self) { try specification.validate() }
        }
    }

    @Test func `a boot plan sets the clock first and last and mounts before it is ready`() throws {
        let plan = BootPlan(try specification(), seed: "00ff").text.split(separator: "\n")
        #expect(plan.filter { $0 == "clock\t4102444800" }.count == 2)
        #expect(plan.suffix(2) == ["clock\t4102444800", "say\tready"])
        let overlay = try #require(plan.firstIndex { $0.hasPrefix("mount\toverlay\toverlay\t/gnu/store\t") })
        let root = try #require(plan.firstIndex(of: "root\t/root"))
        let module = try #require(plan.firstIndex(of: "module\t/modules/a.ko"))
        #expect(module < root)
        #expect(root < overlay)
    }

    @Test func `what is copied finds its folders made before it, each after what it is in`() throws {
        var guest = try specification()
        guest.copies = ["db.sqlite", "schema"].map { .init(source: "database/\($0)", target: "var/guix/db/\($0)") }
        let plan = BootPlan(guest, seed: "00ff").text.split(separator: "\n").map(String.init)
        let steps = [
            "mount\text4\t/dev/vdb\t/scratch\tnoatime\tnoinit_itable", "directory\t/scratch/var\t755",
            "directory\t/scratch/var/guix\t755", "directory\t/scratch/var/guix/db\t755",
            "copy\t/share/database/db.sqlite\t/scratch/var/guix/db/db.sqlite\t644",
        ]
        let places = try steps.map { step in try #require(plan.lastIndex(of: step), "\(step)") }
        #expect(places == places.sorted())
    }
}
