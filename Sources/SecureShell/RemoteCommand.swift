// SPDX-License-Identifier: GPL-3.0-or-later

internal import CSSH

/// How a remote command ended.
package enum ExitStatus: Hashable, Sendable {
    case exited(Int32)
    /// The signal's name without SIG, such as `KILL`.
    case signalled(String)

    package var isSuccess: Bool { self == .exited(0) }
}

/// libssh's side of one channel; belongs to the session's actor.
struct RemoteCommand {
    let channel: ssh_channel
    private let watched: UnsafeMutablePointer<cssh_ending>

    init?(_ channel: ssh_channel) {
        guard let watched = cssh_watch_ending(channel) else { return nil }
        self.channel = channel
        self.watched = watched
    }

    func free() {
        if ssh_channel_is_open(channel) != 0 { ssh_channel_close(channel) }
        cssh_free_channel(channel, watched)
    }

    /// Nil while libssh wants to be asked again.
    static func done(_ result: Int32, in session: ssh_session) throws(SecureShellError) -> Void? {
        switch result {
        case SSH_OK: return ()
        case SSH_AGAIN: return nil
        default: throw .channel(String(cString: cssh_error(session)))
        }
    }

    /// Bytes of the output or of the error output, none at its end, nil when there is nothing yet.
    func read(upTo limit: Int, errors: Bool) throws(SecureShellError) -> [UInt8]? {
        var result: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            result = ssh_channel_read_nonblocking(channel, buffer.baseAddress, UInt32(buffer.count), errors ? 1 : 0)
            count = max(0, Int(result))
        }
        if result > 0 { return bytes }
        if result == SSH_EOF || ssh_channel_is_eof(channel) != 0 || ssh_channel_is_closed(channel) != 0 { return [] }
        if result == 0 || result == SSH_AGAIN { return nil }
        throw .channel("reading failed")
    }

    /// How many bytes the server's window took, nil for none.
    func write(_ bytes: [UInt8], from start: Int) throws(SecureShellError) -> Int? {
        if ssh_channel_is_closed(channel) != 0 { throw .channel("the command reads no more") }
        let count = min(bytes.count - start, 1 << 16)
        let result = bytes.withUnsafeBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return 0 }
            return ssh_channel_write(channel, base + start, UInt32(count))
        }
        if result > 0 { return Int(result) }
        if result == 0 || result == SSH_AGAIN { return nil }
        throw .channel("writing failed: the command reads no more")
    }

    /// How the command ended, nil while it runs.
    func ending() throws(SecureShellError) -> ExitStatus? {
        // Asking about unread output takes packets off the connection, also the one that tells the ending.
        _ = ssh_channel_poll(channel, 0)
        let ending = watched.pointee
        if ending.has_signal != 0 {
            return .signalled(
                withUnsafeBytes(of: ending.signal) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        if ending.has_status != 0 { return .exited(ending.status) }
        if ssh_channel_is_closed(channel) != 0 { throw .noExitStatus }
        return nil
    }
}
