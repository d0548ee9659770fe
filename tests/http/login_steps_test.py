"""What is left between the proofs of a login and its session: the terms, and a new password. Over
every way in, and over those that cannot ask."""

import concurrent.futures
import json
import tempfile
import unittest

from authenticator import Authenticator
from compat import totp
from harness import PASSWORD, Server, ServerCase, basic, command
from openid import PUBLIC_URL, Browser, HostileProvider, settings
from passkey_people import ORIGIN
from provider_forms_test import PlainForm

STEPS = "/api/v1/auth/steps"
SIGN_UP = "/api/v1/auth/signup"
URL = "https://example.org/terms"
OTHER = "another fine password 7"
PLACE = {"AUTHD_SERVER_PUBLIC_URL": ORIGIN}


def terms(version):
    return ("--terms.version", version, "--terms.url", URL)


class StepCase(ServerCase):
    def setUp(self):
        self.name = "p%x" % (abs(hash(self.id())) % 16 ** 12)

    def answer(self, token, **given):
        return self.server.post(STEPS, {"step_token": token, **given})

    def waits(self, reply, *steps):
        """The login waits for these steps; the token."""
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json["steps_required"], list(steps))
        self.assertEqual(reply.json["expires_in"], 600)
        self.assertNotIn("access_token", reply.json)
        self.assertIsNone(reply.headers["Set-Cookie"])
        return reply.json["step_token"]

    def signed_in(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body)
        self.assertEqual(self.server.me(reply.json["access_token"]).status, 200)
        return reply.json

    def add(self, *flags, name=None):
        self.server.command("user", "add", name or self.name, *flags, stdin=PASSWORD + "\n")

    def must_change(self, wanted=True):
        self.server.command("user", "edit", self.name, "--must-change-password",
                            "true" if wanted else "false")

    def shown(self):
        return json.loads(self.server.command("user", "show", self.name, "--json").out)

    def told(self, action):
        entries = json.loads(self.server.command("audit", "list", "--json").out)["entries"]
        return [(one["outcome"], one["detail"]) for one in entries
                if one["action"] == action and self.name in (one["subject_name"],
                                                             one["actor_name"])]


class Terms(StepCase):
    FLAGS = (*terms("2026-1"), "--server.public-url", ORIGIN)

    def sign_up(self, **more):
        return self.server.post(SIGN_UP, {"username": self.name, "password": PASSWORD, **more})

    def test_a_sign_up_accepts_them(self):
        for given in ({}, {"terms_version": None}, {"terms_version": ""},
                      {"terms_version": "2025-1"}, {"terms_version": "2026-1 "}):
            with self.subTest(given):
                error = self.refused(self.sign_up(**given), 422, "terms_required", "terms_version")
                self.assertIn("2026-1", error["message"])
                self.assertIn(URL, error["message"])
        self.refused(self.sign_up(terms_version=1), 422, "invalid_value", "terms_version")
        tokens = self.signed_in(self.sign_up(terms_version="2026-1"), 201)
        mine = self.server.me(tokens["access_token"]).json
        self.assertEqual(mine["terms_version"], "2026-1")
        self.assertEqual(self.told("terms_accepted"), [("ok", "2026-1")])
        self.signed_in(self.server.log_in(self.name))
        export = self.server.get("/api/v1/users/me/export", token=tokens["access_token"])
        self.assertEqual(export.status, 200, export.body)
        self.assertEqual(export.json["user"]["terms_version"], "2026-1")
        self.assertIsNotNone(export.json["user"]["terms_accepted_at"])

    def test_a_sign_up_with_a_passkey_accepts_them(self):
        names = {"username": self.name}
        self.refused(self.server.post(SIGN_UP + "/passkey/options", names), 422, "terms_required",
                     "terms_version")
        names["terms_version"] = "2026-1"
        options = self.server.post(SIGN_UP + "/passkey/options", names)
        self.assertEqual(options.status, 200, options.body)
        made = Authenticator(ORIGIN).create(options.json)
        self.refused(self.server.post(SIGN_UP, {"username": self.name, "passkey": made}), 422,
                     "terms_required", "terms_version")
        self.signed_in(self.server.post(SIGN_UP, {**names, "passkey": made}), 201)

    def test_an_invitation_needs_the_same(self):
        link = self.server.command("invite", env=PLACE).out
        invitation = {"invitation": link.strip().partition("token=")[2]}
        self.refused(self.sign_up(**invitation), 422, "terms_required", "terms_version")
        self.signed_in(self.sign_up(terms_version="2026-1", **invitation), 201)

    def test_an_account_of_the_operator_accepts_them_at_its_first_login(self):
        self.add()
        self.assertNotIn("terms_version", self.shown())
        reply = self.server.log_in(self.name)
        self.assertEqual(reply.json["terms"], {"version": "2026-1", "url": URL})
        token = self.waits(reply, "terms")
        self.refused(self.answer(token), 422, "terms_required", "terms_version")
        self.refused(self.answer(token, terms_version="2026-2"), 422, "terms_required")
        self.refused(self.answer(token, terms_version="2026-1", new_password=OTHER), 422,
                     "invalid_value", "new_password")
        self.refused(self.answer(token, terms="2026-1"), 422, "invalid_value", "terms")
        self.refused(self.answer("A" * 43, terms_version="2026-1"), 401, "invalid_step_token")
        mfa = {"mfa_token": token, "code": "123456"}
        self.refused(self.server.post("/api/v1/auth/mfa", mfa), 401, "invalid_mfa_token")
        self.signed_in(self.answer(token, terms_version="2026-1"))
        self.refused(self.answer(token, terms_version="2026-1"), 401, "invalid_step_token")
        self.assertEqual(self.shown()["terms_version"], "2026-1")
        self.assertEqual(self.told("terms_accepted"), [("ok", "2026-1")])
        self.assertIn(("steps_needed", None), self.told("login"))
        self.signed_in(self.server.log_in(self.name))

    def test_one_of_many_answers_counts(self):
        self.add()
        token = self.waits(self.server.log_in(self.name), "terms")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: self.answer(token, terms_version="2026-1"),
                                    range(8)))
        statuses = [reply.status for reply in replies]
        # Some may come while too many others are being checked.
        self.assertEqual((statuses.count(200), set(statuses) - {200, 401, 429}), (1, set()))
        self.assertEqual(len(self.told("terms_accepted")), 1)

    def test_a_session_in_a_cookie(self):
        self.add()
        token = self.waits(self.server.log_in(self.name), "terms")
        reply = self.server.post(STEPS, {"step_token": token, "terms_version": "2026-1"},
                                 headers={"X-Authd-Session": "cookie"})
        self.assertEqual(reply.status, 200, reply.body)
        self.assertIn("csrf_token", reply.json)
        self.assertIn("authd_session=", "".join(reply.headers.get_all("Set-Cookie")))

    def test_a_passkey_made_by_a_link_accepts_them_before_it_signs_in(self):
        self.add()
        link = self.server.command("user", "enroll-link", self.name, env=PLACE).out
        token = link.strip().partition("token=")[2]
        options = self.server.post("/api/v1/auth/passkey/enroll/options", {"token": token}).json
        key = Authenticator(ORIGIN)
        made = self.server.post("/api/v1/auth/passkey/enroll",
                                {"token": token, "response": key.create(options)})
        self.assertEqual((made.status, made.json["steps_required"]), (201, ["terms"]), made.body)
        question = self.server.post("/api/v1/auth/passkey/options").json
        reply = self.server.post("/api/v1/auth/passkey/verify", {"response": key.get(question)})
        self.signed_in(self.answer(self.waits(reply, "terms"), terms_version="2026-1"))
        # The sessions of the account were not ended in between, so the first one is good as well.
        self.signed_in(self.answer(made.json["step_token"]))

    def test_a_password_with_every_request_is_refused(self):
        self.add()
        error = self.refused(self.server.get("/auth/verify", headers=basic(self.name, PASSWORD)),
                             403, "terms_required")
        self.assertIn(ORIGIN, error["message"])
        key = self.server.command("apikey", "add", self.name, "--name", "k",
                                  "--scope", "verify", "--json").out
        self.assertEqual(self.server.get("/auth/verify", headers={
            "X-API-Key": json.loads(key)["api_key"]}).status, 200)

    def test_the_operator_is_told(self):
        self.add()
        said = command("explain", "login", self.name, "--json", "--data-dir",
                       self.server.data_dir, *terms("2026-1")).out
        self.assertIn("asked for: terms", json.loads(said)["verdict"])


class Compat(StepCase):
    FLAGS = (*terms("1"), "--server.public-url", ORIGIN)

    def failed(self, reply, code):
        self.assertEqual((reply.status, reply.json["code"]), (403, code), reply.body)
        self.assertIn(ORIGIN, reply.json["error"])

    def test_they_cannot_ask(self):
        address = self.name + "@example.org"
        for path, body in (("/users", {"email": "x" + address, "password": PASSWORD}),
                           ("/user", {"username": "x" + self.name, "password": PASSWORD}),
                           ("/signup", {"username": "x" + self.name, "email": "x" + address,
                                        "password": PASSWORD})):
            with self.subTest(path):
                self.failed(self.server.post(path, body), "terms_required")
        self.add("--email", address)
        logins = (("/auth/login", {"email": address, "password": PASSWORD}),
                  ("/authenticate_user", {"username": self.name, "password": PASSWORD}),
                  ("/login", {"username": self.name, "password": PASSWORD}))
        for path, body in logins:
            with self.subTest(path):
                self.failed(self.server.post(path, body), "terms_required")
        token = self.waits(self.server.log_in(self.name), "terms")
        self.signed_in(self.answer(token, terms_version="1"))
        for path, body in logins:
            with self.subTest(path):
                self.assertEqual(self.server.post(path, body).status, 200)
        self.must_change()
        for path, body in logins:
            with self.subTest(path):
                self.failed(self.server.post(path, body), "password_change_required")


class NewPassword(StepCase):
    def test_the_next_login_sets_one(self):
        before = self.server.sign_up(self.name).json
        self.must_change()
        self.assertTrue(self.shown()["must_change_password"])
        self.assertEqual(self.server.me(before["access_token"]).status, 200)
        token = self.waits(self.server.log_in(self.name), "password_change")
        self.refused(self.answer(token), 422, "invalid_value", "new_password")
        self.refused(self.answer(token, new_password="short"), 422, "weak_password",
                     "new_password")
        self.refused(self.answer(token, new_password=PASSWORD), 422, "password_unchanged",
                     "new_password")
        self.refused(self.answer(token, new_password=OTHER, terms_version="1"), 422,
                     "invalid_value", "terms_version")
        self.signed_in(self.answer(token, new_password=OTHER))
        self.refused(self.server.me(before["access_token"]), 401)
        self.refused(self.server.log_in(self.name), 401, "invalid_credentials")
        self.signed_in(self.server.log_in(self.name, OTHER))
        self.assertFalse(self.shown()["must_change_password"])
        self.assertEqual(self.told("password_change_required"), [("ok", None)])
        self.assertEqual(self.told("password_changed"), [("ok", None)])

    def test_the_commands(self):
        self.add("--must-change-password")
        self.assertTrue(self.shown()["must_change_password"])
        self.assertIn("asks for a new password",
                      self.server.command("user", "show", self.name).out)
        self.must_change(False)
        self.assertFalse(self.shown()["must_change_password"])
        self.server.command("user", "passwd", self.name, "--must-change", stdin=OTHER + "\n")
        token = self.waits(self.server.log_in(self.name, OTHER), "password_change")
        self.signed_in(self.answer(token, new_password=PASSWORD))
        done = self.server.command("user", "edit", self.name, "--must-change-password", "maybe",
                                   check=False)
        self.assertEqual(done.returncode, 2)

    def test_the_administrator(self):
        self.add("--admin", name="boss-" + self.name)
        admin = self.server.log_in("boss-" + self.name).json["access_token"]
        body = {"username": self.name, "password": PASSWORD, "must_change_password": True}
        made = self.server.post("/api/v1/admin/users", body, token=admin)
        self.assertEqual((made.status, made.json["must_change_password"]), (201, True), made.body)
        path = "/api/v1/admin/users/%d" % made.json["id"]
        self.waits(self.server.log_in(self.name), "password_change")
        off = self.server.request("PATCH", path, {"must_change_password": False}, token=admin)
        self.assertEqual((off.status, off.json["must_change_password"]), (200, False), off.body)
        mine = self.signed_in(self.server.log_in(self.name))
        self.refused(self.server.request("PATCH", path, {"must_change_password": "yes"},
                                         token=admin), 422, "invalid_value",
                     "must_change_password")
        # It is not for its owner to say.
        self.refused(self.server.request("PATCH", "/api/v1/users/me",
                                         {"must_change_password": False},
                                         token=mine["access_token"]), 422)

    def test_an_open_login_ends_when_the_operator_sets_another(self):
        self.add("--must-change-password")
        token = self.waits(self.server.log_in(self.name), "password_change")
        self.server.command("user", "passwd", self.name, stdin=OTHER + "\n")
        self.refused(self.answer(token, new_password="a third password 9"), 401,
                     "invalid_step_token")

    def test_the_operator_s_page_of_a_password_with_every_request(self):
        self.add("--must-change-password")
        self.refused(self.server.get("/auth/verify", headers=basic(self.name, PASSWORD)), 403,
                     "password_change_required")


class Both(StepCase):
    """After a second factor, one after the other and at once."""

    FLAGS = terms("1")

    def with_app(self):
        made = self.server.sign_up(self.name, terms_version="1").json["access_token"]
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=made).json["secret"]
        reply = self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret)},
                                 token=made)
        self.assertEqual(reply.status, 200, reply.body)
        return secret, reply.json["recovery_codes"]

    def test_they_follow_the_second_factor(self):
        _, codes = self.with_app()
        self.must_change()
        waits = self.server.log_in(self.name)
        self.assertTrue(waits.json["mfa_required"])
        self.refused(self.answer(waits.json["mfa_token"], new_password=OTHER), 401,
                     "invalid_step_token")
        answer = {"mfa_token": waits.json["mfa_token"], "code": codes[0]}
        token = self.waits(self.server.post("/api/v1/auth/mfa", answer), "password_change")
        self.refused(self.server.post("/api/v1/auth/mfa", answer), 401, "invalid_mfa_token")
        self.signed_in(self.answer(token, new_password=OTHER))
        # The app is in force as before, and a code that comes along leads to the steps as well.
        self.assertTrue(self.server.log_in(self.name, OTHER).json["mfa_required"])
        self.must_change()
        reply = self.server.post("/api/v1/auth/login", {"login": self.name, "password": OTHER,
                                                        "mfa_code": codes[1]})
        self.signed_in(self.answer(self.waits(reply, "password_change"), new_password=PASSWORD))

    def test_both(self):
        self.add("--must-change-password")
        first = self.waits(self.server.log_in(self.name), "terms", "password_change")
        second = self.waits(self.answer(first, terms_version="1"), "password_change")
        self.assertEqual(self.shown()["terms_version"], "1")
        self.refused(self.answer(first, new_password=OTHER), 401, "invalid_step_token")
        # What is accepted already leads no further.
        self.refused(self.answer(second, terms_version="1"), 422, "invalid_value", "new_password")
        self.signed_in(self.answer(second, new_password=OTHER))

    def test_both_at_once(self):
        self.add("--must-change-password")
        token = self.waits(self.server.log_in(self.name), "terms", "password_change")
        self.refused(self.answer(token, terms_version="1", new_password="short"), 422,
                     "weak_password")
        self.assertNotIn("terms_version", self.shown())
        self.signed_in(self.answer(token, terms_version="1", new_password=OTHER))


class Moved(StepCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        cls.addClassCleanup(cls.folder.cleanup)

    @classmethod
    def tearDownClass(cls):
        pass

    def test_another_version_asks_again(self):
        data = self.folder.name + "/data"
        with Server(*terms("1"), data_dir=data) as self.server:
            tokens = self.server.sign_up(self.name, terms_version="1").json
        with Server(*terms("2"), data_dir=data) as self.server:
            self.assertEqual(self.server.me(tokens["access_token"]).status, 200)
            renewed = self.server.refresh(tokens["refresh_token"])
            self.assertEqual(renewed.status, 200, renewed.body)
            token = self.waits(self.server.log_in(self.name), "terms")
            self.refused(self.answer(token, terms_version="1"), 422, "terms_required")
            self.signed_in(self.answer(token, terms_version="2"))
            kept = self.server.command("export").out
        with Server(data_dir=data) as self.server:
            self.signed_in(self.server.log_in(self.name))
            self.refused(self.server.sign_up("x" + self.name, terms_version="2"), 422,
                         "invalid_value", "terms_version")
        line = next(one for one in map(json.loads, kept.splitlines())
                    if one.get("username") == self.name)
        self.assertEqual(line["terms_version"], "2")
        self.assertIn("terms_accepted_at", line)

    def test_the_address_is_needed(self):
        done = command("config", "check", "--terms.version", "1", "--data-dir", self.folder.name,
                       check=False)
        self.assertEqual(done.returncode, 2, done.err)
        self.assertIn("terms.url", done.err)


class ByProvider(StepCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = HostileProvider()
        cls.server = Server(*terms("1"), environment=settings("evil", cls.provider.issuer, "me",
                                                              "secret"))

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()
        cls.server.__exit__(None)

    def setUp(self):
        super().setUp()
        self.provider.reset()

    def test_an_account_that_another_provider_makes_accepts_them_at_that_login(self):
        browser = Browser(self.server)
        reply = browser.get(self.provider.come_back(browser.start("evil")))
        self.assertEqual(reply.json["steps_required"], ["terms"], reply.body)
        self.signed_in(self.answer(reply.json["step_token"], terms_version="1"))
        again = browser.get(self.provider.come_back(browser.start("evil")))
        self.signed_in(again)

    def test_a_page_gets_the_token_in_the_fragment(self):
        self.provider.claims = {"sub": self.name, "email": self.name + "@example.org"}
        browser = Browser(self.server)
        url = browser.start("evil", query="?session=cookie&page=/signin&return_to=/account")
        arrived = browser.get(self.provider.come_back(url))
        self.assertEqual(arrived.status, 303, arrived.body)
        place, _, fragment = arrived.headers["Location"].partition("#")
        self.assertEqual(place, "/signin")
        self.assertRegex(fragment, r"^step_token=[\w-]{43}&steps=terms&return_to=%2Faccount$")


class Forms(StepCase):
    """The sign-in page without scripts."""

    FLAGS = (*terms("1"), "--server.public-url", PUBLIC_URL)

    def send(self, page, **values):
        form = PlainForm(page)
        return self.server.post(form.action, form={**form.values, **values},
                                headers={"Origin": PUBLIC_URL})

    def test_both_steps(self):
        self.add("--must-change-password")
        page = self.server.post("/signin", headers={"Origin": PUBLIC_URL}, form={
            "login": self.name, "password": PASSWORD, "return_to": "/account/security"})
        self.assertEqual(page.status, 200, page.body)
        self.assertIn(URL.encode(), page.body)
        page = self.send(page)
        self.assertEqual((page.status, PlainForm(page).names), (200, ["new_password"]), page.body)
        page = self.send(page, new_password="short")
        self.assertEqual(page.status, 422, page.body)
        done = self.send(page, new_password=OTHER)
        self.assertEqual(done.status, 303, done.body)
        self.assertTrue(done.headers["Location"].endswith("/account/security"))
        gone = self.send(page, new_password=PASSWORD)
        self.assertEqual(gone.status, 401)
        self.assertIn("login", PlainForm(gone).names)


if __name__ == "__main__":
    unittest.main()
