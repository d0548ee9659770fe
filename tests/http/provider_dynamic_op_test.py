"""The plan oidcc-dynamic-certification of the OpenID conformance suite, for a client that registers
itself: each test has the name of the module that it does the work of. docs/conformance.md says
which modules have their tests elsewhere, and which are refused on purpose."""

import json
import tempfile
import time
import unittest
import uuid

from conformance import is_signed_with, unb64
from harness import ServerCase, wait_until
from own_key import OwnKey
from provider import Browser, Client, query_of

REDIRECT = "https://app.example/callback"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def part(jwt, which):
    return json.loads(unb64(jwt.split(".")[which]))


class DynamicCase(ServerCase):
    # Each server registers 20 clients of an address in a day.
    FLAGS = ("--provider.registration", "open")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann", email="ann@example.org")
        cls.subject = cls.server.log_in("ann").json["user"]["subject"]
        cls.discovery = cls.server.get("/.well-known/openid-configuration").json
        wait_until(lambda: len(cls.keys()) == 6, "the keys of three algorithms")

    @classmethod
    def keys(cls):
        return {key["kid"]: key for key in cls.server.get("/.well-known/jwks.json").json["keys"]}

    def register(self, redirects=(REDIRECT,), status=201, **metadata):
        reply = self.server.post("/oauth2/register",
                                 {"redirect_uris": list(redirects), **metadata})
        self.assertEqual(reply.status, status, reply.body)
        return reply.json

    def app(self, redirects=(REDIRECT,), **metadata):
        made = self.register(redirects, **metadata)
        return Client(self.server, made["client_id"], made.get("client_secret", ""), redirects[0])

    def browser(self):
        browser = Browser(self.server)
        browser.sign_in("ann")
        return browser

    def is_a_page(self, reply):
        self.assertEqual(reply.status, 400, reply.headers["Location"])
        self.assertNotIn("Location", reply.headers)
        self.assertTrue(reply.headers["Content-Type"].startswith("text/html"))


class RedirectUris(DynamicCase):
    def test_oidcc_redirect_uri_query_ok(self):
        app = self.app([REDIRECT + "?foo=bar"])
        answer = app.answer(self.browser())
        self.assertEqual(answer["foo"], "bar")
        self.assertEqual(app.exchange(answer["code"]).status, 200)

    def test_oidcc_redirect_uri_query_mismatch(self):
        app = self.app([REDIRECT + "?foo=bar"])
        for sent in (REDIRECT + "?foo=baz", REDIRECT, REDIRECT + "?foo=bar&foo=bar"):
            self.is_a_page(app.begin(self.browser(), redirect_uri=sent))

    def test_oidcc_redirect_uri_query_added(self):
        self.is_a_page(self.app().begin(self.browser(), redirect_uri=REDIRECT + "?foo=bar"))

    def test_oidcc_redirect_uri_regfrag(self):
        refused = self.register([REDIRECT + "#foo"], 400)
        self.assertEqual(refused["error"], "invalid_redirect_uri")

    def test_oidcc_ensure_redirect_uri_in_authorization_request(self):
        app = self.app([REDIRECT, "https://app.example/other"])
        self.is_a_page(app.begin(self.browser(), redirect_uri=None))


class Tokens(DynamicCase):
    def test_oidcc_server(self):
        tokens = self.app().tokens(self.browser())
        claims = part(tokens["id_token"], 1)
        self.assertEqual((claims["iss"], claims["sub"]), (self.discovery["issuer"], self.subject))

    def test_oidcc_discovery_endpoint_verification(self):
        self.assertTrue(self.discovery["registration_endpoint"].endswith("/oauth2/register"))

    def test_oidcc_idtoken_rs256(self):
        app = self.app(id_token_signed_response_alg="RS256")
        token = app.tokens(self.browser())["id_token"]
        self.assertEqual(part(token, 0)["alg"], "RS256")
        self.assertTrue(is_signed_with(self.keys()[part(token, 0)["kid"]], token))

    def test_oidcc_idtoken_unsigned(self):
        refused = self.register(status=400, id_token_signed_response_alg="none")
        self.assertEqual(refused["error"], "invalid_client_metadata")
        self.assertNotIn("none", self.discovery["id_token_signing_alg_values_supported"])

    def test_oidcc_userinfo_rs256(self):
        app = self.app(userinfo_signed_response_alg="RS256")
        tokens = app.tokens(self.browser())
        reply = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(reply.headers["Content-Type"], "application/jwt")
        jwt = reply.body.decode()
        self.assertTrue(is_signed_with(self.keys()[part(jwt, 0)["kid"]], jwt))
        self.assertEqual((part(jwt, 1)["iss"], part(jwt, 1)["aud"], part(jwt, 1)["sub"]),
                         (self.discovery["issuer"], app.id, self.subject))

    def test_oidcc_server_rotate_keys(self):
        app = self.app()
        before = self.keys()
        old = app.tokens(self.browser())["id_token"]
        self.server.command("key", "rotate", "--algorithm", "RS256")
        new = app.tokens(self.browser())["id_token"]
        self.assertNotEqual(part(old, 0)["kid"], part(new, 0)["kid"])
        # The new key had been there before it signed, and the old one stays.
        self.assertIn(part(new, 0)["kid"], before)
        for token in (old, new):
            self.assertTrue(is_signed_with(self.keys()[part(token, 0)["kid"]], token))

    def test_oidcc_refresh_token(self):
        app = self.app(grant_types=["authorization_code", "refresh_token"])
        first = app.tokens(self.browser(), scope="openid offline_access")
        second = app.refresh(first["refresh_token"])
        self.assertEqual(second.status, 200, second.body)
        self.assertNotEqual(second.json["access_token"], first["access_token"])
        for name in ("iss", "sub", "aud", "auth_time"):
            self.assertEqual(part(second.json["id_token"], 1)[name],
                             part(first["id_token"], 1)[name])

    def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(self):
        with tempfile.TemporaryDirectory(prefix="authd-test-") as folder:
            key = OwnKey(folder)
            made = self.register(token_endpoint_auth_method="private_key_jwt",
                                 jwks={"keys": [key.jwk(kid="one")]})
            app = Client(self.server, made["client_id"], "", REDIRECT)
            code = app.answer(self.browser())["code"]
            now = int(time.time())
            assertion = key.sign({"alg": "ES256", "kid": "one"}, {
                "iss": app.id, "sub": app.id, "aud": self.discovery["issuer"],
                "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60})
            reply = app.exchange(code, client_assertion_type=ASSERTION,
                                 client_assertion=assertion)
            self.assertEqual(reply.status, 200, reply.body)


class Metadata(DynamicCase):
    def test_oidcc_registration_policy_uri_and_tos_uri(self):
        told = {"policy_uri": "https://app.example/privacy", "tos_uri": "https://app.example/tos"}
        made = self.register(**told)
        app = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        browser = self.browser()
        place = query_of(app.begin(browser).headers["Location"])["request"]
        shown = browser.get("/api/v1/oauth/requests/" + place).json["client"]
        for name, address in told.items():
            self.assertEqual(made[name], address)
            self.assertEqual(shown[name], address)

    def test_oidcc_registration_logo_uri(self):
        """Refused on purpose: a logo comes from an administrator, never from a stranger."""
        made = self.register(logo_uri="https://app.example/logo.png")
        self.assertNotIn("logo_uri", made)
        app = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        browser = self.browser()
        place = query_of(app.begin(browser).headers["Location"])["request"]
        shown = browser.get("/api/v1/oauth/requests/" + place).json["client"]
        self.assertEqual(shown["logo_uri"], "")

    def test_oidcc_registration_jwks_uri(self):
        made = self.register(token_endpoint_auth_method="private_key_jwt",
                             jwks_uri="https://app.example/jwks.json")
        self.assertEqual(made["jwks_uri"], "https://app.example/jwks.json")
        self.assertNotIn("client_secret", made)

    def test_oidcc_registration_sector_bad(self):
        for sector in ("https://localhost:9/sector.json", "http://app.example/sector.json"):
            refused = self.register(status=400, subject_type="pairwise",
                                    sector_identifier_uri=sector)
            self.assertEqual(refused["error"], "invalid_client_metadata")

    def test_oidcc_request_uri_unsigned_and_signed(self):
        """Refused on purpose: this server fetches nothing because a browser says so."""
        self.assertIs(self.discovery["request_uri_parameter_supported"], False)
        app = self.app()
        browser = self.browser()
        app.tokens(browser)
        reply = app.begin(browser, request_uri="https://app.example/request.jwt")
        self.assertEqual(query_of(reply.headers["Location"])["error"], "request_uri_not_supported")


if __name__ == "__main__":
    unittest.main()
