"""The API of oauthapp, as its client uses it: profiles, pictures, and signing in with Google."""

import base64
import unittest
import urllib.parse

from compat import life_of, totp
from harness import Server, ServerCase
from oauthapp import OauthappCase, confirm_path, reset_token
from openid import PUBLIC_URL, Browser, RealProvider, settings
from pictures import gif, png, size_of


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
        self.assertEqual((profile["first_name"], profile["last_name"], profile["phone_number"],
                          profile["username"]),
                         ("Pia", "Öz", "+4930987654", "pia"))
        self.assertEqual(self.change(token, first_name=None).json["first_name"], None)

    def test_a_picture(self):
        token = self.member("pic")["access_token"]
        self.assertIsNone(self.profile(token).json["profile_picture"])
        for image in (png(600, 300), gif(30, 60)):
            reply = self.change(token, profile_picture=base64.b64encode(image).decode(),
                                first_name="Pic")
            self.assertEqual(reply.status, 200, reply.body)
            jpeg = base64.b64decode(self.profile(token).json["profile_picture"])
            self.assertTrue(jpeg.startswith(b"\xff\xd8\xff"))
            self.assertLessEqual(max(size_of(jpeg)[0]), 500)
            self.assertEqual(reply.json["profile_picture"],
                             self.profile(token).json["profile_picture"])
        self.assertEqual(self.server.get("/api/v1/users/me/avatar", token=token).body, jpeg)
        # An absent member changes nothing, and null removes the value.
        self.assertIsNotNone(self.change(token, first_name="Pic").json["profile_picture"])
        self.assertIsNone(self.change(token, profile_picture=None).json["profile_picture"])
        self.assertIsNone(self.profile(token).json["profile_picture"])

    def test_a_picture_at_sign_up(self):
        image = base64.b64encode(png(40, 20)).decode()
        self.assertEqual(self.sign_up_here("photo", profile_picture=image).status, 200)
        self.server.get(confirm_path(self.mail("photo@example.org", "confirm")))
        token = self.log_in_here("photo").json["access_token"]
        self.assertEqual(size_of(base64.b64decode(self.profile(token).json["profile_picture"]))[0],
                         (40, 20))

    def test_bad_pictures(self):
        token = self.member("bads")["access_token"]
        large = base64.b64encode(png(2001, 10)).decode()
        for wrong in ("!!!", "AAA", base64.b64encode(b"<svg/>").decode(), 7, [], large,
                      "data:image/png,x"):
            self.failed(self.change(token, profile_picture=wrong, first_name="Not"), 400,
                        field="profile_picture")
            self.failed(self.sign_up_here("bads2", profile_picture=wrong), 400,
                        field="profile_picture")
        # More than 5 MiB once decoded, but within the 16 MiB that may be sent.
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
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": token_in_mail},
                                          token=token).status, 200)
        self.assertEqual(self.profile(token).json["email"], "emma@new.example")

    def test_bad_input(self):
        token = self.member("quin")["access_token"]
        self.member("taken2")
        self.bad_tokens(self.profile, token)
        self.bad_tokens(lambda t: self.change(t, first_name="x"), token)
        self.failed(self.profile(self.expired_token("quin")), 401, "invalid_token")
        self.failed(self.change(token, username="taken2"), 409, "username_taken")
        self.bad_bodies("PUT", "/profile", {}, (), token)
        for field, wrong in (("first_name", 7), ("phone_number", "x"), ("username", "a b"),
                             ("email", "no"),
                             ("last_name", "x" * 101), ("last_name", "a\u0000b")):
            self.failed(self.change(token, **{field: wrong}), 400, field=field)
        self.wrong_methods("/profile", ("POST", "DELETE"))


class Google(ServerCase):
    """The provider named google, with the redirect URI that oauthapp had."""

    @classmethod
    def setUpClass(cls):
        cls.provider = RealProvider((), paths=("/auth/google/callback",))
        cls.server = Server(environment=settings("google", cls.provider.issuer, "by-rs256",
                                                 RealProvider.SECRET))

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()
        cls.server.__exit__(None)

    def test_signing_in(self):
        browser = Browser(self.server)
        reply = browser.get("/auth/google")
        self.assertEqual(reply.status, 302)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(reply.headers["Location"]).query))
        self.assertEqual(query["redirect_uri"], PUBLIC_URL + "/auth/google/callback")
        back = browser.at_provider(reply.headers["Location"], "greta")
        self.assertEqual(Browser(self.server).get(back).status, 401)  # another browser
        browser = Browser(self.server)
        back = browser.at_provider(browser.get("/auth/google").headers["Location"], "greta")
        reply = browser.get(back)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(life_of(reply.json["access_token"]), 30 * 60)
        self.assertEqual(self.server.get("/profile",
                                         token=reply.json["access_token"]).json["email"],
                         "greta@example.org")
        self.assertEqual(self.server.post("/refresh", token=reply.json["refresh_token"]).status,
                         200)
        self.assertEqual(browser.get(back).status, 401)  # used

    def test_signing_in_with_a_second_factor(self):
        def sign_in():
            browser = Browser(self.server)
            return browser.get(browser.at_provider(browser.get("/auth/google").headers["Location"],
                                                   "gustav")).json
        token = sign_in()["access_token"]
        secret = self.server.post("/mfa", token=token).json["mfa_secret"]
        codes = self.server.request("PUT", "/mfa", {"mfa_code": totp(secret)},
                                    token=token).json["recovery_codes"]
        waiting = sign_in()
        self.assertEqual(sorted(waiting), ["message", "mfa_token", "requires_otp"])
        reply = self.server.post("/api/v1/auth/mfa",
                                 {"mfa_token": waiting["mfa_token"], "code": codes[0]})
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


if __name__ == "__main__":
    unittest.main()
