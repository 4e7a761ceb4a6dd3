// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import TimeTravel

/// A trap's conditions in forms to be used at once: by Guile, by Guix System, by systemd, by hand.
enum TrapSnippets {
    static let endpoints: [Endpoint] = [
        snippet(
            "annotation.scm", "getTrapScheme", "The conditions as an S-expression that Guile reads.", "text/x-scheme"
        ) {
            scheme($0)
        },
        snippet(
            "build-machine.scm", "getTrapBuildMachine",
            "A 'virtual-build-machine' service for Guix System that builds under the conditions.", "text/x-scheme"
        ) { buildMachine($0) },
        snippet(
            "qemu.sh", "getTrapQEMU",
            "A command that boots a virtual machine under the conditions, for any distribution.", "text/x-shellscript"
        ) { qemu($0) },
        snippet(
            "qemu.service", "getTrapUnit", "A systemd unit that runs such a machine.", "text/plain"
        ) { unit($0) },
        Endpoint(
            audience: .programs, path: "/api/v1/annotations.scm", name: "exportAnnotations",
            summary: "The conditions of every open trap as a list of S-expressions that Guile reads.",
            parameters: Endpoint.filterParameters,
            contents: [Endpoint.Content(mediaType: "text/x-scheme", schema: ["type": "string"])], otherStatuses: [:]
        ) { call in
            var filter = try Endpoint.trapFilter(call)
            filter.limit = 100_000
            let traps = try await call.database.trapEntries(filter, withRevisions: false).map(\.record)
            let lines = traps.filter { $0.annotation != Annotation() }.map { scheme($0) }
            return .text("(\n" + lines.joined() + ")\n", mediaType: "text/x-scheme")
        },
    ]

    private static func snippet(
        _ file: String, _ name: String, _ summary: String, _ mediaType: String,
        text: @escaping @Sendable (TrapRecord) -> String
    ) -> Endpoint {
        Endpoint(
            audience: .programs, path: "/api/v1/traps/{trap}/\(file)", name: name, summary: summary,
            parameters: [Parameters.trap.facts],
            contents: [Endpoint.Content(mediaType: mediaType, schema: ["type": "string"])], otherStatuses: [:]
        ) { call in
            let trap = try await Endpoint.trapEntry(try call.required(Parameters.trap), call).record
            return .text(text(trap), mediaType: mediaType)
        }
    }

    static func scheme(_ trap: TrapRecord) -> String {
        let conditions = trap.annotation
        var fields = ["(package \(string(trap.package)))", "(version \(string(trap.version)))", "(trap \(trap.id))"]
        fields += [
            conditions.date.map { "(date \(string("\($0)")))" }, conditions.cpu.map { "(cpu \(string($0.rawValue)))" },
            conditions.kernel.map { "(kernel \(string($0.rawValue)))" }, conditions.cores.map { "(cores \($0))" },
        ].compactMap(\.self)
        return "(annotation " + fields.joined(separator: " ") + ")\n"
    }

    /// As the manual of Guix describes `virtual-build-machine-service-type`; a date is SRFI 19's.
    static func buildMachine(_ trap: TrapRecord) -> String {
        let conditions = trap.annotation
        let date = conditions.date.map { instant in
            let (day, time) = (instant.date, instant.secondOfDay)
            return
                "(date (make-date 0 \(time % 60) \(time / 60 % 60) \(time / 3_600) \(day.day) \(day.month) \(day.year) 0))"
        }
        let fields = [
            "(name \(string("trap-\(trap.id)")))", date, conditions.cpu.map { "(cpu \(string($0.rawValue)))" },
            "(cpu-count \(conditions.cores ?? 1))", "(auto-start? #f)",
        ].compactMap(\.self)
        return """
            ;; \(comment("\(trap.package) \(trap.version)")): trap \(trap.id).
            ;; Needs (use-modules (srfi srfi-19)) and (use-service-modules virtualization).
            (service virtual-build-machine-service-type
                     (virtual-build-machine
                      \(fields.joined(separator: "\n                      "))))

            """
    }

    /// The command's words: date, processor and cores are the trap's; disk and ports are whose machine it is.
    private static func words(_ trap: TrapRecord) -> [String] {
        let conditions = trap.annotation
        // What QEMU takes for -rtc base: local time without a zone; the clock is UTC's.
        let date = conditions.date.map { "base=\($0.description.dropLast()),clock=vm" } ?? "base=utc,clock=vm"
        return [
            "qemu-system-x86_64", "-machine", "accel=kvm:tcg", "-cpu", conditions.cpu?.qemuArgument ?? "max", "-smp",
            "\(conditions.cores ?? 1)", "-m", "2048", "-rtc", date, "-nographic", "-drive",
            "file=\"$DISK\",if=virtio,format=qcow2", "-nic", "user,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22",
        ]
    }

    static func qemu(_ trap: TrapRecord) -> String {
        """
        #!/bin/sh
        # \(comment("\(trap.package) \(trap.version)")): trap \(trap.id).
        # Boots DISK, a system that can build the package, on the date and processor under which it was seen to build.
        # Nothing in it may set the clock from the network: the guest reaches nothing but its SSH port, 127.0.0.1:2222.
        set -eu
        DISK=${1:?usage: $0 DISK.qcow2}
        exec \(words(trap).joined(separator: " "))

        """
    }

    static func unit(_ trap: TrapRecord) -> String {
        let command = words(trap).joined(separator: " ").replacing(
            "\"$DISK\"", with: "/var/lib/almanac/trap-\(trap.id).qcow2")
        return """
            # \(comment("\(trap.package) \(trap.version)")): trap \(trap.id).
            # Put a system that can build the package at the path after 'file='; its SSH port is 127.0.0.1:2222.
            [Unit]
            Description=Virtual machine for what trap \(trap.id) needs

            [Service]
            ExecStart=/usr/bin/\(command)
            DynamicUser=yes
            SupplementaryGroups=kvm
            StateDirectory=almanac
            ProtectSystem=strict
            ProtectHome=yes
            NoNewPrivileges=yes

            """
    }

    /// A string of Scheme; names come from packages.
    static func string(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            default: scalar.value < 0x20 || scalar.value == 0x7f ? " " : "\(scalar)"
            }
        }
        return "\"" + escaped.joined() + "\""
    }

    /// Text that ends no comment.
    private static func comment(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { VisibleText.isAllowed($0) && $0.value >= 0x20 ? $0 : " " }))
    }
}
