"""Real reverse proxies with the configurations of packaging/proxies/, as they stand there but for
addresses and paths, and authd with the settings beside them: what the proxies let through to an
application, and what they do not; and that `authd init` prints these files."""

import base64
import functools
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from dpop_test import Key
from harness import DEADLINE, PASSWORD, Server, basic, clean_environment, reserve_port
from harness import stop_process, wait_until

PROXIES = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "proxies"
HOST = "app.example.org"
AUTH_HOST = "auth.example.org"
PAGE = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}


class App(http.server.ThreadingHTTPServer):
    """The application: answers with what it was sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self.server.seen += 1
            said = json.dumps({"method": self.command, "path": self.path, "body": body,
                               "headers": self.headers.items()}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said)

        def do_GET(self):
            if self.headers.get("Upgrade") != "websocket":
                return self.answer()
            # The opening handshake of a web socket (RFC 6455); then it echoes what it receives.
            self.close_connection = True
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "websocket")
            accepted = hashlib.sha1((self.headers["Sec-WebSocket-Key"]
                                     + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(accepted).decode())
            self.send_header("X-Seen", json.dumps(self.headers.items()))
            self.end_headers()
            while line := self.rfile.readline():
                self.wfile.write(line)

        do_HEAD = do_POST = do_DELETE = do_OPTIONS = answer

        def log_message(self, *_):
            pass

    def handle_error(self, *_):
        pass  # an ended proxy leaves its connections behind

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.seen = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Certificate:
    """For both hosts, in the place of what stands in /etc/ssl/example.org."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-certificate-")
        self.chain, key = (os.path.join(self.folder.name, name)
                           for name in ("fullchain.pem", "privkey.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + HOST,
                        "-addext", "subjectAltName=DNS:%s,DNS:%s" % (HOST, AUTH_HOST),
                        "-keyout", key, "-out", self.chain], check=True, capture_output=True)
        shutil.copy(key, self.chain + ".key")  # HAProxy looks there

    @functools.cached_property
    def context(self):
        return ssl.create_default_context(cafile=self.chain)


certificate = functools.cache(Certificate)


class Proxy:
    """One proxy between the test and the application; RULE is added to the query to authd."""

    def __init__(self, kind, authd_port, app_port, rule=""):
        self.port, self.http_port = reserve_port(), reserve_port()
        self.folder = tempfile.TemporaryDirectory(prefix="authd-proxy-")
        os.chmod(self.folder.name, 0o755)
        self.addresses = [("127.0.0.1:8080", "127.0.0.1:%d" % authd_port),
                          ("127.0.0.1:3000", "127.0.0.1:%d" % app_port),
                          ("/etc/ssl/example.org", certificate().folder.name)]
        self.access_log = os.path.join(self.folder.name, "access.log")
        self.addresses += [(path, self.access_log) for path in (
            "/var/log/nginx/authd.log", "/var/log/apache2/authd.log")]
        self.rule = rule
        command = getattr(self, kind)()
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            cwd=self.folder.name,
            env=clean_environment(HOME=self.folder.name, XDG_CONFIG_HOME=self.folder.name,
                                  XDG_DATA_HOME=self.folder.name))
        try:
            wait_until(self.is_up, kind + " to start")
        except AssertionError:
            self.stop()
            raise

    def is_up(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            raise AssertionError("it ended: " + self.log.read().decode())
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def connect(self, host=HOST):
        """A socket as a client has it."""
        s = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)
        return certificate().context.wrap_socket(s, server_hostname=host)

    def stop(self):
        stop_process(self.process)
        self.log.close()
        self.folder.cleanup()

    def put(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def snippet(self, name, *changes):
        """The file of packaging/proxies with the changes that this test needs; each must apply."""
        text = (PROXIES / name).read_text()
        for old, new in [*[a for a in self.addresses if a[0] in text], *changes]:
            assert old in text, (name, old)
            text = text.replace(old, new)
        text = re.sub(r"(?m)^((?!\s*(?:#|--)).*redirect=(?:1|location))",
                      r"\1" + self.rule.replace("\\", ""), text)
        return self.put(name, text)

    def nginx(self, more=""):
        app = self.snippet("nginx.conf", ("    listen [::]:80;\n", ""),
                           ("    listen [::]:443 ssl;\n", ""),
                           ("listen 80;", "listen 127.0.0.1:%d;" % self.http_port),
                           ("listen 443 ssl;", "listen 127.0.0.1:%d ssl;" % self.port))
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "".join("%s_temp_path %s;" % (kind, self.folder.name) for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return ["nginx", "-p", self.folder.name, "-e", "stderr", "-c", self.put("main.conf", """%s
            daemon off; pid nginx.pid; worker_processes 1; error_log stderr; events {}
            http { access_log off; %s %s include %s; }""" % (user, temporary, more, app))]

    def nginx_of_all_names(self):
        return self.nginx("underscores_in_headers on; ignore_invalid_headers off;")

    def caddy(self):
        main = self.put("main", """{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port %d
            https_port %d\n}\nimport %s\n""" % (self.http_port, self.port,
                                                self.snippet("Caddyfile")))
        return ["caddy", "run", "--config", main, "--adapter", "caddyfile"]

    def haproxy(self):
        script = self.snippet("haproxy-authd.lua")
        return ["haproxy", "-db", "-f", self.snippet(
            "haproxy.cfg", ("/etc/haproxy/haproxy-authd.lua", script),
            ("bind :80\n", "bind 127.0.0.1:%d\n" % self.http_port),
            ("bind :443 ", "bind 127.0.0.1:%d " % self.port))]

    def apache(self):
        script = self.snippet("apache-authd.lua")
        site = self.snippet("apache.conf", ("/etc/apache2/apache-authd.lua", script),
                            ("*:80>", "*:%d>" % self.http_port), ("*:443>", "*:%d>" % self.port))
        modules = "".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n" % (m, m)
                          for m in (
            "mpm_event", "authz_core", "alias", "headers", "ssl", "proxy", "proxy_http", "lua"))
        user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
        return ["apache2", "-D", "FOREGROUND", "-f", self.put("main.conf", """%s%sServerRoot %s
            DefaultRuntimeDir %s\nPidFile %s/pid\nErrorLog /dev/stderr\nServerName localhost
            Listen 127.0.0.1:%d
            Listen 127.0.0.1:%d
            Include %s\n""" % (modules, user, self.folder.name, self.folder.name, self.folder.name,
                               self.http_port, self.port, site))]


class Guarded:
    """authd, an application, and a proxy in front of both."""

    KIND = ""
    APP = App

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--config", str(PROXIES / "authd.toml"))
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.app = cls.APP()
        cls.addClassCleanup(cls.app.server_close)
        cls.addClassCleanup(cls.app.shutdown)
        cls.proxy = cls.start()
        cls.ann = cls.server.sign_up("ann").json["access_token"]

    @classmethod
    def proxy_of(cls, authd_port, app_port, rule):
        binary = {"apache": "apache2", "nginx_of_all_names": "nginx"}.get(cls.KIND, cls.KIND)
        if not shutil.which(binary, path=os.environ["PATH"] + ":/usr/sbin"):
            raise AssertionError("%s is missing: scripts/install-packages test" % binary)
        return Proxy(cls.KIND, authd_port, app_port, rule)

    @classmethod
    def start(cls, rule=""):
        proxy = cls.proxy_of(cls.server.port, cls.app.server_address[1], rule)
        cls.addClassCleanup(proxy.stop)
        return proxy


class Behind(Guarded):
    """True of every proxy."""

    CLOSED = ()  # the statuses while authd is away

    def ask(self, path="/", method="GET", body=None, proxy=None, **headers):
        """A request of a client; returns (status, headers, what the application was sent or
        None)."""
        connection = http.client.HTTPConnection(HOST)
        connection.sock = (proxy or self.proxy).connect()
        before = self.app.seen
        try:
            connection.request(method, path, body,
                               {"Host": HOST,
                                **{k.replace("__", "-"): v for k, v in headers.items()}})
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        reached = self.app.seen > before
        return reply.status, reply.headers, json.loads(
            text) if reached and text else reached or None

    def passes(self, user="ann", **headers):
        status, _, sent = self.ask(**headers)
        self.assertEqual(status, 200)
        said = {k.lower(): v for k, v in sent["headers"]}
        self.assertEqual(said["x-auth-user"], user)
        self.assertEqual(said["host"], HOST)
        return said

    def is_refused(self, status, **headers):
        found, given, sent = self.ask(**headers)
        self.assertEqual((found, sent), (status, None))
        return given

    def test_nobody_gets_nothing(self):
        self.is_refused(401)
        self.is_refused(401, Authorization="Bearer x")
        self.is_refused(401, Authorization="Bearer " + self.ann + "x")
        self.is_refused(401, Cookie="authd_session=x")
        self.is_refused(401, path="/auth/verify")
        self.is_refused(401, method="POST", body="x", **PAGE)

    def test_a_browser_goes_to_the_sign_in_page_and_back_to_where_it_was(self):
        given = self.is_refused(302, path="/deep/page?a=b&c=%2Fd", **PAGE)
        page, query = given["Location"].split("?", 1)
        self.assertEqual(page, "https://auth.example.org/")
        self.assertEqual(urllib.parse.parse_qs(query),
                         {"return_to": ["https://app.example.org/deep/page?a=b&c=%2Fd"]})
        # The way back is the proxy's word, not the client's.
        lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Uri": "/evil",
                "X-Forwarded-Proto": "http"}
        given = self.is_refused(302, path="/mine", **PAGE, **lies)
        self.assertEqual(given["Location"],
                         "https://auth.example.org/?return_to=https%3A%2F%2Fapp.example.org%2Fmine")

    def import_bea(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("username,email,email_verified\nbea,bea@example.org,true\n")
            file.flush()
            self.server.command("import", file.name)

    def test_a_token_passes(self):
        for name in ("ann", "bea"):
            token = self.ann
            if name == "bea":
                self.import_bea()
                token = self.server.command("token", "issue", "bea", "--scope",
                                            "account").out.strip()
            status, _, sent = self.ask(path="/a?b=c", Authorization="Bearer " + token)
            self.assertEqual((status, sent["path"]), (200, "/a?b=c"))
            said = {k.lower(): v for k, v in sent["headers"]}
            self.assertEqual((said["x-auth-user"], said["x-auth-roles"]), (name, "user"))
            self.assertTrue(said["x-auth-user-id"].isdigit())
            self.assertRegex(said["x-auth-subject"], "^[0-9a-f-]{36}$")
            self.assertEqual(said.get("x-auth-email") or "",
                             "bea@example.org" if name == "bea" else "")

    def test_a_token_that_is_bound_to_a_key_passes_with_its_proof(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(folder.cleanup)
        key, api = Key(folder.name), "https://api.example.org"
        self.server.command("resource", "add", api, "API")
        made = json.loads(self.server.command(
            "client", "add", "Job", "--grant", "client_credentials", "--resource", api,
            "--json").out)
        sent = {"DPoP": key.proof("POST", "https://%s/oauth2/token" % AUTH_HOST),
                **basic(made["client_id"], made["client_secret"])}
        issued = self.server.post("/oauth2/token", headers=sent,
                                  form={"grant_type": "client_credentials", "resource": api})
        self.assertEqual(issued.status, 200, issued.body)
        token = issued.json["access_token"]
        guarded = self.start("&client=" + made["client_id"])

        def proved(path="/x", **claims):
            proof = key.proof("GET", "https://%s%s" % (HOST, path), token, **claims)
            return {"proxy": guarded, "path": "/x", "Authorization": "DPoP " + token,
                    "DPoP": proof}

        alone = {name: value for name, value in proved().items() if name != "DPoP"}
        self.assertIn("DPoP ", self.is_refused(401, **alone)["WWW-Authenticate"])
        given = self.is_refused(401, **proved(nonce="unknown"))
        self.assertIn("use_dpop_nonce", given["WWW-Authenticate"])
        self.is_refused(401, **proved("/y", nonce=given["DPoP-Nonce"]))
        self.passes("client:" + made["client_id"], **proved(nonce=given["DPoP-Nonce"]))

    def test_a_body_arrives(self):
        status, _, sent = self.ask(method="POST", body="some=form",
                                   Authorization="Bearer " + self.ann)
        self.assertEqual((status, sent["method"], sent["body"]), (200, "POST", "some=form"))

    def test_a_session_of_a_browser_passes_until_it_ends(self):
        reply = self.server.post("/api/v1/auth/login", {"login": "ann", "password": PASSWORD},
                                 headers={"X-Authd-Session": "cookie"})
        cookie = reply.headers.get_all("Set-Cookie")[0].split(";")[0]
        self.passes(Cookie=cookie, **PAGE)
        self.passes(Cookie="other=1; " + cookie, method="POST", body="x=y",
                    **{"Sec-Fetch-Site": "same-origin"})
        self.is_refused(403, Cookie=cookie, method="POST", body="x=y",
                        **{"Sec-Fetch-Site": "cross-site"})
        self.server.post("/api/v1/auth/logout",
                         headers={"Cookie": cookie, "X-CSRF-Token": reply.json["csrf_token"]})
        self.is_refused(302, Cookie=cookie, **PAGE)
        self.is_refused(401, Cookie=cookie)

    def test_an_authorization_of_the_application_shuts_nobody_out(self):
        reply = self.server.post("/api/v1/auth/login", {"login": "ann", "password": PASSWORD},
                                 headers={"X-Authd-Session": "cookie"})
        cookie = reply.headers.get_all("Set-Cookie")[0].split(";")[0]
        for own in ("Bearer own", "Token own", basic("app", "pw")["Authorization"]):
            said = self.passes(Cookie=cookie, Authorization=own, **PAGE)
            self.assertEqual(said["authorization"], own)

    def test_a_preflight_passes_if_the_rule_says_so(self):
        asked = {"method": "OPTIONS", "Origin": "https://other.example",
                 "Access-Control-Request-Method": "POST"}
        self.is_refused(401, **asked)
        open_to_them = self.start("&preflight=1")
        status, _, sent = self.ask(proxy=open_to_them, **asked)
        self.assertEqual((status, sent["method"]), (200, "OPTIONS"))
        self.assertFalse([name for name, value in sent["headers"]
                          if "auth" in name.lower() and value])
        self.is_refused(401, proxy=open_to_them, **{**asked, "method": "POST", "body": "x"})
        self.is_refused(401, proxy=open_to_them, method="OPTIONS")

    def test_an_api_key_passes_until_it_is_revoked(self):
        made = json.loads(self.server.command("apikey", "add", "ann", "--name", "ci", "--scope",
                                              "verify", "--json").out)
        for headers in ({"Authorization": "Bearer " + made["api_key"]},
                        {"X-API-Key": made["api_key"]}):
            self.passes(**headers)
        self.server.command("apikey", "revoke", "ann", str(made["id"]))
        self.is_refused(401, **{"X-API-Key": made["api_key"]})

    def test_a_password_passes(self):
        self.passes(**basic("ann", PASSWORD))
        self.is_refused(401, **basic("ann", "wrong"))

    def test_who_is_not_allowed_is_told_so_and_sent_nowhere(self):
        admins = self.start("&role=admin")
        self.is_refused(403, proxy=admins, Authorization="Bearer " + self.ann, **PAGE)
        # The rule comes from the proxy; the client's query changes nothing.
        self.is_refused(403, proxy=admins, path="/?role=user&redirect=1",
                        Authorization="Bearer " + self.ann)
        self.is_refused(302, proxy=admins, **PAGE)
        self.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n",
                            check=False)
        root = self.server.log_in("root").json["access_token"]
        self.passes("root", proxy=admins, Authorization="Bearer " + root)

    def test_z_without_authd_nobody_gets_in(self):
        self.passes(Authorization="Bearer " + self.ann)
        self.server.stop()
        found, _, sent = self.ask(Authorization="Bearer " + self.ann,
                                  **{"X-Auth-User": "ann", "X-Auth-Roles": "user"})
        self.assertIsNone(sent)
        self.assertIn(found, self.CLOSED)


class Documented(unittest.TestCase):
    def test_the_page_names_the_files_that_are_tried_here(self):
        page = (PROXIES.parents[1] / "docs" / "proxies.md").read_text()
        for file in PROXIES.iterdir():
            self.assertIn("(../packaging/proxies/%s)" % file.name, page)


class RealProxy(Behind):
    """What Traefik and Envoy do themselves but their models do not."""

    LOGS = False  # whether its file writes a log, of the requests to authd's own site

    def open_socket(self, *lines, protocol="websocket"):
        """Returns the socket, the head as text, and what can be read after that."""
        opening = ["GET /socket HTTP/1.1", "Host: " + HOST, "Connection: Upgrade, X-Auth-User",
                   "Upgrade: " + protocol,
                   "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                   *lines, "", ""]
        s = self.proxy.connect()
        self.addCleanup(s.close)
        s.sendall("\r\n".join(opening).encode())
        reader = s.makefile("rb")
        self.addCleanup(reader.close)
        head = ""
        while not head.endswith("\r\n\r\n"):
            line = reader.readline().decode()
            self.assertTrue(line, head)
            head += line
        return s, head, reader

    @staticmethod
    def seen_by_socket(head):
        return [(name.lower(), value) for name,
                value in json.loads(re.search(r"(?i)\r\nX-Seen: (.*)\r\n", head)[1])]

    def test_people_sign_in_at_authds_own_site(self):
        connection = http.client.HTTPConnection(AUTH_HOST)
        connection.sock = self.proxy.connect(AUTH_HOST)
        self.addCleanup(connection.close)
        lies = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http",
                "X-Forwarded-Host": "evil.example", "User-Agent": self.id()}
        connection.request("GET", "/signin", headers=lies)
        page = connection.getresponse()
        self.assertEqual((page.status, b'id="boot"' in page.read()), (200, True))
        connection.request("POST", "/api/v1/auth/login",
                           json.dumps({"login": "ann", "password": PASSWORD}),
                           {**lies, "Content-Type": "application/json",
                            "X-Authd-Session": "cookie"})
        reply = connection.getresponse()
        body = json.loads(reply.read())
        self.assertEqual(reply.status, 200, body)
        cookie = reply.headers.get_all("Set-Cookie")[0]
        self.assertIn("Domain=example.org", cookie)
        self.assertIn("Secure", cookie)
        self.passes(Cookie=cookie.split(";")[0], **PAGE)
        # What the client says about itself does not arrive.
        connection.request("GET", "/api/v1/users/me/sessions",
                           headers={**lies, "Cookie": cookie.split(";")[0]})
        here, = [s for s in json.loads(connection.getresponse().read())["sessions"] if s["current"]]
        self.assertEqual(here["address"], "127.0.0.1")

    def test_plain_http_leads_to_https(self):
        for host in (HOST, AUTH_HOST):
            connection = http.client.HTTPConnection("127.0.0.1", self.proxy.http_port,
                                                    timeout=DEADLINE)
            self.addCleanup(connection.close)
            connection.request("GET", "/x?y", headers={"Host": host})
            reply = connection.getresponse()
            self.assertIn(reply.status, (301, 308))
            self.assertRegex(reply.headers["Location"], r"^https://%s(:\d+)?/x\?y$" % host)

    def test_its_log_keeps_no_token_of_a_link(self):
        token = "0123456789_the_token_of_a_mail"
        path = "/confirm?token=" + token
        with socket.create_connection(("127.0.0.1", self.proxy.http_port), DEADLINE) as plain, \
                self.proxy.connect(AUTH_HOST) as safe:
            for s in (plain, safe):
                s.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                           % (path, AUTH_HOST)).encode())
                with s.makefile("rb") as reply:
                    self.assertRegex(reply.readline(), rb"^HTTP/1.1 (200|30[18]) ")
        logs = [os.path.join(self.proxy.folder.name, "log")]
        if self.LOGS:
            def lines():
                with open(self.proxy.access_log, encoding="utf-8") as log:
                    return log.read().count("/confirm") >= 2

            wait_until(lines, "the log of both requests")
            logs.append(self.proxy.access_log)
        for name in logs:
            with open(name, encoding="utf-8") as log:
                self.assertNotIn(token, log.read())

    def test_a_web_socket_opens_for_who_may(self):
        s, head, reader = self.open_socket("Authorization: Bearer " + self.ann)
        self.assertRegex(head, r"^HTTP/1\.1 101 ")
        self.assertLessEqual({("x-auth-user", "ann"), ("upgrade", "websocket")},
                             set(self.seen_by_socket(head)))
        for message in (b"hello\n", b"again\n"):
            s.sendall(message)
            self.assertEqual(reader.readline(), message)
        self.assertRegex(self.open_socket()[1], r"^HTTP/1\.1 401 ")

    def test_no_other_protocol_is_spoken_past_authd(self):
        for protocol in ("h2c", "other, h2c", "websocket, h2c", "h2c, websocket",
                         "websocket\r\nUpgrade: h2c", "h2c\r\nUpgrade: websocket"):
            _, head, reader = self.open_socket("Authorization: Bearer " + self.ann,
                                               protocol=protocol)
            with self.subTest(protocol):
                self.assertRegex(head, r"^HTTP/1\.1 (200|101) ")
                if " 101 " in head:
                    seen = self.seen_by_socket(head)
                else:
                    body = reader.read(int(re.search(r"(?i)\r\nContent-Length: (\d+)", head)[1]))
                    seen = [(name.lower(), value) for name, value in json.loads(body)["headers"]]
                self.assertIn(("x-auth-user", "ann"), seen)
                self.assertLessEqual({value for name, value in seen if name == "upgrade"},
                                     {"websocket"})
        # HTTP/2 with prior knowledge (RFC 9113 section 3.3) would be answered by a frame of
        # settings, the type 4.
        with self.proxy.connect() as s:
            s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
            self.assertNotEqual(s.makefile("rb").read(4)[3:], b"\4")


class Nginx(RealProxy, unittest.TestCase):
    KIND = "nginx"
    CLOSED = (500,)
    LOGS = True


class Caddy(RealProxy, unittest.TestCase):
    KIND = "caddy"
    CLOSED = (502,)


class Haproxy(RealProxy, unittest.TestCase):
    KIND = "haproxy"
    CLOSED = (503,)


class Apache(RealProxy, unittest.TestCase):
    KIND = "apache"
    CLOSED = (503,)
    LOGS = True


if __name__ == "__main__":
    unittest.main()
