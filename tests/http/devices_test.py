"""Devices: the owner hears of a new one once, and one that the owner trusts is asked for no second
factor, until anything about the account's access changes."""

import json
import time
import unittest

from account_names_test import WithMail
from compat import totp
from harness import PASSWORD, Server, ServerCase, claims_of
from provider import RelyingParty, pass_this_millisecond, path_of, query_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/124.0 Safari/537.36"
LOGIN = "/api/v1/auth/login"
MFA = "/api/v1/auth/mfa"
ME = "/api/v1/users/me"
DAYS = 30


class Browser:
    """Keeps every cookie, and asks for sessions that are kept in one."""

    def __init__(self, server, agent=FIREFOX, keeps_session=True):
        self.server = server
        self.agent = agent
        self.keeps_session = keeps_session
        self.cookies = {}
        self.csrf = ""

    def request(self, method, path, body=None, token=None):
        headers = {"User-Agent": self.agent, "X-CSRF-Token": self.csrf}
        if self.keeps_session:
            headers["X-Authd-Session"] = "cookie"
        if self.cookies:
            headers["Cookie"] = "; ".join("%s=%s" % one for one in self.cookies.items())
        reply = self.server.request(method, path, body, token=token, headers=headers)
        for header in reply.headers.get_all("Set-Cookie") or []:
            name, value = header.split(";")[0].split("=", 1)
            self.cookies[name] = value
        if reply.status in (200, 201) and reply.body[:1] == b"{":
            self.csrf = reply.json.get("csrf_token", self.csrf)
        return reply

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=None, token=None):
        return self.request("POST", path, body, token)

    def log_in(self, login, password=PASSWORD, **more):
        pass_this_millisecond()
        reply = self.post(LOGIN, {"login": login, "password": password, **more})
        pass_this_millisecond()
        return reply

    def sign_out(self):
        """As after the session has ended: the other cookies stay."""
        self.cookies.pop("authd_session", None)
        self.csrf = ""

    @property
    def device(self):
        return self.cookies["authd_device"]


class Case(ServerCase):
    """With accounts that have an app."""

    def signed_up(self, name, browser):
        reply = browser.post("/api/v1/auth/signup", {"username": name, "password": PASSWORD,
                                                     "email": name + "@example.org"})
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json

    def with_app(self, name, agent="a program"):
        """Its secret, and the time step of its next code: the server takes each step once, and one
        that is ahead."""
        browser = Browser(self.server, agent)
        self.signed_up(name, browser)
        secret = browser.post(ME + "/mfa/totp").json["secret"]
        step = int(time.time()) // 30
        done = browser.post(ME + "/mfa/totp/confirm", {"code": totp(secret, step)})
        self.assertEqual(done.status, 200, done.body)
        return secret, step + 1

    def trusted(self, name, browser):
        """The browser after a login that it was told to remember."""
        secret, step = self.with_app(name)
        asked = browser.log_in(name)
        self.assertEqual(asked.json["remember_for"], DAYS * 86400)
        reply = browser.post(MFA, {"mfa_token": asked.json["mfa_token"], "remember": True,
                                   "code": totp(secret, step)})
        self.assertEqual(reply.status, 200, reply.body)
        browser.sign_out()
        return browser

    def is_asked(self, browser, name, password=PASSWORD):
        reply = browser.log_in(name, password)
        self.assertEqual(reply.status, 200, reply.body)
        browser.sign_out()
        return "mfa_required" in reply.json


class Told(WithMail, Case):
    def new_device_mails(self, name):
        return [m.get_body(("plain",)).get_content() for m in self.mails_to(name + "@example.org")
                if "New sign-in" in m["Subject"]]

    def verified(self, name, browser):
        """An account whose address is known to be the owner's."""
        self.signed_up(name, browser)
        text = self.told(name + "@example.org", "/verify-email?token=")
        token = text.split("token=")[1].split()[0]
        self.assertEqual(browser.post("/api/v1/auth/email/verify", {"token": token}).status, 200)
        browser.sign_out()

    def test_the_owner_hears_of_a_new_device_once(self):
        first = Browser(self.server)
        self.verified("ann", first)
        second = Browser(self.server)
        for browser in (first, second, second, first, second):
            self.assertEqual(browser.log_in("ann").status, 200)
            browser.sign_out()
        text = self.told("ann@example.org", "Device: Firefox, Linux")
        self.assertIn("Address: 127.0.0.1", text)
        self.assertIn(" UTC", text)
        self.assertEqual(Browser(self.server, CHROME).log_in("ann").status, 200)
        self.told("ann@example.org", "Device: Chrome, Windows")
        self.assertEqual(len(self.new_device_mails("ann")), 2)

    def test_the_cookie_keeps_the_id_of_the_device(self):
        browser = Browser(self.server)
        self.verified("ben", browser)
        for _ in range(2):
            browser.log_in("ben")
            found = browser.get(ME + "/devices").json["devices"]
            self.assertEqual([one["current"] for one in found], [True])
            browser.sign_out()

    def test_an_address_that_nobody_has_confirmed_gets_nothing(self):
        browser = Browser(self.server)
        self.signed_up("cem", browser)
        self.assertEqual(Browser(self.server, CHROME).log_in("cem").status, 200)
        # A later mail to another address shows that this one was not merely late.
        other = Browser(self.server)
        self.verified("dag", other)
        self.assertEqual(Browser(self.server, CHROME).log_in("dag").status, 200)
        self.told("dag@example.org", "Device: Chrome, Windows")
        self.assertEqual(self.new_device_mails("cem"), [])


class Trusted(Case):
    SETTINGS = {"AUTHD_MFA_REMEMBER": "%dd" % DAYS}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(environment=cls.SETTINGS)

    def operate(self, *arguments, check=True):
        return self.server.command(*arguments, check=check, env=self.SETTINGS)

    def known(self, name):
        return json.loads(self.operate("user", "device", "list", name, "--json").out)["devices"]

    def test_it_is_asked_for_no_second_factor_and_says_so(self):
        browser = self.trusted("ann", Browser(self.server, keeps_session=False))
        for _ in range(2):
            reply = browser.log_in("ann")
            self.assertEqual(claims_of(reply.json["access_token"])["amr"], ["pwd"])
        self.refused(browser.log_in("ann", "wrong password"), 401, "invalid_credentials")
        self.assertTrue(self.is_asked(Browser(self.server), "ann"))
        devices = self.server.get(ME + "/devices", token=reply.json["access_token"]).json["devices"]
        self.assertEqual([one["user_agent"] for one in devices if one["trusted_until"]], [FIREFOX])

    def test_a_code_that_comes_along_may_be_remembered_as_well(self):
        secret, step = self.with_app("bea")
        browser = Browser(self.server)
        reply = browser.log_in("bea", mfa_code=totp(secret, step), remember=True)
        self.assertEqual(reply.status, 200, reply.body)
        browser.sign_out()
        self.assertFalse(self.is_asked(browser, "bea"))

    def test_not_another_cookie(self):
        browser = self.trusted("cleo", Browser(self.server))
        stranger = self.trusted("dan", Browser(self.server))
        tampered = browser.device[:20] + ("A" if browser.device[20] != "A" else "B")
        for cookie in (stranger.device, tampered + browser.device[21:], browser.device[:-4], "x"):
            thief = Browser(self.server)
            thief.cookies["authd_device"] = cookie
            self.assertTrue(self.is_asked(thief, "cleo"))
        self.assertFalse(self.is_asked(browser, "cleo"))

    def test_what_asks_again_still_asks(self):
        browser = self.trusted("emil", Browser(self.server))
        self.assertEqual(browser.log_in("emil").status, 200)
        self.refused(browser.post(ME + "/mfa/recovery-codes"), 403, "reauthentication_required")
        self.refused(browser.post("/api/v1/auth/reauthenticate", {"password": PASSWORD}), 403,
                     "second_factor_required")
        # Whoever signs in again in the same browser gives a stronger proof.
        self.assertIn("mfa_required", browser.log_in("emil").json)

    def test_an_application_that_wishes_for_two_factors_gets_them(self):
        client = RelyingParty(self.server)
        browser = self.trusted("fay", Browser(self.server))
        address = client.address(acr_values="mfa")
        page = path_of(browser.get(address))
        self.assertTrue(page.startswith("/signin?"), page)
        self.assertEqual(browser.log_in("fay").status, 200)
        again = path_of(browser.get(query_of(page)["return_to"]))
        self.assertTrue(again.startswith("/signin?"), again)
        self.assertEqual(query_of(again)["again"], "1")
        self.assertIn("mfa_required", browser.log_in("fay").json)

    def test_a_new_password_ends_it(self):
        browser = self.trusted("gil", Browser(self.server))
        self.server.command("user", "passwd", "gil", stdin="another horse 2\n")
        self.assertTrue(self.is_asked(browser, "gil", "another horse 2"))

    def test_a_logout_everywhere_ends_it(self):
        browser = self.trusted("hana", Browser(self.server))
        browser.log_in("hana")
        self.assertEqual(browser.post("/api/v1/auth/logout/all").status, 200)
        browser.sign_out()
        self.assertTrue(self.is_asked(browser, "hana"))

    def test_forgetting_ends_it_at_once(self):
        browser = self.trusted("ida", Browser(self.server))
        browser.log_in("ida")
        found = browser.get(ME + "/devices").json["devices"]
        mine = next(one["id"] for one in found if one["current"])
        path = "%s/devices/%s" % (ME, mine)
        self.assertEqual(browser.request("DELETE", path).status, 204)
        self.refused(browser.request("DELETE", path), 404, "not_found")
        browser.sign_out()
        self.assertTrue(self.is_asked(browser, "ida"))

    def test_all_of_them_are_forgotten_too(self):
        browser = self.trusted("jon", Browser(self.server))
        browser.log_in("jon")
        self.assertEqual(browser.request("DELETE", ME + "/devices").status, 204)
        self.assertEqual(browser.get(ME + "/devices").json["devices"], [])
        browser.sign_out()
        self.assertTrue(self.is_asked(browser, "jon"))

    def test_operators_see_and_forget_them(self):
        browser = self.trusted("kai", Browser(self.server))
        trusted = next(one["id"] for one in self.known("kai") if one["trusted_until"])
        self.assertIn(trusted, self.operate("user", "device", "list", "kai").out)
        unknown = self.operate("user", "device", "forget", "kai", "00" * 8, "--yes", check=False)
        self.assertNotEqual(unknown.returncode, 0)
        self.assertIn("user device list", unknown.err)
        self.assertIn(trusted, self.operate("explain", "login", "kai").out)
        self.operate("user", "device", "forget", "kai", trusted, "--yes")
        self.assertTrue(self.is_asked(browser, "kai"))
        self.operate("user", "device", "forget", "kai", "--all", "--yes")
        self.assertEqual(self.known("kai"), [])
        told = self.operate("audit", "list", "--user", "kai").out
        for action in ("device_trusted", "device_forgotten"):
            self.assertIn(action, told)

    def test_administrators_see_and_forget_them(self):
        browser = self.trusted("lea", Browser(self.server))
        self.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        token = self.server.log_in("root").json["access_token"]
        user = json.loads(self.server.command("user", "show", "lea", "--json").out)["id"]
        base = "/api/v1/admin/users/%d/devices" % user
        found = self.server.get(base, token=token).json["devices"]
        trusted = next(one["id"] for one in found if one["trusted_until"])
        self.refused(self.server.request("DELETE", base + "/nonsense", token=token), 404,
                     "not_found")
        self.assertEqual(self.server.request("DELETE", "%s/%s" % (base, trusted),
                                             token=token).status, 204)
        self.assertTrue(self.is_asked(browser, "lea"))
        self.assertEqual(self.server.request("DELETE", base, token=token).status, 204)
        self.assertEqual(self.server.get(base, token=token).json["devices"], [])
        self.refused(self.server.get("/api/v1/admin/users/99999/devices", token=token), 404,
                     "not_found")

    def test_the_owners_data_has_them(self):
        browser = Browser(self.server)
        self.signed_up("mia", browser)
        self.assertEqual([one["current"] for one in browser.get(ME + "/export").json["devices"]],
                         [True])


class Off(Case):
    """mfa.remember is 0."""

    def test_nothing_is_offered_and_a_wish_is_refused_before_the_code_is_used(self):
        secret, step = self.with_app("ann")
        browser = Browser(self.server)
        asked = browser.log_in("ann").json
        self.assertNotIn("remember_for", asked)
        answer = {"mfa_token": asked["mfa_token"], "code": totp(secret, step)}
        self.refused(browser.post(MFA, {**answer, "remember": True}), 422, field="remember")
        self.refused(browser.log_in("ann", remember=True), 422, field="remember")
        self.assertEqual(browser.post(MFA, {**answer, "remember": False}).status, 200)


if __name__ == "__main__":
    unittest.main()
