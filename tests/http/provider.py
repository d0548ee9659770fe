"""A client of authd's OpenID Connect provider, and a browser for it, without any library: the tests
of the protocol must be able to do everything wrong."""

import base64
import hashlib
import json
import secrets
import time
import urllib.parse

from harness import PASSWORD, basic
from session_cookie_test import cookie_of


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(jwt):
    """The claims, unverified."""
    payload = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def pass_this_millisecond():
    """Until the clock shows another one: a login is for a request if it is younger, and the server
    counts milliseconds. No person is that fast, but these tests are."""
    begin = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == begin:
        pass


class Browser:
    """Keeps the session cookie, and goes where it is sent as long as that is this server."""

    def __init__(self, server):
        self.server = server
        self.session = ""
        self.csrf = ""

    def sign_in(self, login, password=PASSWORD, **more):
        pass_this_millisecond()
        reply = self.server.post("/api/v1/auth/login",
                                 {"login": login, "password": password, **more},
                                 headers={"X-Authd-Session": "cookie", **self.cookies()})
        assert reply.status == 200, reply.body
        self.keep(reply)
        self.csrf = reply.json["csrf_token"]
        pass_this_millisecond()
        return reply

    def cookies(self):
        return {"Cookie": "authd_session=" + self.session} if self.session else {}

    def keep(self, reply):
        morsel = cookie_of(reply)
        if morsel is not None:
            self.session = morsel.value

    def get(self, path, **headers):
        reply = self.server.get(path, headers={**self.cookies(), **headers})
        self.keep(reply)
        return reply

    def post(self, path, body=None, form=None, **headers):
        reply = self.server.post(path, body, form=form, headers={
            **self.cookies(), "X-CSRF-Token": self.csrf, **headers})
        self.keep(reply)
        return reply

    def request(self, method, path, body=None):
        return self.server.request(method, path, body, headers={
            **self.cookies(), "X-CSRF-Token": self.csrf})

    def delete(self, path):
        return self.request("DELETE", path)


def path_of(reply):
    """Path and query of the address to which the reply leads."""
    target = urllib.parse.urlsplit(reply.headers["Location"])
    return target.path + ("?" + target.query if target.query else "")


def query_of(address):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


class Client:
    """A client with this id and secret (empty: a public one)."""

    def __init__(self, server, client_id, secret, redirect="https://app.example/callback"):
        self.server = server
        self.redirect = redirect
        self.id = client_id
        self.secret = secret
        self.verifier = ""
        self.state = ""
        self.nonce = ""

    def parameters(self, **changes):
        """Of a right authorization request, with changes; None leaves a parameter out."""
        self.verifier = b64url(secrets.token_bytes(32))
        self.state = secrets.token_hex(8)
        self.nonce = secrets.token_hex(8)
        challenge = b64url(hashlib.sha256(self.verifier.encode()).digest())
        wanted = {"client_id": self.id, "redirect_uri": self.redirect, "response_type": "code",
                  "scope": "openid profile email", "state": self.state, "nonce": self.nonce,
                  "code_challenge": challenge, "code_challenge_method": "S256", **changes}
        return {name: value for name, value in wanted.items() if value is not None}

    def address(self, **changes):
        return "/oauth2/authorize?" + urllib.parse.urlencode(self.parameters(**changes), True)

    def begin(self, browser, **changes):
        return browser.get(self.address(**changes))

    def allow(self, browser, reply, decision="allow"):
        """Answers on the consent page to which the reply leads, and goes on."""
        text = query_of(path_of(reply))["request"]
        answer = browser.post("/api/v1/oauth/requests/" + text, {"decision": decision})
        assert answer.status == 200, answer.body
        return browser.get(answer.json["redirect_to"])

    def answer(self, browser, **changes):
        """The parameters of the answer, after consent if that is asked for."""
        reply = self.begin(browser, **changes)
        if reply.status == 303 and path_of(reply).startswith("/consent?"):
            reply = self.allow(browser, reply)
        assert reply.status == 303, (reply.status, reply.body)
        assert reply.headers["Location"].startswith(self.redirect), reply.headers["Location"]
        return query_of(reply.headers["Location"])

    def token(self, form, secret=None):
        secret = self.secret if secret is None else secret
        if not secret:
            return self.server.post("/oauth2/token", form={"client_id": self.id, **form})
        return self.server.post("/oauth2/token", form=form,
                                headers=basic(self.id, secret))

    def exchange(self, code, **changes):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
                "code_verifier": self.verifier, **changes}
        return self.token({name: value for name, value in form.items() if value is not None})

    def refresh(self, token, **more):
        return self.token({"grant_type": "refresh_token", "refresh_token": token, **more})

    def tokens(self, browser, **changes):
        reply = self.exchange(self.answer(browser, **changes)["code"])
        assert reply.status == 200, reply.body
        return reply.json


class RelyingParty(Client):
    """A client that is registered by the command line."""

    def __init__(self, server, name="App", *flags, redirect="https://app.example/callback",
                 public=False):
        arguments = ["--redirect-uri", redirect] if redirect else []
        if public:
            arguments.append("--public")
        done = server.command("client", "add", name, *arguments, *flags, "--json")
        made = json.loads(done.out)
        super().__init__(server, made["client_id"], made.get("client_secret", ""), redirect)
