"""The API of oauthapp, as its client uses it."""

import base64
import re
import unittest
import urllib.parse

from clocked import Clocked
from compat import CompatCase, code_in, life_of, totp
from harness import PASSWORD, Server, ServerCase
from openid import Browser, RealProvider, settings
from pictures import gif, png, size_of

SAME = "If there is such an account, an email is on its way to it."


def confirm_path(text):
    """The path of the link in a mail."""
    return re.search(r"http://[^/]+(/confirm/[A-Za-z0-9_-]{43})\b", text)[1]


def reset_token(text):
    return re.search(r"token=([A-Za-z0-9_-]{43})\b", text)[1]


class OauthappCase(CompatCase):
    def sign_up_here(self, name, password=PASSWORD, **more):
        return self.server.post("/signup", {"username": name, "email": name + "@example.org", "password": password,
                                            **more})

    def log_in_here(self, name, password=PASSWORD, **more):
        return self.server.post("/login", {"username": name, "password": password, **more})

    def member(self, name):
        """Signs up, confirms and logs in."""
        self.assertEqual(self.sign_up_here(name).status, 200)
        reply = self.server.get(confirm_path(self.mail(name + "@example.org", "confirm")))
        self.assertEqual(reply.status, 200, reply.body)
        return self.log_in_here(name).json

    def profile(self, token):
        return self.server.get("/profile", token=token)

    def verify(self, name, code, password=PASSWORD, **more):
        return self.server.post("/verify-otp", {"email": name + "@example.org", "otp_code": code, "username": name,
                                                "password": password, **more})


class Signup(OauthappCase):
    def test_an_account_is_inactive_until_its_mail_is_confirmed(self):
        reply = self.sign_up_here("ann", first_name="Ann", last_name="Example", phone_number="+49 30 123456")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json,
                         {"message": "Email sent to ann@example.org. Confirm your Email to Create Account"})
        self.failed(self.log_in_here("ann"), 403, "email_not_verified")
        self.failed(self.log_in_here("ann", "wrong password"), 401, "invalid_credentials")
        # Nor by another API.
        self.refused(self.server.log_in("ann"), 403, "email_not_verified")
        self.failed(self.server.post("/authenticate_user", {"username": "ann", "password": PASSWORD}), 403)
        self.failed(self.server.post("/auth/login", {"email": "ann@example.org", "password": PASSWORD}), 403)

        text = self.mail("ann@example.org", "confirm")
        self.assertIn("expires after 1 hour.", text)
        path = confirm_path(text)
        # A program that looks at the link confirms nothing.
        self.assertEqual(self.server.request("HEAD", path).status, 200)
        reply = self.server.get(path, headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
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
        # The account is active, and nobody has confirmed the address: that is for the button on the page.
        self.assertFalse(self.server.me(reply.json["access_token"]).json["email_verified"])
        token = path.rsplit("/", 1)[1]
        reply = self.server.post("/api/v1/auth/email/verify", {"token": token}, token=reply.json["access_token"])
        self.assertTrue(reply.json["user"]["email_verified"])

    def test_a_taken_email_is_not_told_and_its_owner_is(self):
        self.member("owner")
        reply = self.server.post("/signup", {"username": "thief", "email": "owner@example.org", "password": PASSWORD})
        self.assertEqual((reply.status, reply.json["message"]),
                         (200, "Email sent to owner@example.org. Confirm your Email to Create Account"))
        self.mail("owner@example.org", "account")
        self.failed(self.log_in_here("thief"), 401, "invalid_credentials")
        self.assertEqual(self.log_in_here("owner").status, 200)

    def test_bad_sign_ups(self):
        self.sign_up_here("taken")
        self.failed(self.server.post("/signup", {"username": "taken", "email": "x@example.org", "password": PASSWORD}),
                    409, "username_taken")
        good = {"username": "bad", "email": "bad@example.org", "password": PASSWORD}
        self.bad_bodies("POST", "/signup", good, ("username", "email", "password"))
        for field, wrong in (("first_name", 7), ("last_name", []), ("phone_number", "x"), ("email", "no-address"),
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
        # What is left is to confirm the address on the page.
        self.assertEqual(ask("again@example.org").body, known.body)
        token = re.search(r"/verify-email\?token=([A-Za-z0-9_-]{43})\b", self.mail("again@example.org", "confirm"))[1]
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": token, "password": PASSWORD}).status, 200)
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
        # A link is good for what it was mailed for alone.
        self.failed(self.server.post("/reset-password/" + token, {"password": "another battery"}), 400, "invalid_code")
        self.wrong_methods("/confirm/" + token, ("POST", "PUT", "DELETE"))
        self.assertEqual(self.server.get(path).status, 200)

    def test_the_link_of_the_other_apis_and_this_one_are_the_same(self):
        self.sign_up_here("both")
        token = confirm_path(self.mail("both@example.org", "confirm")).rsplit("/", 1)[1]
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": token}).status, 200)
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
        session, = [s for s in self.server.get("/api/v1/users/me/sessions", token=reply.json["access_token"]).json[
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
            self.failed(self.server.post("/refresh", token=tokens["refresh_token"]), 401, "invalid_token")
            self.failed(self.server.post("/logout", token=tokens[which]), 401, "invalid_token")
            self.refused(self.server.me(tokens["access_token"]), 401, "invalid_token")

    def test_logging_out_with_a_body_beside_the_token(self):
        for body in ("{}", "{", "not json", '{"other": 1}'):
            token = self.log_in_or_member("bodo")["access_token"]
            self.said(self.server.post("/logout", body, token=token), "Logout Successful")
        self.failed(self.server.post("/logout"), 401)
        self.failed(self.server.post("/logout", "{"), 400)
        self.failed(self.server.post("/logout", "{}"), 400, field="token")
        self.bad_tokens(lambda t: self.server.post("/logout", token=t), self.log_in_or_member("bodo")["access_token"])

    def log_in_or_member(self, name):
        reply = self.log_in_here(name)
        return reply.json if reply.status == 200 else self.member(name)

    def test_bad_logins(self):
        self.member("login")
        wrong = self.failed(self.log_in_here("login", "wrong password"), 401, "invalid_credentials")
        unknown = self.failed(self.log_in_here("nobody", "wrong password"), 401, "invalid_credentials")
        self.assertEqual({**wrong, "request_id": ""}, {**unknown, "request_id": ""})
        self.bad_bodies("POST", "/login", {"username": "login", "password": PASSWORD}, ("username", "password"))
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


class Otp(OauthappCase):
    def send(self, address):
        return self.server.post("/send-otp", {"email": address})

    def test_a_code_is_mailed_only_after_the_password_was_right(self):
        self.member("otto")
        self.server.command("user", "passwd", "otto", stdin=PASSWORD + "\n")
        self.sign_up_here("cold")
        path = confirm_path(self.mail("cold@example.org", "confirm"))
        self.server.get(path)
        said = self.send("cold@example.org")
        self.assertEqual(said.status, 200)
        self.assertEqual(self.send("nobody@example.org").body, said.body)
        self.failed(self.log_in_here("cold", "wrong password"), 401)
        self.no_mail("cold@example.org", "code")

        self.assertEqual(self.send("otto@example.org").body, said.body)
        code = code_in(self.mail("otto@example.org", "code"))
        self.failed(self.send("otto@example.org"), 429, "rate_limited")
        self.failed(self.send("nobody@example.org"), 429, "rate_limited")

        self.failed(self.verify("otto", code, "wrong password"), 401, "invalid_code")
        self.failed(self.verify("otto", "%06d" % ((int(code) + 1) % 1000000)), 401, "invalid_code")
        reply = self.verify("otto", code)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.profile(reply.json["access_token"]).json["username"], "otto")
        self.assertEqual(life_of(reply.json["access_token"]), 30 * 60)
        self.failed(self.verify("otto", code), 401, "invalid_code")

    def test_the_code_of_one_is_not_another_ones(self):
        self.member("eve")
        self.member("victim")
        self.send("eve@example.org")
        code = code_in(self.mail("eve@example.org", "code"))
        mixed = {"email": "eve@example.org", "otp_code": code, "username": "victim", "password": PASSWORD}
        self.failed(self.server.post("/verify-otp", mixed), 401, "invalid_code")
        # It was not even used up: the address is not the account's.
        self.assertEqual(self.verify("eve", code).status, 200)

    def test_five_wrong_codes_use_it_up(self):
        self.member("tries")
        self.send("tries@example.org")
        code = int(code_in(self.mail("tries@example.org", "code")))
        for i in range(1, 6):
            self.failed(self.verify("tries", "%06d" % ((code + i) % 1000000)), 401, "invalid_code")
        self.assertIn(self.verify("tries", "%06d" % code).status, (401, 429))

    def test_bad_bodies(self):
        self.bad_bodies("POST", "/send-otp", {"email": "x@example.org"}, ("email",))
        good = {"email": "x@example.org", "otp_code": "123456", "username": "x", "password": PASSWORD}
        self.bad_bodies("POST", "/verify-otp", good, ("email", "otp_code", "username", "password"))
        for path in ("/send-otp", "/verify-otp"):
            self.wrong_methods(path, ("GET", "PUT", "DELETE"))


class OtpRequired(OauthappCase):
    FLAGS = ("--mfa.email-otp", "required")

    def test_the_login_asks_for_a_code_and_mails_it(self):
        self.sign_up_here("mona")
        self.server.get(confirm_path(self.mail("mona@example.org", "confirm")))
        self.failed(self.log_in_here("mona", "wrong password"), 401, "invalid_credentials")
        self.no_mail("mona@example.org")
        reply = self.log_in_here("mona")
        self.assertEqual(reply.status, 200)
        self.assertEqual(sorted(reply.json), ["message", "requires_otp"])
        self.assertIs(reply.json["requires_otp"], True)
        first = code_in(self.mail("mona@example.org", "code"))
        # Clients that ask for it themselves get another one, which is the one that counts.
        self.assertEqual(self.server.post("/send-otp", {"email": "mona@example.org"}).status, 200)
        second = code_in(self.mail("mona@example.org", "code"))
        if first != second:
            self.failed(self.verify("mona", first), 401)
        reply = self.verify("mona", second)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.profile(reply.json["access_token"]).status, 200)

    def test_a_stranger_does_not_keep_the_code_away(self):
        self.sign_up_here("olga")
        self.server.get(confirm_path(self.mail("olga@example.org", "confirm")))
        self.assertEqual(self.server.post("/send-otp", {"email": "olga@example.org"}).status, 200)
        for _ in range(2):
            self.assertTrue(self.log_in_here("olga").json["requires_otp"])
            code = code_in(self.mail("olga@example.org", "code"))
        self.assertEqual(self.verify("olga", code).status, 200)

    def test_the_code_of_the_login_is_enough(self):
        self.sign_up_here("nora")
        self.server.get(confirm_path(self.mail("nora@example.org", "confirm")))
        self.assertTrue(self.log_in_here("nora").json["requires_otp"])
        self.assertEqual(self.verify("nora", code_in(self.mail("nora@example.org", "code"))).status, 200)
        self.no_mail("nora@example.org", "code")


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
        self.failed(self.server.post("/refresh", token=tokens["refresh_token"]), 401, "invalid_token")
        self.failed(self.log_in_here("paul"), 401)
        self.assertEqual(self.log_in_here("paul", "another battery").status, 200)

    def test_bad_resets(self):
        self.bad_bodies("POST", "/forgot-password", {"email": "x@example.org"}, ("email",))
        self.bad_bodies("POST", "/reset-password/" + "A" * 43, {"password": PASSWORD}, ("password",))
        for token in ("x", "A" * 43, "a%20b"):
            self.failed(self.reset(token), 400, "invalid_code")
        self.wrong_methods("/forgot-password", ("PUT", "DELETE"))
        self.wrong_methods("/reset-password/x", ("PUT", "DELETE"))


class Mfa(OauthappCase):
    def test_setting_up_and_using_an_app(self):
        token = self.member("fay")["access_token"]
        reply = self.server.post("/mfa", token=token)
        self.assertEqual((reply.status, sorted(reply.json)), (200, ["mfa_secret", "provisioning_uri", "qr_code_url"]))
        secret = reply.json["mfa_secret"]
        self.assertIn("secret=" + secret, reply.json["provisioning_uri"])
        self.assertTrue(reply.json["provisioning_uri"].startswith("otpauth://totp/"))
        # Made here: no other server learns the secret.
        kind, picture = reply.json["qr_code_url"].split(",")
        self.assertEqual(kind, "data:image/svg+xml;base64")
        self.assertIn(b"<svg", base64.b64decode(picture))
        confirm = lambda code: self.server.request("PUT", "/mfa", {"mfa_code": code}, token=token)
        right = totp(secret)
        self.failed(confirm("%06d" % ((int(right) + 1) % 1000000)), 400, "invalid_code", "code")
        self.assertEqual(self.log_in_here("fay").json["message"], "Login Successful")  # not in force yet
        reply = confirm(totp(secret))
        self.said(reply, "MFA Enabled")
        codes = reply.json["recovery_codes"]
        self.failed(self.server.post("/mfa", token=token), 409, "totp_enabled")

        reply = self.log_in_here("fay")
        self.assertEqual((reply.status, sorted(reply.json)), (200, ["message", "requires_otp"]))
        self.failed(self.log_in_here("fay", mfa_code="000000"), 401, "invalid_code")
        self.failed(self.log_in_here("fay", mfa_code=right), 401, "invalid_code")  # used
        reply = self.log_in_here("fay", mfa_code=codes[0])
        self.assertIn("access_token", reply.json)
        self.assertTrue(self.profile(reply.json["access_token"]).json["mfa_enabled"])

        # A code by mail does not stand for the one of the app.
        self.server.post("/send-otp", {"email": "fay@example.org"})
        reply = self.verify("fay", code_in(self.mail("fay@example.org", "code")), mfa_code=codes[1])
        self.assertIn("access_token", reply.json)

    def test_a_mailed_code_alone_is_not_enough(self):
        token = self.member("gil")["access_token"]
        secret = self.server.post("/mfa", token=token).json["mfa_secret"]
        self.assertEqual(self.server.request("PUT", "/mfa", {"mfa_code": totp(secret)}, token=token).status, 200)
        self.log_in_here("gil")
        self.server.post("/send-otp", {"email": "gil@example.org"})
        reply = self.verify("gil", code_in(self.mail("gil@example.org", "code")))
        self.assertEqual(sorted(reply.json), ["message", "requires_otp"])

    def test_bad_input(self):
        token = self.member("ian")["access_token"]
        self.bad_tokens(lambda t: self.server.post("/mfa", token=t), token)
        self.bad_tokens(lambda t: self.server.request("PUT", "/mfa", {"mfa_code": "123456"}, token=t), token)
        self.failed(self.server.request("PUT", "/mfa", {"mfa_code": "123456"}, token=token), 404)
        self.bad_bodies("PUT", "/mfa", {"mfa_code": "123456"}, ("mfa_code",), token)
        self.wrong_methods("/mfa", ("GET", "DELETE"))


class Profile(OauthappCase):
    def change(self, token, **fields):
        return self.server.request("PUT", "/profile", fields, token=token)

    def test_reading_and_changing_it(self):
        token = self.member("pia")["access_token"]
        reply = self.profile(token)
        self.assertEqual(reply.status, 200)
        self.assertEqual((reply.json["username"], reply.json["email"], reply.json["first_name"]),
                         ("pia", "pia@example.org", None))
        reply = self.change(token, first_name="Pia", last_name="Öz", phone_number="+49 30 987654")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertIn("message", reply.json)
        profile = self.profile(token).json
        self.assertEqual((profile["first_name"], profile["last_name"], profile["phone_number"], profile["username"]),
                         ("Pia", "Öz", "+4930987654", "pia"))
        self.assertEqual(self.change(token, first_name=None).json["first_name"], None)

    def test_a_picture(self):
        token = self.member("pic")["access_token"]
        self.assertIsNone(self.profile(token).json["profile_picture"])
        for image in (png(600, 300), gif(30, 60)):
            reply = self.change(token, profile_picture=base64.b64encode(image).decode(), first_name="Pic")
            self.assertEqual(reply.status, 200, reply.body)
            jpeg = base64.b64decode(self.profile(token).json["profile_picture"])
            self.assertTrue(jpeg.startswith(b"\xff\xd8\xff"))
            self.assertLessEqual(max(size_of(jpeg)[0]), 500)
            self.assertEqual(reply.json["profile_picture"], self.profile(token).json["profile_picture"])
        self.assertEqual(self.server.get("/api/v1/users/me/avatar", token=token).body, jpeg)
        # What is absent stays, null takes it away.
        self.assertIsNotNone(self.change(token, first_name="Pic").json["profile_picture"])
        self.assertIsNone(self.change(token, profile_picture=None).json["profile_picture"])
        self.assertIsNone(self.profile(token).json["profile_picture"])

    def test_a_picture_at_sign_up(self):
        image = base64.b64encode(png(40, 20)).decode()
        self.assertEqual(self.sign_up_here("photo", profile_picture=image).status, 200)
        self.server.get(confirm_path(self.mail("photo@example.org", "confirm")))
        token = self.log_in_here("photo").json["access_token"]
        self.assertEqual(size_of(base64.b64decode(self.profile(token).json["profile_picture"]))[0], (40, 20))

    def test_bad_pictures(self):
        token = self.member("bads")["access_token"]
        large = base64.b64encode(png(2001, 10)).decode()
        for wrong in ("!!!", "AAA", base64.b64encode(b"<svg/>").decode(), 7, [], large, "data:image/png,x"):
            self.failed(self.change(token, profile_picture=wrong, first_name="Not"), 400, field="profile_picture")
            self.failed(self.sign_up_here("bads2", profile_picture=wrong), 400, field="profile_picture")
        # More than 5 MiB when it is decoded, within the 16 MiB that may be sent.
        heavy = base64.b64encode(b"\x89PNG" + b"\0" * (6 << 20)).decode()
        self.failed(self.change(token, profile_picture=heavy, first_name="Not"), 413)
        self.failed(self.sign_up_here("bads2", profile_picture=heavy), 413)
        self.assertEqual(self.change(token, profile_picture="x" * (17 << 20)).status, 413)
        # Only the picture may be long.
        self.failed(self.change(token, first_name="x" * 5000), 400)
        self.failed(self.change(token, first_name="x" * 5000, profile_picture=large * 50), 400)
        profile = self.profile(token).json
        self.assertEqual((profile["first_name"], profile["profile_picture"]), (None, None))
        self.failed(self.log_in_here("bads2"), 401)
        self.no_mail("bads2@example.org")

    def test_a_new_email_waits_for_its_link(self):
        token = self.member("emma")["access_token"]
        reply = self.change(token, email="emma@new.example")
        self.assertEqual((reply.status, reply.json["email"]), (200, "emma@example.org"))
        token_in_mail = reset_token(self.mail("emma@new.example", "confirm"))
        self.failed(self.server.get("/confirm/" + token_in_mail, token=token), 400, "invalid_code")
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": token_in_mail}, token=token).status, 200)
        self.assertEqual(self.profile(token).json["email"], "emma@new.example")

    def test_bad_input(self):
        token = self.member("quin")["access_token"]
        self.member("taken2")
        self.bad_tokens(self.profile, token)
        self.bad_tokens(lambda t: self.change(t, first_name="x"), token)
        self.failed(self.profile(self.expired_token("quin")), 401, "invalid_token")
        self.failed(self.change(token, username="taken2"), 409, "username_taken")
        self.bad_bodies("PUT", "/profile", {}, (), token)
        for field, wrong in (("first_name", 7), ("phone_number", "x"), ("username", "a b"), ("email", "no"),
                             ("last_name", "x" * 101), ("last_name", "a\u0000b")):
            self.failed(self.change(token, **{field: wrong}), 400, field=field)
        self.wrong_methods("/profile", ("POST", "DELETE"))


class Google(ServerCase):
    """The provider named google, with the redirect URI that oauthapp had."""

    @classmethod
    def setUpClass(cls):
        cls.provider = RealProvider((), paths=("/auth/google/callback",))
        cls.server = Server(environment=settings("google", cls.provider.issuer, "by-rs256", RealProvider.SECRET))

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()
        cls.server.__exit__(None)

    def test_signing_in(self):
        browser = Browser(self.server)
        reply = browser.get("/auth/google")
        self.assertEqual(reply.status, 302)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(reply.headers["Location"]).query))
        self.assertEqual(query["redirect_uri"], "http://auth.test/auth/google/callback")
        back = browser.at_provider(reply.headers["Location"], "greta")
        self.assertEqual(Browser(self.server).get(back).status, 401)  # another browser
        browser = Browser(self.server)
        back = browser.at_provider(browser.get("/auth/google").headers["Location"], "greta")
        reply = browser.get(back)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(life_of(reply.json["access_token"]), 30 * 60)
        self.assertEqual(self.server.get("/profile", token=reply.json["access_token"]).json["email"],
                         "greta@example.org")
        self.assertEqual(self.server.post("/refresh", token=reply.json["refresh_token"]).status, 200)
        self.assertEqual(browser.get(back).status, 401)  # used

    def test_signing_in_with_a_second_factor(self):
        def sign_in():
            browser = Browser(self.server)
            return browser.get(browser.at_provider(browser.get("/auth/google").headers["Location"], "gustav")).json
        token = sign_in()["access_token"]
        secret = self.server.post("/mfa", token=token).json["mfa_secret"]
        codes = self.server.request("PUT", "/mfa", {"mfa_code": totp(secret)}, token=token).json["recovery_codes"]
        waiting = sign_in()
        self.assertEqual(sorted(waiting), ["message", "mfa_token", "requires_otp"])
        reply = self.server.post("/api/v1/auth/mfa", {"mfa_token": waiting["mfa_token"], "code": codes[0]})
        self.assertEqual(reply.status, 200, reply.body)

    def test_bad_callbacks(self):
        for query in ("", "?state=x&code=y", "?error=access_denied", "?state=" + "A" * 43):
            reply = self.server.get("/auth/google/callback" + query)
            self.assertEqual((reply.status, reply.json["code"]), (401, "invalid_state"), query)
        self.assertEqual(self.server.post("/auth/google").status, 405)


class GoogleIsDown(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(environment=settings("google", "http://127.0.0.1:1", "me", "x"))

    def test_a_provider_that_does_not_answer(self):
        reply = self.server.get("/auth/google")
        self.assertEqual((reply.status, reply.json["code"]), (503, "provider_unavailable"))
        self.assertIn("Retry-After", reply.headers)


class Off(OauthappCase):
    def test_google_is_not_set_up(self):
        for path in ("/auth/google", "/auth/google/callback?code=x&state=y"):
            error = self.failed(self.server.get(path), 404, "provider_not_configured")
            self.assertIn("[providers.google]", error["message"])


class SwitchedOff(CompatCase):
    FLAGS = ("--compat.enabled", "secureauth,facade,fastapi")

    def test_it_is_not_there(self):
        for method, path in (("POST", "/signup"), ("POST", "/login"), ("POST", "/refresh"), ("POST", "/send-otp"),
                             ("POST", "/verify-otp"), ("GET", "/auth/google"), ("GET", "/auth/google/callback"),
                             ("GET", "/confirm/x"), ("POST", "/resend-confirmation"), ("POST", "/forgot-password"),
                             ("POST", "/reset-password/x"), ("POST", "/mfa"), ("PUT", "/mfa"), ("GET", "/profile"),
                             ("PUT", "/profile")):
            self.assertIn(self.server.request(method, path).status, (404, 405), path)


if __name__ == "__main__":
    unittest.main()
