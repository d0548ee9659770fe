"""Invitations: links with which accounts are made, by every way in, also where sign-up is off."""

import concurrent.futures
import json
import re
import unittest

from authenticator import Authenticator
from harness import PASSWORD, Server, ServerCase, claims_of, wait_until
from openid import Browser, RealProvider, settings
from passkey_people import ORIGIN

SIGN_UP = "/api/v1/auth/signup"
LOOK = "/api/v1/auth/invitation"
ADMIN = "/api/v1/admin/invitations"
CLOSED = {"AUTHD_SIGNUP_ENABLED": "false", "AUTHD_SERVER_PUBLIC_URL": ORIGIN}


class Closed(ServerCase):
    """Nobody signs up without an invitation. `root` is an administrator."""

    ENVIRONMENT = CLOSED

    @classmethod
    def SERVER(cls):
        return Server(environment=cls.ENVIRONMENT)

    @classmethod
    def setUpClass(cls):
        cls.server = cls.SERVER()
        cls.operate("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
        cls.operate("role", "add", "editor")
        cls.admin = cls.server.log_in("root").json.get("access_token")

    @classmethod
    def operate(cls, *arguments, **more):
        return cls.server.command(*arguments, env=cls.ENVIRONMENT, **more)

    def setUp(self):
        self.name = "p" + re.sub("[^0-9]", "", str(hash(self.id())))[:14]
        self.email = self.name + "@example.org"

    def invite(self, *flags):
        out = self.operate("invite", *flags).out
        return re.fullmatch(re.escape(ORIGIN) + r"/invite\?token=([A-Za-z0-9_-]{43})\n", out)[1]

    def sign_up(self, token, name=None, **more):
        body = {"username": name or self.name, "password": PASSWORD, "invitation": token, **more}
        return self.server.post(SIGN_UP, body)


class Following(Closed):
    def test_nobody_else_signs_up(self):
        self.refused(self.server.sign_up(self.name), 403, "signup_disabled")

    def test_an_account_with_the_roles_of_the_invitation(self):
        token = self.invite(self.email, "--role", "editor")
        seen = self.server.post(LOOK, {"token": token})
        self.assertEqual((seen.status, seen.json["email"], seen.json["proves_email"]),
                         (200, self.email, False))
        made = self.sign_up(token)
        self.assertEqual(made.status, 201, made.body)
        user = made.json["user"]
        # The link was shown to whoever made it, so it proves nothing of the address.
        self.assertEqual((user["email"], user["email_verified"], user["roles"]),
                         (self.email, False, ["user", "editor"]))
        self.refused(self.sign_up(token, self.name + "b"), 401, "invalid_code")
        self.refused(self.server.post(LOOK, {"token": token}), 401, "invalid_code")

    def test_it_is_for_one_address(self):
        token = self.invite(self.email)
        self.refused(self.sign_up(token, email="eve@example.org"), 422, "invalid_value", "email")
        self.assertEqual(self.sign_up(token, email=self.email.upper()).status, 201)

    def test_a_refused_sign_up_uses_up_nothing(self):
        token = self.invite(self.email)
        self.refused(self.sign_up(token, password="short"), 422, "weak_password", "password")
        self.refused(self.sign_up(token, name="root"), 409)
        self.assertEqual(self.sign_up(token).status, 201)

    def test_many_accounts_and_not_one_more(self):
        token = self.invite("--uses", "3")
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            replies = list(pool.map(lambda n: self.sign_up(token, "%s-%d" % (self.name, n)),
                                    range(12)))
        self.assertEqual(sorted(r.status for r in replies), [201] * 3 + [401] * 9)
        listed = self.server.get(ADMIN, token=self.admin).json["invitations"]
        self.assertIn((3, 3), [(one["used"], one["uses"]) for one in listed])

    def test_with_a_passkey(self):
        token = self.invite(self.email)
        key = Authenticator(ORIGIN)
        names = {"username": self.name, "invitation": token}
        options = self.server.post(SIGN_UP + "/passkey/options", names)
        self.assertEqual(options.status, 200, options.body)
        made = self.server.post(SIGN_UP, {**names, "passkey": key.create(options.json)})
        self.assertEqual((made.status, made.json["user"]["email"]), (201, self.email), made.body)
        self.refused(self.server.post(SIGN_UP + "/passkey/options",
                                      {**names, "username": "other"}), 401, "invalid_code")

    def test_what_is_no_invitation(self):
        for token in ("", "x", "A" * 43, "A" * 4000, "\u00e4" * 43):
            with self.subTest(token[:10]):
                self.refused(self.sign_up(token), 401, "invalid_code")
                self.refused(self.server.post(LOOK, {"token": token}), 401, "invalid_code")
        self.refused(self.sign_up(5), 422, "invalid_value", "invitation")


class Making(Closed):
    def add(self, token=None, **body):
        return self.server.post(ADMIN, body, token=token or self.admin)

    def test_what_cannot_be(self):
        for body, status, field in (
                ({"uses": 0}, 422, "uses"), ({"uses": 10001}, 422, "uses"),
                ({"uses": 2, "email": self.email}, 422, "uses"),
                ({"email": "nobody"}, 422, "email"), ({"send_mail": True}, 422, "email"),
                ({"expires_in": "59m"}, 422, "expires_in"),
                ({"expires_in": "91d"}, 422, "expires_in"),
                ({"expires_in": "soon"}, 422, "expires_in"),
                ({"roles": ["nosuch"]}, 404, "roles"), ({"role": "editor"}, 422, "role")):
            with self.subTest(body):
                self.refused(self.add(**body), status, field=field)
        self.refused(self.server.post(ADMIN, {}), 401)

    def test_somebody_who_has_an_account_is_not_invited(self):
        self.assertEqual(self.sign_up(self.invite(self.email)).status, 201)
        self.refused(self.add(email=self.email.upper()), 409, "email_taken", "email")
        self.assertEqual(self.operate("invite", self.email, check=False).returncode, 4)

    def test_only_administrators_invite(self):
        made = self.sign_up(self.invite("--role", "editor"))
        self.refused(self.add(token=made.json["access_token"]), 403, "forbidden")

    def test_a_key_invites_no_administrator(self):
        out = self.operate("apikey", "add", "root", "--name", "k", "--scope", "admin", "--json")
        key = json.loads(out.out)["api_key"]
        self.refused(self.add(token=key, roles=["admin"]), 403, "beyond_api_key")
        self.assertEqual(self.add(token=key, roles=["editor"]).status, 201)

    def test_an_invitation_ends_with_its_administrator(self):
        boss = self.sign_up(self.invite("--role", "admin")).json
        url = self.add(token=boss["access_token"], roles=["admin"]).json["url"]
        token = url.partition("token=")[2]
        self.assertEqual(self.server.post(LOOK, {"token": token}).status, 200)
        self.operate("role", "revoke", self.name, "admin")
        self.refused(self.server.post(LOOK, {"token": token}), 401, "invalid_code")
        self.refused(self.sign_up(token, self.name + "b"), 401, "invalid_code")

    def test_it_is_listed_and_revoked(self):
        made = self.add(email=self.email, roles=["editor", "user", "editor"]).json
        self.assertEqual((made["roles"], made["mailed"], made["used"]), (["editor"], False, 0))
        token = made["url"].partition("token=")[2]
        text = self.operate("invite", "list").out
        self.assertIn(self.email, text)
        self.assertNotIn(token, text)
        everything = json.loads(self.operate("invite", "list", "--json").out)
        [listed] = [one for one in everything["invitations"] if one["id"] == made["id"]]
        self.assertEqual({**listed, "url": made["url"]}, made)
        self.operate("invite", "revoke", made["id"])
        self.refused(self.sign_up(token), 401, "invalid_code")
        self.assertEqual(self.operate("invite", "revoke", made["id"], check=False).returncode, 3)
        self.refused(self.server.request("DELETE", ADMIN + "/" + made["id"], token=self.admin),
                     404, "not_found")

    def test_the_log_tells(self):
        self.sign_up(self.invite(self.email))
        entries = json.loads(self.operate("audit", "list", "--json").out)["entries"]
        told = [(one["action"], one["target"], one["detail"]) for one in entries]
        self.assertIn(("invited", self.email, None), told)
        self.assertIn(("signup", None, "invitation"), told)


class ByMail(Closed):
    ENVIRONMENT = {**CLOSED, "AUTHD_SIGNUP_REQUIRE_VERIFIED_EMAIL": "true"}

    def mailed_link(self):
        found = re.findall(r"/invite\?token=([A-Za-z0-9_-]{43})", self.server.log_text())
        return found[-1] if found else None

    def test_a_mailed_link_proves_the_address(self):
        out = self.operate("invite", self.email, "--mail").out
        self.assertNotIn("token", out)
        token = wait_until(self.mailed_link, "the mail")
        self.assertTrue(self.server.post(LOOK, {"token": token}).json["proves_email"])
        made = self.sign_up(token)
        self.assertEqual(made.status, 201, made.body)
        self.assertTrue(made.json["user"]["email_verified"])
        self.assertIn("access_token", made.json)

    def test_a_link_that_was_shown_proves_none(self):
        made = self.sign_up(self.invite(self.email))
        self.assertEqual((made.status, made.json["verification_required"]), (201, True))
        self.refused(self.server.log_in(self.name), 401, "invalid_credentials")

    def test_nobody_learns_whether_an_address_has_an_account(self):
        self.sign_up(self.invite(), email=self.email)
        taken, free = self.invite(), self.invite()
        first = self.sign_up(taken, self.name + "b", email=self.email)
        second = self.sign_up(free, self.name + "c", email="c" + self.email)
        self.assertEqual((first.status, sorted(first.json)), (second.status, sorted(second.json)))
        for token in (taken, free):
            self.refused(self.server.post(LOOK, {"token": token}), 401, "invalid_code")


class ByProvider(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = RealProvider(("by-rs256",), True)
        cls.environment = {**settings("by-rs256", cls.provider.issuer, "by-rs256",
                                      RealProvider.SECRET),
                           "AUTHD_SIGNUP_ENABLED": "false"}
        cls.server = Server(environment=cls.environment)
        cls.server.command("role", "add", "editor", env=cls.environment)

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()
        cls.server.__exit__(None)

    def invite(self, *flags):
        out = self.server.command("invite", *flags, env=self.environment).out
        return out.strip().partition("token=")[2]

    def sign_in(self, person, token=""):
        query = "?invitation=" + token if token else ""
        return Browser(self.server).sign_in("by-rs256", person, query=query)

    def test_the_account_uses_it_up(self):
        self.assertEqual(self.sign_in("ann").json["error"], "signup_disabled")
        token = self.invite("ann@example.org", "--role", "editor")
        self.assertEqual(self.sign_in("bob", token).json["error"], "invited_another")
        made = self.sign_in("ann", token)
        self.assertEqual(made.status, 200, made.body)
        self.assertEqual(claims_of(made.json["access_token"])["roles"], ["user", "editor"])
        self.assertEqual(self.sign_in("carl", token).json["error"], "invalid_code")
        # Who has an account needs none, whatever the link is worth.
        self.assertEqual(self.sign_in("ann", token).status, 200)


if __name__ == "__main__":
    unittest.main()
