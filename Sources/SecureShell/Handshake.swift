// SPDX-License-Identifier: GPL-3.0-or-later

internal import CSSH

/// From a connected descriptor to a logged-in session; blocks its thread.
struct Handshake {
    private let session: ssh_session
    private let credentials: SecureShellSession.Credentials

    init(descriptor: Int32, credentials: SecureShellSession.Credentials, timeLimit: Duration) throws(SecureShellError) {
        guard let session = ssh_new() else { throw .connection("out of memory") }
        self.session = session
        self.credentials = credentials
        let texts: [(ssh_options_e, String)] = [
            (SSH_OPTIONS_HOST, "guest"), (SSH_OPTIONS_USER, credentials.user),
            (SSH_OPTIONS_KNOWNHOSTS, "/dev/null"), (SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"),
            (SSH_OPTIONS_HOSTKEYS, "ssh-ed25519"), (SSH_OPTIONS_KEY_EXCHANGE, "curve25519-sha256"),
            (SSH_OPTIONS_COMPRESSION, "no"),
        ]
        var accepted = cssh_set_number(session, SSH_OPTIONS_PROCESS_CONFIG, 0) == SSH_OK
        for (option, text) in texts { accepted = accepted && cssh_set_text(session, option, text) == SSH_OK }
        let seconds = max(1, timeLimit.components.seconds)
        accepted = accepted && cssh_set_long(session, SSH_OPTIONS_TIMEOUT, Int(seconds)) == SSH_OK
        guard accepted, cssh_set_descriptor(session, descriptor) == SSH_OK else {
            let reason = String(cString: cssh_error(session))
            ssh_free(session)
            throw .connection("libssh refused an option: \(reason)")
        }
    }

    /// The session, ready for channels; on failure everything is freed, the descriptor as well.
    mutating func complete() throws(SecureShellError) -> ssh_session {
        do throws(SecureShellError) {
            guard ssh_connect(session) == SSH_OK else { throw .connection(reason) }
            try checkHostKey()
            try logIn()
            return session
        } catch {
            ssh_disconnect(session)
            ssh_free(session)
            throw error
        }
    }

    private var reason: String { String(cString: cssh_error(session)) }

    private func checkHostKey() throws(SecureShellError) {
        var shown: ssh_key?
        var pinned: ssh_key?
        guard ssh_get_server_publickey(session, &shown) == SSH_OK, let shown else { throw .connection(reason) }
        defer { ssh_key_free(shown) }
        guard ssh_pki_import_pubkey_base64(credentials.hostKey, SSH_KEYTYPE_ED25519, &pinned) == SSH_OK, let pinned
        else { throw .key("the pinned host key is not an Ed25519 key") }
        defer { ssh_key_free(pinned) }
        guard ssh_key_cmp(shown, pinned, SSH_KEY_CMP_PUBLIC) == 0 else { throw .wrongHostKey }
    }

    private func logIn() throws(SecureShellError) {
        var identity: ssh_key?
        let imported = ssh_pki_import_privkey_base64(credentials.identity.privateText, nil, nil, nil, &identity)
        guard imported == SSH_OK, let identity else { throw .key("our private key could not be read back") }
        defer { ssh_key_free(identity) }
        guard ssh_userauth_publickey(session, nil, identity) == SSH_AUTH_SUCCESS.rawValue else {
            throw .authentication(reason)
        }
    }
}
