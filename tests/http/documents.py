"""A server of client metadata documents with TLS, and an authd that trusts its certificate."""

import contextlib
import http.server
import json
import os
import ssl
import tempfile
import threading

from harness import BINARY, Server, make_certificate

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


class Documents:
    """Serves `pages`, by path: (status, content type, body, more headers). `asked` has the paths of
    all requests."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-documents-")
        self.pages = {}
        self.asked = []
        cert, key = make_certificate(self.folder.name, "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        handler = type("Handler", (Handler,), {"documents": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.bundle = os.path.join(self.folder.name, "bundle.pem")
        with open(self.bundle, "wb") as bundle:
            for path in (AUTHORITIES, cert):
                with open(path, "rb") as one:
                    bundle.write(one.read() + b"\n")

    def url(self, path):
        return "https://localhost:%d%s" % (self.server.server_port, path)

    def publish(self, path, content_type="application/json", headers=(), status=200, **metadata):
        """A document at the path, which is the client's id."""
        document = {"client_id": self.url(path), "client_name": "Agent",
                    "redirect_uris": ["https://agent.example/callback"],
                    "token_endpoint_auth_method": "none",
                    "grant_types": ["authorization_code", "refresh_token"], **metadata}
        document = {name: value for name, value in document.items() if value is not None}
        self.serve(path, json.dumps(document), content_type, headers, status)
        return self.url(path)

    def serve(self, path, text, content_type="application/json", headers=(), status=200):
        self.pages[path] = (status, content_type, text.encode(), list(headers))

    def trusting_server(self):
        """A class of servers for which the authorities of this machine include the certificate."""
        program = os.path.join(self.folder.name, "authd")
        with open(program, "w", encoding="ascii") as script:
            script.write("#!/bin/sh\nexec unshare -m sh -c 'mount --bind %s %s && exec \"$@\"' sh "
                         "%s \"$@\"\n" % (self.bundle, AUTHORITIES, os.path.abspath(BINARY)))
        os.chmod(program, 0o755)
        return type("Trusting", (Server,), {"program": program})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.folder.cleanup()


class Handler(http.server.BaseHTTPRequestHandler):
    documents = None

    def do_GET(self):
        self.documents.asked.append(self.path)
        status, content_type, body, more = self.documents.pages.get(
            self.path, (404, "text/plain", b"", []))
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in more:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def can_trust():
    return os.geteuid() == 0 and os.path.exists(AUTHORITIES)
