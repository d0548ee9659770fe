"""login.methods: what is not in the list is refused everywhere, and says what there is."""

import re
import unittest

from authenticator import Authenticator
from harness import PASSWORD, Server, ServerCase, basic, command, wait_until
from passkey_people import ORIGIN

AUTH = "/api/v1/auth/"
REFUSED = "method_disabled"


class WithMethods(ServerCase):
    METHODS = ""

    @classmethod
    def SERVER(cls):
        cls.environment = {"AUTHD_LOGIN_METHODS": cls.METHODS, "AUTHD_SERVER_PUBLIC_URL": ORIGIN}
        return Server(environment=cls.environment)

    @classmethod
    def setUpClass(cls):
        cls.server = cls.SERVER()

    def are_refused(self, *requests):
        for path, body in requests:
            with self.subTest(path):
                reply = self.server.post(path, body)
                self.refused(reply, 403, REFUSED)
                self.assertIn("it accepts: ", reply.json["message"])


class NoPasswords(WithMethods):
    METHODS = "passkey,email_link"

    def link(self, path):
        found = re.findall(path + r"\?token=([A-Za-z0-9_-]{43})", self.server.log_text())
        return found[-1] if found else None

    def test_every_use_of_a_password_is_refused(self):
        self.are_refused(
            (AUTH + "login", {"login": "ann", "password": PASSWORD}),
            (AUTH + "signup", {"username": "ann", "password": PASSWORD}),
            (AUTH + "password/reset", {"token": "A" * 43, "new_password": PASSWORD}),
            (AUTH + "otp/send", {"email": "ann@example.org"}),
            (AUTH + "otp/verify", {"email": "ann@example.org", "code": "123456"}))
        self.refused(self.server.get(AUTH + "providers/none/start"), 403, REFUSED)
        self.refused(self.server.get("/auth/verify", headers=basic("ann", PASSWORD)), 403, REFUSED)

    def test_the_replaced_apis_say_why(self):
        for path, body in (
                ("/auth/login", {"email": "ann@example.org", "password": PASSWORD}),
                ("/users", {"email": "ann@example.org", "password": PASSWORD}),
                ("/user", {"username": "ann", "password": PASSWORD}),
                ("/authenticate_user", {"username": "ann", "password": PASSWORD}),
                ("/signup", {"username": "ann", "email": "a@example.org", "password": PASSWORD}),
                ("/login", {"username": "ann", "password": PASSWORD})):
            with self.subTest(path):
                reply = self.server.post(path, body)
                self.assertEqual(reply.status, 403, reply.body)
                self.assertIn("does not sign people in with a password", reply.body.decode())

    def test_a_mailbox_is_enough(self):
        self.refused(self.server.post(AUTH + "signup", {"username": "kim"}), 422, field="email")
        made = self.server.post(AUTH + "signup", {"username": "kim", "email": "kim@example.org"})
        self.assertEqual((made.status, made.json["verification_required"]), (201, True), made.body)
        again = self.server.post(AUTH + "signup", {"username": "kim2", "email": "kim@example.org"})
        self.assertEqual((again.status, again.json), (made.status, made.json))
        token = wait_until(lambda: self.link("/verify-email"), "the mail")
        self.assertEqual(self.server.post(AUTH + "email/verify", {"token": token}).status, 200)
        asked = self.server.post(AUTH + "magic-link", {"email": "kim@example.org"})
        cookie = asked.headers["set-cookie"].split(";")[0]
        token = wait_until(lambda: self.link("/magic-link"), "the link")
        reply = self.server.post(AUTH + "magic-link/verify", {"token": token},
                                 headers={"Cookie": cookie})
        self.assertEqual(reply.status, 200, reply.body)
        tokens = reply.json["access_token"]
        for path, body in (
                ("password/change", {"current_password": PASSWORD, "new_password": "x" * 20}),
                ("reauthenticate", {"password": PASSWORD})):
            self.refused(self.server.post(AUTH + path, body, token=tokens), 403, REFUSED)

    def test_a_passkey_signs_up_and_in(self):
        key = Authenticator(ORIGIN)
        names = {"username": "pia"}
        options = self.server.post(AUTH + "signup/passkey/options", names).json
        made = self.server.post(AUTH + "signup", {**names, "passkey": key.create(options)})
        self.assertEqual(made.status, 201, made.body)
        question = self.server.post(AUTH + "passkey/options", {}).json
        reply = self.server.post(AUTH + "passkey/verify", {"response": key.get(question)})
        self.assertEqual(reply.status, 200, reply.body)

    def test_it_is_told(self):
        listed = self.server.get(AUTH + "providers").json
        self.assertEqual(listed, {"methods": ["passkey", "email_link"], "providers": []})
        page = self.server.get("/signin?return_to=%2Faccount",
                               headers={"Accept": "text/html"}).body.decode()
        self.assertIn('"methods":["passkey","email_link"]', page)
        self.assertNotIn('type="password"', page)
        out = self.server.command("explain", "login", "ann", env=self.environment,
                                  check=False).out
        self.assertIn("login.methods", out)

    def test_an_operator_adds_accounts_without_passwords(self):
        self.server.command("user", "add", "lou", "--email", "lou@example.org",
                            env=self.environment)


class OnlyPasswords(WithMethods):
    METHODS = "password"

    def test_everything_else_is_refused(self):
        self.are_refused(
            (AUTH + "passkey/options", {}),
            (AUTH + "signup/passkey/options", {"username": "ann"}),
            (AUTH + "passkey/enroll/options", {"token": "A" * 43}),
            (AUTH + "magic-link", {"email": "ann@example.org"}),
            (AUTH + "magic-link/verify", {"token": "A" * 43}),
            (AUTH + "otp/send", {"email": "ann@example.org"}),
            (AUTH + "otp/verify", {"email": "ann@example.org", "code": "123456"}))
        self.assertEqual(self.server.sign_up("ann").status, 201)
        self.assertEqual(self.server.log_in("ann").status, 200)


class AtTheStart(unittest.TestCase):
    def check(self, methods, **more):
        env = {"AUTHD_LOGIN_METHODS": methods, **more}
        return command("config", "check", check=False, env=env)

    def test_a_list_that_lets_nobody_in(self):
        for methods, more, why in (
                ("providers", {}, "There is no provider"),
                ("passkey", {"AUTHD_PASSKEYS_ENABLED": "false"}, "switched off"),
                ("", {}, "must not be empty"), ("pasword", {}, "must be one of")):
            with self.subTest(methods):
                out = self.check(methods, **more)
                self.assertNotEqual(out.returncode, 0)
                self.assertIn(why, out.err + out.out)
        out = self.check("passkey,password", AUTHD_PASSKEYS_ENABLED="false")
        self.assertEqual(out.returncode, 0, out.err)


if __name__ == "__main__":
    unittest.main()
