"""RFC 9700 and RFC 6749 at the endpoints for clients: how they authenticate, what a guess costs,
and what an error tells."""

import secrets
import unittest
import urllib.parse

from clocked import needs_clocked
from conformance import APP, Client, ConformanceCase, Rfc9700Case
from harness import basic
from provider import RelyingParty

# RFC 6749 sections 4.1.2.1 and 5.2: no quote, no backslash, nothing but ASCII.
DESCRIPTION = r"\A[\x20-\x21\x23-\x5b\x5d-\x7e]+\Z"


@needs_clocked
class ClientAuthentication(Rfc9700Case):
    """Section 2.5, and RFC 6749 sections 2.3 and 3.2."""

    ENDPOINTS = ("/oauth2/token", "/oauth2/introspect", "/oauth2/revoke")

    def form(self, path):
        return {"grant_type": "client_credentials"} if path.endswith("token") else {"token": "x"}

    def test_only_post_is_known(self):
        for path in self.ENDPOINTS:
            for method in ("GET", "PUT", "DELETE", "PATCH"):
                reply = self.server.request(method, path, headers=basic(self.wiki.id,
                                                                        self.wiki.secret))
                self.assertEqual(reply.status, 405, (method, path))
                self.assertIn("POST", reply.headers["Allow"])

    def test_credentials_in_the_address_do_not_count(self):
        for path in self.ENDPOINTS:
            reply = self.server.post("%s?client_id=%s&client_secret=%s" % (
                path, self.wiki.id, self.wiki.secret), form=self.form(path))
            self.assertIn(reply.status, (400, 401))

    def test_repeated_parameters_are_refused(self):
        for path in self.ENDPOINTS:
            right = list(self.form(path).items())
            for extra in (right[0], ("client_id", self.wiki.id), ("scope", "openid")):
                with self.subTest(path, extra=extra):
                    pairs = right + [extra] + ([] if extra in right else [extra])
                    reply = self.server.post(path, form=pairs,
                                             headers=basic(self.wiki.id, self.wiki.secret))
                    self.assertEqual((reply.status, reply.json["error"]),
                                     (400, "invalid_request"))

    def test_a_repeated_code_is_not_redeemed(self):
        code = self.wiki.answer(self.browser())["code"]
        reply = self.wiki.token([("grant_type", "authorization_code"), ("code", code),
                                 ("code", code), ("redirect_uri", APP),
                                 ("code_verifier", self.wiki.verifier)])
        self.assertEqual(reply.json["error"], "invalid_request")
        self.assertEqual(self.wiki.exchange(code).status, 200)

    def repeat(self, name, value=None):
        wanted = list(self.wiki.parameters().items())
        pairs = wanted + [(name, dict(wanted)[name] if value is None else value)]
        reply = self.browser().get("/oauth2/authorize?" + urllib.parse.urlencode(pairs))
        self.assertNotIn("code=", reply.headers.get("Location", ""))
        self.assertNotIn("evil", reply.headers.get("Location", ""))
        if reply.status == 303:
            self.assertEqual(self.outcome(reply)["error"], "invalid_request")
        else:
            self.assertEqual(reply.status, 400)

    PARAMETERS = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce",
                  "code_challenge", "code_challenge_method")

    def test_two_values_of_a_parameter_of_an_authorization_request_are_refused(self):
        for name in self.PARAMETERS:
            with self.subTest(name):
                self.repeat(name, "https://evil.example/")

    def test_a_parameter_of_an_authorization_request_is_not_there_twice(self):
        """RFC 6749 section 4.1.2.1: even with the same value."""
        for name in self.PARAMETERS:
            with self.subTest(name):
                self.repeat(name)

    def test_two_authentications_are_refused(self):
        for path in self.ENDPOINTS:
            with self.subTest(path):
                reply = self.server.post(
                    path, form={**self.form(path), "client_id": self.wiki.id,
                                "client_secret": self.wiki.secret},
                    headers=basic(self.wiki.id, self.wiki.secret))
                self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"))

    def test_two_headers_are_refused(self):
        line = "Authorization: %s\r\n" % basic(self.wiki.id, self.wiki.secret)["Authorization"]
        body = "token=x"
        for path in ("/oauth2/introspect", "/oauth2/revoke"):
            answer = self.server.raw((
                "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s"
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
                % (path, line, line, len(body), body)).encode())
            self.assertIn(answer.split(b" ")[1], (b"400", b"401"), answer)

    def test_the_form_names_no_other_client_than_the_header(self):
        for path in self.ENDPOINTS:
            with self.subTest(path):
                reply = self.server.post(path, form={**self.form(path),
                                                     "client_id": self.other.id},
                                         headers=basic(self.wiki.id, self.wiki.secret))
                self.assertIn((reply.status, reply.json.get("error")),
                              ((400, "invalid_request"), (401, "invalid_client")))

    def test_unknown_and_known_clients_get_the_same_text(self):
        off = RelyingParty(self.server, "Off")
        self.server.command("client", "set", off.id, "disabled=true")
        spa = RelyingParty(self.server, "Spa", public=True)
        post = RelyingParty(self.server, "Post", "--auth-method", "client_secret_post")

        def plain(reply):
            members = reply.json
            del members["request_id"]
            headers = {name: value for name, value in reply.headers.items()
                       if name not in ("X-Request-ID", "Date")}
            return reply.status, members, headers

        for path in self.ENDPOINTS:
            replies = [
                self.server.post(path, form=self.form(path), headers=basic(client_id, secret))
                for client_id, secret in (("authd_client_000000000000000000", "wrong"),
                                          (self.wiki.id, "wrong"), (self.wiki.id, ""),
                                          (self.wiki.id, off.secret), (off.id, off.secret),
                                          (off.id, "wrong"), (spa.id, "wrong"),
                                          (post.id, post.secret), ("", ""), ("x" * 1000, "x"))]
            replies += [self.server.post(path, form={**self.form(path), **more})
                        for more in ({}, {"client_id": "nobody"}, {"client_id": self.wiki.id},
                                     {"client_id": self.wiki.id, "client_secret": "wrong"})]
            for reply in replies:
                self.assertEqual(plain(reply), plain(replies[0]))
            self.assertEqual(replies[0].status, 401)
            self.assertTrue(replies[0].headers["WWW-Authenticate"].startswith("Basic"))

    def test_json_is_no_form(self):
        for path in self.ENDPOINTS:
            reply = self.server.post(path, self.form(path),
                                     headers=basic(self.wiki.id, self.wiki.secret))
            self.assertIn(reply.status, (400, 415))
            self.assertEqual(reply.json["error"], "invalid_request")

    def test_error_descriptions_have_no_other_characters_than_allowed(self):
        browser = self.browser()
        app = RelyingParty(self.server, "Narrow", "--consent", "skip", "--scope", "openid")
        found = {}
        for change in ({"response_type": None}, {"response_type": "token"}, {"scope": None},
                       {"scope": "email"}, {"request": "x"}, {"request_uri": "https://x"},
                       {"registration": "{}"}, {"response_mode": "fragment"},
                       {"code_challenge": None}, {"code_challenge": "x"},
                       {"code_challenge_method": "plain"}, {"prompt": "x"},
                       {"prompt": "none login"}, {"max_age": "x"}, {"claims": "{"},
                       {"nonce": "n" * 2000},
                       {"resource": "https://x.example"}):
            answer = self.outcome(app.begin(browser, **change))
            found["authorize", str(change)[:60]] = answer["error_description"]
        for form in ({}, {"grant_type": "x"}, {"grant_type": "password"},
                     {"grant_type": "authorization_code"}, {"grant_type": "refresh_token"},
                     {"grant_type": "client_credentials"},
                     {"grant_type": "authorization_code", "code": "x"},
                     [("grant_type", "x"), ("grant_type", "x")], [("a\"\\", "x"), ("a\"\\", "x")]):
            found["token", str(form)] = app.token(form).json["error_description"]
        for path in ("/oauth2/introspect", "/oauth2/revoke"):
            found[path] = self.server.post(path, form={}, headers=basic(
                app.id, app.secret)).json["error_description"]
        found["userinfo"] = self.server.get("/oauth2/userinfo").json["error_description"]
        for where, description in found.items():
            with self.subTest(where):
                self.assertRegex(description, DESCRIPTION)


@needs_clocked
class Guessing(ConformanceCase):
    LIMITS = True

    def test_guessing_a_client_secret_is_limited(self):
        """Wrong secrets are counted for their address. A right one passes: no secret has fewer
        than 32 characters, so nobody guesses one, and a neighbour of the application cannot lock
        it out."""
        app = Client(self.server, "Weak")
        with self.server.standing_clock():
            for _ in range(300):
                reply = app.token({"grant_type": "x"}, secret=secrets.token_hex(8))
                if reply.status == 429:
                    break
                self.assertEqual(reply.status, 401)
            self.assertEqual(reply.status, 429)
            self.assertGreater(int(reply.headers["Retry-After"]), 0)
            for path in ("/oauth2/introspect", "/oauth2/revoke"):
                there = self.server.post(path, form={"token": "x"},
                                         headers=basic(app.id, "wrong"))
                self.assertEqual(there.status, 429)
            right = app.token({"grant_type": "x"})
            self.assertEqual(right.json["error"], "unsupported_grant_type")


if __name__ == "__main__":
    unittest.main()
