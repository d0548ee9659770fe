"""Who may change how somebody gets in: administrators who have just proved who they are, with the
second factor if they have one; no API key that reaches for its own user or for administrators; and
the owner is told."""

import json
import re
import unittest

from account_names_test import ME, PROOF, WithMail
from clocked import Clocked, needs_clocked
from compat import totp
from harness import PASSWORD

KEYS = ME + "/api-keys"
ADMIN = "/api/v1/admin/"
PROVE = "/api/v1/auth/reauthenticate"
STALE = "reauthentication_required"


class Administration(WithMail):
    def add_admin(self, name):
        made = self.server.command("user", "add", "--username", name, "--email",
                                   name + "@example.org", "--admin", "--json",
                                   stdin=PASSWORD + "\n")
        return json.loads(made.out)["id"]

    def ask(self, method, path, token=None, body=None, key=None):
        if body is None and method in ("PATCH", "PUT"):
            body = {} if method == "PATCH" else None
        headers = {"X-API-Key": key} if key else None
        return self.server.request(method, path, body, token=token, headers=headers)

    def key_of(self, name, scope):
        return json.loads(self.server.command("apikey", "add", name, "--name", "ci", "--scope",
                                              scope, "--json").out)["api_key"]


# What changes who gets in: method, path below /api/v1/admin/, body.
GUARDED = (
    ("POST", "users", {"username": "eve", "password": PASSWORD, "roles": ["admin"]}),
    ("PATCH", "users/{user}", {"email": "thief@evil.example"}),
    ("PATCH", "users/{user}", {"username": "thief"}),
    ("POST", "users/{user}/disable", None),
    ("POST", "users/{user}/enable", None),
    ("POST", "users/{user}/unlock", None),
    ("POST", "users/{user}/password-reset", None),
    ("POST", "users/{user}/mfa/reset", None),
    ("PUT", "users/{user}/roles/admin", None),
    ("DELETE", "users/{user}/roles/user", None),
    ("POST", "clients", {"name": "spy"}),
    ("DELETE", "clients/{client}", None),
    ("PUT", "clients/spy", {}),
    ("POST", "registration-tokens", {"name": "spy"}),
    ("POST", "webhooks", {"url": "https://spy.example.org/"}),
    ("PUT", "resources", {"identifier": "https://spy.example.org", "name": "spy"}),
    ("PUT", "roles/spy", {}),
    ("DELETE", "roles/spy", None),
    ("PUT", "users/by-name/spy", {}),
    ("POST", "keys/rotate", None),
    ("DELETE", "users/{user}", None),
)


@needs_clocked
class AnHourAgo(Administration):
    """An administrator whose login is too long ago."""

    SERVER = Clocked

    def setUp(self):
        self.server.jump_to(0)
        self.addCleanup(self.server.jump_to, 0)

    def stale(self, name):
        self.add_admin(name)
        tokens = self.server.log_in(name).json
        self.server.jump_to(PROOF + 5)
        return self.server.refresh(tokens["refresh_token"]).json["access_token"]

    def test_the_administration_wants_a_fresh_proof(self):
        token = self.stale("root")
        ann = self.member("ann")["user"]["id"]
        client = json.loads(self.server.command("client", "add", "app", "--json").out)["client_id"]
        for method, path, body in GUARDED:
            with self.subTest(method=method, path=path):
                path = ADMIN + path.format(user=ann, client=client)
                self.refused(self.ask(method, path, token, body), 403, STALE)
        shown = self.server.get(ADMIN + "users/%d" % ann, token=token).json
        self.assertEqual((shown["username"], shown["email"], shown["roles"], shown["is_active"]),
                         ("ann", "ann@example.org", ["user"], True))
        self.assertEqual(self.server.post(PROVE, {"password": PASSWORD}, token=token).status, 200)
        for method, path, body in GUARDED:
            with self.subTest(method=method, path=path):
                path = ADMIN + path.format(user=ann, client=client)
                reply = self.ask(method, path, token, body)
                self.assertLess(reply.status, 300, reply.body)

    def test_what_ends_access_and_what_reads_wants_none(self):
        token = self.stale("keeper")
        tokens = self.member("ben")
        ben = ADMIN + "users/%d" % tokens["user"]["id"]
        for path in ("users", "roles", "clients", "keys", "audit", "mail", "settings"):
            self.assertEqual(self.server.get(ADMIN + path, token=token).status, 200, path)
        session = self.server.get(ben + "/sessions", token=token).json["sessions"][0]["id"]
        self.assertEqual(self.ask("DELETE", ADMIN + "sessions/" + session, token).status, 204)
        self.assertEqual(self.server.me(tokens["access_token"]).status, 401)
        self.assertEqual(self.ask("POST", ben + "/logout", token).status, 204)

    def test_a_password_is_no_proof_where_there_is_a_second_factor(self):
        self.add_admin("sec")
        tokens = self.server.log_in("sec").json
        token = tokens["access_token"]
        secret = self.server.post(ME + "/mfa/totp", token=token).json["secret"]
        reply = self.server.post(ME + "/mfa/totp/confirm", {"code": totp(secret)}, token=token)
        recovery = reply.json["recovery_codes"]
        cat = ADMIN + "users/%d" % self.member("cat")["user"]["id"]
        # The code that confirmed the app was a proof.
        self.assertEqual(self.ask("POST", cat + "/unlock", token).status, 200)
        self.server.jump_to(PROOF + 5)
        token = self.server.refresh(tokens["refresh_token"]).json["access_token"]
        prove = lambda **body: self.server.post(PROVE, body, token=token)
        self.refused(prove(password=PASSWORD), 403, "second_factor_required")
        self.refused(prove(password="wrong password"), 403, "second_factor_required")
        for method, path, body in (("POST", cat + "/unlock", None),
                                   ("DELETE", ME + "/mfa/totp", None),
                                   ("POST", ME + "/mfa/recovery-codes", None),
                                   ("PATCH", ME, {"username": "sec9"}),
                                   ("PUT", "/user", {"username": "sec9",
                                                     "current_password": PASSWORD}),
                                   ("POST", "/api/v1/auth/password/change",
                                    {"current_password": PASSWORD,
                                     "new_password": "another battery 1"})):
            with self.subTest(path):
                self.failed(self.ask(method, path, token, body), 403, STALE)
        self.refused(prove(password="wrong password", code=recovery[0]), 403, "wrong_credentials")
        self.assertEqual(prove(code=recovery[0]).status, 200)
        self.assertEqual(self.ask("POST", cat + "/unlock", token).status, 200)
        self.assertEqual(self.server.post("/api/v1/auth/password/change",
                                          {"current_password": PASSWORD,
                                           "new_password": "another battery 1"},
                                          token=token).status, 200)

    def test_the_own_account_wants_one_for_its_phone_number_and_its_keys(self):
        tokens = self.member("dan")
        key = self.key_of("dan", "verify")
        number = self.server.get(KEYS, token=tokens["access_token"]).json["api_keys"][0]["id"]
        self.server.jump_to(PROOF + 5)
        token = self.server.refresh(tokens["refresh_token"]).json["access_token"]
        for method, path, body in (("PATCH", ME, {"phone_number": "+49 30 123456"}),
                                   ("PUT", "/profile", {"phone_number": "+49 30 123456"}),
                                   ("DELETE", KEYS + "/%s" % number, None),
                                   ("DELETE", KEYS, None),
                                   ("POST", KEYS, {"name": "x", "scopes": ["verify"]}),
                                   ("DELETE", ME, None), ("DELETE", "/user", None),
                                   ("POST", "/mfa", None)):
            with self.subTest(method=method, path=path):
                self.failed(self.ask(method, path, token, body), 403, STALE)
        verify = lambda: self.server.get("/auth/verify", headers={"X-API-Key": key}).status
        self.assertEqual(verify(), 200)
        self.assertEqual(self.server.post(PROVE, {"password": PASSWORD}, token=token).status, 200)
        self.assertEqual(self.ask("DELETE", KEYS, token).status, 204)
        self.assertEqual(verify(), 401)
        reply = self.ask("PATCH", ME, token, {"phone_number": "+49 30 123456"})
        self.assertEqual(reply.status, 200, reply.body)


class Keys(Administration):
    """API keys of administrators."""

    # Every route that changes an account; privileges_test.py has the whole table.
    WAYS = (
        ("PATCH", "", {"email": "thief@evil.example"}), ("PATCH", "", {"first_name": "x"}),
        ("POST", "/disable", None), ("POST", "/enable", None), ("POST", "/unlock", None),
        ("POST", "/logout", None), ("POST", "/password-reset", None), ("POST", "/mfa/reset", None),
        ("DELETE", "/avatar", None), ("DELETE", "/api-keys/1", None),
        ("PUT", "/roles/editor", None), ("DELETE", "/roles/user", None), ("DELETE", "", None),
    )

    def test_a_key_reaches_neither_its_user_nor_administrators(self):
        self.server.command("role", "add", "editor")
        ids = [self.add_admin("own"), self.add_admin("other")]
        key = self.key_of("own", "admin")
        for user in ids:
            for method, path, body in self.WAYS:
                with self.subTest(method=method, path=path, user=user):
                    reply = self.ask(method, ADMIN + "users/%d%s" % (user, path), body=body,
                                     key=key)
                    self.refused(reply, 403, "beyond_api_key")
        for name in ("own", "other"):
            tokens = self.server.log_in(name).json
            self.assertEqual(self.shown(tokens), (name, name + "@example.org"))
            sid = self.server.get(ME + "/sessions",
                                  token=tokens["access_token"]).json["sessions"][0]["id"]
            self.refused(self.ask("DELETE", ADMIN + "sessions/" + sid, key=key), 403,
                         "beyond_api_key")
            self.assertEqual(self.server.me(tokens["access_token"]).status, 200)

    def test_a_key_makes_no_administrator(self):
        self.add_admin("maker")
        key = self.key_of("maker", "admin")
        ann = self.member("amy")["user"]["id"]
        self.refused(self.ask("PUT", ADMIN + "users/%d/roles/admin" % ann, key=key), 403,
                     "beyond_api_key")
        body = {"username": "puppet", "password": PASSWORD, "roles": ["user", "admin"]}
        self.refused(self.ask("POST", ADMIN + "users", body=body, key=key), 403, "beyond_api_key")
        self.assertEqual(self.server.log_in("puppet").status, 401)
        body["roles"] = ["user"]
        self.assertEqual(self.ask("POST", ADMIN + "users", body=body, key=key).status, 201)

    def test_a_key_administers_everybody_else(self):
        self.server.command("role", "add", "author")
        self.add_admin("ops")
        key = self.key_of("ops", "admin")
        bob = self.member("bob")["user"]["id"]
        for method, path, body in self.WAYS:
            path = ADMIN + "users/%d%s" % (bob, path.replace("editor", "author"))
            if path.endswith("/api-keys/1"):
                continue
            with self.subTest(method=method, path=path):
                self.assertLess(self.ask(method, path, body=body, key=key).status, 300)

    def test_a_promotion_wakes_no_key(self):
        for name, early in (("zoe", True), ("zac", False)):
            self.member(name)
            if early:
                self.server.command("role", "grant", name, "admin")
            else:
                token = self.server.log_in(name).json["access_token"]
                self.refused(self.server.post(KEYS, {"name": "x", "scopes": ["admin"]},
                                              token=token), 422, field="scopes")
            key = self.key_of(name, "admin" if early else "verify")
            asks = lambda path: self.server.get(path, headers={"X-API-Key": key}).status
            # The other order of granting and creating, and granting again.
            if early:
                self.assertEqual(asks(ADMIN + "users"), 200)
                self.server.command("role", "revoke", name, "admin", "--force")
                self.assertEqual(asks(ADMIN + "users"), 403)
                self.server.command("role", "grant", name, "admin")
                self.assertEqual(asks(ADMIN + "users"), 403)
            else:
                self.server.command("role", "grant", name, "admin")
                self.assertEqual(asks("/auth/verify"), 200)
                self.assertEqual(asks("/auth/verify?role=user"), 200)
                self.assertEqual(asks("/auth/verify?role=admin"), 403)


class Told(Administration):
    """What others do to an account."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_admin(cls, "root")
        cls.token = cls.server.log_in("root").json["access_token"]

    def path_of(self, tokens, rest=""):
        return ADMIN + "users/%d%s" % (tokens["user"]["id"], rest)

    def test_a_new_administrator(self):
        path = self.path_of(self.member("ann"), "/roles/admin")
        for _ in range(2):
            self.assertEqual(self.ask("PUT", path, self.token).status, 200)
        self.told("ann@example.org", 'The role "admin" was granted to your account')
        self.assertEqual(len([m for m in self.mails_to("ann@example.org")
                              if "administrator" in m["Subject"]]), 1)

    def test_a_disabled_and_a_deleted_account(self):
        tokens = self.member("ben")
        self.assertEqual(self.ask("POST", self.path_of(tokens, "/disable"), self.token).status, 200)
        self.told("ben@example.org", "was disabled by those who run the service")
        self.assertEqual(self.ask("DELETE", self.path_of(tokens), self.token).status, 204)
        text = self.told("ben@example.org", "was deleted, with everything that belonged to it")
        self.assertNotIn("127.0.0.1", text)
        self.member("cid")
        self.server.command("user", "delete", "cid")
        self.told("cid@example.org", "was deleted, with everything that belonged to it")

    def test_another_email_ends_the_sessions_and_the_links_to_the_old_one(self):
        tokens = self.member("dee")
        token = tokens["access_token"]
        self.server.post("/api/v1/auth/password/forgot", {"login": "dee"})
        link = re.search(r"token=([\w-]{43})", self.told("dee@example.org", "new password"))[1]
        self.assertEqual(self.server.post("/api/v1/auth/email/change",
                                          {"new_email": "thief@evil.example"},
                                          token=token).status, 200)
        change = re.search(r"token=([\w-]{43})", self.told("thief@evil.example", "become"))[1]
        reply = self.ask("PATCH", self.path_of(tokens), self.token, {"email": "dee@new.example"})
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.server.me(token).status, 401)
        self.assertEqual(self.server.refresh(tokens["refresh_token"]).status, 401)
        again = self.server.log_in("dee").json["access_token"]
        self.refused(self.server.post("/api/v1/auth/email/verify", {"token": change}, token=again),
                     401)
        self.refused(self.server.post("/api/v1/auth/password/reset",
                                      {"token": link, "new_password": "the thief's battery"}), 401)
        self.assertEqual(self.server.me(again).json["email"], "dee@new.example")


class Cookies(Administration):
    def test_facade_changes_nothing_for_a_cookie_alone(self):
        self.member("eva")
        signed_in = self.server.post("/api/v1/auth/login", {"login": "eva", "password": PASSWORD},
                                     headers={"X-Authd-Session": "cookie"})
        cookie = next(c for c in signed_in.headers.get_all("Set-Cookie")
                      if c.startswith("authd_session=")).split(";")[0]
        reply = self.server.request("PUT", "/user", {"password": "another battery 1",
                                                     "current_password": PASSWORD},
                                    headers={"Cookie": cookie,
                                             "X-CSRF-Token": signed_in.json["csrf_token"]})
        self.assertEqual(reply.status, 401, reply.body)
        self.assertEqual(self.server.log_in("eva").status, 200)
        self.assertEqual(self.server.log_in("eva", "another battery 1").status, 401)


if __name__ == "__main__":
    unittest.main()
