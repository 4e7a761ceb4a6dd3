// SPDX-License-Identifier: GPL-3.0-or-later

internal import TimeTravel

/// QEMU's command line for a guest: a pure function of the specification.
///
/// Sources: qemu-system-x86_64(1) of QEMU 7.2, and Linux' kernel-parameters.txt.
package struct QEMUCommand: Hashable, Sendable {
    package let arguments: [String]

    /// The sockets that QEMU inherits, in the order of their descriptors from 3 on.
    package enum Channel: Hashable, Sendable {
        case console, monitor, control
        case session(Int)

        var name: String {
            switch self {
            case .console: "console"
            case .monitor: "monitor"
            case .control: "control"
            case .session(let number): "ssh\(number)"
            }
        }
    }

    package static func channels(sessions: Int) -> [Channel] {
        [.console, .monitor, .control] + (0..<sessions).map { .session($0) }
    }

    package init(_ guest: GuestSpecification) {
        var arguments = QEMUCommand.machine(guest)
        arguments += QEMUCommand.channelArguments(sessions: guest.sessions)
        arguments += [
            "-kernel", guest.kernel.path, "-initrd", guest.files.initialFileSystem,
            "-append", QEMUCommand.kernelCommandLine(guest.accelerator),
        ]
        arguments += QEMUCommand.disks(guest)
        self.arguments = arguments
    }

    private static func machine(_ guest: GuestSpecification) -> [String] {
        let date = guest.conditions.date.description.dropLast()
        return [
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            // A hostile guest that breaks out of its devices finds no new privileges and no programs to run.
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-accel", guest.accelerator.rawValue, "-machine", "q35,vmport=off",
            "-cpu", guest.conditions.cpu.qemuArgument, "-smp", "\(guest.conditions.cores)",
            "-m", "\(guest.memory)",
            // With clock=host, the default, the guest's date is quietly wrong.
            "-rtc", "base=\(date),clock=vm",
        ]
    }

    private static func channelArguments(sessions: Int) -> [String] {
        var arguments = ["-device", "virtio-serial-pci,id=serial,max_ports=\(sessions + 2)"]
        for (index, channel) in channels(sessions: sessions).enumerated() {
            let name = channel.name
            arguments += ["-chardev", "socket,id=\(name),fd=\(index + 3)"]
            switch channel {
            case .console: arguments += ["-serial", "chardev:\(name)"]
            case .monitor: arguments += ["-mon", "chardev=\(name),mode=control"]
            case .control, .session:
                arguments += ["-device", "virtserialport,bus=serial.0,chardev=\(name),name=\(name)"]
            }
        }
        return arguments
    }

    private static func disks(_ guest: GuestSpecification) -> [String] {
        [
            "-blockdev", block("root", guest.image.userland, options: "read-only=on,file.locking=off"),
            "-device", "virtio-blk-pci,drive=root",
            // Nothing on this disk outlives the guest, so nothing need reach the platter. A host without space
            // stops the guest and says so: an error to the guest would look like the package's fault.
            "-blockdev", block("scratch", guest.files.scratch, options: "cache.no-flush=on,discard=unmap"),
            "-device", "virtio-blk-pci,drive=scratch,werror=stop,rerror=stop",
            "-fsdev", "local,id=share,path=\(escaped(guest.files.share)),security_model=none,readonly=on",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
        ]
    }

    private static func block(_ node: String, _ path: String, options: String) -> String {
        "driver=raw,node-name=\(node),file.driver=file,file.filename=\(escaped(path)),\(options)"
    }

    /// A comma in a value is written twice.
    static func escaped(_ value: String) -> String {
        value.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }

    static func kernelCommandLine(_ accelerator: Accelerator) -> String {
        let arguments =
            [
                "console=ttyS0", "quiet", "panic=-1", "rdinit=/init", "nokaslr", "random.trust_cpu=on",
                "cryptomgr.notests",
            ]
            + accelerator.kernelArguments
        return arguments.joined(separator: " ")
    }
}
