"""The API of facade, as its client uses it."""

import unittest

from clocked import Clocked
from compat import CompatCase, life_of, totp
from harness import PASSWORD, claims_of

LIFE = 35 * 60


class FacadeCase(CompatCase):
    def add(self, username, password=PASSWORD):
        return self.server.post("/user", {"username": username, "password": password})

    def authenticate(self, username, password=PASSWORD, **more):
        return self.server.post("/authenticate_user",
                                {"username": username, "password": password, **more})

    def member(self, username):
        self.said(self.add(username), "User created successfully")
        return self.authenticate(username).json["token"]

    def show(self, token):
        return self.server.get("/user", token=token)

    def change(self, token, **fields):
        return self.server.request("PUT", "/user", fields, token=token)

    def validate(self, token):
        return self.server.post("/validate_token", {"token": token})

    def log_out(self, token):
        return self.server.post("/logout", {"token": token})


class Facade(FacadeCase):
    def test_the_life_of_a_client(self):
        reply = self.add("ann")
        self.assertEqual((reply.status, reply.json),
                         (200, {"message": "User created successfully"}))
        reply = self.authenticate("ann")
        self.assertEqual((reply.status, list(reply.json)), (200, ["token"]))
        token = reply.json["token"]
        self.assertEqual(life_of(token), LIFE)

        reply = self.show(token)
        self.assertEqual(reply.status, 200)
        self.assertEqual(sorted(reply.json), ["token", "user"])
        self.assertEqual(sorted(reply.json["user"]), ["id", "username"])
        self.assertEqual(reply.json["user"]["username"], "ann")
        renewed = reply.json["token"]
        self.assertEqual(life_of(renewed), LIFE)
        self.assertNotEqual(claims_of(renewed)["jti"], claims_of(token)["jti"])

        reply = self.validate(renewed)
        self.assertEqual((reply.status, sorted(reply.json)), (200, ["message", "token"]))
        self.assertEqual(reply.json["message"], "Token is valid")
        self.assertNotIn(claims_of(reply.json["token"])["jti"],
                         (claims_of(renewed)["jti"], claims_of(token)["jti"]))

        reply = self.change(reply.json["token"], username="anna", password="another battery")
        self.assertEqual((reply.status, sorted(reply.json)), (200, ["message", "token"]))
        self.assertEqual(reply.json["message"], "User updated successfully")
        self.assertEqual(self.show(reply.json["token"]).json["user"]["username"], "anna")
        self.failed(self.authenticate("ann"), 401, "invalid_credentials")
        self.failed(self.authenticate("anna"), 401, "invalid_credentials")

        token = self.authenticate("anna", "another battery").json["token"]
        reply = self.log_out(token)
        self.assertEqual((reply.status, reply.json), (200, {"message": "Logged out successfully"}))
        self.failed(self.validate(token), 401, "invalid_token")

        token = self.authenticate("anna", "another battery").json["token"]
        reply = self.server.request("DELETE", "/user", token=token)
        self.assertEqual((reply.status, reply.json),
                         (200, {"message": "User deleted successfully"}))
        self.failed(self.show(token), 401, "invalid_token")
        self.failed(self.authenticate("anna", "another battery"), 401, "invalid_credentials")
        self.said(self.add("anna"), "User created successfully")

    def test_logging_out_revokes_every_token_of_the_login_everywhere(self):
        first = self.member("leaver")
        other_login = self.authenticate("leaver").json["token"]
        second = self.show(first).json["token"]
        third = self.validate(second).json["token"]
        self.said(self.log_out(second), "Logged out successfully")
        for token in (first, second, third):
            self.failed(self.show(token), 401, "invalid_token")
            self.failed(self.validate(token), 401, "invalid_token")
            self.failed(self.change(token, username="x"), 401, "invalid_token")
            self.failed(self.log_out(token), 401, "invalid_token")
            self.failed(self.server.get("/users/me", token=token), 401, "invalid_token")
            self.failed(self.server.get("/profile", token=token), 401, "invalid_token")
            self.failed(self.server.post("/logout", token=token), 401, "invalid_token")
            self.refused(self.server.me(token), 401, "invalid_token")
            self.assertEqual(self.server.get("/auth/verify", token=token).status, 401)
        self.assertEqual(self.show(other_login).status, 200)

    def test_tokens_of_the_other_apis_are_good_here_and_not_renewed(self):
        canonical = self.server.sign_up("gerda", email="gerda@example.org").json["access_token"]
        secureauth = self.server.post(
            "/auth/login",
            {"email": "gerda@example.org", "password": PASSWORD}).json["access_token"]
        for token in (canonical, secureauth):
            # Without its refresh token, a token's life is not extended.
            self.assertEqual(self.show(token).json["token"], token)
            self.assertEqual(self.validate(token).json["token"], token)
        mine = self.authenticate("guest").json["token"]
        self.assertEqual(self.server.me(mine).json["username"], "guest")
        self.assertEqual(self.server.get("/users/me", token=mine).json["email"],
                         "guest@example.org")
        self.assertEqual(self.server.get("/profile", token=mine).json["username"], "guest")
        self.said(self.log_out(canonical), "Logged out successfully")
        self.refused(self.server.me(canonical), 401, "invalid_token")

    def test_a_token_that_is_not_for_accounts_is_refused(self):
        self.member("scope")
        token = self.server.command("token", "issue", "scope", "--scope", "printing").out.strip()
        self.failed(self.show(token), 403, "insufficient_scope")
        self.failed(self.validate(token), 403, "insufficient_scope")
        issued = self.server.command("token", "issue", "scope", "--ttl", "10m").out.strip()
        self.assertEqual(self.validate(issued).json["token"], issued)

    def test_bad_sign_ups(self):
        self.member("taken")
        self.failed(self.add("taken"), 409, "username_taken", "username")
        self.failed(self.add("TAKEN"), 409, "username_taken", "username")
        good = {"username": "bad", "password": PASSWORD}
        self.bad_bodies("POST", "/user", good, ("username", "password"))
        for name in ("a b", "x" * 65, ".dot", "a@b", "ä", "a\n"):
            self.failed(self.add(name), 400, field="username")
        self.failed(self.add("bad", "short"), 400, "weak_password")
        self.failed(self.authenticate("bad"), 401, "invalid_credentials")
        self.wrong_methods("/user", ("PATCH",))

    def test_bad_logins(self):
        self.member("login")
        wrong = self.failed(self.authenticate("login", "wrong password"), 401,
                            "invalid_credentials")
        unknown = self.failed(self.authenticate("nobody", "wrong password"), 401,
                              "invalid_credentials")
        self.assertEqual({**wrong, "request_id": ""}, {**unknown, "request_id": ""})
        self.bad_bodies("POST", "/authenticate_user", {"username": "login", "password": PASSWORD},
                        ("username", "password"))
        self.wrong_methods("/authenticate_user", ("GET", "PUT", "DELETE"))

    def test_bad_tokens(self):
        token = self.member("tokens")
        expired = self.expired_token("tokens")
        self.bad_tokens(self.show, token)
        self.bad_tokens(lambda t: self.change(t, username="new"), token)
        self.bad_tokens(lambda t: self.server.request("DELETE", "/user", token=t), token)
        for ask in (self.validate, self.log_out):
            self.failed(ask(expired), 401, "invalid_token")
            for bad in ("x", "a.b.c", token + "x"):
                self.failed(ask(bad), 401, "invalid_token")
        self.failed(self.show(expired), 401, "invalid_token")
        self.bad_bodies("POST", "/validate_token", {"token": token}, ("token",))
        self.wrong_methods("/validate_token", ("GET", "PUT", "DELETE"))
        self.wrong_methods("/logout", ("GET", "PUT", "DELETE"))
        for wrong in (7, None, [], ""):
            self.failed(self.server.post("/logout", {"token": wrong}), 400, field="token")
        self.assertEqual(self.show(token).status, 200)

    def test_changes_are_whole_or_not_at_all(self):
        token = self.member("careful")
        self.member("occupied")
        self.failed(self.change(token), 400)
        self.failed(self.change(token, username="occupied", password="another battery"), 409,
                    "username_taken")
        self.failed(self.change(token, username="renamed", password="short"), 400, "weak_password")
        self.failed(self.change(token, username="a b", password="another battery"), 400,
                    field="username")
        for wrong in (7, [], {}, ""):
            self.failed(self.change(token, username=wrong), 400)
            self.failed(self.change(token, password=wrong), 400)
        for body in ("{", "[]", '{"username": "x", "username": "y"}'):
            self.failed(self.server.request("PUT", "/user", body, token=token), 400)
        self.assertEqual(self.show(token).json["user"]["username"], "careful")
        self.assertEqual(self.authenticate("careful").status, 200)

    def test_a_new_password_ends_the_other_logins(self):
        token = self.member("changer")
        other = self.authenticate("changer").json["token"]
        wrong = self.change(token, password="another battery", current_password="wrong password")
        self.failed(wrong, 403, "wrong_password", "current_password")
        self.assertEqual(self.show(other).status, 200)
        reply = self.change(token, password="another battery", current_password=PASSWORD)
        self.assertEqual(self.show(reply.json["token"]).status, 200)
        self.failed(self.show(other), 401, "invalid_token")

    def test_a_second_factor_is_asked_for(self):
        token = self.member("factor")
        setup = self.server.post("/api/v1/users/me/mfa/totp", token=token).json
        reply = self.server.post("/api/v1/users/me/mfa/totp/confirm",
                                 {"code": totp(setup["secret"])}, token=token)
        self.failed(self.authenticate("factor"), 401, "mfa_required")
        self.assertEqual(self.authenticate("factor",
                                           mfa_code=reply.json["recovery_codes"][0]).status, 200)

    def test_a_session_cookie_is_no_token(self):
        self.member("cookie")
        body = {"username": "cookie", "password": PASSWORD}
        # Its logins return tokens, whatever the request asks for.
        reply = self.server.post("/authenticate_user", body, headers={"X-Authd-Session": "cookie"})
        self.assertEqual(self.show(reply.json["token"]).status, 200)
        reply = self.server.post("/api/v1/auth/login", body, headers={"X-Authd-Session": "cookie"})
        cookies = [c.split(";")[0] for c in reply.headers.get_all("Set-Cookie")
                   if "authd_session" in c]
        self.failed(self.server.get("/user", headers={"Cookie": cookies[0]}), 401)
        self.failed(self.server.request("DELETE", "/user", headers={"Cookie": cookies[0]}), 403,
                    "csrf_failed")


class Guessing(FacadeCase):
    SERVER = Clocked

    def test_is_slowed(self):
        self.member("guess")
        with self.server.standing_clock():
            for i in range(6):
                self.failed(self.authenticate("guess", "wrong %d" % i), 401)
            self.failed(self.authenticate("guess"), 429, "rate_limited")

    def test_the_current_password_is_slowed(self):
        token = self.member("guess2")
        with self.server.standing_clock():
            for i in range(6):
                self.failed(self.change(token, password="another battery",
                                        current_password="wrong %d" % i), 403)
            self.failed(self.change(token, password="another battery", current_password=PASSWORD),
                        429, "rate_limited")


class Off(CompatCase):
    FLAGS = ("--compat.enabled", "oauthapp")

    def test_it_is_not_there(self):
        for method, path in (("POST", "/user"), ("GET", "/user"), ("PUT", "/user"),
                             ("DELETE", "/user"),
                             ("POST", "/authenticate_user"), ("POST", "/validate_token")):
            self.assertEqual(self.server.request(method, path).status, 404, path)

    def test_logout_is_the_one_of_oauthapp_alone(self):
        token = self.server.sign_up("ann").json["access_token"]
        self.failed(self.server.post("/logout", {"token": token}), 401)
        self.assertEqual(self.server.me(token).status, 200)
        self.said(self.server.post("/logout", {"token": token}, token=token), "Logout Successful")
        self.assertEqual(self.server.me(token).status, 401)


class LogoutWithoutOauthapp(CompatCase):
    FLAGS = ("--compat.enabled", "facade")

    def test_logout_takes_the_body_alone(self):
        token = self.server.sign_up("ann").json["access_token"]
        self.failed(self.server.post("/logout", token=token), 415)
        self.failed(self.server.post("/logout", {}, token=token), 400, field="token")
        self.assertEqual(self.server.me(token).status, 200)
        self.said(self.server.post("/logout", {"token": token}), "Logged out successfully")


if __name__ == "__main__":
    unittest.main()
