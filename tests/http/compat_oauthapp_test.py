"""The API of oauthapp, as its client uses it: accounts, logins and passwords."""

import re
import unittest

from clocked import Clocked
from compat import CompatCase, life_of
from harness import PASSWORD
from oauthapp import OauthappCase, confirm_path, reset_token

SAME = "If there is such an account, an email is on its way to it."


class Signup(OauthappCase):
    def test_an_account_is_inactive_until_its_mail_is_confirmed(self):
        reply = self.sign_up_here("ann", first_name="Ann", last_name="Example",
                                  phone_number="+49 30 123456")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json,
                         {"message": "Email sent to ann@example.org. Confirm your Email to Create "
                                     "Account"})
        # As a wrong password is refused: a sign-up for an address that has an account is too.
        inactive = self.log_in_here("ann")
        self.failed(inactive, 401, "invalid_credentials")
        wrong = self.log_in_here("ann", "wrong password")
        self.failed(wrong, 401, "invalid_credentials")
        self.assertEqual(inactive.json["message"], wrong.json["message"])
        # Nor by another API.
        self.refused(self.server.log_in("ann"), 401, "invalid_credentials")
        self.failed(self.server.post("/authenticate_user",
                                     {"username": "ann", "password": PASSWORD}), 401)
        self.failed(self.server.post("/auth/login",
                                     {"email": "ann@example.org", "password": PASSWORD}), 401)

        text = self.mail("ann@example.org", "confirm")
        self.assertIn("expires after 1 hour.", text)
        path = confirm_path(text)
        # A program that fetches the link confirms nothing.
        self.assertEqual(self.server.request("HEAD", path).status, 200)
        reply = self.server.get(path,
                                headers={
                                    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
        self.assertEqual((reply.status, reply.headers["Location"]),
                         (303, path.replace("/confirm/", "/verify-email?token=")))
        self.failed(self.log_in_here("ann"), 403)
        reply = self.server.get(path)
        self.assertEqual((reply.status, list(reply.json)), (200, ["message"]))
        self.failed(self.server.get(path), 400, "invalid_code")
        reply = self.log_in_here("ann")
        self.assertEqual(reply.status, 200)
        profile = self.profile(reply.json["access_token"]).json
        self.assertEqual((profile["first_name"], profile["last_name"], profile["phone_number"]),
                         ("Ann", "Example", "+4930123456"))
        # The account is active, but the address is not confirmed: only the button on the page does
        # that.
        self.assertFalse(self.server.me(reply.json["access_token"]).json["email_verified"])
        token = path.rsplit("/", 1)[1]
        reply = self.server.post("/api/v1/auth/email/verify", {"token": token},
                                 token=reply.json["access_token"])
        self.assertTrue(reply.json["user"]["email_verified"])

    def test_a_taken_email_is_not_told_and_its_owner_is(self):
        self.member("owner")
        reply = self.server.post("/signup",
                                 {"username": "thief", "email": "owner@example.org",
                                  "password": PASSWORD})
        self.assertEqual((reply.status, reply.json["message"]),
                         (200,
                          "Email sent to owner@example.org. Confirm your Email to Create Account"))
        self.mail("owner@example.org", "account")
        self.failed(self.log_in_here("thief"), 401, "invalid_credentials")
        self.assertEqual(self.log_in_here("owner").status, 200)

    def test_bad_sign_ups(self):
        self.sign_up_here("taken")
        self.failed(self.server.post("/signup",
                                     {"username": "taken", "email": "x@example.org",
                                      "password": PASSWORD}),
                    409, "username_taken")
        good = {"username": "bad", "email": "bad@example.org", "password": PASSWORD}
        self.bad_bodies("POST", "/signup", good, ("username", "email", "password"))
        for field, wrong in (("first_name", 7), ("last_name", []), ("phone_number", "x"),
                             ("email", "no-address"),
                             ("username", "a b"), ("password", "short")):
            self.failed(self.server.post("/signup", {**good, field: wrong}), 400)
        self.wrong_methods("/signup", ("PUT", "DELETE"))
        self.failed(self.log_in_here("bad"), 401)
        self.no_mail("bad@example.org")

    def test_another_link_can_be_asked_for(self):
        self.sign_up_here("again")
        self.mail("again@example.org", "confirm")
        ask = lambda address: self.server.post("/resend-confirmation", {"email": address})
        unknown, known = ask("nobody@example.org"), ask("again@example.org")
        self.assertEqual((unknown.status, unknown.body), (known.status, known.body))
        self.assertEqual(known.status, 200)
        path = confirm_path(self.mail("again@example.org", "confirm"))
        self.assertEqual(self.server.get(path).status, 200)
        # Now only the address must be confirmed on the page.
        self.assertEqual(ask("again@example.org").body, known.body)
        token = re.search(r"/verify-email\?token=([A-Za-z0-9_-]{43})\b",
                          self.mail("again@example.org", "confirm"))[1]
        self.assertEqual(self.server.post("/api/v1/auth/email/verify",
                                          {"token": token, "password": PASSWORD}).status, 200)
        self.assertIn(ask("again@example.org").status, (200, 429))
        self.no_mail("again@example.org")
        self.bad_bodies("POST", "/resend-confirmation", {"email": "again@example.org"}, ("email",))
        self.wrong_methods("/resend-confirmation", ("GET", "PUT"))

    def test_links_that_are_no_good(self):
        for token in ("x", "A" * 43, "A" * 44, "%C3%A4", "a%20b"):
            self.failed(self.server.get("/confirm/" + token), 400, "invalid_code")
        self.sign_up_here("mixer")
        path = confirm_path(self.mail("mixer@example.org", "confirm"))
        token = path.rsplit("/", 1)[1]
        # A link works only for the purpose that it was mailed for.
        self.failed(self.server.post("/reset-password/" + token, {"password": "another battery"}),
                    400, "invalid_code")
        self.wrong_methods("/confirm/" + token, ("POST", "PUT", "DELETE"))
        self.assertEqual(self.server.get(path).status, 200)

    def test_the_link_of_the_other_apis_and_this_one_are_the_same(self):
        self.sign_up_here("both")
        token = confirm_path(self.mail("both@example.org", "confirm")).rsplit("/", 1)[1]
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": token}).status,
                         200)
        self.assertEqual(self.log_in_here("both").status, 200)


class Login(OauthappCase):
    def test_tokens_and_their_renewal(self):
        self.member("tess")
        reply = self.log_in_here("tess")
        self.assertEqual(reply.status, 200)
        tokens = reply.json
        self.assertIn("message", tokens)
        self.assertEqual(life_of(tokens["access_token"]), 30 * 60)
        self.assertEqual(self.profile(tokens["access_token"]).status, 200)
        reply = self.server.post("/refresh", token=tokens["refresh_token"])
        self.assertEqual(reply.status, 200)
        self.assertEqual(life_of(reply.json["access_token"]), 30 * 60)
        self.assertNotEqual(reply.json["refresh_token"], tokens["refresh_token"])
        self.assertEqual(self.profile(reply.json["access_token"]).status, 200)
        session, = [s for s in self.server.get("/api/v1/users/me/sessions",
                                               token=reply.json["access_token"]).json[
            "sessions"] if s["current"]]
        self.assertEqual(session["expires_at"][:10] > session["created_at"][:10], True)

    def test_bad_refreshes(self):
        tokens = self.member("rita")
        ask = lambda token: self.server.post("/refresh", token=token)
        self.bad_tokens(ask, tokens["access_token"])
        self.failed(ask(tokens["access_token"]), 401, "invalid_token")
        self.wrong_methods("/refresh", ("GET", "PUT", "DELETE"))
        self.said(self.server.post("/logout", token=tokens["access_token"]), "Logout Successful")
        self.failed(ask(tokens["refresh_token"]), 401, "invalid_token")

    def test_logging_out(self):
        for which in ("access_token", "refresh_token"):
            tokens = self.member("leo-" + which.split("_")[0])
            reply = self.server.post("/logout", token=tokens[which])
            self.assertEqual((reply.status, reply.json), (200, {"message": "Logout Successful"}))
            self.failed(self.profile(tokens["access_token"]), 401, "invalid_token")
            self.failed(self.server.post("/refresh", token=tokens["refresh_token"]), 401,
                        "invalid_token")
            self.failed(self.server.post("/logout", token=tokens[which]), 401, "invalid_token")
            self.refused(self.server.me(tokens["access_token"]), 401, "invalid_token")

    def test_logging_out_with_a_body_beside_the_token(self):
        for body in ("{}", "{", "not json", '{"other": 1}'):
            token = self.log_in_or_member("bodo")["access_token"]
            self.said(self.server.post("/logout", body, token=token), "Logout Successful")
        self.failed(self.server.post("/logout"), 401)
        self.failed(self.server.post("/logout", "{"), 400)
        self.failed(self.server.post("/logout", "{}"), 400, field="token")
        self.bad_tokens(lambda t: self.server.post("/logout", token=t),
                        self.log_in_or_member("bodo")["access_token"])

    def log_in_or_member(self, name):
        reply = self.log_in_here(name)
        return reply.json if reply.status == 200 else self.member(name)

    def test_bad_logins(self):
        self.member("login")
        wrong = self.failed(self.log_in_here("login", "wrong password"), 401, "invalid_credentials")
        unknown = self.failed(self.log_in_here("nobody", "wrong password"), 401,
                              "invalid_credentials")
        self.assertEqual({**wrong, "request_id": ""}, {**unknown, "request_id": ""})
        self.bad_bodies("POST", "/login", {"username": "login", "password": PASSWORD},
                        ("username", "password"))
        self.failed(self.log_in_here("login", mfa_code=123456), 400, field="mfa_code")
        self.wrong_methods("/login", ("PUT", "DELETE"))


class Guessing(OauthappCase):
    SERVER = Clocked

    def test_is_slowed(self):
        self.member("guess")
        with self.server.standing_clock():
            for i in range(6):
                self.failed(self.log_in_here("guess", "wrong %d" % i), 401)
            self.failed(self.log_in_here("guess"), 429, "rate_limited")
            self.failed(self.verify("guess", "123456"), 429, "rate_limited")


class Password(OauthappCase):
    def forgot(self, address):
        return self.server.post("/forgot-password", {"email": address})

    def reset(self, token, password="another battery"):
        return self.server.post("/reset-password/" + token, {"password": password})

    def test_a_lost_password(self):
        tokens = self.member("paul")
        known, unknown = self.forgot("paul@example.org"), self.forgot("nobody@example.org")
        self.assertEqual((known.status, known.json), (200, {"message": SAME}))
        self.assertEqual(known.body, unknown.body)
        text = self.mail("paul@example.org", "new password")
        self.assertIn("expires after 10 minutes.", text)
        token = reset_token(text)
        self.failed(self.reset(token, "short"), 400, "weak_password")
        reply = self.reset(token)
        self.assertEqual((reply.status, list(reply.json)), (200, ["message"]))
        self.assertNotIn("battery", reply.body.decode())
        self.failed(self.reset(token), 400, "invalid_code")
        self.failed(self.profile(tokens["access_token"]), 401, "invalid_token")
        self.failed(self.server.post("/refresh", token=tokens["refresh_token"]), 401,
                    "invalid_token")
        self.failed(self.log_in_here("paul"), 401)
        self.assertEqual(self.log_in_here("paul", "another battery").status, 200)

    def test_bad_resets(self):
        self.bad_bodies("POST", "/forgot-password", {"email": "x@example.org"}, ("email",))
        self.bad_bodies("POST", "/reset-password/" + "A" * 43, {"password": PASSWORD},
                        ("password",))
        for token in ("x", "A" * 43, "a%20b"):
            self.failed(self.reset(token), 400, "invalid_code")
        self.wrong_methods("/forgot-password", ("PUT", "DELETE"))
        self.wrong_methods("/reset-password/x", ("PUT", "DELETE"))


class SwitchedOff(CompatCase):
    FLAGS = ("--compat.enabled", "secureauth,facade,fastapi")

    def test_it_is_not_there(self):
        for method, path in (("POST", "/signup"), ("POST", "/login"), ("POST", "/refresh"),
                             ("POST", "/send-otp"),
                             ("POST", "/verify-otp"), ("GET", "/auth/google"),
                             ("GET", "/auth/google/callback"),
                             ("GET", "/confirm/x"), ("POST", "/resend-confirmation"),
                             ("POST", "/forgot-password"),
                             ("POST", "/reset-password/x"), ("POST", "/mfa"), ("PUT", "/mfa"),
                             ("GET", "/profile"),
                             ("PUT", "/profile")):
            self.assertIn(self.server.request(method, path).status, (404, 405), path)


if __name__ == "__main__":
    unittest.main()
