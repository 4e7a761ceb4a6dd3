// SPDX-License-Identifier: GPL-3.0-or-later

import Farm
import Foundation
import Subprocess
import SystemPackage
import Testing
import Transfer

/// A mail server (aiosmtpd) and a web server on the loopback interface that take alerts, refuse, fall silent, or take
/// them and break off without saying so.
struct AlertReceiver: Sendable {
    enum Temper: String { case accepting, refusing, silent, forgetful }

    /// What one of them has taken.
    struct Taken: Decodable {
        var kind: String
        /// Of a webhook its headers by lower-case name, of mail its header.
        var header: [String: String]
        var body: String
    }

    let http: Int
    /// Demands STARTTLS and the user `robot`.
    let mail: Int
    let folder: String

    var hook: String { "http://127.0.0.1:\(http)/hook" }

    /// Settings that lead to the mail server, with its password in a file.
    func settings(password: String = "secret") throws -> AlertSettings {
        try password.write(toFile: "\(folder)/password", atomically: true, encoding: .utf8)
        var settings = AlertSettings()
        settings.mailServer = "smtp://localhost:\(mail)"
        settings.mailUser = "robot"
        settings.mailPasswordFile = "\(folder)/password"
        settings.mailFrom = "farm@example.org"
        settings.mailCertificates = "\(folder)/certificate.pem"
        settings.publicURL = "https://farm.example.org"
        return settings
    }

    func become(_ temper: Temper) async throws {
        _ = try await HTTPTransfer().send(HTTPRequest("http://127.0.0.1:\(http)/become/\(temper.rawValue)"))
    }

    func taken() async throws -> [Taken] {
        let answer = try await HTTPTransfer().send(HTTPRequest("http://127.0.0.1:\(http)/taken"))
        return try JSONDecoder().decode([Taken].self, from: Data(answer.body))
    }

    /// Whether the servers can be run here.
    static let isPossible = [
        "/usr/bin/python3", "/usr/bin/openssl", "/usr/lib/python3/dist-packages/aiosmtpd",
    ].allSatisfy { FileManager.default.fileExists(atPath: $0) }

    /// Runs the servers while `body` runs.
    static func run(_ body: @Sendable (AlertReceiver) async throws -> Void) async throws {
        var template = Array("/tmp/almanac-alerts-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try await Subprocess.run(
            .path("/usr/bin/python3"), arguments: ["-u", "-c", alertReceiverScript, folder], input: .inputWriter,
            output: .sequence, error: .discarded
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            let ports = (try await lines.next() ?? "").split(separator: " ").compactMap { Int($0) }
            try #require(ports.count == 2, "the servers did not start")
            try await body(AlertReceiver(http: ports[0], mail: ports[1], folder: folder))
            try await execution.standardInputWriter.finish()
            while try await lines.next() != nil {}
        }
    }
}

private let alertReceiverScript = #"""
    import asyncio, email, email.policy, http.server, json, os, ssl, subprocess, sys, threading
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult

    folder = sys.argv[1]
    certificate, key = folder + "/certificate.pem", folder + "/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", key, "-out", certificate, "-days", "36500", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    taken, temper, leaving = [], "accepting", threading.Event()

    class HTTP(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def answer(self, status, body=b""):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def do_GET(self):
            global temper
            words = self.path.strip("/").split("/")
            if words[0] == "become": temper = words[1]
            self.answer(200, json.dumps(taken).encode() if words[0] == "taken" else b"")
        def take(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if temper == "refusing": return self.answer(503)
            if temper == "silent": return leaving.wait()
            header = {name.lower(): value for name, value in self.headers.items()}
            header["request"] = self.command + " " + self.path
            taken.append({"kind": "hook", "header": header, "body": body})
            if temper == "forgetful":
                self.close_connection = True
                return self.connection.close()
            self.answer(204)
        do_POST = do_PUT = take

    class Mail:
        async def handle_DATA(self, server, session, envelope):
            if temper == "refusing": return "451 come back later"
            if temper == "silent": await asyncio.sleep(3600)
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            header = {name.lower(): str(value) for name, value in message.items()}
            header["envelope"] = envelope.mail_from + " " + ",".join(envelope.rcpt_tos)
            header["tls"] = "yes" if session.ssl else "no"
            taken.append({"kind": "mail", "header": header, "body": message.get_content()})
            if temper == "forgetful":
                server.transport.abort()
                return "421 gone"
            return "250 taken"

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login == b"robot" and data.password == b"secret"), handled=False)

    mail = Controller(Mail(), hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True,
        auth_required=True, authenticator=authenticate)
    # Port 0 is any free one; aiosmtpd's own start wants to know it beforehand.
    mail.server = None
    loop = asyncio.new_event_loop()
    async def listen(): return await loop.create_server(mail.factory, "127.0.0.1", 0)
    server = loop.run_until_complete(listen())
    threading.Thread(target=loop.run_forever, daemon=True).start()
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HTTP)
    web.daemon_threads = True
    threading.Thread(target=web.serve_forever, daemon=True).start()
    print(web.server_address[1], server.sockets[0].getsockname()[1], flush=True)
    sys.stdin.read()
    leaving.set()
    os._exit(0)
    """#
