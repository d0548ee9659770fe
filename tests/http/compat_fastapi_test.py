"""The API of fastapi, as its client uses it: the canonical one under /api/v1."""

import re
import unittest

from compat import CompatCase, WRONG_TYPES, without_dots
from harness import PASSWORD


class Fastapi(CompatCase):
    def api(self, method, path, body=None, token=None):
        return self.server.request(method, "/api/v1/" + path, body, token=token)

    def sign_up_here(self, name, password=PASSWORD):
        return self.api("POST", "auth/signup",
                        {"username": name, "email": name + "@example.org", "password": password})

    def detail(self, reply, status):
        """FastAPI's clients read "detail"."""
        self.assertEqual(reply.status, status, reply.body)
        self.assertIn(" ", reply.json["detail"])
        return reply.json["detail"]

    def test_the_life_of_a_client(self):
        reply = self.sign_up_here("ann")
        self.assertEqual(reply.status, 201)
        reply = self.api("POST", "auth/login", {"username": "ann", "password": PASSWORD})
        self.assertEqual(reply.status, 200)
        tokens = reply.json
        self.assertEqual(tokens["token_type"], "bearer")
        self.assertIsInstance(tokens["user"]["role_id"], int)

        reply = self.api("GET", "users/me", token=tokens["access_token"])
        self.assertEqual((reply.status, reply.json["username"]), (200, "ann"))
        self.assertEqual(reply.json["role_id"], tokens["user"]["role_id"])
        reply = self.api("PUT", "users/me", {"first_name": "Ann", "phone_number": "+49 30 555555"},
                         tokens["access_token"])
        self.assertEqual((reply.status, reply.json["first_name"], reply.json["username"]),
                         (200, "Ann", "ann"))

        reply = self.api("POST", "auth/refresh", {"refresh_token": tokens["refresh_token"]})
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.json["token_type"], "bearer")
        self.assertNotEqual(reply.json["refresh_token"], tokens["refresh_token"])
        token = reply.json["access_token"]

        body = {"current_password": PASSWORD, "new_password": "another battery"}
        self.assertEqual(self.api("POST", "auth/password/change", body, token).status, 200)
        self.detail(self.api("POST", "auth/login", {"username": "ann", "password": PASSWORD}), 401)

        reply = self.api("POST", "auth/logout", token=token)
        self.assertEqual((reply.status, reply.json["message"]), (200, "Logged out successfully"))
        self.detail(self.api("GET", "users/me", token=token), 401)

        token = self.api("POST", "auth/login",
                         {"username": "ann", "password": "another battery"}).json["access_token"]
        reply = self.api("DELETE", "users/me", token=token)
        self.assertEqual((reply.status, reply.json),
                         (200, {"message": "Account deleted successfully"}))
        self.detail(self.api("GET", "users/me", token=token), 401)

    def test_health(self):
        reply = self.server.get("/api/health")
        self.assertEqual(reply.status, 200)
        version = self.server.get("/health").json["version"]
        self.assertEqual(reply.json,
                         {"status": "healthy", "service": "Authentication API", "version": version,
                          "database": "connected"})
        self.wrong_methods("/api/health", ("POST", "PUT", "DELETE"))

    def test_a_reset_mails_a_link_and_returns_no_password(self):
        self.sign_up_here("paul")
        known = self.api("POST", "auth/password/reset", {"username": "paul"})
        unknown = self.api("POST", "auth/password/reset", {"username": "nobody"})
        self.assertEqual((known.status, known.body), (unknown.status, unknown.body))
        self.assertEqual(known.status, 200)
        self.assertEqual(list(known.json), ["message"])
        # The password is unchanged until the link is used.
        self.assertEqual(self.server.log_in("paul").status, 200)
        token = re.search(r"token=([A-Za-z0-9_-]{43})\b",
                          self.mail("paul@example.org", "new password"))[1]
        body = {"token": token, "new_password": "another battery"}
        self.assertEqual(self.api("POST", "auth/password/reset", body).status, 200)
        self.detail(self.api("POST", "auth/password/reset", body), 401)
        self.assertEqual(self.server.log_in("paul", "another battery").status, 200)

    def test_bad_resets(self):
        ask = lambda body: self.api("POST", "auth/password/reset", body)
        for body in ({}, {"username": ""}, {"username": None}, {"username": 7},
                     {"username": ["x"]}):
            self.detail(ask(body), 422)
        for body in ({"token": "x"}, {"new_password": "another battery"},
                     {"username": "paul", "new_password": "x" * 9}):
            self.detail(ask(body), 422)
        self.detail(ask({"token": "x", "new_password": "another battery"}), 401)
        self.detail(ask("{"), 400)

    def test_bad_input_is_422_with_its_detail(self):
        token = self.sign_up_here("bad").json["access_token"]
        routes = (("POST", "auth/signup", {"username": "b2", "password": PASSWORD}, ("password",)),
                  ("POST", "auth/login", {"username": "bad", "password": PASSWORD}, ("password",)),
                  ("POST", "auth/refresh", {"refresh_token": "x"}, ("refresh_token",)),
                  ("POST", "auth/password/change",
                   {"current_password": PASSWORD, "new_password": "another battery"},
                   ("current_password", "new_password")))
        for method, path, good, required in routes:
            for body in ("", "{", "[]", "null", b"\xff"):
                self.detail(self.api(method, path, body, token), 400)
            for field in required:
                self.detail(self.api(method, path, {k: v for k, v in good.items() if k != field},
                                     token), 422)
                for wrong in WRONG_TYPES[:-1]:
                    self.detail(self.api(method, path, {**good, field: wrong}, token), 422)
        self.detail(self.api("PUT", "users/me", {"first_name": 7}, token), 422)
        self.detail(self.api("PUT", "users/me", "{", token), 400)
        self.detail(self.sign_up_here("bad"), 409)

    def test_bad_tokens(self):
        token = self.sign_up_here("tokens").json["access_token"]
        expired = self.expired_token("tokens")
        for bad in ("x", without_dots(token), expired, None):
            for method, path in (("GET", "users/me"), ("DELETE", "users/me"),
                                 ("POST", "auth/logout")):
                self.detail(self.api(method, path, token=bad), 401)
            self.detail(self.api("PUT", "users/me", {"first_name": "x"}, bad), 401)
        for bad in ("x", token, expired):
            self.detail(self.api("POST", "auth/refresh", {"refresh_token": bad}), 401)
        self.assertEqual(self.server.me(token).status, 200)


class Off(CompatCase):
    FLAGS = ("--compat.enabled", "")

    def test_what_it_has_besides_is_gone(self):
        self.assertEqual(self.server.get("/api/health").status, 404)
        self.refused(self.server.post("/api/v1/auth/password/reset", {"username": "ann"}), 422,
                     field="token")
        self.assertEqual(self.server.sign_up("ann").status, 201)


class OneAfterTheOther(CompatCase):
    """Each API can be switched off separately, and a misspelt name is refused."""

    FLAGS = ("--compat.enabled", "fastapi,secureauth")

    def test_the_named_ones_are_there(self):
        self.assertEqual(self.server.get("/api/health").status, 200)
        self.failed(self.server.post("/users", {}), 400)
        for method, path in (("POST", "/user"), ("POST", "/signup"), ("POST", "/login"),
                             ("POST", "/logout"),
                             ("GET", "/auth/google"), ("GET", "/profile"), ("GET", "/confirm/x")):
            # /signup and /login may be pages, which are read-only.
            self.assertIn(self.server.request(method, path).status, (404, 405), path)

    def test_a_misspelt_name(self):
        done = self.server.command("config", "check",
                                   env={"AUTHD_COMPAT_ENABLED": "secureauth,fassade"}, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("compat.enabled", done.err)
        self.assertIn("secureauth, facade, fastapi, oauthapp", done.err)


if __name__ == "__main__":
    unittest.main()
