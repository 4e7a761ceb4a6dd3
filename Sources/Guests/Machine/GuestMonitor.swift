// SPDX-License-Identifier: GPL-3.0-or-later

internal import Glibc
internal import Synchronization
internal import ThreadExecutors

/// Watches one QEMU process: its console, its monitor (QMP), what its first process says, and its end.
actor GuestMonitor {
    private let executor = ThreadExecutor(name: "guest monitor")
    private let process: RunningProcess
    private let sockets: [QEMUCommand.Channel: Descriptor]
    private var logs: [QEMUCommand.Channel: CappedLog]
    private var partial: [QEMUCommand.Channel: [UInt8]] = [:]
    private let errorPath: String
    private var hostDisk: String?
    private let lines: AsyncStream<String>.Continuation
    private let lastWords = Mutex("")

    /// What the guest's first process tells, line by line; ends with the guest.
    nonisolated let said: AsyncStream<String>

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Bytes kept of the console and of QMP.
    static let logLimit = 1 << 20

    init(
        process: RunningProcess, sockets: [QEMUCommand.Channel: Descriptor], files: GuestFiles
    ) throws(GuestError) {
        self.process = process
        self.sockets = sockets
        errorPath = files.errors
        logs = [
            .console: try CappedLog(path: files.console, limit: GuestMonitor.logLimit),
            .monitor: try CappedLog(path: files.monitor, limit: GuestMonitor.logLimit),
        ]
        (said, lines) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
    }

    /// The end of what the console showed.
    nonisolated var console: String { lastWords.withLock { $0 } }

    /// Watches until QEMU has ended, and tells how. To be called once.
    func watch() -> GuestEnding {
        let greeting = Array("{\"execute\": \"qmp_capabilities\"}\n".utf8)
        try? sockets[.monitor]?.write(greeting[...])
        var open = sockets.keys.filter { if case .session = $0 { false } else { true } }
        var hasEnded = false
        while !hasEnded {
            var waits = [pollfd(fd: process.handle.number, events: Int16(POLLIN), revents: 0)]
            waits += open.map { pollfd(fd: sockets[$0]?.number ?? -1, events: Int16(POLLIN), revents: 0) }
            if poll(&waits, nfds_t(waits.count), -1) < 0 { continue }
            hasEnded = waits[0].revents != 0
            let ready = zip(open, waits.dropFirst()).filter { $0.1.revents != 0 }.map(\.0)
            for channel in ready where !take(from: channel, all: hasEnded) { open.removeAll { $0 == channel } }
        }
        lines.finish()
        let status = process.reap()
        if let hostDisk { return .hostDisk(hostDisk) }
        let errors = (try? FileTree.read(errorPath)).map { String(decoding: $0.suffix(1000), as: UTF8.self) } ?? ""
        return .reading(status: status, console: logs[.console]?.tailText ?? "", errors: errors)
    }

    /// Takes what a channel has; false at its end.
    private func take(from channel: QEMUCommand.Channel, all: Bool) -> Bool {
        guard let socket = sockets[channel] else { return false }
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        repeat {
            let count = chunk.withUnsafeMutableBytes {
                recv(socket.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            logs[channel]?.append(chunk[0..<count])
            split(channel, chunk[0..<count])
        } while all
        return true
    }

    private func split(_ channel: QEMUCommand.Channel, _ bytes: ArraySlice<UInt8>) {
        if channel == .console {
            let text = logs[.console]?.tailText ?? ""
            lastWords.withLock { $0 = text }
        }
        var pending = partial[channel, default: []] + bytes
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: pending[..<end], as: UTF8.self)
            pending.removeFirst(end + 1)
            heard(line.hasSuffix("\r") ? String(line.dropLast()) : line, on: channel)
        }
        partial[channel] = pending.count > 1 << 16 ? [] : pending
    }

    private func heard(_ line: String, on channel: QEMUCommand.Channel) {
        switch channel {
        case .control: lines.yield(line)
        case .console: if line.hasPrefix(BootPlan.Line.failed) || line == BootPlan.Line.ready { lines.yield(line) }
        case .monitor:
            if line.contains("\"BLOCK_IO_ERROR\"") {
                hostDisk = line
                process.kill()
            }
        case .session: break
        }
    }
}
