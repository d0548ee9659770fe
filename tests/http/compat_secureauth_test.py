"""The API of secureauth, as its client uses it."""

import datetime
import json
import unittest

from clocked import Clocked
from compat import CompatCase, life_of, totp
from harness import PASSWORD, claims_of


class SecureauthCase(CompatCase):
    def sign_up_here(self, email, password=PASSWORD):
        return self.server.post("/users", {"email": email, "password": password})

    def log_in_here(self, email, password=PASSWORD, **more):
        return self.server.post("/auth/login", {"email": email, "password": password, **more})

    def member(self, name):
        email = name + "@example.org"
        self.said(self.sign_up_here(email), "User created", 201)
        return self.log_in_here(email).json["access_token"]


class Secureauth(SecureauthCase):
    def test_the_life_of_a_client(self):
        reply = self.sign_up_here("ann@example.org")
        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.json, {"message": "User created"})
        self.assertNotIn("Set-Cookie", reply.headers)
        reply = self.log_in_here("ann@example.org")
        self.assertEqual(reply.status, 200)
        self.assertEqual(list(reply.json), ["access_token"])
        token = reply.json["access_token"]
        self.assertEqual(life_of(token), 3600)
        reply = self.server.get("/users/me", token=token)
        self.assertEqual(reply.status, 200)
        self.assertEqual(sorted(reply.json), ["created_at", "email", "id"])
        self.assertEqual(reply.json["email"], "ann@example.org")
        self.assertIsInstance(reply.json["id"], int)
        made = datetime.datetime.fromisoformat(reply.json["created_at"].replace("Z", "+00:00"))
        self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - made).total_seconds()),
                        3600)

    def test_health(self):
        reply = self.server.get("/health")
        self.assertEqual((reply.status, reply.json["status"]), (200, "ok"))

    def test_signing_up_twice_is_a_conflict(self):
        self.said(self.sign_up_here("twice@example.org"), "User created", 201)
        self.failed(self.sign_up_here("twice@example.org"), 409, "email_taken", "email")
        self.failed(self.sign_up_here("TWICE@Example.org", "another battery"), 409, "email_taken",
                    "email")

    def test_bad_sign_ups(self):
        good = {"email": "bad@example.org", "password": PASSWORD}
        self.bad_bodies("POST", "/users", good, ("email", "password"))
        for address in ("no-address", "a@b", "a b@example.org", "a@example.org\n",
                        "x" * 300 + "@example.org"):
            self.failed(self.sign_up_here(address), 400, field="email")
        self.failed(self.sign_up_here("bad@example.org", "short"), 400, "weak_password", "password")
        self.failed(self.sign_up_here("bad@example.org", "x" * 300), 400, field="password")
        self.wrong_methods("/users", ("GET", "PUT", "DELETE", "PATCH"))
        # Nothing was written.
        self.failed(self.log_in_here("bad@example.org"), 401, "invalid_credentials")

    def test_bad_logins_are_all_the_same(self):
        self.member("login")
        wrong = self.failed(self.log_in_here("login@example.org", "wrong password"), 401,
                            "invalid_credentials")
        unknown = self.failed(self.log_in_here("nobody@example.org", "wrong password"), 401,
                              "invalid_credentials")
        self.assertEqual({**wrong, "request_id": ""}, {**unknown, "request_id": ""})
        good = {"email": "login@example.org", "password": PASSWORD}
        self.bad_bodies("POST", "/auth/login", good, ("email", "password"))
        self.failed(self.log_in_here("login@example.org", mfa_code=7), 400, field="mfa_code")
        self.wrong_methods("/auth/login", ("GET", "PUT", "DELETE"))

    def test_bad_tokens(self):
        token = self.member("tokens")
        self.bad_tokens(lambda t: self.server.get("/users/me", token=t), token)
        self.failed(self.server.get("/users/me", headers={"Authorization": "Basic eDp5"}), 401)
        self.failed(self.server.get("/users/me", token=self.expired_token("tokens@example.org")),
                    401, "invalid_token")
        self.wrong_methods("/users/me", ("POST", "PUT", "DELETE"))

    def test_what_ends_a_token(self):
        for what in ("logout", "disable"):
            token = self.member(what)
            self.server.command("user", what, what + "@example.org")
            self.failed(self.server.get("/users/me", token=token), 401, "invalid_token")
        self.failed(self.log_in_here("disable@example.org"), 403, "account_disabled")
        token = self.member("gone")
        self.server.command("user", "delete", "gone@example.org")
        self.failed(self.server.get("/users/me", token=token), 401, "invalid_token")
        self.failed(self.log_in_here("gone@example.org"), 401, "invalid_credentials")

    def test_its_session_ends_with_its_token(self):
        token = self.member("session")
        sessions = self.server.get("/api/v1/users/me/sessions", token=token).json["sessions"]
        self.assertEqual(len(sessions), 1)  # the sign-up created none
        end = datetime.datetime.fromisoformat(
            sessions[0]["expires_at"].replace("Z", "+00:00")).timestamp()
        self.assertLessEqual(abs(end - claims_of(token)["exp"]), 1)

    def test_an_account_without_an_email(self):
        token = self.server.sign_up("nameonly").json["access_token"]
        self.assertIsNone(self.server.get("/users/me", token=token).json["email"])

    def test_a_second_factor_is_asked_for(self):
        token = self.member("factor")
        setup = self.server.post("/api/v1/users/me/mfa/totp", token=token).json
        code = totp(setup["secret"])
        self.assertEqual(self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": code},
                                          token=token).status, 200)
        reply = self.log_in_here("factor@example.org")
        error = self.failed(reply, 401, "mfa_required")
        self.assertNotIn("access_token", reply.json)
        self.assertEqual(error["methods"], ["totp", "recovery_code"])
        self.failed(self.log_in_here("factor@example.org", mfa_code="000000"), 401, "invalid_code")
        recovery = self.server.post("/api/v1/users/me/mfa/recovery-codes",
                                    token=token).json["recovery_codes"]
        self.assertEqual(self.log_in_here("factor@example.org", mfa_code=recovery[0]).status, 200)
        # Without the password, the reply does not mention it.
        self.failed(self.log_in_here("factor@example.org", "wrong password"), 401,
                    "invalid_credentials")


class Guessing(SecureauthCase):
    SERVER = Clocked

    def test_is_slowed(self):
        self.member("guess")
        with self.server.standing_clock():
            replies = [self.log_in_here("guess@example.org", "wrong %d" % i) for i in range(6)]
            self.assertEqual([r.status for r in replies], [401] * 6)
            reply = self.log_in_here("guess@example.org")
            self.failed(reply, 429, "rate_limited")
            self.assertGreater(int(reply.headers["Retry-After"]), 0)
            # And the count is shared with all other APIs.
            self.assertEqual(self.server.log_in("guess@example.org").status, 429)
        entries = json.loads(self.server.command("audit", "list", "--user", "guess@example.org",
                                                 "--json").out)["entries"]
        refused = [e for e in entries if (e["action"], e["outcome"]) == ("login", "refused")]
        self.assertEqual(len(refused), 6)
        self.assertEqual({e["address"] for e in refused}, {"127.0.0.1"})


class WithProvedAddresses(CompatCase):
    FLAGS = ("--signup.require-verified-email", "true")

    def test_a_taken_email_is_not_told(self):
        ask = lambda: self.server.post("/users", {"email": "ann@example.org", "password": PASSWORD})
        first, second = ask(), ask()
        self.assertEqual((first.status, first.body), (second.status, second.body))
        self.assertEqual(first.status, 201)
        self.mail("ann@example.org", "confirm")
        self.mail("ann@example.org", "account")
        login = self.server.post("/auth/login", {"email": "ann@example.org", "password": PASSWORD})
        self.failed(login, 401, "invalid_credentials")


class Off(CompatCase):
    FLAGS = ("--compat.enabled", "facade,fastapi,oauthapp")

    def test_it_is_not_there(self):
        for method, path in (("POST", "/users"), ("POST", "/auth/login"), ("GET", "/users/me")):
            self.assertEqual(self.server.request(method, path).status, 404, path)
        self.assertEqual(self.server.get("/health").status, 200)


if __name__ == "__main__":
    unittest.main()
