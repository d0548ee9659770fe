"""What the tests share that are named after modules of the OpenID conformance suite, and those of
RFC 9700: a client as the suite is one, and its checks of tokens."""

import base64
import collections
import hashlib
import html.parser
import json
import math
import time
import urllib.parse

from clocked import Clocked
from harness import ServerCase
from provider import Browser, RelyingParty, b64url, path_of, query_of

ISSUER = "http://localhost:8080"
APP = "https://app.example/callback"
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 section 9.2


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def is_signed_with(key, jwt):
    """RS256 (RFC 8017 section 8.2.2) with what Python has."""
    signed, signature = jwt.rsplit(".", 1)
    n, e = (int.from_bytes(unb64(key[name]), "big") for name in ("n", "e"))
    size = (n.bit_length() + 7) // 8
    digest = SHA256_PREFIX + hashlib.sha256(signed.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    found = pow(int.from_bytes(unb64(signature), "big"), e, n)
    return len(unb64(signature)) == size and found.to_bytes(size, "big") == padded


def entropy(text):
    """Bits, as the suite counts them."""
    counts = collections.Counter(text).values()
    return -sum(n * math.log2(n / len(text)) for n in counts)


class Form(html.parser.HTMLParser):
    """The form of a page that brings an answer by form_post."""

    def __init__(self, body):
        super().__init__()
        self.forms = []
        self.fields = {}
        self.feed(body.decode())
        assert len(self.forms) == 1, body

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.forms.append(found)
        if tag == "input" and "name" in found:
            assert found["name"] not in self.fields, found
            self.fields[found["name"]] = found.get("value", "")


class Client(RelyingParty):
    """Sends no PKCE unless a test asks for it, and takes its answers in one response mode."""

    def __init__(self, server, name, *flags, mode=None, **more):
        super().__init__(server, name, "--pkce", "optional", *flags, **more)
        self.mode = mode

    def parameters(self, pkce=False, **changes):
        wanted = super().parameters(response_mode=self.mode, **changes)
        if not pkce:
            del wanted["code_challenge"], wanted["code_challenge_method"]
            self.verifier = None
        self.state, self.nonce = wanted.get("state"), wanted.get("nonce")
        return wanted

    def exchange(self, code, **changes):
        return super().exchange(code, **{"code_verifier": self.verifier, **changes})

    def is_answered(self, reply):
        if self.mode:
            return reply.status == 200 and b"<form" in reply.body
        return reply.status == 303 and reply.headers["Location"].startswith(self.redirect)

    def read(self, reply):
        """The parameters of the answer that the reply brings to the redirect URI."""
        assert self.is_answered(reply), (reply.status, reply.headers["Location"], reply.body)
        if not self.mode:
            assert urllib.parse.urlsplit(reply.headers["Location"]).fragment == ""
            return query_of(reply.headers["Location"])
        form = Form(reply.body)
        assert form.forms[0]["action"] == self.redirect, form.forms
        assert form.forms[0]["method"].lower() == "post", form.forms
        assert form.forms[0].get("enctype") in (None, "application/x-www-form-urlencoded")
        assert "Location" not in reply.headers
        return form.fields


class ConformanceCase(ServerCase):
    """A server whose clock only goes forward, a person, and two clients."""

    FLAGS = ("--server.public-url", ISSUER)
    SERVER = Clocked
    MODE = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ahead = 0
        cls.server.sign_up("ann", email="ann@example.org", first_name="Ann", last_name="Lee",
                           phone_number="+4930123456")
        cls.subject = cls.server.log_in("ann").json["user"]["subject"]
        cls.app = Client(cls.server, "App", mode=cls.MODE)
        cls.other = Client(cls.server, "Other", mode=cls.MODE, redirect="https://other.example/cb")

    def pass_time(self, seconds):
        cls = type(self)
        cls.ahead += seconds
        self.server.jump_to(cls.ahead)

    def walk(self, browser, reply, app=None, login="ann"):
        """Signs in and allows where the browser is asked to; returns the answer, and which pages
        there were."""
        app = app or self.app
        seen = []
        while not app.is_answered(reply):
            self.assertEqual(reply.status, 303, reply.body)
            path = path_of(reply)
            seen.append(urllib.parse.urlsplit(path).path)
            self.assertLess(len(seen), 5, seen)
            page = browser.get(path, Accept="text/html")
            self.assertEqual(page.status, 200, page.body)
            if seen[-1] == "/signin":
                browser.sign_in(login)
                reply = browser.get(query_of(path)["return_to"])
            else:
                self.assertEqual(seen[-1], "/consent")
                reply = app.allow(browser, reply)
        answer = app.read(reply)
        self.assertEqual(answer.get("state"), app.state)
        self.assertEqual(answer["iss"], ISSUER)
        return answer, seen

    def answer(self, browser, app=None, **changes):
        app = app or self.app
        return self.walk(browser, app.begin(browser, **changes), app)[0]

    def tokens(self, browser, app=None, **changes):
        app = app or self.app
        reply = app.exchange(self.answer(browser, app, **changes)["code"])
        self.assertEqual(reply.status, 200, reply.body)
        return self.checked(reply, app)

    def checked(self, reply, app):
        """A token response of a code, as EnsureMinimum… and ValidateIdToken… of the suite."""
        self.assertIn("no-store", reply.headers["Cache-Control"])
        self.assertTrue(reply.headers["Content-Type"].startswith("application/json"))
        self.assertEqual(reply.json["token_type"].lower(), "bearer")
        self.assertGreater(reply.json["expires_in"], 0)
        self.assertGreaterEqual(entropy(reply.json["access_token"]), 128)
        self.claims(reply.json["id_token"], app, nonce=app.nonce,
                    access=reply.json["access_token"])
        return reply.json

    def claims(self, jwt, app=None, nonce=None, access=None):
        """The claims of an ID token, verified."""
        app = app or self.app
        header = json.loads(unb64(jwt.split(".")[0]))
        self.assertEqual(header["alg"], "RS256")
        keys = [key for key in self.server.get("/.well-known/jwks.json").json["keys"]
                if key["kid"] == header["kid"]]
        self.assertEqual(len(keys), 1)
        self.assertTrue(is_signed_with(keys[0], jwt))
        signed, signature = jwt.rsplit(".", 1)
        self.assertFalse(is_signed_with(keys[0], signed + "x." + signature))
        claims = json.loads(unb64(jwt.split(".")[1]))
        now = time.time() + self.ahead
        self.assertEqual(claims["iss"], ISSUER)
        self.assertIn(claims["aud"], (app.id, [app.id]))
        self.assertEqual(claims.get("azp", app.id), app.id)
        self.assertEqual(claims["sub"], self.subject)
        self.assertTrue(claims["sub"].isascii() and len(claims["sub"]) <= 255)
        self.assertLess(now, claims["exp"])
        self.assertLessEqual(abs(claims["iat"] - now), 600)
        self.assertIs(type(claims["auth_time"]), int)
        self.assertEqual(claims.get("nonce"), nonce)
        if access:
            half = hashlib.sha256(access.encode()).digest()[:16]
            self.assertEqual(claims["at_hash"], b64url(half))
        return claims

    def userinfo(self, tokens):
        reply = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(reply.status, 200, reply.body)
        self.assertTrue(reply.headers["Content-Type"].startswith("application/json"))
        self.assertEqual(reply.json["sub"], self.subject)
        return reply.json

    def browser(self, login="ann"):
        browser = Browser(self.server)
        if login:
            browser.sign_in(login)
        return browser


class Rfc9700Case(ConformanceCase):
    """The client `wiki` uses PKCE, as RFC 9700 wants; `app` is one that may do without."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wiki = RelyingParty(cls.server, "Wiki", "--consent", "skip")

    def outcome(self, reply):
        self.assertEqual(reply.status, 303, reply.body)
        return query_of(reply.headers["Location"])

    def invalid_grant(self, reply):
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_grant"), reply.body)

    def is_alive(self, token):
        reply = self.server.get("/oauth2/userinfo", token=token)
        self.assertIn(reply.status, (200, 401))
        return reply.status == 200
