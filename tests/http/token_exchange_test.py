"""Token exchange (RFC 8693): an API gets a token for the next API in the place of its caller's, and
never for more than that."""

import json
import unittest

from harness import ServerCase, basic
from provider import Browser, RelyingParty, b64url, claims_of

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
ORDERS = "https://orders.example.org"
STOCK = "https://stock.example.org"
MAIL = "https://mail.example.org"
SCOPE = "openid email groups offline_access items:read items:write"


class TokenExchange(ServerCase):
    FLAGS = ("--server.public-url", "http://localhost:8080")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for api, scopes in ((ORDERS, ("items:read", "items:write")), (STOCK, ("items:read",)),
                            (MAIL, ())):
            flags = [flag for scope in scopes for flag in ("--scope", scope)]
            cls.server.command("resource", "add", api, "API", *flags)
        cls.app = RelyingParty(cls.server, "App", "--consent", "skip", "--resource", ORDERS)
        cls.gateway = cls.program("Gateway", "--grant", "token_exchange", "--resource", STOCK,
                                  "--set", "audiences=" + ORDERS)
        cls.stock = cls.program("Stock", "--set", "audiences=" + STOCK)
        cls.server.sign_up("ann", email="ann@example.org")

    @classmethod
    def program(cls, name, *flags):
        return RelyingParty(cls.server, name, *flags, redirect=None)

    def setUp(self):
        self.browser = Browser(self.server)
        self.browser.sign_in("ann")
        code = self.app.answer(self.browser, scope=SCOPE, resource=ORDERS)["code"]
        reply = self.app.exchange(code, resource=ORDERS)
        self.assertEqual(reply.status, 200, reply.body)
        self.tokens = reply.json
        self.subject = reply.json["access_token"]

    def ask(self, program=None, **changes):
        form = {"grant_type": GRANT, "subject_token": self.subject, "subject_token_type": ACCESS,
                "resource": STOCK, **changes}
        return (program or self.gateway).token(
            {name: value for name, value in form.items() if value is not None})

    def exchanged(self, program=None, **changes):
        reply = self.ask(program, **changes)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def state(self, token, program=None):
        program = program or self.stock
        reply = self.server.post("/oauth2/introspect", form={"token": token},
                                 headers=basic(program.id, program.secret))
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def assertRefused(self, error, program=None, **changes):
        reply = self.ask(program, **changes)
        self.assertEqual((reply.status, reply.json["error"]), (400, error), reply.body)

    def test_an_api_gets_a_token_for_the_next_one(self):
        reply = self.ask()
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        made = reply.json
        self.assertEqual((made["issued_token_type"], made["token_type"], made["scope"]),
                         (ACCESS, "Bearer", "email groups items:read"))
        self.assertNotIn("refresh_token", made)
        self.assertNotIn("id_token", made)
        first, claims = claims_of(self.subject), claims_of(made["access_token"])
        self.assertEqual((claims["aud"], claims["client_id"], claims["act"]),
                         (STOCK, self.gateway.id, {"sub": self.gateway.id}))
        self.assertEqual((claims["sub"], claims["sid"]), (first["sub"], first["sid"]))
        self.assertEqual(claims["groups"], first["groups"])
        self.assertLessEqual(claims["exp"], first["exp"])
        told = self.state(made["access_token"])
        self.assertTrue(told["active"])
        self.assertEqual((told["sub"], told["client_id"], told["act"], told["aud"]),
                         (first["sub"], self.gateway.id, {"sub": self.gateway.id}, STOCK))

    def test_it_opens_nothing_else(self):
        token = self.exchanged()["access_token"]
        self.assertEqual(self.server.get("/oauth2/userinfo", token=token).status, 401)
        self.assertEqual(self.server.me(token).status, 401)
        self.assertFalse(self.state(token, self.app)["active"])
        self.assertEqual(self.server.get("/auth/verify?aud=" + ORDERS, token=token).status, 403)
        seen = self.server.get("/auth/verify?aud=" + STOCK, token=token)
        self.assertEqual((seen.status, seen.headers["X-Auth-Client"]), (200, self.gateway.id))
        self.assertEqual(seen.headers["X-Auth-Subject"], claims_of(token)["sub"])

    def test_it_is_never_more_than_the_first_token(self):
        self.assertEqual(self.exchanged(scope="items:read")["scope"], "items:read")
        for scope in ("items:write", "openid", "offline_access", "profile"):
            self.assertRefused("invalid_scope", scope=scope)
        for target in (MAIL, ORDERS, "http://localhost:8080", "authd"):
            self.assertRefused("invalid_target", resource=target)
        self.assertRefused("invalid_target", resource=None)
        self.assertRefused("invalid_target", audience=MAIL)
        self.assertTrue(self.exchanged(resource=None, audience=STOCK)["access_token"])

    def test_who_may_exchange_which_token(self):
        stranger = self.program("Stranger", "--grant", "token_exchange", "--resource", STOCK)
        self.assertRefused("invalid_request", stranger)
        self.assertRefused("unauthorized_client", self.stock)
        # A token for userinfo is for no API.
        plain = self.app.tokens(self.browser, scope="openid email")["access_token"]
        self.assertRefused("invalid_request", subject_token=plain)
        for token in ("x", "x.y.z", self.tokens["refresh_token"],
                      self.server.log_in("ann").json["access_token"],
                      self.subject[:-4] + b64url(b"abc")):
            self.assertRefused("invalid_request", subject_token=token)

    def test_a_client_narrows_its_own_token_within_its_audience(self):
        both = RelyingParty(self.server, "Both", "--consent", "skip", "--resource", ORDERS,
                            "--resource", MAIL, "--grant", "authorization_code",
                            "--grant", "token_exchange")
        code = both.answer(self.browser, scope="openid items:read items:write",
                           resource=ORDERS)["code"]
        token = both.exchange(code).json["access_token"]
        made = self.exchanged(both, subject_token=token, resource=ORDERS, scope="items:read")
        self.assertEqual(made["scope"], "items:read")
        self.assertRefused("invalid_target", both, subject_token=token, resource=MAIL)

    def test_what_is_not_supported(self):
        self.assertRefused("invalid_request", actor_token=self.subject)
        self.assertRefused("invalid_request", subject_token=None)
        self.assertRefused("invalid_request", subject_token_type=None)
        self.assertRefused("invalid_request",
                           subject_token_type="urn:ietf:params:oauth:token-type:saml2")
        self.assertRefused("invalid_request",
                           requested_token_type="urn:ietf:params:oauth:token-type:refresh_token")
        self.assertTrue(self.exchanged(subject_token_type="urn:ietf:params:oauth:token-type:jwt",
                                       requested_token_type=ACCESS))
        done = self.server.command("client", "add", "Spa", "--public", "--redirect-uri",
                                   "https://spa.example/cb", "--grant", "authorization_code",
                                   "--grant", "token_exchange", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("token_exchange", done.err)

    def revoke(self, program, token):
        reply = self.server.post("/oauth2/revoke", form={"token": token},
                                 headers=basic(program.id, program.secret))
        self.assertEqual(reply.status, 200, reply.body)

    def test_it_ends_with_everything_that_it_comes_from(self):
        def sign_out():
            self.server.post("/api/v1/auth/logout/all",
                             token=self.server.log_in("ann").json["access_token"])

        def disable(program):
            self.server.command("client", "set", program.id, "disabled=true")
            self.addCleanup(self.server.command, "client", "set", program.id, "disabled=false")

        for end in (lambda token: self.revoke(self.gateway, token),
                    lambda token: self.revoke(self.app, self.subject),
                    lambda token: self.revoke(self.app, self.tokens["refresh_token"]),
                    lambda token: sign_out()):
            self.setUp()
            token = self.exchanged()["access_token"]
            self.assertTrue(self.state(token)["active"])
            end(token)
            self.assertFalse(self.state(token)["active"])
        for program in (self.app, self.gateway):
            self.setUp()
            token = self.exchanged()["access_token"]
            disable(program)
            self.assertFalse(self.state(token)["active"])
            self.doCleanups()
            self.assertTrue(self.state(token)["active"])

    def test_nobody_else_revokes_it(self):
        token = self.exchanged()["access_token"]
        reply = self.server.post("/oauth2/revoke", form={"token": token},
                                 headers=basic(self.app.id, self.app.secret))
        self.assertEqual((reply.status, reply.json["error"]), (400, "unauthorized_client"))
        self.assertTrue(self.state(token)["active"])

    def test_the_server_says_that_it_has_it(self):
        told = self.server.get("/.well-known/openid-configuration").json
        self.assertIn(GRANT, told["grant_types_supported"])
        shown = json.loads(self.server.command("client", "show", self.gateway.id, "--json").out)
        self.assertEqual(shown["grant_types"], [GRANT])
        before = self.exchanges()
        self.exchanged()
        self.assertEqual(self.exchanges(), before + 1)

    def exchanges(self):
        lines = self.server.get("/metrics").body.decode().splitlines()
        return next(int(float(line.split()[1])) for line in lines
                    if line.startswith("authd_token_exchanges_total "))


if __name__ == "__main__":
    unittest.main()
