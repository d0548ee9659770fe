"""Forward auth and API keys at the server itself; proxies_test.py has the real proxies."""

import base64
import json
import unittest

from clocked import Clocked, needs_clocked
from harness import PASSWORD, Server, ServerCase, basic, wait_until
from session_cookie_test import cookie_of, enrol

PROXIED = ("--public-url", "http://auth.example.org", "--cookies.domain", "example.org",
           "--pages.return-origins", "http://app.example.org")
PAGE = {"Accept": "text/html", "X-Forwarded-Host": "app.example.org", "X-Forwarded-Proto": "http",
        "X-Forwarded-Uri": "/x"}
WAY_BACK = "http://auth.example.org/?return_to=http%3A%2F%2Fapp.example.org%2Fx"
KEYS = "/api/v1/users/me/api-keys"


class Verify(ServerCase):
    FLAGS = (*PROXIED, "--server.trusted-proxies", "127.0.0.0/8")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.server.sign_up("ann").json["access_token"]
        cls.server.command("role", "add", "editors", "--permission", "posts.write")

    def ask(self, query="", token=None, method="GET", **headers):
        return self.server.request(method, "/auth/verify" + query, token=token,
                                   headers={k.replace("_", "-"): v for k, v in headers.items()})

    def test_get_and_head_say_who_it_is(self):
        for method in ("GET", "HEAD"):
            reply = self.ask(token=self.ann, method=method)
            self.assertEqual((reply.status, reply.body), (200, b""))
            self.assertEqual((reply.headers["X-Auth-User"], reply.headers["X-Auth-Roles"]),
                             ("ann", "user"))
        self.assertEqual(self.ask(token=self.ann, method="POST").status, 405)

    def test_an_address_that_nobody_has_confirmed_is_nobodys_identity(self):
        made = self.server.sign_up("zoe", email="ceo@corp.example").json
        token = made["access_token"]
        seen = lambda: [self.ask(token=token).headers[name] for name in
                        ("X-Auth-User", "X-Auth-Email", "X-Auth-Email-Verified")]
        self.assertEqual(seen(), ["zoe", "", "false"])
        self.assertEqual(self.server.request("PATCH", "/api/v1/users/me", {"username": None},
                                             token=token).status, 200)
        self.assertEqual(seen(), ["id:%d" % made["user"]["id"], "", "false"])
        client = self.server.command("client", "add", "app", "--json")
        client = json.loads(client.out)
        reply = self.server.request(
            "POST", "/oauth2/introspect", "token=" + token,
            headers={"Content-Type": "application/x-www-form-urlencoded",
                     **basic(client["client_id"], client["client_secret"])})
        self.assertEqual((reply.status, reply.json["active"]), (200, True), reply.body)
        self.assertNotIn("username", reply.json)
        self.assertNotIn("ceo@corp.example", reply.body.decode())

    def test_a_rule_is_kept(self):
        for query, status in [
                ("?role=user", 200), ("?role=x,user", 200), ("?role=admin", 403),
                ("?role=use", 403), ("?role=users", 403),
                ("?role=USER", 403), ("?role=user,", 200), ("?role=,", 403),
                ("?permission=posts.write", 403),
                ("?role=user&permission=posts.write", 403), ("?scope=account", 200),
                ("?scope=other", 403),
                # A mistaken rule is an error, and never a yes.
                ("?role=", 400), ("?role=user&role=admin", 400), ("?role=admin&role=user", 400),
                ("?permission=", 400),
                ("?rol=user", 400), ("?x", 400), ("?Role=user", 400), ("?role=user&a=b", 400),
                ("?scope=", 400),
                ("?scope=account&scope=x", 400), ("?redirect=1&redirect=2", 400)]:
            with self.subTest(query):
                self.assertEqual(self.ask(query, token=self.ann).status, status)
        self.refused(self.ask("?role=admin", token=self.ann), 403, "not_allowed")

    def test_a_browser_is_sent_to_sign_in(self):
        reply = self.ask("?redirect=1", **PAGE)
        self.assertEqual((reply.status, reply.headers["Location"], reply.headers["Cache-Control"]),
                         (302, WAY_BACK, "no-store"))
        reply = self.ask("?redirect=location", **PAGE)
        self.refused(reply, 401)
        self.assertEqual(reply.headers["Location"], WAY_BACK)
        # An expired cookie or token is no better than none.
        self.assertEqual(self.ask("?redirect=1", Cookie="authd_session=x", **PAGE).status, 302)
        self.assertEqual(self.ask("?redirect=1", token="x", **PAGE).status, 302)

    def test_long_and_odd_addresses_are_signed_in_for_too(self):
        root = WAY_BACK[:-1]
        for uri, back in [("/q?" + 2000 * "x", root), ("/q?a=b\\c", root + "q%3Fa%3Db%255Cc"),
                          ("/a b", root + "a%2520b")]:
            reply = self.ask("?redirect=1", **{**PAGE, "X-Forwarded-Uri": uri})
            self.assertEqual((reply.status, reply.headers["Location"]), (302, back))
        reply = self.ask("?redirect=1", **{**PAGE, "X-Forwarded-Host": "app.example.org."})
        self.assertEqual((reply.status, reply.headers["Location"]), (302, WAY_BACK))

    def sign_in(self, login):
        reply = self.server.post("/api/v1/auth/login", {"login": login, "password": PASSWORD},
                                 headers={"X-Authd-Session": "cookie"})
        return "authd_session=" + cookie_of(reply).value

    def test_an_authorization_of_the_application_shuts_nobody_out(self):
        cookie = self.sign_in("ann")
        jwt = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (
            b'{"alg":"ES256","typ":"JWT"}', b'{"iss":"https://app.example.org"}', b"x" * 64))
        for own in ("Bearer own", "Bearer " + jwt, "Bearer", "Bearer ", "Token x", "Digest x",
                    'MediaBrowser Token="x"', "", "Basic", "Basic !",
                    *[basic("ann", "wrong")["Authorization"]] * 20):
            with self.subTest(own):
                reply = self.ask("?redirect=1", Cookie=cookie, Authorization=own, **PAGE)
                self.assertEqual((reply.status, reply.headers["X-Auth-User"]), (200, "ann"))
                dead = self.ask("?redirect=1", Cookie="authd_session=x", Authorization=own,
                                **PAGE) if own != basic("ann", "wrong")["Authorization"] else None
                if dead is not None:
                    self.assertIn(dead.status, (302, 400))
        # Nothing of that was a failed login of ann's, whose name the application uses as well.
        self.assertEqual(self.ask(**basic("ann", PASSWORD)).status, 200)
        # A change that another site caused stays forbidden.
        self.refused(self.ask(Cookie=cookie, Authorization="Bearer own", X_Forwarded_Method="POST",
                              Sec_Fetch_Site="cross-site"), 403, "csrf_failed")

    def test_a_token_of_ours_counts_alone(self):
        cookie = self.sign_in("ann")
        token = self.server.sign_up("otto").json["access_token"]
        self.assertEqual(self.ask(token=token, Cookie=cookie).headers["X-Auth-User"], "otto")
        self.server.post("/api/v1/auth/logout", token=token)
        for own in (token, token[:-4] + "AAAA", "authd_pat_x"):
            self.refused(self.ask(token=own, Cookie=cookie), 401)
        twice = ("GET /auth/verify HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nAuthorization: a\r\n"
                 "Authorization: b\r\nConnection: close\r\n\r\n" % cookie)
        self.assertIn(b" 400 ", self.server.raw(twice.encode()).split(b"\r\n")[0])

    def test_a_preflight_passes_if_the_rule_says_so(self):
        asked = {"X-Forwarded-Method": "OPTIONS", "Origin": "https://other.example",
                 "Access-Control-Request-Method": "POST"}
        reply = self.ask("?preflight=1&role=admin", **asked)
        self.assertEqual(reply.status, 200)
        self.assertEqual({value for name, value in reply.headers.items()
                          if name.lower().startswith("x-auth-")}, {""})
        self.refused(self.ask(**asked), 401)
        for left_out in asked:
            rest = {k: v for k, v in asked.items() if k != left_out}
            self.refused(self.ask("?preflight=1", **rest), 401)
        for method in ("GET", "POST", "options"):
            self.refused(self.ask("?preflight=1", **{**asked, "X-Forwarded-Method": method}), 401)
        self.refused(self.ask("?preflight=1", **asked, X_Auth_User="root"), 403, "forged_identity")
        with Server(*PROXIED) as server:  # where no proxy is trusted
            self.refused(server.get("/auth/verify?preflight=1", headers=asked), 401)

    def test_nobody_else_is(self):
        for what, query, change in [
                ("not asked for", "", {}), ("another mode", "?redirect=2", {}),
                ("a program", "?redirect=1", {"Accept": "*/*"}),
                ("a script of a page", "?redirect=1", {"Sec-Fetch-Mode": "cors"}),
                ("a change", "?redirect=1", {"X-Forwarded-Method": "POST"}),
                ("a stranger", "?redirect=1", {"X-Forwarded-Host": "evil.example"}),
                ("a longer name", "?redirect=1",
                 {"X-Forwarded-Host": "app.example.org.evil.example"}),
                ("another port", "?redirect=1", {"X-Forwarded-Host": "app.example.org:81"}),
                ("another scheme", "?redirect=1", {"X-Forwarded-Proto": "https"}),
                ("the sign-in page", "?redirect=1",
                 {"X-Forwarded-Host": "auth.example.org", "X-Forwarded-Uri": "/?a"}),
                ("no path", "?redirect=1", {"X-Forwarded-Uri": "@evil.example/"})]:
            with self.subTest(what):
                reply = self.server.get("/auth/verify" + query, headers={**PAGE, **change})
                self.refused(reply, 401)
                self.assertIsNone(reply.headers["Location"])
        page = "".join("%s: %s\r\n" % pair for pair in PAGE.items())
        twice = ("GET /auth/verify?redirect=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + page
                 + "X-Forwarded-Uri: /y\r\n\r\n")
        self.assertIn(b" 401 ", self.server.raw(twice.encode()).split(b"\r\n")[0])

    def test_a_stranger_is_not_believed_to_be_a_proxy(self):
        with Server(*PROXIED) as server:
            self.refused(server.get("/auth/verify?redirect=1", headers=PAGE), 401)

    def test_nobody_brings_an_identity_along(self):
        for name in ("X-Auth-User", "x-auth-roles", "X.Auth.User", "X_Auth_User", "X-Auth.User_Id",
                     "x~AUTH~email", "X-Auth-Groups"):
            for method, path in [("GET", "/auth/verify"), ("HEAD", "/auth/verify"),
                                 ("GET", "/auth/verify?redirect=1&role=user"),
                                 ("POST", "/auth/ext_authz/-/x"),
                                 ("GET", "/auth/ext_authz/redirect=1/x")]:
                for token in (self.ann, None):
                    with self.subTest(name=name, method=method, path=path, known=token is not None):
                        reply = self.server.request(method, path, token=token,
                                                    headers={**PAGE, name: ""})
                        self.assertEqual(reply.status, 403)
                        self.assertIsNone(reply.headers["X-Auth-User"])
                        if method != "HEAD":
                            self.refused(reply, 403, "forged_identity", field=name)
                            self.assertIn(name, reply.json["message"])
        for name in ("X-Authd-Session", "X-Author", "X-AuthUser", "X-Auth", "Remote-User"):
            self.assertEqual(self.server.get("/auth/verify", token=self.ann,
                                             headers={name: "x"}).status, 200, name)

    def test_browsers_are_told_to_stay_with_https(self):
        https = {"X-Forwarded-Proto": "https"}
        for url, promise in (("https://auth.example.org", "max-age=31536000"),
                             ("https://auth.example.org:8443", None),
                             ("http://auth.example.org", None)):
            with Server("--public-url", url, "--server.trusted-proxies", "127.0.0.0/8") as server:
                told = lambda headers: server.get("/signin", headers=headers).headers[
                    "Strict-Transport-Security"]
                self.assertEqual(told(https), promise)
                self.assertIsNone(told({}))

    def test_a_web_socket_came_by_https(self):
        secure = [s.replace("http://", "https://") for s in PROXIED]
        flags = (*secure, "--server.trusted-proxies", "127.0.0.0/8", "--server.force-https", "true")
        with Server(*flags) as server:
            server.command("user", "add", "--username", "ann", stdin=PASSWORD + "\n")
            token = server.command("token", "issue", "ann", "--scope", "account").out.strip()
            for proto, is_secure in [("https", True), ("wss", True), ("WSS", True), ("ws", False),
                                     ("http", False), ("wsss", False)]:
                with self.subTest(proto):
                    reply = server.get("/auth/verify", token=token,
                                       headers={"X-Forwarded-Proto": proto})
                    self.assertEqual(reply.status, 200 if is_secure else 308)
                    self.assertEqual("Strict-Transport-Security" in reply.headers, is_secure)
                    reply = server.get("/auth/verify?redirect=1",
                                       headers={**PAGE, "X-Forwarded-Proto": proto})
                    self.assertEqual(reply.status, 302 if is_secure else 308)
                    if is_secure:
                        self.assertEqual(reply.headers["Location"],
                                         WAY_BACK.replace("http:",
                                                          "https:").replace("http%3A", "https%3A"))
        with Server(*flags, "--server.proxy-headers", "forwarded") as server:
            for element, status in [("proto=wss", 401), ('for=192.0.2.1;proto="WSS"', 401),
                                    ("proto=ws", 308), ('proto="ws"', 308)]:
                self.assertEqual(server.get("/auth/verify", headers={"Forwarded": element}).status,
                                 status, element)

    def test_a_password_is_enough_where_one_factor_is(self):
        self.server.sign_up("bea", email="bea@example.org")
        for login in ("bea", "bea@example.org", "BEA"):
            self.assertEqual(self.ask(**basic(login, PASSWORD)).headers["X-Auth-User"], "bea")
        for bad in (basic("bea", "x"), basic("nobody", PASSWORD), basic("bea", ""), basic("", "")):
            self.refused(self.ask(**bad), 401, "invalid_credentials")
        for bad in ("Basic", "Basic ", "Basic !!!", "Basic YQ=="):
            self.assertIn(self.ask(Authorization=bad).status, (400, 401))
        reply = self.ask("?basic=1")
        self.assertIn("Basic", " ".join(reply.headers.get_all("WWW-Authenticate")))
        self.server.command("user", "disable", "bea")
        self.refused(self.ask(**basic("bea", PASSWORD)), 403, "account_disabled")

    def test_a_password_is_not_enough_beside_a_second_factor(self):
        token = self.server.sign_up("cleo").json["access_token"]
        self.assertEqual(self.ask(**basic("cleo", PASSWORD)).status, 200)
        enrol(lambda path, body=None: self.server.post("/api/v1/users/me/mfa/" + path, body,
                                                       token=token))
        self.refused(self.ask(**basic("cleo", PASSWORD)), 403, "mfa_required")

    def test_a_password_opens_nothing_else(self):
        self.refused(self.server.get("/api/v1/users/me", headers=basic("ann", PASSWORD)), 401)


@needs_clocked
class Guessing(ServerCase):
    SERVER = Clocked

    def test_passwords_are_guessed_in_vain(self):
        self.server.sign_up("dee")
        ask = lambda password: self.server.get("/auth/verify",
                                               headers=basic("dee", password)).status
        self.assertEqual(ask(PASSWORD), 200)
        with self.server.standing_clock():
            self.assertEqual([ask("guess%d" % i) for i in range(7)], [401] * 6 + [429])
            self.assertEqual(ask(PASSWORD), 429)  # the cache does not bypass it


class ApiKeys(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.server.sign_up("ann", email="ann@example.org").json
        cls.server.command("role", "grant", "ann", "admin")

    def add(self, *scopes, token=None, **more):
        reply = self.server.post(KEYS, {"name": "ci", "scopes": list(scopes), **more},
                                 token=token or self.ann["access_token"])
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json

    def by(self, key, path, method="GET", body=None, **headers):
        return self.server.request(method, path, body, headers={"X-API-Key": key, **headers})

    def test_one_is_made_listed_used_and_revoked(self):
        token = self.server.sign_up("max").json["access_token"]
        made = self.add("verify", "profile:read", token=token, expires_in=3600)
        self.assertRegex(made["api_key"], r"^authd_pat_[0-9A-Za-z]{68}$")
        self.assertIsNone(made["last_used"])
        listed = self.server.get(KEYS, token=token)
        self.assertEqual(listed.json["api_keys"],
                         [{k: v for k, v in made.items() if k != "api_key"}])
        self.assertNotIn(made["api_key"][32:72], listed.body.decode())
        self.assertEqual(self.by(made["api_key"], "/auth/verify").headers["X-Auth-User"], "max")
        self.assertEqual(self.server.me(made["api_key"]).json["username"], "max")
        wait_until(lambda: self.server.get(KEYS, token=token).json["api_keys"][0]["last_used"],
                   "its use to be written")
        path = "%s/%d" % (KEYS, made["id"])
        self.refused(self.server.request("DELETE", path, token=self.ann["access_token"]), 404)
        self.assertEqual(self.server.request("DELETE", path, token=token).status, 204)
        self.refused(self.server.request("DELETE", path, token=token), 404)
        self.refused(self.by(made["api_key"], "/auth/verify"), 401, "invalid_api_key")
        self.refused(self.server.me(made["api_key"]), 401, "invalid_api_key")
        self.assertNotIn(made["api_key"][32:72], self.server.log_text())

    def test_all_are_revoked_at_once(self):
        token = self.server.sign_up("kay").json["access_token"]
        keys = [self.add("verify", "profile:read", token=token)["api_key"] for _ in range(3)]
        self.refused(self.by(keys[0], KEYS, "DELETE"), 403)
        self.assertEqual(self.by(keys[0], "/auth/verify").status, 200)
        self.refused(self.server.request("DELETE", KEYS), 401)
        self.assertEqual(self.server.request("DELETE", KEYS, token=self.ann["access_token"]).status,
                         204)
        self.assertEqual(self.by(keys[0], "/auth/verify").status, 200)  # another's
        self.assertEqual(self.server.request("DELETE", KEYS, token=token).status, 204)
        for key in keys:
            self.refused(self.by(key, "/auth/verify"), 401, "invalid_api_key")
            self.refused(self.server.me(key), 401, "invalid_api_key")
        self.assertEqual(self.server.get(KEYS, token=token).json, {"api_keys": []})
        self.assertEqual(self.by(self.add("verify", token=token)["api_key"], "/auth/verify").status,
                         200)

    def test_scopes_say_what_it_may_do(self):
        me, users = "/api/v1/users/me", "/api/v1/admin/users"
        other = self.server.sign_up("lee").json["user"]["id"]
        keys = {scope: self.add(scope)["api_key"]
                for scope in ("verify", "profile:read", "admin:read", "admin", "app:deploy")}
        for path, method, body, allowed in [
                ("/auth/verify", "GET", None, {"verify"}),
                ("/auth/verify?scope=app:deploy", "GET", None, {"app:deploy"}),
                ("/auth/verify?scope=account", "GET", None, set()),
                (me, "GET", None, {"profile:read"}), (me, "HEAD", None, {"profile:read"}),
                (users, "GET", None, {"admin:read", "admin"}),
                ("/api/v1/admin/settings", "GET", None, {"admin:read", "admin"}),
                (users + "/%d/unlock" % other, "POST", None, {"admin"}),
                # Closed to every key: what changes the account, and keys themselves.
                (me, "PATCH", {"first_name": "x"}, set()), (me, "DELETE", None, set()),
                (KEYS, "GET", None, set()),
                (KEYS, "POST", {"name": "more", "scopes": ["admin"]}, set()),
                (me + "/sessions", "GET", None, set()),
                ("/api/v1/auth/logout/all", "POST", None, set()),
                ("/api/v1/auth/logout/others", "POST", None, set()),
                ("/api/v1/auth/email/change", "POST", {"new_email": "x@example.org"}, set()),
                ("/api/v1/auth/password/change", "POST",
                 {"current_password": PASSWORD, "new_password": "another horse 1"}, set()),
                ("/api/v1/auth/reauthenticate", "POST", {"password": PASSWORD}, set()),
                (me + "/mfa/totp", "POST", None, set())]:
            for scope, key in keys.items():
                with self.subTest(path=path, method=method, scope=scope):
                    status = self.by(key, path, method, body).status
                    self.assertEqual(status in (200, 204), scope in allowed, status)
                    if scope not in allowed:
                        self.assertEqual(status, 403)
        self.refused(self.by(keys["admin"], "/api/v1/auth/logout", "POST"), 401)
        self.assertEqual(self.server.get("/api/v1/auth/session",
                                         headers={"X-API-Key": keys["profile:read"]}).json,
                         {"authenticated": False})

    def test_admin_is_for_administrators(self):
        bob = self.server.sign_up("bob").json
        self.server.command("role", "grant", "bob", "admin")
        key = self.add("admin", token=bob["access_token"])["api_key"]
        self.assertEqual(self.by(key, "/api/v1/admin/users").status, 200)
        self.server.command("role", "revoke", "bob", "admin")
        self.refused(self.by(key, "/api/v1/admin/users"), 403, "forbidden")
        for scope in ("admin", "admin:read"):
            self.refused(self.server.post(KEYS, {"name": "ci", "scopes": [scope]},
                                          token=bob["access_token"]), 422, field="scopes")

    def test_a_header_wins_alone(self):
        key = self.add("profile:read")["api_key"]
        me = "/api/v1/users/me"
        bob = self.server.sign_up("eve").json["access_token"]
        self.assertEqual(self.by(key, me, Authorization="Bearer " + bob).json["username"], "eve")
        self.refused(self.by(key, me, Authorization="Bearer x"), 401)
        self.refused(self.by(key, me, Authorization="Basic x"), 401)
        # The application's own keys do not concern authd.
        self.assertEqual(self.by("app-key", "/auth/verify", Authorization="Bearer " + bob).status,
                         200)
        reply = self.server.post("/api/v1/auth/login", {"login": "eve", "password": PASSWORD},
                                 headers={"X-Authd-Session": "cookie"})
        cookie = "authd_session=" + cookie_of(reply).value
        self.assertEqual(self.by("app-key", me, Cookie=cookie).json["username"], "eve")
        self.assertEqual(self.by(key, me, Cookie=cookie).json["username"], "ann")
        self.refused(self.by(key[:-1] + ("y" if key.endswith("x") else "x"), me, Cookie=cookie),
                     401, "invalid_api_key")
        twice = ("GET %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nX-API-Key: %s\r\nConnection: "
                 "close\r\n\r\n" % (me, key, key))
        self.assertIn(b" 400 ", self.server.raw(twice.encode()).split(b"\r\n")[0])

    def test_it_dies_with_its_user(self):
        token = self.server.sign_up("fay").json["access_token"]
        key = self.add("verify", token=token)["api_key"]
        self.server.command("user", "disable", "fay")
        self.refused(self.by(key, "/auth/verify"), 401, "invalid_api_key")
        self.server.command("user", "enable", "fay")
        self.assertEqual(self.by(key, "/auth/verify").status, 200)
        self.server.command("user", "delete", "fay")
        self.refused(self.by(key, "/auth/verify"), 401, "invalid_api_key")
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_bad_ones_are_not_made(self):
        token = self.ann["access_token"]
        for body, status, field in [
                ({"scopes": ["verify"]}, 422, "name"),
                ({"name": "", "scopes": ["verify"]}, 422, "name"), ({"name": "x"}, 422, "scopes"),
                ({"name": "x", "scopes": []}, 422, "scopes"),
                ({"name": "x", "scopes": ["root"]}, 422, "scopes"),
                ({"name": "x", "scopes": ["verify"], "expires_in": 0}, 422, "expires_in"),
                ({"name": "x", "scopes": ["verify"], "expires_in": -1}, 422, "expires_in"),
                ({"name": "x", "scopes": ["verify"], "expires_in": 2**62}, 422, "expires_in"),
                ({"name": "x", "scopes": ["verify"], "expires_in": 367 * 86400}, 422,
                 "expires_in")]:
            with self.subTest(body=body):
                self.refused(self.server.post(KEYS, body, token=token), status, field=field)
        self.refused(self.server.post(KEYS, {"name": "x", "scopes": ["verify"]}), 401)

    def test_administrators_see_and_revoke_them(self):
        user = self.server.sign_up("gus").json
        made = self.add("verify", token=user["access_token"])
        path = "/api/v1/admin/users/%d/api-keys" % user["user"]["id"]
        listed = self.server.get(path, token=self.ann["access_token"]).json["api_keys"]
        self.assertEqual([k["id"] for k in listed], [made["id"]])
        self.refused(self.server.get(path, token=user["access_token"]), 403)
        self.refused(self.server.get("/api/v1/admin/users/999999/api-keys",
                                     token=self.ann["access_token"]), 404)
        self.assertEqual(self.server.request("DELETE", "%s/%d" % (path, made["id"]),
                                             token=self.ann["access_token"]).status, 204)
        self.refused(self.by(made["api_key"], "/auth/verify"), 401)
        audit = self.server.get("/api/v1/admin/audit?user=%d" % user["user"]["id"],
                                token=self.ann["access_token"]).json
        actions = [entry["action"] for entry in audit["entries"]]
        self.assertIn("api_key_added", actions)
        self.assertIn("api_key_revoked", actions)

    def test_a_command_does_the_same(self):
        self.server.sign_up("hal")
        text = self.server.command("apikey", "add", "hal", "--name", "n", "--scope", "verify",
                                   "--scope", "app:x", "--expires", "1d")
        self.assertIn("shown only this once", text.out)
        made = json.loads(self.server.command("apikey", "add", "hal", "--name", "n2", "--scope",
                                              "profile:read", "--json").out)
        self.assertEqual(self.server.me(made["api_key"]).json["username"], "hal")
        listed = json.loads(self.server.command("apikey", "list", "hal", "--json").out)["api_keys"]
        self.assertEqual([k["name"] for k in listed], ["n2", "n"])
        self.assertIn("verify app:x", self.server.command("apikey", "list", "hal").out)
        self.server.command("apikey", "revoke", "hal", str(made["id"]))
        self.refused(self.server.me(made["api_key"]), 401)
        self.server.command("apikey", "add", "hal", "--name", "n3", "--scope", "verify")
        self.assertEqual(self.server.command("apikey", "revoke", "hal", "--all").out,
                         "API keys revoked: 2\n")
        self.assertEqual(json.loads(self.server.command("apikey", "revoke", "hal", "--all",
                                                        "--json").out), {"revoked_count": 0})
        self.assertEqual(json.loads(self.server.command("apikey", "list", "hal", "--json").out),
                         {"api_keys": []})
        for arguments, code in [(["revoke", "hal", str(made["id"])], 3),
                                (["revoke", "hal", "x"], 2), (["list", "nobody"], 3),
                                (["revoke", "hal"], 2), (["revoke", "hal", "1", "--all"], 2),
                                (["revoke", "nobody", "--all"], 3),
                                (["add", "hal", "--name", "x", "--scope", "root"], 2),
                                (["add", "hal", "--name", "x"], 2),
                                (["add", "hal", "--name", "x", "--scope", "verify", "--expires",
                                  "2y"], 2),
                                (["add", "hal", "--name", "x", "--scope", "verify", "--expires",
                                  "400d"], 2)]:
            with self.subTest(arguments=arguments):
                self.assertEqual(self.server.command("apikey", *arguments, check=False).returncode,
                                 code)


class Proofs(unittest.TestCase):
    def test_an_old_login_makes_no_key(self):
        with Server("--tokens.access-ttl", "1h") as server:
            token = server.sign_up("ann").json["access_token"]
            issued = server.command("token", "issue", "ann", "--scope", "account").out.strip()
            self.assertEqual(server.post(KEYS, {"name": "x", "scopes": ["verify"]},
                                         token=token).status, 201)
            self.assertEqual(server.get(KEYS, token=issued).status, 200)


if __name__ == "__main__":
    unittest.main()
