"""Privileges: clients without permission call every route. The list of routes is read from the
sources, so a new route is attacked from its first day."""

import json
import pathlib
import re
import unittest

from attack import PASSWORD, AttackCase, claims_of
from harness import basic

SOURCES = pathlib.Path(__file__).resolve().parents[3] / "src" / "api"
ROW = re.compile(r"\bRoute\{\s*(get|post|put|patch|del)\s*,\s*\"([^\"]+)\"\s*,\s*Guard::(\w+)")


def all_routes():
    """(method, pattern, guard) of every route in the table, in src/api/routes.cpp and beside it."""
    found = []
    for path in sorted(SOURCES.rglob("*.cpp")):
        for method, pattern, guard in ROW.findall(path.read_text()):
            found.append((method.upper() if method != "del" else "DELETE", pattern, guard))
    return found


ROUTES = all_routes()


def filled(pattern, value):
    return re.sub(r":\w+", value, pattern)


class EveryRoute(AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.admin(cls, "root")
        cls.member_tokens = cls.server.sign_up("member", email="member@example.org").json
        cls.victim = cls.server.sign_up("victim", email="victim@example.org").json

    def ask(self, method, path, token=None, **kwargs):
        body = {} if method in ("POST", "PUT", "PATCH") else None
        return self.server.request(method, path, body, token=token, **kwargs)

    def denied(self, reply, pattern, status, code=None):
        """The replaced APIs have their own form of errors, and the same statuses."""
        if pattern.startswith(("/api/v1/", "/auth/", "/oauth2/")):
            self.refused(reply, status, code)
        else:
            self.assertEqual(reply.status, status, (pattern, reply.body))

    def guarded(self, *guards):
        rows = [r for r in ROUTES if r[2] in guards]
        self.assertGreater(len(rows), 0)
        return rows

    def test_list_of_routes_is_whole(self):
        """The attacked table is the one that is served."""
        self.assertGreater(len(ROUTES), 60)
        text = (SOURCES / "routes.cpp").read_text()
        self.assertEqual(len(re.findall(r"\bRoute\{", text)), len(ROW.findall(text)),
                         "a row of routes.cpp that this test cannot read")
        for method, pattern, guard in ROUTES:
            self.assertIn(guard, ("none", "account", "admin", "client", "any_client"),
                          "a new guard needs its attacks here")
            reply = self.server.request("OPTIONS", filled(pattern, "x"))
            if reply.status == 204:
                self.assertIn(method, reply.headers["Allow"])

    def test_administration_is_guarded_as_such(self):
        """Every route below /admin and every route of the own account has its guard."""
        for method, pattern, guard in ROUTES:
            if "/admin" in pattern:
                self.assertEqual(guard, "admin", pattern)
            if re.search(r"/users/me\b", pattern):
                self.assertIn(guard, ("account", "admin"), pattern)

    def test_administration_by_nobody(self):
        for method, pattern, _ in self.guarded("admin"):
            with self.subTest(route=method + " " + pattern):
                self.denied(self.ask(method, filled(pattern, "1")), pattern, 401)

    def test_administration_by_a_member(self):
        """With any value in place of the id, even one's own."""
        own = str(self.member_tokens["user"]["id"])
        for method, pattern, _ in self.guarded("admin"):
            for value in (own, "1", "me", "0", "x"):
                with self.subTest(route=method + " " + pattern, value=value):
                    self.denied(self.ask(method, filled(pattern, value),
                                         self.member_tokens["access_token"]), pattern, 403,
                                "forbidden")

    def test_administration_by_an_administrator_with_a_narrow_token(self):
        token = self.server.command("token", "issue", "root", "--scope", "reports").out.strip()
        for method, pattern, _ in self.guarded("admin", "account"):
            with self.subTest(route=method + " " + pattern):
                self.denied(self.ask(method, filled(pattern, "1"), token), pattern, 403,
                            "insufficient_scope")

    def test_administration_by_one_who_was_demoted(self):
        self.server.command("user", "add", "--username", "fallen", "--admin", stdin=PASSWORD + "\n")
        token = self.server.log_in("fallen").json["access_token"]
        self.assertIn("admin", claims_of(token)["roles"])
        self.server.command("role", "revoke", "fallen", "admin", "--force")
        for method, pattern, _ in self.guarded("admin"):
            self.denied(self.ask(method, filled(pattern, "1"), token), pattern, 403, "forbidden")

    def test_administration_by_one_who_was_disabled(self):
        self.server.command("user", "add", "--username", "gone", "--admin", stdin=PASSWORD + "\n")
        token = self.server.log_in("gone").json["access_token"]
        self.server.command("user", "disable", "gone")
        for method, pattern, _ in self.guarded("admin", "account"):
            self.denied(self.ask(method, filled(pattern, "1"), token), pattern, 401)

    def test_administration_by_headers(self):
        """Headers with which gateways and frameworks name a user or a role are ignored."""
        evil = {"X-Auth-Roles": "admin", "X-Auth-User": "root", "X-Remote-User": "root",
                "X-User-Id": "1", "X-Forwarded-User": "root",
                "X-Original-URL": "/livez", "X-Rewrite-URL": "/livez",
                "X-Forwarded-For": "127.0.0.1", "Cookie": "admin=true; role=admin"}
        for method, pattern, _ in self.guarded("admin"):
            self.denied(self.ask(method, filled(pattern, "1"), headers=evil), pattern, 401)
            self.denied(self.ask(method, filled(pattern, "1"), self.member_tokens["access_token"],
                                 headers=evil), pattern, 403, "forbidden")

    def test_account_by_nobody(self):
        for method, pattern, _ in self.guarded("account"):
            with self.subTest(route=method + " " + pattern):
                self.denied(self.ask(method, filled(pattern, "1")), pattern, 401)
                for token in (self.victim["refresh_token"], "x.y.z", "null", "undefined", "0"):
                    self.denied(self.ask(method, filled(pattern, "1"), token), pattern, 401)

    def test_a_user_is_no_client(self):
        """Routes for programs refuse people, whichever credential they present."""
        added = self.server.command("apikey", "add", "root", "--name", "ci", "--scope", "admin",
                                    "--json")
        key = json.loads(added.out)["api_key"]
        ways = [{}, {"Authorization": "Bearer " + self.root}, {"Authorization": "Bearer " + key},
                {"X-API-Key": key}, basic("root", PASSWORD), basic("", "")]
        for method, pattern, _ in self.guarded("client", "any_client"):
            for headers in ways:
                with self.subTest(route=method + " " + pattern, headers=headers):
                    reply = self.server.request(method, pattern, headers=headers,
                                                form={"token": self.victim["access_token"]})
                    self.refused(reply, 401, "invalid_client")
        self.assertEqual(self.server.me(self.victim["access_token"]).status, 200)

    def test_a_client_is_no_user(self):
        """And a client's id and secret give no access to a user's routes."""
        made = json.loads(self.server.command("client", "add", "reports", "--json").out)
        asks = basic(made["client_id"], made["client_secret"])
        for method, pattern, _ in self.guarded("admin", "account"):
            with self.subTest(route=method + " " + pattern):
                self.denied(self.ask(method, filled(pattern, "1"), headers=asks), pattern, 401)
        self.refused(self.server.get("/auth/verify", headers=asks), 401)

    def test_ids_of_others(self):
        """IDOR: a member puts every id of the victim in every place for an id. The victim still has
        everything afterwards."""
        victim = self.victim
        ids = [str(victim["user"]["id"]), claims_of(victim["access_token"])["sid"], "victim",
               "victim@example.org", "1", "0", "-1", "*",
               claims_of(victim["access_token"])["jti"], "null", "%00", "..", "%2e%2e"]
        client = json.loads(self.server.command("client", "add", "app", "--json").out)["client_id"]
        kid = json.loads(self.server.command("key", "list", "--json").out)["keys"][0]["kid"]
        before = self.server.command("user", "show", "victim", "--json").out
        for method, pattern, guard in ROUTES:
            if ":" not in pattern or guard not in ("account", "admin"):
                continue
            for value in ids + [client, kid]:
                reply = self.ask(method, filled(pattern, value), self.member_tokens["access_token"])
                self.assertIn(reply.status, (400, 403, 404, 405, 415, 422),
                              (method, pattern, value, reply.body))
                self.assertNotIn(b"victim@", reply.body)
        self.assertEqual(self.server.command("user", "show", "victim", "--json").out, before)
        self.assertEqual(self.server.me(victim["access_token"]).status, 200)
        self.assertEqual(len(self.server.get("/api/v1/users/me/sessions",
                                             token=victim["access_token"]).json["sessions"]), 1)

    def test_public_routes_tell_nothing_of_the_victim(self):
        """Routes without a guard show no profile when called with a victim's ids."""
        for method, pattern, guard in ROUTES:
            if guard != "none" or ":" not in pattern:
                continue
            for value in (str(self.victim["user"]["id"]), "victim",
                          claims_of(self.victim["access_token"])["sid"]):
                reply = self.ask(method, filled(pattern, value))
                self.assertNotIn(b"victim@example.org", reply.body)
                self.assertNotIn(b'"username"', reply.body)

    def test_tokens_in_addresses_are_not_logged(self):
        """A person who reads the log must not be able to use a link before its owner."""
        marker = "M4rker" * 7 + "x"
        last = None
        for method, pattern, _ in ROUTES:
            if ":token" in pattern:
                last = self.ask(method, filled(pattern, marker))
            last = self.ask(method, filled(pattern, "1") + "?token=" + marker,
                            self.member_tokens["access_token"]) if "admin" in pattern else last
        self.server.logged(request_id=last.headers["X-Request-ID"])
        self.assertNotIn(marker, self.server.log_text())

    def test_method_that_is_not_guarded(self):
        """HEAD, and methods that a route does not have, bypass no guard."""
        for method, pattern, guard in ROUTES:
            if guard not in ("admin", "account"):
                continue
            for other in ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"):
                asked = "GET" if other == "HEAD" else other
                if {(other, pattern, "none"), (asked, pattern, "none")} & set(ROUTES):
                    continue
                reply = self.server.request(other, filled(pattern, "1"),
                                            {} if other in ("POST", "PUT", "PATCH") else None)
                self.assertIn(reply.status, (401, 405, 404, 415), (other, pattern))

    def test_session_of_another(self):
        """Ending a session by its id, which is visible in each of the victim's tokens."""
        sid = claims_of(self.victim["access_token"])["sid"]
        reply = self.server.request("DELETE", "/api/v1/users/me/sessions/" + sid,
                                    token=self.member_tokens["access_token"])
        self.refused(reply, 404)
        made_up = self.server.request("DELETE", "/api/v1/users/me/sessions/AAAAAAAAAAAAAAAAAAAAAA",
                                      token=self.member_tokens["access_token"])
        self.assertEqual({k: v for k, v in reply.json.items() if k != "request_id"},
                         {k: v for k, v in made_up.json.items() if k != "request_id"})
        self.assertEqual(self.server.me(self.victim["access_token"]).status, 200)

    def test_last_administrator(self):
        """What a stolen administrator's token can do to the last administrator is at least
        recorded."""
        me = self.server.me(self.root).json
        self.assertIn("admin", me["roles"])
        self.server.request("PATCH", "/api/v1/users/me", {"roles": []}, token=self.root)
        self.assertIn("admin", self.server.me(self.root).json["roles"])
        audit = self.server.get("/api/v1/admin/audit?limit=5", token=self.root)
        self.assertEqual(audit.status, 200)

    def test_odd_requests_to_every_route(self):
        """An administrator sends bodies, ids and parameters of every kind: each request is refused
        or done, and none causes a server error."""
        bodies = [None, "", "null", "[]", "0", '"x"', "{", '{"":""}',
                  json.dumps({name: value for name, value in (
                      ("username", "o" * 70), ("email", "@"), ("password", ""), ("token", "x" * 43),
                      ("code", "0"), ("roles", ["x"]), ("name", "\u0000"))}),
                  json.dumps({name: ["x"] for name in (
                      "login", "username", "email", "password", "token", "code", "name", "roles",
                      "refresh_token")}),
                  json.dumps({name: -1e300 for name in (
                      "login", "username", "email", "password", "token", "code", "name", "roles",
                      "mfa_token")}), b"\xff\xfe"]
        queries = ["", "?limit=-1&after=-1",
                   "?limit=99999999999999999999&before=99999999999999999999&"
                   "since=99999999999999999999",
                   "?limit=9223372036854775807&since=9223372036854775807&"
                   "before=-9223372036854775808&user=18446744073709551615",
                   "?q=%00&user=x&action=%ff",
                   "?q=" + "%25" * 500, "?format=x&since=1e9&before=2026-99-99", "?scope=%0a",
                   "?limit=1&limit=2", "?=&&=&", "?code=x&state=x&iss=x&error=x"]
        for method, pattern, guard in ROUTES:
            changes = method in ("POST", "DELETE")
            if changes and pattern.endswith(("/keys/rotate", "/users/me", "/user")):
                continue  # these would succeed
            for i in range(max(len(bodies), len(queries))):
                value = ("4711", "0", "%ff", "18446744073709551616", "-1", "x" * 600,
                         "AAAAAAAAAAAAAAAAAAAAAA", "..%20", "admin", "me", "%E2%80%AE")[i % 11]
                body = bodies[i % len(bodies)] if method in ("POST", "PUT", "PATCH") else None
                headers = {"Content-Type": "application/x-www-form-urlencoded"
                           if "oauth2" in pattern else "application/json"}
                token = self.root if guard != "none" else None
                if "logout" in pattern and token:
                    continue
                reply = self.server.request(method,
                                            filled(pattern, value) + queries[i % len(queries)],
                                            body, token=token, headers=headers)
                with self.subTest(route=method + " " + pattern, value=value, i=i):
                    self.assertTrue(reply.status < 500 or reply.status in (501, 503),
                                    (reply.status, reply.body, body))
        self.assertEqual(self.server.me(self.root).status, 200)

    def test_introspection_by_a_member(self):
        """Others' tokens cannot be inspected with a member's token, or without client
        credentials."""
        for headers in ({}, {"Authorization": "Bearer " + self.member_tokens["access_token"]},
                        {"Authorization": "Basic Og=="},
                        {"Authorization": "Basic bWVtYmVyOg=="},
                        {"Authorization": "Basic " + "A" * 5000}):
            for path in ("/oauth2/introspect", "/oauth2/revoke"):
                reply = self.server.request("POST", path,
                                            form={"token": self.victim["access_token"]},
                                            headers=headers)
                self.refused(reply, 401, "invalid_client")
        self.assertEqual(self.server.me(self.victim["access_token"]).status, 200)


if __name__ == "__main__":
    unittest.main()
