// SPDX-License-Identifier: GPL-3.0-or-later

/// The server's program, in Python: with its standard library alone, as smtpd is gone from newer ones.
let loopbackServerScript = #"""
    import http.server, json, os, shutil, socket, socketserver, ssl, subprocess, sys, threading, base64

    folder = sys.argv[1]
    certificate, key = folder + "/certificate.pem", folder + "/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
        "-days", "36500", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    leaving = threading.Event()
    mails, current, most, lock = [], 0, 0, threading.Lock()
    gates = {}

    class HTTP(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass

        def answer(self, status, body=b"", fields={}):
            self.send_response(status)
            for name, value in fields.items(): self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD": self.wfile.write(body)

        def serve(self):
            global current, most
            words = self.path.strip("/").split("/")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if words[0] == "status": self.answer(int(words[1]), b"status " + words[1].encode())
            elif words[0] == "echo":
                fields = {name.lower(): value for name, value in self.headers.items()}
                echo = {"method": self.command, "fields": fields, "body": body.decode("latin-1")}
                self.answer(200, json.dumps(echo, sort_keys=True).encode(), {"X-Empty": "", "X-Twice": "a: b"})
            elif words[0] == "redirect":
                left = int(words[1])
                self.answer(302, b"elsewhere", {"Location": f"/redirect/{left - 1}" if left > 1 else "/status/200"})
            elif words[0] == "leave": self.answer(302, b"", {"Location": "file:///etc/passwd"})
            elif words[0] == "bytes": self.answer(200, bytes(range(256)) * (int(words[1]) // 256))
            elif words[0] == "endless":
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while not leaving.is_set(): self.wfile.write(b"x" * 65536)
                except OSError: pass
                self.close_connection = True
            elif words[0] == "broken":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"only this")
                self.close_connection = True
            elif words[0] == "stall":
                if words[1] == "body":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(b"a beginning")
                    self.wfile.flush()
                gates.setdefault(self.path, threading.Event()).set()
                leaving.wait()
            elif words[0] == "reached":
                gates.setdefault("/" + "/".join(words[1:]), threading.Event()).wait(60)
                self.answer(200)
            elif words[0] == "crowd":
                with lock:
                    current += 1
                    most = max(most, current)
                threading.Event().wait(0.02)
                with lock: current -= 1
                self.answer(200)
            elif words[0] == "most": self.answer(200, str(most).encode())
            elif words[0] == "mails": self.answer(200, json.dumps(mails).encode())
            else: self.answer(404, b"nothing here")
        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = serve

    class Mail(socketserver.StreamRequestHandler):
        secure = False
        def say(self, text):
            self.wfile.write(text.encode() + b"\r\n")
            self.wfile.flush()

        def handle(self):
            secured = user = None
            sender, recipients = None, []
            self.say("220 loopback")
            while True:
                line = self.rfile.readline().decode("latin-1").rstrip("\r\n")
                if not line: return
                word = line.split(" ")[0].upper()
                if word == "EHLO":
                    self.say("250-loopback")
                    if self.secure and not secured: self.say("250-STARTTLS")
                    if secured: self.say("250-AUTH PLAIN")
                    self.say("250 8BITMIME")
                elif word == "STARTTLS" and self.secure:
                    self.say("220 go ahead")
                    self.connection = context.wrap_socket(self.connection, server_side=True)
                    self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
                    secured = True
                elif self.secure and not secured: self.say("530 STARTTLS first")
                elif word == "AUTH":
                    words = line.split(" ")
                    if len(words) < 3:
                        self.say("334 ")
                        words.append(self.rfile.readline().decode().strip())
                    user = base64.b64decode(words[2]).split(b"\0")[1:]
                    if user == [b"robot", b"secret"]: self.say("235 welcome")
                    else: self.say("535 who are you?")
                elif word == "MAIL":
                    sender, recipients = line[10:].split(" ")[0], []
                    self.say("250 fine")
                elif word == "RCPT":
                    recipient = line[8:]
                    if "later" in recipient: self.say("451 come back later")
                    elif "nobody" in recipient: self.say("550 no such user")
                    else:
                        recipients.append(recipient)
                        self.say("250 fine")
                elif word == "DATA":
                    self.say("354 go ahead")
                    content = b""
                    while not content.endswith(b"\r\n.\r\n"): content += self.rfile.readline()
                    mails.append({"from": sender, "to": recipients, "secured": bool(secured),
                        "content": content[:-3].decode("latin-1")})
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else: self.say("502 what?")

    class SecureMail(Mail): secure = True

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128
        def handle_error(self, request, address): pass

    servers = [Server(("127.0.0.1", 0), handler) for handler in (HTTP, HTTP, Mail, SecureMail)]
    servers[1].socket = context.wrap_socket(servers[1].socket, server_side=True)
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    for server in servers: threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*[server.server_address[1] for server in servers], nobody.getsockname()[1], flush=True)
    sys.stdin.read()
    leaving.set()
    shutil.rmtree(folder)
    os._exit(0)
    """#
