"""OpenID providers for the tests of federation: a real one (npm's oidc-provider), a browser that
goes through its forms, and a hostile one, whose every answer a test can spoil."""

import base64
import http.cookiejar
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import DEADLINE, Server, ServerCase, wait_until
from npm import npm_folder

PUBLIC_URL = "http://auth.localhost"  # for which browsers make passkeys
HERE = pathlib.Path(__file__).resolve().parent


def settings(name, issuer, client_id, secret="", **more):
    """The environment of a provider."""
    prefix = "AUTHD_PROVIDERS_%s_" % name.upper().replace("-", "_")
    found = {prefix + "ISSUER": issuer, prefix + "CLIENT_ID": client_id,
             "AUTHD_SERVER_PUBLIC_URL": PUBLIC_URL}
    if secret:
        found[prefix + "CLIENT_SECRET"] = secret
    found.update({prefix + key.upper(): value for key, value in more.items()})
    return found


class RealProvider:
    SECRET = "a secret & more"

    def __init__(self, names, conform=True, paths=()):
        uris = ["%s/api/v1/auth/providers/%s/callback" % (PUBLIC_URL, name) for name in names]
        uris += [PUBLIC_URL + path for path in paths]
        self.process = subprocess.Popen(
            ["node", HERE / "openid_provider.mjs", npm_folder("oidc-provider"), *uris],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            env={**os.environ, "CONFORM": "yes" if conform else "no"})
        port = self.process.stdout.readline().strip()
        if not port:
            self.stop()
            raise AssertionError("the provider does not start")
        self.issuer = "http://127.0.0.1:" + port.decode()

    def stop(self):
        self.process.kill()
        self.process.wait(timeout=DEADLINE)
        self.process.stdout.close()


class Arrived(Exception):
    """The browser was sent back to authd."""

    def __init__(self, url):
        super().__init__(url)
        self.path = url[len(PUBLIC_URL):]


class Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if newurl.startswith(PUBLIC_URL):
            raise Arrived(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Browser:
    """A person with a browser: the cookies for authd, and the steps at the provider."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}
        self.opener = urllib.request.build_opener(
            Redirects, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            urllib.request.ProxyHandler({}))

    def get(self, path, token=None):
        headers = {"Cookie": "; ".join("%s=%s" % pair
                                       for pair in self.cookies.items())} if self.cookies else {}
        reply = self.server.get(path, token=token, headers=headers)
        for line in reply.headers.get_all("Set-Cookie") or []:
            if "; Domain=" in line:
                continue  # removes a cookie of another domain level
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return reply

    def start(self, provider, token=None, query=""):
        def is_answered():
            # Unless the provider, which may be one of our threads, stalled for longer than authd
            # waits.
            reply = self.get("/api/v1/auth/providers/%s/start" % provider + query, token)
            return reply if reply.status != 503 else None

        reply = wait_until(is_answered, "a provider that answers")
        assert reply.status == 200, reply.body
        return reply.json["authorization_url"]

    def at_provider(self, url, person, abort=False):
        """Fills in the provider's forms; returns the path at authd to which the browser is sent
        back."""
        try:
            page = self.opener.open(url, timeout=DEADLINE)
            for _ in range(3):  # login, consent
                html = page.read().decode()
                if abort:
                    page = self.opener.open(page.url + "/abort", timeout=DEADLINE)
                    continue
                prompt = re.search(r'name="prompt" value="(\w+)"', html)
                assert prompt, html
                form = {"prompt": prompt[1], "login": person, "password": "any"}
                action = urllib.parse.urljoin(page.url, re.search(r'action="([^"]+)"', html)[1])
                page = self.opener.open(action, urllib.parse.urlencode(form).encode(),
                                        timeout=DEADLINE)
        except Arrived as arrived:
            return arrived.path
        raise AssertionError("the provider does not come to an end")

    def sign_in(self, provider, person, token=None, query=""):
        return self.get(self.at_provider(self.start(provider, token, query), person))


def encode(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=b""):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True,
                          timeout=DEADLINE)
    return done.stdout


class HostileProvider:
    """Knows one person, asks nothing, and does what `changes` say."""

    def __init__(self, tls=False):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-openid-")
        self.asked = []
        self.nonces = {}  # by the code with which a browser was sent back
        self.released = threading.Event()
        self.reset()
        handler = type("Handler", (Handler,), {"provider": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.issuer = "http://127.0.0.1:%d" % self.server.server_port
        if tls:
            self.issuer = "https://localhost:%d" % self.server.server_port
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate(), self.path("tls.key"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.new_key()
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def certificate(self):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                self.path("tls.key"), "-out",
                self.path("tls.pem"))
        return self.path("tls.pem")

    def reset(self):
        self.claims = {}
        self.header = {}
        self.discovery = {}
        self.signs_with_none = False
        self.hangs_at = None
        self.redirects_to = None
        self.pads_with = 0
        self.userinfo = None  # the bytes of the reply; None: there is no such endpoint
        self.released.set()

    def new_key(self, alg="RS256"):
        self.kid = "key-%d" % time.monotonic_ns()
        self.alg = alg
        if alg == "ES384":
            openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out",
                    self.path("key.pem"))
            point = openssl("ec", "-in", self.path("key.pem"), "-pubout", "-outform", "DER")[-96:]
            self.jwk = {"kty": "EC", "crv": "P-384", "kid": self.kid, "use": "sig", "alg": alg,
                        "x": encode(point[:48]), "y": encode(point[48:])}
            return
        openssl("genrsa", "-out", self.path("key.pem"), "2048")
        modulus = openssl("rsa", "-in", self.path("key.pem"), "-noout",
                          "-modulus").decode().strip().split("=")[1]
        self.jwk = {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": alg, "e": "AQAB",
                    "n": encode(bytes.fromhex(modulus))}

    def id_token(self, code):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "me", "sub": "mallory", "nonce": self.nonces[code],
                  "iat": now, "exp": now + 300,
                  "email": "mallory@example.org", "email_verified": True, **self.claims}
        header = {"alg": self.alg, "kid": self.kid, "typ": "JWT", **self.header}
        text = encode(header) + "." + encode({k: v for k, v in claims.items() if v is not None})
        if self.signs_with_none:
            return text + "."
        return text + "." + encode(self.signature(text.encode()))

    def signature(self, data):
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
        signed = openssl("dgst", "-sha" + self.alg[2:], "-sign", self.path("key.pem"),
                         *(pss if self.alg.startswith("PS") else []), data=data)
        if not self.alg.startswith("ES"):
            return signed
        # Two integers in DER; JWS has them as plain bytes (RFC 7518 section 3.4).
        r_end = 4 + signed[3]
        return b"".join(part.lstrip(b"\0").rjust(48, b"\0")
                        for part in (signed[4:r_end], signed[r_end + 2:]))

    def answer(self, path, code=None):
        self.asked.append(path)
        if self.hangs_at == path:
            self.released.wait(2 * DEADLINE)
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                    "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys",
                    **({} if self.userinfo is None else
                       {"userinfo_endpoint": self.issuer + "/userinfo"}),
                    **self.discovery}
        if path == "/userinfo":
            return self.userinfo
        if path == "/keys":
            return {"keys": [self.jwk]}
        if path == "/token":
            return {"id_token": self.id_token(code), "padding": "x" * self.pads_with,
                    "access_token": "access"}
        return None

    def come_back(self, url):
        """The path at authd to which a browser that follows `url` is sent back."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        code = "code-%d" % len(self.nonces)
        self.nonces[code] = query["nonce"]
        return query["redirect_uri"][len(PUBLIC_URL):] + "?" + urllib.parse.urlencode(
            {"code": code, "state": query["state"]})

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()


class Handler(http.server.BaseHTTPRequestHandler):
    provider = None

    def do_GET(self, code=None):
        if self.provider.redirects_to and self.path == "/token":
            self.send_response(307)
            self.send_header("Location", self.provider.redirects_to)
            self.end_headers()
            return
        answer = self.provider.answer(self.path, code)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        try:
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # authd has given up

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.do_GET(dict(urllib.parse.parse_qsl(form)).get("code"))

    def log_message(self, *_):
        pass


class HostileCase(ServerCase):
    """A server whose only provider is "evil"."""

    @classmethod
    def setUpClass(cls):
        cls.provider = HostileProvider()
        cls.server = Server(environment=settings("evil", cls.provider.issuer, "me", "secret"))

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()
        cls.server.__exit__(None)

    def setUp(self):
        self.provider.reset()

    def sign_in(self, browser=None):
        browser = browser or Browser(self.server)
        return browser.get(self.provider.come_back(browser.start("evil")))
