"""Sessions, refresh tokens, access tokens, signing keys, introspection: what ends when, and who
notices."""

import base64
import hashlib
import hmac
import json
import threading
import unittest

from harness import PASSWORD, Server, ServerCase, basic, claims_of, wait_until


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Refresh(ServerCase):
    FLAGS = ("--tokens.refresh-grace", "10m")  # its end is clock_test.py's

    def setUp(self):
        self.first = self.server.sign_up("r" + self.id().rsplit("_", 1)[1]).json

    def test_rotates_one(self):
        second = self.server.refresh(self.first["refresh_token"])
        self.assertEqual(second.status, 200)
        self.assertNotEqual(second.json["refresh_token"], self.first["refresh_token"])
        third = self.server.refresh(second.json["refresh_token"])
        self.assertEqual(third.status, 200)
        self.assertEqual(claims_of(third.json["access_token"])["sid"],
                         claims_of(self.first["access_token"])["sid"])

    def test_gives_the_same_successor_within_the_grace_two(self):
        one = self.server.refresh(self.first["refresh_token"]).json["refresh_token"]
        two = self.server.refresh(self.first["refresh_token"]).json["refresh_token"]
        self.assertEqual(one, two)

    def test_ends_the_session_when_an_old_token_comes_back_three(self):
        second = self.server.refresh(self.first["refresh_token"]).json
        third = self.server.refresh(second["refresh_token"]).json
        self.refused(self.server.refresh(self.first["refresh_token"]), 401, "invalid_token")
        self.refused(self.server.refresh(third["refresh_token"]), 401, "invalid_token")
        self.refused(self.server.me(third["access_token"]), 401, "invalid_token")

    def test_survives_many_at_once_four(self):
        token = self.first["refresh_token"]
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(self.server.refresh(token)))
                   for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({r.status for r in replies}, {200})
        successors = {r.json["refresh_token"] for r in replies}
        self.assertEqual(len(successors), 1)
        self.assertEqual(self.server.refresh(successors.pop()).status, 200)

    def test_refuses_what_it_did_not_make_five(self):
        good = self.first["refresh_token"]
        flipped = good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1]
        for token in ["", "x", good[:-1], good + "A", flipped, self.first["access_token"], "é" * 75,
                      good.swapcase()]:
            with self.subTest(token=token[:20]):
                self.refused(self.server.refresh(token), 401, "invalid_token")
        self.assertEqual(self.server.refresh(good).status, 200)

    def test_a_repeat_by_another_program_is_recorded_seven(self):
        for agent in ("mine", "mine", "thief"):
            reply = self.server.post("/api/v1/auth/refresh",
                                     {"refresh_token": self.first["refresh_token"]},
                                     headers={"User-Agent": agent})
            self.assertEqual(reply.status, 200)
        self.server.logged(message="refresh token repeated from another address or user agent")
        found = json.loads(self.server.command("audit", "list", "--action",
                                               "refresh_token_repeated", "--json").out)
        self.assertEqual([(entry["subject_name"], entry["outcome"]) for entry in found["entries"]],
                         [("rseven", "from_elsewhere")])

    def test_token_is_no_access_token_six(self):
        self.refused(self.server.me(self.first["refresh_token"]), 401, "invalid_token")


class Logout(ServerCase):
    def setUp(self):
        name = "l" + self.id().rsplit("_", 1)[1]
        self.here = self.server.sign_up(name).json
        self.there = self.server.log_in(name).json

    def assert_dead(self, tokens):
        self.refused(self.server.me(tokens["access_token"]), 401, "invalid_token")
        self.refused(self.server.get("/auth/verify", token=tokens["access_token"]), 401)
        self.refused(self.server.refresh(tokens["refresh_token"]), 401)

    def test_by_bearer_ends_this_session_one(self):
        self.assertEqual(self.server.post("/api/v1/auth/logout",
                                          token=self.here["access_token"]).status, 200)
        self.assert_dead(self.here)
        self.assertEqual(self.server.me(self.there["access_token"]).status, 200)

    def test_by_refresh_token_ends_its_session_two(self):
        body = {"refresh_token": self.here["refresh_token"]}
        self.assertEqual(self.server.post("/api/v1/auth/logout", body).status, 200)
        self.assert_dead(self.here)
        # nothing to end is not an error
        self.assertEqual(self.server.post("/api/v1/auth/logout", body).status, 200)

    def test_everywhere_ends_all_three(self):
        self.assertEqual(self.server.post("/api/v1/auth/logout/all",
                                          token=self.here["access_token"]).status, 200)
        self.assert_dead(self.here)
        self.assert_dead(self.there)

    def test_elsewhere_ends_all_others_five(self):
        done = self.server.post("/api/v1/auth/logout/others", token=self.here["access_token"])
        self.assertEqual(done.status, 200)
        self.assert_dead(self.there)
        self.assertEqual(self.server.me(self.here["access_token"]).status, 200)
        self.assertEqual(self.server.refresh(self.here["refresh_token"]).status, 200)
        self.refused(self.server.post("/api/v1/auth/logout/others",
                                      token=self.there["access_token"]), 401)

    def test_of_nobody_is_refused_four(self):
        self.refused(self.server.post("/api/v1/auth/logout"), 401)
        self.refused(self.server.post("/api/v1/auth/logout", token="x.y.z"), 401)


class DeviceList(ServerCase):
    def test_shows_own_sessions_and_ends_them(self):
        one = self.server.sign_up("devices").json
        two = self.server.log_in("devices").json
        stranger = self.server.sign_up("stranger").json
        path = "/api/v1/users/me/sessions"
        sessions = self.server.get(path, token=one["access_token"]).json["sessions"]
        self.assertEqual(len(sessions), 2)
        self.assertEqual([s["current"] for s in sessions].count(True), 1)
        for session in sessions:
            self.assertEqual(session["address"], "127.0.0.1")
        other = next(s["id"] for s in sessions if not s["current"])
        end = lambda i, token: self.server.request("DELETE", path + "/" + i, token=token)
        self.refused(end(other, stranger["access_token"]), 404)
        self.refused(end("AAAA", one["access_token"]), 404)
        self.refused(end("%2e%2e", one["access_token"]), 400)
        self.assertEqual(self.server.me(two["access_token"]).status, 200)
        self.assertEqual(end(other, one["access_token"]).status, 204)
        self.refused(self.server.me(two["access_token"]), 401)
        self.refused(end(other, one["access_token"]), 404)
        self.assertEqual(self.server.me(one["access_token"]).status, 200)


class AccessTokens(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token = cls.server.sign_up("tina").json["access_token"]

    def test_that_were_tampered_with_are_refused(self):
        header, payload, signature = self.token.split(".")
        decoded = json.loads(base64.urlsafe_b64decode(header + "=="))
        claims = claims_of(self.token)
        none = b64(json.dumps({"alg": "none", "typ": "at+jwt"}).encode())
        hs = b64(json.dumps({**decoded, "alg": "HS256"}).encode())
        keys = self.server.get("/.well-known/jwks.json").body
        confused = b64(hmac.new(keys, (hs + "." + payload).encode(), hashlib.sha256).digest())
        raised = b64(json.dumps({**claims, "roles": ["admin"]}).encode())
        jwk = b64(json.dumps({**decoded, "jwk": json.loads(keys)["keys"][0]}).encode())
        crit = b64(json.dumps({**decoded, "crit": ["exp"]}).encode())
        traversal = b64(json.dumps({**decoded, "kid": "../../dev/null"}).encode())
        for token in [
            none + "." + payload + ".", none + "." + payload + "." + signature,
            hs + "." + payload + "." + confused,
            header + "." + raised + "." + signature, jwk + "." + payload + "." + signature,
            crit + "." + payload + "." + signature, traversal + "." + payload + "." + signature,
            header + "." + payload + "." + b64(bytes(64)),
            header + "." + payload + "." + signature[:-4],
            header + "." + payload, self.token + ".", self.token + "=", "." + self.token,
            "a" * 9000, "a.b.c", "...",
        ]:
            with self.subTest(token=token[:40]):
                self.refused(self.server.me(token), 401, "invalid_token")
        self.assertEqual(self.server.me(self.token).status, 200)

    def test_come_in_one_authorization_header(self):
        me = "/api/v1/users/me"
        for value, status in [("bearer " + self.token, 200), ("Bearer  " + self.token, 200),
                              ("Bearer", 401),
                              ("Bearer ", 401), ("Basic " + self.token, 401), ("Bearer a b", 400)]:
            with self.subTest(value=value[:12]):
                self.assertEqual(self.server.get(me, headers={"Authorization": value}).status,
                                 status)
        twice = ("GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nAuthorization: Bearer "
                 "x\r\nConnection: close\r\n\r\n")
        self.assertIn(b" 400 ", self.server.raw((twice % (me, self.token)).encode())[:20])
        self.assertEqual(self.server.get(me + "?access_token=" + self.token).status, 401)

    def test_verify_tells_the_proxy_who_it_is(self):
        reply = self.server.get("/auth/verify", token=self.token)
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["X-Auth-User"], "tina")
        self.assertEqual(reply.headers["X-Auth-Roles"], "user")
        self.assertTrue(int(reply.headers["X-Auth-User-Id"]) > 0)
        self.assertEqual(reply.headers["X-Auth-Subject"], claims_of(self.token)["sub"])
        self.server.command("role", "grant", "tina", "admin")
        self.assertEqual(self.server.get("/auth/verify", token=self.token).headers["X-Auth-Roles"],
                         "user,admin")
        self.server.command("role", "revoke", "tina", "admin", "--force")
        self.assertEqual(self.server.get("/auth/verify", token=self.token).headers["X-Auth-Roles"],
                         "user")

    def test_without_the_account_scope_are_not_for_the_account(self):
        token = self.server.command("token", "issue", "tina", "--scope", "reports").out.strip()
        self.refused(self.server.get("/auth/verify", token=token), 403, "insufficient_scope")
        self.assertEqual(self.server.get("/auth/verify?scope=reports", token=token).status, 200)
        reply = self.server.me(token)
        self.refused(reply, 403, "insufficient_scope")
        self.assertIn("insufficient_scope", reply.headers["WWW-Authenticate"])

    def test_expire(self):
        token = self.server.command("token", "issue", "tina", "--ttl", "1s").out.strip()
        wait_until(lambda: self.server.get("/auth/verify", token=token).status == 401,
                   "the token to expire")


class DiesAtOnce(ServerCase):
    """The running server sees a change by the command line at the next request."""

    def setUp(self):
        self.name = "d" + self.id().rsplit("_", 1)[1]
        self.tokens = self.server.sign_up(self.name).json
        self.token = self.tokens["access_token"]
        self.assertEqual(self.server.me(self.token).status, 200)

    def assert_dead(self):
        self.refused(self.server.me(self.token), 401, "invalid_token")

    def test_with_a_disabled_user_one(self):
        self.server.command("user", "disable", self.name)
        self.assert_dead()
        self.server.command("user", "enable", self.name)
        self.assert_dead()
        self.refused(self.server.refresh(self.tokens["refresh_token"]), 401)

    def test_with_a_deleted_user_two(self):
        self.server.command("user", "delete", self.name)
        self.assert_dead()

    def test_with_a_new_password_three(self):
        self.server.command("user", "passwd", self.name, stdin="brand new password\n")
        self.assert_dead()
        self.assertEqual(self.server.log_in(self.name, "brand new password").status, 200)

    def test_with_a_logout_four(self):
        self.server.command("user", "logout", self.name)
        self.assert_dead()

    def test_with_its_session_five(self):
        sessions = json.loads(self.server.command("session", "list", self.name,
                                                  "--json").out)["sessions"]
        self.server.command("session", "revoke", sessions[0]["id"])
        self.assert_dead()

    def test_by_itself_six(self):
        other = self.server.log_in(self.name).json["access_token"]
        self.server.command("token", "revoke", stdin=self.token)
        self.assert_dead()
        self.assertEqual(self.server.me(other).status, 200)
        self.assertEqual(self.server.refresh(self.tokens["refresh_token"]).status, 200)

    def test_with_its_signing_key_seven(self):
        kid = json.loads(base64.urlsafe_b64decode(self.token.split(".")[0] + "=="))["kid"]
        self.server.command("key", "rotate")
        self.assertEqual(self.server.me(self.token).status, 200)
        fresh = self.server.refresh(self.tokens["refresh_token"]).json["access_token"]
        self.assertNotEqual(json.loads(base64.urlsafe_b64decode(fresh.split(".")[0] + "=="))["kid"],
                            kid)
        self.server.command("key", "retire", kid)
        self.assert_dead()
        self.assertEqual(self.server.me(fresh).status, 200)


class Keys(ServerCase):
    def test_are_published_and_can_be_cached(self):
        # Those of the other algorithms are made in the background, once.
        wait_until(lambda: len(self.server.get("/.well-known/jwks.json").json["keys"]) == 6,
                   "the keys of three algorithms")
        reply = self.server.get("/.well-known/jwks.json")
        self.assertEqual(reply.status, 200)
        self.assertIn("max-age=", reply.headers["Cache-Control"])
        keys = {k["kid"]: k for k in reply.json["keys"]}
        listed = {k["kid"]: k["state"]
                  for k in json.loads(self.server.command("key", "list", "--json").out)["keys"]}
        self.assertEqual(set(keys), set(listed))
        self.assertEqual(sorted(listed.values()), ["active"] * 3 + ["next"] * 3)
        for key in keys.values():
            self.assertIn((key["kty"], key["alg"]), [("EC", "ES256"), ("RSA", "RS256"),
                                                     ("OKP", "EdDSA")])
            self.assertEqual(key["use"], "sig")
            for secret in ("d", "p", "q", "dp", "dq", "qi", "k"):
                self.assertNotIn(secret, key)
        tag = reply.headers["ETag"]
        again = self.server.get("/.well-known/jwks.json", headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.body), (304, b""))
        self.server.command("key", "rotate")
        changed = self.server.get("/.well-known/jwks.json", headers={"If-None-Match": tag})
        self.assertEqual(changed.status, 200)
        self.assertEqual(len(changed.json["keys"]), 9)


class EveryAlgorithm(unittest.TestCase):
    def test_signs_and_verifies(self):
        for algorithm in ("EdDSA", "RS256", "HS256"):
            with self.subTest(algorithm=algorithm), Server("--tokens.algorithm",
                                                           algorithm) as server:
                token = server.sign_up("ann").json["access_token"]
                header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
                self.assertEqual(header["alg"], algorithm)
                self.assertEqual(server.me(token).status, 200)
                published = server.get("/.well-known/jwks.json").json["keys"]
                self.assertEqual([k["alg"] for k in published if k["kid"] == header["kid"]],
                                 [] if algorithm == "HS256" else [algorithm])


class Clients(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = json.loads(cls.server.command("client", "add", "billing", "--json").out)
        cls.id, cls.secret = made["client_id"], made["client_secret"]

    def setUp(self):
        self.tokens = self.server.sign_up("c" + self.id_of()).json

    def id_of(self):
        return unittest.TestCase.id(self).rsplit("_", 1)[1]

    def ask(self, path, token, headers=None, **fields):
        if headers is None and not fields:
            headers = basic(type(self).id, self.secret)
        return self.server.request("POST", path, form={"token": token, **fields}, headers=headers)

    def test_introspect_access_tokens_one(self):
        reply = self.ask("/oauth2/introspect", self.tokens["access_token"])
        self.assertEqual(reply.status, 200, reply.body)
        self.assertTrue(reply.json["active"])
        self.assertEqual(reply.json["username"], "cone")
        subject = self.tokens["user"]["subject"]
        self.assertEqual((reply.json["sub"], claims_of(self.tokens["access_token"])["sub"]),
                         (subject, subject))
        self.assertEqual(reply.json["jti"], claims_of(self.tokens["access_token"])["jti"])
        in_body = self.ask("/oauth2/introspect", self.tokens["access_token"],
                           client_id=type(self).id,
                           client_secret=self.secret)
        self.assertEqual(in_body.json, reply.json)

    def test_introspect_refresh_tokens_two(self):
        old = self.tokens["refresh_token"]
        self.assertEqual(self.ask("/oauth2/introspect", old).json["token_type"], "refresh_token")
        self.server.refresh(old)
        self.assertEqual(self.ask("/oauth2/introspect", old).json, {"active": False})

    def test_learn_nothing_of_bad_tokens_three(self):
        self.server.post("/api/v1/auth/logout", token=self.tokens["access_token"])
        for token in [self.tokens["access_token"], self.tokens["refresh_token"], "x", "a.b.c"]:
            self.assertEqual(self.ask("/oauth2/introspect", token).json, {"active": False})

    def test_must_say_who_they_are_four(self):
        token = self.tokens["access_token"]
        for headers in [{}, basic(type(self).id, "wrong"), basic("nobody", self.secret),
                        basic("", ""),
                        {"Authorization": "Basic !!"}, {"Authorization": "Bearer " + token}]:
            with self.subTest(headers=headers):
                for path in ("/oauth2/introspect", "/oauth2/revoke"):
                    reply = self.ask(path, token, headers=headers)
                    self.refused(reply, 401, "invalid_client")
                    self.assertTrue(reply.headers["WWW-Authenticate"].startswith("Basic"))
        self.assertEqual(self.server.me(token).status, 200)

    def test_authenticate_once_nine(self):
        for path in ("/oauth2/introspect", "/oauth2/revoke"):
            reply = self.ask(path, "x", basic(type(self).id, self.secret),
                             client_secret=self.secret)
            self.refused(reply, 400, "invalid_request")

    def test_revoke_an_access_token_alone_five(self):
        self.assertEqual(self.ask("/oauth2/revoke", self.tokens["access_token"]).status, 200)
        self.refused(self.server.me(self.tokens["access_token"]), 401)
        self.assertEqual(self.server.refresh(self.tokens["refresh_token"]).status, 200)

    def test_revoke_a_session_by_its_refresh_token_six(self):
        self.assertEqual(self.ask("/oauth2/revoke", self.tokens["refresh_token"]).status, 200)
        self.refused(self.server.me(self.tokens["access_token"]), 401)
        self.assertEqual(self.ask("/oauth2/revoke", "no token at all").status, 200)

    def test_send_forms_seven(self):
        headers = {**basic(type(self).id, self.secret), "Content-Type": "application/json"}
        self.refused(self.server.request("POST", "/oauth2/introspect", '{"token":"x"}',
                                         headers=headers), 415)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.refused(self.server.request("POST", "/oauth2/introspect", "token=a&token=b",
                                         headers=headers), 400)
        self.refused(self.server.request("POST", "/oauth2/introspect", "token=%zz",
                                         headers=headers), 400)
        self.refused(self.server.request("POST", "/oauth2/introspect", "x=y", headers=headers), 400)

    def test_are_refused_once_deleted_eight(self):
        made = json.loads(self.server.command("client", "add", "gone", "--json").out)
        self.server.command("client", "delete", made["client_id"])
        headers = basic(made["client_id"], made["client_secret"])
        self.refused(self.ask("/oauth2/introspect", "x", headers=headers), 401, "invalid_client")


class Durable(unittest.TestCase):
    def test_what_was_acknowledged_survives_a_kill(self):
        with Server() as first:
            tokens = first.sign_up("kate").json
            ended = first.log_in("kate").json
            first.post("/api/v1/auth/logout", token=ended["access_token"])
            rotated = first.refresh(tokens["refresh_token"]).json
            first.kill()
            with Server(data_dir=first.data_dir) as second:
                self.assertEqual(second.me(rotated["access_token"]).status, 200)
                self.assertEqual(second.refresh(rotated["refresh_token"]).status, 200)
                self.assertEqual(second.me(ended["access_token"]).status, 401)
                self.assertEqual(second.refresh(ended["refresh_token"]).status, 401)
                self.assertEqual(second.log_in("kate", PASSWORD).status, 200)
                self.assertEqual(second.command("db", "check").returncode, 0)
            first.process.returncode = 0  # Killed on purpose.


class Kinds(ServerCase):
    """The kinds of sessions do not displace each other (docs/administration.md)."""

    LIMIT = 100  # of each kind (src/auth/sessions/sessions.h)

    def issue(self, user):
        done = self.server.command("token", "issue", user, "--ttl", "1h", check=False)
        return done.returncode, done.out.strip(), done.err

    def kinds(self, user):
        listed = json.loads(self.server.command("session", "list", user, "--json").out)["sessions"]
        return {kind: sum(s["kind"] == kind for s in listed)
                for kind in ("browser", "tokens", "issued")}

    def test_issued_tokens_sign_nobody_out_and_one_too_many_is_refused(self):
        first = self.server.sign_up("kate").json["access_token"]
        done = [self.issue("kate") for _ in range(150)]
        self.assertEqual([code for code, _, _ in done], self.LIMIT * [0] + 50 * [4])
        self.assertIn("authd session list kate --kind issued", done[-1][2])
        self.assertEqual(self.server.log_in("kate").status, 200)
        self.assertEqual(self.server.me(first).status, 200)
        for code, token, _ in (done[0], done[self.LIMIT - 1]):
            self.assertEqual(self.server.me(token).status, 200)
        self.assertEqual(self.kinds("kate"), {"browser": 0, "tokens": 2, "issued": self.LIMIT})
        # Ending one of them makes room.
        issued = self.server.get("/api/v1/users/me/sessions?kind=issued",
                                 token=first).json["sessions"]
        self.assertEqual({s["kind"] for s in issued}, {"issued"})
        self.server.command("session", "revoke", issued[0]["id"])
        self.assertEqual(self.issue("kate")[0], 0)

    def test_logins_end_no_issued_token_and_no_cookie(self):
        first = self.server.sign_up("lou").json["access_token"]
        _, issued, _ = self.issue("lou")
        browser = self.server.post("/api/v1/auth/login", {"username": "lou", "password": PASSWORD},
                                   headers={"X-Authd-Session": "cookie"})
        cookie = browser.headers.get_all("Set-Cookie")[0].split(";")[0]
        for _ in range(self.LIMIT):
            self.assertEqual(self.server.log_in("lou").status, 200)
        self.refused(self.server.me(first), 401, "invalid_token")
        self.assertEqual(self.server.me(issued).status, 200)
        self.assertEqual(self.server.get("/api/v1/users/me", headers={"Cookie": cookie}).status,
                         200)
        self.assertEqual(self.kinds("lou"), {"browser": 1, "tokens": self.LIMIT, "issued": 1})

    def test_a_list_is_asked_for_by_kind(self):
        token = self.server.sign_up("max").json["access_token"]
        self.issue("max")
        path = "/api/v1/users/me/sessions"
        self.assertEqual([s["kind"]
                          for s in self.server.get(path + "?kind=tokens",
                                                   token=token).json["sessions"]],
                         ["tokens"])
        self.assertEqual(self.server.get(path + "?kind=browser", token=token).json["sessions"], [])
        self.refused(self.server.get(path + "?kind=grant", token=token), 422, "invalid_value",
                     "kind")
        done = self.server.command("session", "list", "max", "--kind", "grant", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("is not one of browser, tokens, issued", done.err)


if __name__ == "__main__":
    unittest.main()
