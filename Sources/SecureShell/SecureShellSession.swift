// SPDX-License-Identifier: GPL-3.0-or-later

internal import CSSH
internal import Glibc

/// One SSH connection over a descriptor that is already connected to a server.
///
/// Several channels may be used at once. Nothing blocks: a call that finds nothing to do waits for the session's
/// thread to see traffic. Waiting calls end with `CancellationError` when their task is cancelled.
package actor SecureShellSession {
    /// Who the server must be, and who we are.
    package struct Credentials: Sendable {
        let user: String
        let identity: SecureShellKeyPair
        let hostKey: String

        /// - Parameter hostKey: the server's public Ed25519 key, base64.
        package init(user: String, identity: SecureShellKeyPair, hostKey: String) {
            self.user = user
            self.identity = identity
            self.hostKey = hostKey
        }
    }

    private let executor: SessionExecutor
    private let descriptor: Int32
    private var session: ssh_session?
    private var event: ssh_event?
    private let received: UnsafeMutablePointer<ssh_counter_struct>
    private var channels: [Int: RemoteCommand] = [:]
    private var lastChannel = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isBroken = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(descriptor: Int32) {
        executor = SessionExecutor(name: "ssh session")
        self.descriptor = descriptor
        received = .allocate(capacity: 1)
        received.initialize(to: ssh_counter_struct())
    }

    isolated deinit {
        tearDown()
        received.deallocate()
    }

    /// Shakes hands and logs in; takes over `descriptor`, also when it fails.
    ///
    /// Cancellation breaks the connection, which ends a handshake that is under way.
    package static func connect(
        descriptor: Int32, credentials: Credentials, timeLimit: Duration
    ) async throws -> SecureShellSession {
        let session = SecureShellSession(descriptor: descriptor)
        let breaker = ConnectionBreaker(descriptor: descriptor)
        try await withTaskCancellationHandler {
            try await session.shakeHands(credentials, timeLimit: timeLimit)
            try Task.checkCancellation()
        } onCancel: {
            breaker.breakConnection()
        }
        return session
    }

    private func shakeHands(_ credentials: Credentials, timeLimit: Duration) throws {
        var handshake = try Handshake(descriptor: descriptor, credentials: credentials, timeLimit: timeLimit)
        let session = try handshake.complete()
        self.session = session
        ssh_set_blocking(session, 0)
        ssh_set_counters(session, nil, received)
        guard let event = ssh_event_new(), ssh_event_add_session(event, session) == SSH_OK else {
            throw SecureShellError.connection("libssh refused to watch the session")
        }
        self.event = event
        executor.thread.handle { [weak self] in self?.assumeIsolated { $0.serve() } }
        watch()
    }

    /// Ends the session; what waits on it fails.
    package func close() {
        if let session, ssh_is_connected(session) != 0 { ssh_disconnect(session) }
        tearDown()
        wakeAll()
    }

    private func tearDown() {
        executor.thread.watch(.init())
        for channel in channels.values { channel.free() }
        channels = [:]
        if let event {
            if let session { ssh_event_remove_session(event, session) }
            ssh_event_free(event)
        }
        if let session { ssh_free(session) }
        event = nil
        session = nil
    }

    private func watch() {
        guard let session, isConnected else { return executor.thread.watch(.init()) }
        let isWriting = ssh_get_poll_flags(session) & Int32(SSH_WRITE_PENDING) != 0
        executor.thread.watch(
            .init(descriptor: ssh_get_fd(session), events: Int16(isWriting ? POLLIN | POLLOUT : POLLIN)))
    }

    /// On the session's thread, whenever there may be traffic: moves it, and lets everyone waiting look again.
    private func serve() {
        if let event, ssh_event_dopoll(event, 0) == SSH_ERROR { isBroken = true }
        wakeAll()
        watch()
    }

    private var isConnected: Bool { session.map { !isBroken && ssh_is_connected($0) != 0 } ?? false }

    private func wakeAll() {
        let woken = waiting
        waiting = []
        for continuation in woken { continuation.resume() }
    }
}

extension SecureShellSession {
    /// Repeats `attempt` at each sign of traffic until it gives a value.
    ///
    /// An attempt may take packets for other channels off the descriptor, which would then wait for a descriptor that
    /// has nothing more to say: the packet counter tells, and everyone looks again.
    private func untilDone<Value>(_ attempt: (ssh_session) throws -> Value?) async throws -> Value {
        while true {
            try Task.checkCancellation()
            guard let session else { throw SecureShellError.broken("it was closed") }
            let before = received.pointee.in_packets
            let value = Result { try attempt(session) }
            if received.pointee.in_packets != before { wakeAll() }
            watch()
            if let value = try value.get() { return value }
            guard isConnected else {
                throw SecureShellError.broken(String(cString: cssh_error(session)))
            }
            await trafficOrCancellation()
        }
    }

    private func trafficOrCancellation() async {
        let thread = executor.thread
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A cancellation before this point has signalled already, for nobody.
                if Task.isCancelled { continuation.resume() } else { waiting.append(continuation) }
            }
        } onCancel: {
            thread.nudge()
        }
    }

    /// Starts a command in a channel of its own.
    package func start(_ command: String) async throws -> SecureShellChannel {
        guard let session, let channel = ssh_channel_new(session) else {
            throw SecureShellError.channel("none could be made: the session is closed")
        }
        guard let remote = RemoteCommand(channel) else {
            ssh_channel_free(channel)
            throw SecureShellError.channel("none could be made: out of memory")
        }
        lastChannel += 1
        let number = lastChannel
        channels[number] = remote
        do {
            try await untilDone { try RemoteCommand.done(ssh_channel_open_session(channel), in: $0) }
            try await untilDone { try RemoteCommand.done(ssh_channel_request_exec(channel, command), in: $0) }
        } catch {
            release(number)
            throw error
        }
        return SecureShellChannel(session: self, number: number)
    }

    func read(_ number: Int, upTo limit: Int, errors: Bool) async throws -> [UInt8] {
        try await untilDone { _ in try channel(number).read(upTo: limit, errors: errors) }
    }

    func write(_ number: Int, _ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            sent += try await untilDone { session in
                // Not before what libssh has buffered is on its way, or the buffer would grow without end.
                if ssh_get_poll_flags(session) & Int32(SSH_WRITE_PENDING) != 0 { return nil }
                return try channel(number).write(bytes, from: sent)
            }
        }
    }

    func finishInput(_ number: Int) async throws {
        try await untilDone { try RemoteCommand.done(ssh_channel_send_eof(channel(number).channel), in: $0) }
    }

    func ending(_ number: Int) async throws -> ExitStatus {
        try await untilDone { _ in try channel(number).ending() }
    }

    func release(_ number: Int) {
        channels.removeValue(forKey: number)?.free()
        // What frees a channel also says so to the server.
        watch()
        wakeAll()
    }

    private func channel(_ number: Int) throws(SecureShellError) -> RemoteCommand {
        guard let channel = channels[number] else { throw .channel("it was closed") }
        return channel
    }
}
