"""Signing in with a provider that lies, changes its keys, or does not answer."""

import concurrent.futures
import itertools
import json
import time
import unittest

from harness import DEADLINE, Server, wait_until
from openid import Browser, HostileCase, HostileProvider, settings
from session_cookie_test import enrol


class Hostile(HostileCase):
    def test_tokens_that_lie_let_nobody_in(self):
        now = int(time.time())
        for claims in ({"nonce": "another"}, {"nonce": None}, {"aud": "somebody"},
                       {"aud": ["you", "somebody"]},
                       {"azp": "somebody"}, {"exp": now - 100}, {"iat": now + 1000},
                       {"iss": "https://id.example"},
                       {"sub": ""}, {"sub": None}):
            with self.subTest(claims):
                self.provider.claims = claims
                self.refused(self.sign_in(), 401, "invalid_id_token")

    def test_a_provider_with_a_slow_or_fast_clock_lets_people_in(self):
        now = int(time.time())
        # as Microsoft Entra
        for claims in ({"iat": now - 300, "nbf": now - 300, "exp": now + 3600},
                       {"iat": now - 1800, "exp": now + 1800},
                       {"iat": now + 200, "nbf": now + 200, "exp": now + 500}):
            with self.subTest(claims):
                self.provider.claims = claims
                self.assertEqual(self.sign_in().status, 200)
        for claims in ({"iat": now - 7200, "exp": now + 3600}, {"iat": now - 600, "exp": now - 300},
                       {"iat": now + 7200, "exp": now + 9000},
                       {"nbf": now + 7200, "exp": now + 9000}):
            with self.subTest(claims):
                self.provider.claims = claims
                self.refused(self.sign_in(), 401, "invalid_id_token")

    def test_nothing_is_linked_before_the_second_factor(self):
        # bcrypt of "U*U" (the test vectors of crypt_blowfish)
        line = {"type": "user", "username": "dave", "email": "dave@example.org",
                "email_verified": True,
                "password_hash": "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}
        self.server.command("import", "-", "--format", "jsonl", stdin=json.dumps(line) + "\n")
        token = self.server.log_in("dave", "U*U").json["access_token"]
        codes = enrol(lambda path, body=None: self.server.post("/api/v1/users/me/mfa/" + path, body,
                                                               token=token))
        linked = lambda: [i["subject"]
                          for i in self.server.get("/api/v1/users/me/identities",
                                                   token=token).json["identities"]]
        needed = {}
        for subject in ("evil-sub", "dave-sub"):
            self.provider.claims = {"sub": subject, "email": "dave@example.org"}
            reply = self.sign_in()
            self.assertEqual((reply.status, reply.json["mfa_required"]), (200, True), reply.body)
            needed[subject] = reply.json["mfa_token"]
        self.assertEqual(linked(), [])
        answer = lambda subject, code: self.server.post("/api/v1/auth/mfa",
                                                        {"mfa_token": needed[subject],
                                                         "code": code})
        self.refused(answer("evil-sub", "000000-x"), 401, "invalid_code")
        self.assertEqual(linked(), [])
        self.assertEqual(answer("dave-sub", codes[0]).status, 200)
        self.assertEqual(linked(), ["dave-sub"])
        # A login that waited with another identity is too late, even with a code.
        self.refused(answer("evil-sub", codes[1]), 409, "provider_linked")
        self.assertEqual(linked(), ["dave-sub"])

    def test_tokens_that_nobody_signed_let_nobody_in(self):
        for header, none in (({"alg": "none"}, True), ({"alg": "none"}, False),
                             ({"alg": "HS256"}, False),
                             ({"kid": "unknown"}, False), ({"jku": "http://127.0.0.1:1/"}, False),
                             ({"typ": "at+jwt"}, False)):
            with self.subTest(header):
                self.provider.header, self.provider.signs_with_none = header, none
                self.refused(self.sign_in(), 401, "invalid_id_token")
        self.provider.reset()
        self.assertEqual(self.sign_in().status, 200)

    def test_what_is_not_there_is_not_found(self):
        for path in ("none/start", "none/callback", "EVIL/start", "evil%20/start",
                     "x" * 300 + "/start"):
            self.refused(self.server.get("/api/v1/auth/providers/" + path), 404)
        self.assertEqual(self.server.post("/api/v1/auth/providers/evil/start", {}).status, 405)
        self.refused(self.server.get("/api/v1/auth/providers/evil/start", token="nonsense"), 401)

    def test_a_redirect_and_an_endless_answer_are_not_followed(self):
        self.provider.redirects_to = self.provider.issuer + "/secret"
        self.refused(self.sign_in(), 503, "provider_unavailable")
        self.assertNotIn("/secret", self.provider.asked)
        self.provider.reset()
        self.provider.pads_with = 1 << 20
        self.refused(self.sign_in(), 503, "provider_unavailable")
        self.provider.reset()
        self.assertEqual(self.sign_in().status, 200)


class KeysAndFailures(unittest.TestCase):
    """Each has its own server, because the server's knowledge of the provider is part of the
    test."""

    def setUp(self):
        self.provider = HostileProvider()
        self.addCleanup(self.provider.stop)

    def serve(self, provider=None, **more):
        provider = provider or self.provider
        server = Server(environment=settings("evil", provider.issuer, "me", "secret", **more))
        self.addCleanup(server.__exit__, None)
        return server

    def sign_in(self, server, provider=None):
        browser = Browser(server)
        return browser.get((provider or self.provider).come_back(browser.start("evil")))

    def test_rotated_keys_are_fetched_and_not_more_than_once_a_minute(self):
        server = self.serve()
        self.assertEqual(self.sign_in(server).status, 200)
        self.provider.new_key()
        self.assertEqual(self.sign_in(server).status, 200)
        self.assertEqual(self.provider.asked.count("/keys"), 2)
        self.provider.new_key()
        for _ in range(3):
            self.assertEqual(self.sign_in(server).status, 401)
        self.assertEqual(self.provider.asked.count("/keys"), 2)

    def test_a_discovery_of_somebody_else_is_not_believed(self):
        for wrong in ({"issuer": self.provider.issuer + "/"}, {"issuer": "https://id.example"},
                      {"token_endpoint": None},
                      {"jwks_uri": "file:///etc/passwd"},
                      {"token_endpoint": "http://192.0.2.1/token"}):
            with self.subTest(wrong):
                self.provider.discovery = wrong
                reply = self.serve().get("/api/v1/auth/providers/evil/start")
                self.assertEqual((reply.status, reply.json["error"]), (503, "provider_unavailable"))

    def test_a_provider_that_is_down_is_told_as_such(self):
        server = self.serve()
        browser = Browser(server)
        path = self.provider.come_back(browser.start("evil"))
        self.provider.server.shutdown()
        self.provider.server.server_close()
        reply = browser.get(path)
        self.assertEqual((reply.status, reply.json["error"]), (503, "provider_unavailable"))
        self.assertTrue(reply.headers["Retry-After"])
        server.logged(message="a provider does not answer as it should")
        reply = self.serve().get("/api/v1/auth/providers/evil/start")
        self.assertEqual(reply.status, 503)

    def test_a_slow_provider_holds_nobody_up_but_its_own(self):
        wait_until(self.holds_nobody_up,
                   "others to be served before the provider's ten seconds are over")

    def holds_nobody_up(self):
        """Whether all others got their replies while four waited; on a slow machine the provider's
        time may run out first."""
        server = self.serve()
        server.sign_up("ann")
        self.provider.hangs_at = "/.well-known/openid-configuration"
        self.provider.released.clear()
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            waiting = [pool.submit(server.get, "/api/v1/auth/providers/evil/start")
                       for _ in range(24)]
            # Four wait; the others are refused at once.
            done = list(itertools.islice(concurrent.futures.as_completed(waiting, timeout=DEADLINE),
                                         20))
            self.assertEqual([f.result().status for f in done], [503] * 20)
            self.assertTrue(all(f.result().headers["Retry-After"] for f in done))
            for _ in range(5):
                self.assertEqual(server.log_in("ann").status, 200)
                self.assertEqual(server.get("/health").status, 200)
            self.provider.released.set()
            return sorted(f.result().status for f in waiting) == [200] * 4 + [503] * 20

    def test_a_provider_that_never_answers_is_given_up(self):
        server = self.serve()
        self.provider.hangs_at = "/token"
        self.provider.released.clear()
        # before we give up, and before the provider answers after all
        self.assertEqual(self.sign_in(server).status, 503)

    def test_the_certificate_of_a_provider_is_checked(self):
        provider = HostileProvider(tls=True)
        self.addCleanup(provider.stop)
        server = self.serve(provider, ca_file=provider.path("tls.pem"))
        # Of the ten seconds for a provider, only three are for the handshake, which one of our
        # threads does.
        wait_until(lambda: self.sign_in(server, provider).status == 200, "a login by TLS")
        stranger = self.serve(provider)
        self.assertEqual(stranger.get("/api/v1/auth/providers/evil/start").status, 503)

    def test_a_login_is_limited_by_address(self):
        server = Server("--rate-limit.login", "5/1h",
                        environment=settings("evil", self.provider.issuer, "me"), limits=True)
        self.addCleanup(server.__exit__, None)
        statuses = [server.get("/api/v1/auth/providers/evil/start").status for _ in range(8)]
        self.assertEqual(statuses, [200] * 5 + [429] * 3)


if __name__ == "__main__":
    unittest.main()
