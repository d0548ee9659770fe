"""The API of oauthapp, as its client uses it: mailed codes and authenticator apps."""

import base64
import unittest

from compat import code_in, life_of, totp
from harness import PASSWORD
from oauthapp import OauthappCase, confirm_path


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
        mixed = {"email": "eve@example.org", "otp_code": code, "username": "victim",
                 "password": PASSWORD}
        self.failed(self.server.post("/verify-otp", mixed), 401, "invalid_code")
        # The code was not even used up: the address does not belong to the account.
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
        good = {"email": "x@example.org", "otp_code": "123456", "username": "x",
                "password": PASSWORD}
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
        # Clients that request it themselves get another one, which is the valid one.
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
        self.assertEqual(self.verify("nora", code_in(self.mail("nora@example.org", "code"))).status,
                         200)
        self.no_mail("nora@example.org", "code")


class Mfa(OauthappCase):
    def test_setting_up_and_using_an_app(self):
        token = self.member("fay")["access_token"]
        reply = self.server.post("/mfa", token=token)
        self.assertEqual((reply.status, sorted(reply.json)),
                         (200, ["mfa_secret", "provisioning_uri", "qr_code_url"]))
        secret = reply.json["mfa_secret"]
        self.assertIn("secret=" + secret, reply.json["provisioning_uri"])
        self.assertTrue(reply.json["provisioning_uri"].startswith("otpauth://totp/"))
        # Generated here: no other server learns the secret.
        kind, picture = reply.json["qr_code_url"].split(",")
        self.assertEqual(kind, "data:image/svg+xml;base64")
        self.assertIn(b"<svg", base64.b64decode(picture))
        confirm = lambda code: self.server.request("PUT", "/mfa", {"mfa_code": code}, token=token)
        right = totp(secret)
        self.failed(confirm("%06d" % ((int(right) + 1) % 1000000)), 400, "invalid_code", "code")
        # not in force yet
        self.assertEqual(self.log_in_here("fay").json["message"], "Login Successful")
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

        # A mailed code does not replace the app's code.
        self.server.post("/send-otp", {"email": "fay@example.org"})
        reply = self.verify("fay", code_in(self.mail("fay@example.org", "code")), mfa_code=codes[1])
        self.assertIn("access_token", reply.json)

    def test_a_mailed_code_alone_is_not_enough(self):
        token = self.member("gil")["access_token"]
        secret = self.server.post("/mfa", token=token).json["mfa_secret"]
        self.assertEqual(self.server.request("PUT", "/mfa", {"mfa_code": totp(secret)},
                                             token=token).status, 200)
        self.log_in_here("gil")
        self.server.post("/send-otp", {"email": "gil@example.org"})
        reply = self.verify("gil", code_in(self.mail("gil@example.org", "code")))
        self.assertEqual(sorted(reply.json), ["message", "requires_otp"])

    def test_bad_input(self):
        token = self.member("ian")["access_token"]
        self.bad_tokens(lambda t: self.server.post("/mfa", token=t), token)
        self.bad_tokens(lambda t: self.server.request("PUT", "/mfa", {"mfa_code": "123456"},
                                                      token=t), token)
        self.failed(self.server.request("PUT", "/mfa", {"mfa_code": "123456"}, token=token), 404)
        self.bad_bodies("PUT", "/mfa", {"mfa_code": "123456"}, ("mfa_code",), token)
        self.wrong_methods("/mfa", ("GET", "DELETE"))


if __name__ == "__main__":
    unittest.main()
