"""A client tries to forge or remove the identity that authd passes on: each attempt goes through
each proxy of packaging/proxies/ to two applications, and is either refused or changes nothing.
`ctest --verbose` shows the table."""

import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import proxies_test
from harness import DEADLINE, clean_environment, reserve_port, wait_until
from proxies_test import HOST
from proxy_models import Envoy, OfAModel, Traefik

NAMES = ("X-Auth-User-Id", "X-Auth-Subject", "X-Auth-User", "X-Auth-Email",
         "X-Auth-Email-Verified", "X-Auth-Roles")
ALL = ", ".join(NAMES)
SOCKET = ["Upgrade: websocket", "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]

# The attempts, by name: the lines of the head, and optionally the version and the body.
FORGED = {name: ["%s: admin" % name] for name in (
    # As authd writes them, and with the other characters that a name may have between its words
    # (RFC 9110 section 5.6.2).
    *NAMES, "x-auth-user", "X-AUTH-ROLES", *["X%sAuth%sUser" % (c, c) for c in "!#$%&'*+.^_`|~"],
    "X-Auth.User", "X.Auth-User", "X_Auth.User", "X-Auth_User", "X_Auth-User", "x.auth.roles",
    "X.Auth.User.Id", "X_AUTH_USER_ID",
    # Nobody else may set those that authd does not set.
    "X-Auth-Groups", "X.Auth.Subject", "x_auth_admin")}
FORGED.update({
    "X-Auth-User, twice": ["X-Auth-User: admin", "X-Auth-User: root"],
    "X.Auth.User, empty": ["X.Auth.User:"],
    "X.Auth.User, all five": [name.replace("-", ".") + ": admin" for name in NAMES],
    "X.Auth.User by HTTP/1.0": ([["X.Auth.User: admin"], "1.0"]),
    "X-Auth-User and a space": ["X-Auth-User : admin"],
    "X-Auth-User on a folded line": ["X-Other: a", " X-Auth-User: admin"],
    "X-Auth-User behind a bare LF": ["X-Other: a\nX-Auth-User: admin"],
    "X-Auth-User behind a bare CR": ["X-Other: a\rX-Auth-User: admin"],
    "X.Auth.User behind a bare LF": ["X-Other: a\nX.Auth.User: admin"],
    "X-Auth-User in a trailer": [["Transfer-Encoding: chunked",
                                  "Trailer: X-Auth-User, X.Auth.User"], "1.1",
                                 "1\r\na\r\n0\r\nX-Auth-User: admin\r\nX.Auth.User: admin\r\n\r\n"],
    # A proxy that removes what Connection names does so before it asks authd, or after, but not in
    # between.
    "X.Auth.User, named in Connection": ["Connection: X.Auth.User", "X.Auth.User: admin"],
    "X-Auth-User, named in Connection": ["Connection: X-Auth-User", "X-Auth-User: admin"],
    "X_Auth_User, named in Connection": ["Connection: close, X_Auth_User", "X_Auth_User: admin"]})
REMOVED = {"Connection: "
           + text.replace(ALL, "X-Auth-*").replace(ALL.lower(), "x-auth-*"): ["Connection: " + text]
           for text in (
               "close, " + ALL, ALL + ", close", "keep-alive, " + ALL, ALL, ALL.lower(),
               "close, " + ALL.replace(", ", " ,, \t"),
               "Upgrade, " + ALL, "TE, " + ALL, "Cookie, X-Forwarded-For, X-Forwarded-Host",
               "Authorization",
               "Host, " + ALL)}
REMOVED.update({
    "Connection, twice": ["Connection: close", "Connection: " + ALL],
    "Connection, a header for each": ["Connection: " + name for name in NAMES],
    "Connection by HTTP/1.0": [["Connection: " + ALL], "1.0"],
    "Connection, kept, by HTTP/1.0": [["Connection: keep-alive, " + ALL], "1.0"],
    "Connection, with a web socket": ["Connection: Upgrade, " + ALL, *SOCKET],
    "Connection, with h2c": ["Connection: Upgrade, HTTP2-Settings, " + ALL, "Upgrade: h2c",
                             "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"],
    "Proxy-Connection": ["Proxy-Connection: " + ALL],
    "Proxy-Connection and Connection": ["Connection: close",
                                        "Proxy-Connection: keep-alive, " + ALL],
    "Keep-Alive": ["Connection: keep-alive", "Keep-Alive: " + ALL],
    "TE and Trailer": ["Connection: TE", "TE: trailers, " + ALL, "Trailer: " + ALL]})

table = {}


class Gateway(proxies_test.App):
    """An application behind the most tolerant gateway that we know of: "_" for anything but letters
    and digits, every value of a name, and trailers as headers."""

    class Handler(proxies_test.App.Handler):
        def answer(self):
            fields = list(self.headers.items())
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                while (size := int(self.rfile.readline(), 16)) > 0:
                    self.rfile.read(size + 2)
                fields += http.client.parse_headers(self.rfile).items()
            variables = {}
            for name, value in fields:
                variables.setdefault("HTTP_" + re.sub("[^A-Z0-9]", "_", name.upper()),
                                     []).append(value)
            said = json.dumps(variables).encode()
            self.send_response(200)
            self.send_header("X-Reached", "yes")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer


class Php:
    """PHP's web server, with what it made of the headers."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-php-")
        script = pathlib.Path(self.folder.name, "app.php")
        script.write_text(
            "<?php header('X-Reached: yes'); echo json_encode(array_map(fn($v) => [$v], "
            "array_filter($_SERVER,"
            " fn($name) => str_starts_with($name, 'HTTP_'), "
            "ARRAY_FILTER_USE_KEY)));\n")
        self.port = reserve_port()
        self.process = subprocess.Popen(["php", "-n", "-S", "127.0.0.1:%d" % self.port, script],
                                        stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=clean_environment())
        try:
            wait_until(self.is_up, "PHP to start")
        except AssertionError:
            self.stop()
            raise

    def is_up(self):
        assert self.process.poll() is None, "PHP has ended"
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.kill()
        self.process.wait(timeout=DEADLINE)
        self.folder.cleanup()


def request(proxy, token, lines, version="1.1", body=""):
    """Returns the status, and the variables of the application or None if it was not reached."""
    head = ["GET /x HTTP/" + version, "Host: " + HOST, "Authorization: Bearer " + token, *lines, "",
            ""]
    with proxy.connect() as s:
        try:
            s.sendall(("\r\n".join(head) + body).encode("latin-1"))
            reply = http.client.HTTPResponse(s, method="GET")
            reply.begin()
            text = reply.read()
        except (ConnectionError, http.client.BadStatusLine):
            return "closed", None
    return reply.status, json.loads(text) if reply.headers["X-Reached"] else None


class Identity(proxies_test.Guarded):
    APP = Gateway

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not shutil.which("php"):
            raise AssertionError("php is missing: scripts/install-packages test")
        php = Php()
        cls.addClassCleanup(php.stop)
        behind = cls.proxy_of(cls.server.port, php.port, "")
        cls.addClassCleanup(behind.stop)
        cls.ways = {"gateway": cls.proxy, "PHP": behind}
        user = cls.server.me(cls.ann).json
        cls.set_by_authd = {"HTTP_X_AUTH_USER_ID": [str(user["id"])],
                            "HTTP_X_AUTH_SUBJECT": [user["subject"]],
                            "HTTP_X_AUTH_USER": ["ann"], "HTTP_X_AUTH_EMAIL": [""],
                            "HTTP_X_AUTH_EMAIL_VERIFIED": ["false"], "HTTP_X_AUTH_ROLES": ["user"]}

    def identity(self, variables):
        """What the application sees; an empty variable is the same to it as none."""
        return {name: values for name,
                values in variables.items() if name.startswith("HTTP_X_AUTH_") and values != [""]}

    def is_at_risk(self, variables):
        """A server or another proxy before the application would remove the identity."""
        named = [v for name in ("HTTP_CONNECTION", "HTTP_PROXY_CONNECTION")
                 for v in variables.get(name, [])]
        return re.search("x.auth", ",".join(named), re.IGNORECASE) is not None

    def attempt(self, kind, name, lines):
        attack = lines if isinstance(lines[0], list) else [lines]
        for app, proxy in self.ways.items():
            status, variables = request(proxy, self.ann, *attack)
            wanted = {n: v for n, v in self.set_by_authd.items() if v != [""]}
            is_kept = variables is not None and self.identity(
                variables) == wanted and not self.is_at_risk(variables)
            is_refused = variables is None and status in ("closed", 400, 401, 403, 411, 501)
            said = "kept" if is_kept else str(
                status) if is_refused else "FOOLED" if variables is not None else "odd %s" % status
            table.setdefault((kind, name), {}).setdefault(type(self).__name__, []).append(said)
            with self.subTest(app=app, attempt=name):
                self.assertTrue(is_kept or is_refused,
                                (status, variables and self.identity(variables)))

    def test_what_is_sent_honestly_arrives(self):
        for proxy in self.ways.values():
            for lines in ([], ["X-Authd-Session: cookie", "X-Authority: 1", "X.Y: z"],
                          ["Connection: close"], ["Connection: keep-alive"],
                          ["Upgrade: websocket"]):
                status, variables = request(proxy, self.ann, lines)
                self.assertEqual(status, 200)
                self.assertEqual(self.identity(variables),
                                 {n: v for n, v in self.set_by_authd.items() if v != [""]})

    def test_nobody_forges_an_identity(self):
        for name, lines in FORGED.items():
            self.attempt("forged", name, lines)

    def test_nobody_takes_an_identity_away(self):
        for name, lines in REMOVED.items():
            self.attempt("removed", name, lines)


class Nginx(Identity, unittest.TestCase):
    KIND = "nginx"


class NginxOfAllNames(Identity, unittest.TestCase):
    """It drops no header because of its name, so authd has to see them."""

    KIND = "nginx_of_all_names"


class Caddy(Identity, unittest.TestCase):
    KIND = "caddy"

    def test_nobody_does_so_by_http2_either(self):
        """Of the proxies that are run here, Caddy alone offers it."""
        known = {"authorization": "Bearer " + self.ann}
        forged = {"x-auth-user": "admin", "x.auth.user": "admin", "x_auth_user": "admin"}
        attempts = [{"headers": known}]
        attempts += [{"headers": {**known, name: value}} for name, value in forged.items()]
        attempts += [{"headers": {**known, **more}, "trailers": forged}
                     for more in ({}, {"trailer": ", ".join(forged)})]
        for app, proxy in self.ways.items():
            done = subprocess.run(
                ["node", pathlib.Path(__file__).with_name("http2_client.mjs"), str(proxy.port),
                 HOST, proxies_test.certificate().chain, json.dumps(attempts)],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE, check=True)
            replies = json.loads(done.stdout)
            self.assertEqual(len(replies), len(attempts))
            wanted = {n: v for n, v in self.set_by_authd.items() if v != [""]}
            for (status, reached, body), attempt in zip(replies, attempts):
                with self.subTest(app=app, attempt=attempt):
                    if "x.auth.user" in attempt["headers"]:
                        self.assertEqual((status, reached), (403, False))
                    else:
                        self.assertEqual((status, reached), (200, True))
                        self.assertEqual(self.identity(json.loads(body)), wanted)


class Haproxy(Identity, unittest.TestCase):
    KIND = "haproxy"


class Apache(Identity, unittest.TestCase):
    KIND = "apache"


class TraefiksModel(OfAModel, Identity, unittest.TestCase):
    MODEL = Traefik


class EnvoysModel(OfAModel, Identity, unittest.TestCase):
    MODEL = Envoy


def tearDownModule():
    """What each proxy made of it: in the gateway's application, in PHP. A number is the status that
    the client got."""
    columns = [c.__name__ for c in (Nginx, NginxOfAllNames, Caddy, Haproxy, Apache, TraefiksModel,
                                    EnvoysModel)]
    print("%-44s" % "" + "".join("%-16s" % c for c in columns))
    for (_, name), row in table.items():
        print("%-44.43s" % name.replace("\t", "")
              + "".join("%-16s" % "/".join(row.get(c, ["-"])) for c in columns))


if __name__ == "__main__":
    unittest.main()
