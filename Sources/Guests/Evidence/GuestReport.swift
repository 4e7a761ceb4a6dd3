// SPDX-License-Identifier: GPL-3.0-or-later

/// What `guest-init report` printed: the guest's words about itself, not yet compared with anything.
package struct GuestReport: Hashable, Sendable {
    /// Since 1970, by the guest's clock.
    package let realtime: Duration
    package let kernel: String
    package let clockSource: String
    package let processors: Int
    package let cpu: String
    package let cpuFlags: [String]
    /// KiB.
    package let memory: Int
    package let outOfMemoryKills: Int
    package let disk: DiskSpace

    /// The scratch disk, in bytes.
    package struct DiskSpace: Codable, Hashable, Sendable {
        package var size: Int
        package var free: Int
        /// The least that was free at any time since boot, looked at five times a second.
        package var leastFree: Int
        package var leastFreeInodes: Int
    }

    /// - Throws: `GuestError.report` for a line that is missing or makes no sense.
    package init(parsing printed: String) throws(GuestError) {
        let fields = GuestReport.fields(of: printed)
        func text(_ key: String) throws(GuestError) -> String {
            guard let value = fields[key], !value.isEmpty else { throw .report("it does not tell \(key)") }
            return value
        }
        func number(_ key: String) throws(GuestError) -> Int {
            let value = try text(key)
            guard let number = Int(value) else { throw .report("\(key) is '\(value.prefix(40))', not a number") }
            return number
        }
        realtime = try GuestReport.duration(try text("realtime"))
        kernel = try text("release")
        clockSource = try text("clocksource")
        processors = try number("processors")
        cpu = try text("cpu")
        cpuFlags = try text("cpu-flags").split(separator: " ").map(String.init)
        memory = try number("memory-kib")
        outOfMemoryKills = try number("oom-kills")
        disk = DiskSpace(
            size: try number("disk-bytes"), free: try number("disk-free-bytes"),
            leastFree: try number("disk-least-free-bytes"), leastFreeInodes: try number("disk-least-free-inodes"))
    }

    private static func fields(of text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            fields[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        return fields
    }

    /// Seconds with nine decimals.
    private static func duration(_ text: String) throws(GuestError) -> Duration {
        let parts = text.split(separator: ".")
        guard parts.count == 2, parts[1].utf8.count == 9, let seconds = Int64(parts[0]), let fraction = Int64(parts[1])
        else { throw .report("its clock shows '\(text.prefix(40))'") }
        return .seconds(seconds) + .nanoseconds(fraction)
    }
}
