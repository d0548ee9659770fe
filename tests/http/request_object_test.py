"""Authorization requests that the application has signed (RFC 9101)."""

import json
import os
import tempfile
import time
import unittest
import urllib.parse

from harness import PASSWORD, basic
from own_key import OwnKey, b64
from provider import RelyingParty, path_of, query_of
from provider_test import ISSUER, ProviderCase


class SignedCase(ProviderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.key = OwnKey(cls.folder.name)
        cls.jwks = json.dumps({"keys": [cls.key.jwk(kid=os.path.basename(cls.key.path))]})

    def app(self, *flags):
        return RelyingParty(self.server, "Wiki", "--set", "jwks=" + self.jwks, *flags)

    def claims(self, app, **changes):
        """Those of a right object of the application."""
        wanted = {"iss": app.id, "aud": ISSUER, "exp": int(time.time()) + 60, **app.parameters(),
                  **changes}
        return {name: value for name, value in wanted.items() if value is not None}

    def object(self, app, key=None, header=None, **changes):
        return (key or self.key).sign({"alg": "ES256", **(header or {})},
                                      self.claims(app, **changes))

    def begin(self, app, browser, request, **outside):
        return browser.get("/oauth2/authorize?" + "&".join(
            "%s=%s" % pair for pair in {"client_id": app.id, "request": request,
                                        **outside}.items()))

    def error(self, app, reply):
        self.assertEqual(reply.status, 303, reply.body)
        self.assertTrue(reply.headers["Location"].startswith(app.redirect))
        return query_of(reply.headers["Location"])["error"]


class Signed(SignedCase):
    def test_the_object_says_all_and_nothing_beside_it_counts(self):
        app = self.app()
        request = self.object(app, scope="openid email")
        browser = self.browser()
        reply = self.begin(app, browser, request, scope="openid%20phone", state="outside",
                           redirect_uri="https://evil.example/", prompt="none")
        self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))
        text = query_of(path_of(reply))["request"]
        self.assertEqual(browser.get("/api/v1/oauth/requests/" + text).json["scopes"],
                         ["openid", "email"])
        reply = app.allow(browser, reply)
        answer = query_of(reply.headers["Location"])
        self.assertTrue(reply.headers["Location"].startswith(app.redirect))
        self.assertEqual(answer["state"], app.state)
        issued = app.exchange(answer["code"])
        self.assertEqual(issued.status, 200, issued.body)
        self.assertEqual(issued.json["scope"], "openid email")

    def test_it_waits_while_the_person_signs_in(self):
        app = self.app()
        browser = self.browser(login=None)
        reply = self.begin(app, browser, self.object(app))
        self.assertTrue(path_of(reply).startswith("/signin?"), path_of(reply))
        browser.sign_in("ann", PASSWORD)
        reply = browser.get(query_of(path_of(reply))["return_to"])
        self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))
        # The keys that signed it are gone meanwhile.
        self.server.command("client", "set", app.id, "jwks=")
        reply = browser.get("/oauth2/authorize/" + query_of(path_of(reply))["request"])
        self.assertEqual(self.error(app, reply), "request_not_supported")

    def test_by_post(self):
        app = self.app()
        reply = self.server.post("/oauth2/authorize", form={"client_id": app.id,
                                                            "request": self.object(app)})
        self.assertEqual(reply.status, 303, reply.body)
        reply = self.browser().get(path_of(reply))
        self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))

    def test_one_that_is_pushed_is_verified_then_and_not_again(self):
        app = self.app("--set", "require_signed_request_object=true")
        browser = self.browser()

        def push(**form):
            return self.server.post("/oauth2/par", form=form, headers=basic(app.id, app.secret))

        self.assertEqual(push(request="x").json["error"], "invalid_request_object")
        self.assertEqual(push(**app.parameters(client_id=None)).json["error"], "invalid_request")
        pushed = push(request=self.object(app, scope="openid email"), state="outside")
        self.assertEqual(pushed.status, 201, pushed.body)
        reply = browser.get("/oauth2/authorize?" + urllib.parse.urlencode(
            {"client_id": app.id, "request_uri": pushed.json["request_uri"]}))
        self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))
        # The application has a new key meanwhile.
        key = OwnKey(self.folder.name, "next")
        self.server.command("client", "set", app.id, "jwks=" + json.dumps(
            {"keys": [key.jwk(kid="next")]}))
        answer = query_of(app.allow(browser, reply).headers["Location"])
        self.assertEqual(answer.get("state"), app.state, answer)
        issued = app.exchange(answer["code"])
        self.assertEqual(issued.status, 200, issued.body)
        self.assertEqual(issued.json["scope"], "openid email")

    def test_what_is_not_accepted(self):
        app = self.app()
        other = self.app()
        stranger = OwnKey(self.folder.name, "stranger")
        browser = self.browser()
        now = int(time.time())
        unsigned = ".".join(b64(json.dumps(part).encode())
                            for part in ({"alg": "none"}, self.claims(app))) + "."
        for request in (unsigned, "x", "a.b.c.d.e", self.object(app, key=stranger),
                        self.object(other), self.object(app, iss=None),
                        self.object(app, aud="https://other.example"),
                        self.object(app, client_id=other.id), self.object(app, exp=now - 120),
                        self.object(app, exp=now + 7200), self.object(app, nbf=now + 120),
                        self.object(app, request="x"), self.object(app, request_uri="x"),
                        self.object(app, sub=app.id),
                        self.object(app, header={"typ": "client-authentication+jwt"})):
            self.assertEqual(self.error(app, self.begin(app, browser, request)),
                             "invalid_request_object", request)

    def test_without_an_address_that_is_proved_the_person_is_told(self):
        app = self.app()
        reply = self.begin(app, self.browser(), "x", redirect_uri="https://evil.example/")
        self.assertEqual(reply.status, 400)
        self.assertNotIn("Location", reply.headers)

    def test_a_client_that_must_sign(self):
        app = self.app("--set", "require_signed_request_object=true")
        browser = self.browser()
        self.assertEqual(self.error(app, app.begin(browser)), "invalid_request")
        reply = self.begin(app, browser, self.object(app))
        self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))

    def test_a_client_without_keys(self):
        app = RelyingParty(self.server, "Bare")
        reply = app.begin(self.browser(), request=self.object(app))
        self.assertEqual(self.error(app, reply), "request_not_supported")

    def test_discovery_says_so(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertIs(document["request_parameter_supported"], True)
        self.assertIs(document["require_signed_request_object"], False)
        self.assertEqual(set(document["request_object_signing_alg_values_supported"]),
                         {"RS256", "PS256", "ES256", "EdDSA"})


if __name__ == "__main__":
    unittest.main()
