"""Signing in with other providers, against a real OpenID provider."""

import unittest
import urllib.parse

from harness import Server, ServerCase, claims_of, command
from openid import PUBLIC_URL, Browser, RealProvider, settings
from session_cookie_test import enrol


def me(server, tokens):
    return server.me(tokens["access_token"]).json


class WithARealProvider(ServerCase):
    """oidc-provider, which returns the email only from its userinfo endpoint."""

    CONFORM = True
    NAMES = ("by-rs256", "by-es256", "by-eddsa")

    @classmethod
    def setUpClass(cls):
        cls.provider = RealProvider(cls.NAMES, cls.CONFORM)
        environment = {}
        for name in cls.NAMES:
            secret = "" if name == "by-eddsa" else RealProvider.SECRET
            environment.update(settings(name, cls.provider.issuer, name, secret,
                                        label="The real " + name))
        cls.server = Server(environment=environment)

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()
        cls.server.__exit__(None)

    def test_providers_are_listed_without_their_secrets(self):
        reply = self.server.get("/api/v1/auth/providers")
        self.assertEqual(reply.json["providers"], [
            {"name": name, "label": "The real " + name} for name in sorted(self.NAMES)])
        self.assertNotIn("secret", reply.body.decode())

    def test_a_person_signs_in_with_every_algorithm_and_way_to_show_the_secret(self):
        for name in self.NAMES:
            with self.subTest(name):
                person = "ann-" + name
                first = Browser(self.server).sign_in(name, person)
                self.assertEqual(first.status, 200, first.body)
                user = me(self.server, first.json)
                self.assertEqual(user["email"], person + "@example.org")
                self.assertTrue(user["email_verified"])
                self.assertEqual(user["roles"], ["user"])
                self.assertEqual(claims_of(first.json["access_token"])["amr"], ["fed"])
                again = Browser(self.server).sign_in(name, person)
                self.assertEqual(again.json["user"]["id"], user["id"])
                self.assertEqual(self.server.refresh(again.json["refresh_token"]).status, 200)

    def test_a_browser_can_be_sent_right_away(self):
        browser = Browser(self.server)
        reply = browser.get("/api/v1/auth/providers/by-rs256/start?redirect=1")
        self.assertEqual(reply.status, 302)
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        cookie = reply.headers["Set-Cookie"]
        self.assertIn("; HttpOnly; SameSite=Lax", cookie)
        done = browser.get(browser.at_provider(reply.headers["Location"], "sent"))
        self.assertEqual(done.status, 200, done.body)
        # The browser keeps its half for other journeys, and its device is known.
        self.assertEqual(sorted(browser.cookies), ["authd_device", "authd_journeys"])

    def test_a_person_who_declines_is_told_so(self):
        browser = Browser(self.server)
        reply = browser.get(browser.at_provider(browser.start("by-rs256"), "nobody", abort=True))
        error = self.refused(reply, 401, "provider_refused")
        self.assertIn("access_denied", error["message"])

    def test_linking_listing_and_unlinking(self):
        bob = self.server.sign_up("bob", email="bob@elsewhere.test").json
        linked = Browser(self.server).sign_in("by-rs256", "robert", bob["access_token"])
        self.assertEqual(linked.status, 200, linked.body)
        self.assertEqual(linked.json["linked"]["subject"], "robert")
        self.assertNotIn("access_token", linked.json)
        self.assertEqual(Browser(self.server).sign_in("by-rs256", "robert").json["user"]["id"],
                         bob["user"]["id"])

        listed = self.server.get("/api/v1/users/me/identities",
                                 token=bob["access_token"]).json["identities"]
        self.assertEqual([(i["provider"], i["email"]) for i in listed],
                         [("by-rs256", "robert@example.org")])
        taken = self.server.sign_up("carol").json
        self.refused(Browser(self.server).sign_in("by-rs256", "robert", taken["access_token"]), 409,
                     "identity_taken")

        path = "/api/v1/users/me/identities/"
        self.refused(self.server.request("DELETE", path + "by-rs256"), 401)
        self.refused(self.server.request("DELETE", path + "by-es256", token=bob["access_token"]),
                     404)
        self.assertEqual(self.server.request("DELETE", path + "by-rs256",
                                             token=bob["access_token"]).status, 204)
        other = Browser(self.server).sign_in("by-rs256", "robert").json["user"]
        self.assertNotEqual(other["id"], bob["user"]["id"])

    def travel(self, browser, person, query="", headers=None):
        """A login from a page; returns where the browser is finally sent."""
        path = "/api/v1/auth/providers/by-rs256/start?redirect=1&session=cookie" + query
        reply = browser.get(path)
        self.assertEqual(reply.status, 302, reply.body)
        done = browser.get(browser.at_provider(reply.headers["Location"], person))
        self.assertEqual(done.status, 303, done.body)
        return done

    def test_a_page_gets_its_browser_back_with_a_cookie(self):
        browser = Browser(self.server)
        done = self.travel(browser, "paula", "&return_to=/account%3Ftab%3D2")
        self.assertEqual(done.headers["Location"], "/account?tab=2")
        self.assertNotIn(b"token", done.body)
        self.assertEqual(sorted(browser.cookies),
                         ["authd_device", "authd_journeys", "authd_session"])
        found = browser.get("/api/v1/auth/session").json
        self.assertEqual((found["authenticated"], found["user"]["email"]),
                         (True, "paula@example.org"))
        # An existing session is not taken over.
        before = browser.cookies["authd_session"]
        self.travel(browser, "paula")
        self.assertNotEqual(browser.cookies["authd_session"], before)

    def test_a_page_is_told_what_went_wrong(self):
        self.server.sign_up("quin", email="unverified-quin@example.org")
        browser = Browser(self.server)
        done = self.travel(browser, "unverified-quin", "&page=/sign-in&return_to=/account")
        self.assertEqual(done.headers["Location"],
                         "/sign-in?error=account_exists&provider=by-rs256&return_to=%2Faccount")
        self.assertEqual(sorted(browser.cookies), ["authd_journeys"])
        # Without a page it is the configured one.
        done = self.travel(browser, "unverified-quin")
        self.assertTrue(done.headers["Location"].startswith(PUBLIC_URL + "/?error=account_exists&"),
                        done.headers["Location"])

    def test_a_page_asks_for_the_second_step(self):
        browser = Browser(self.server)
        self.travel(browser, "rosa")
        csrf = browser.get("/api/v1/auth/session").json["csrf_token"]
        headers = {"Cookie": "authd_session=" + browser.cookies["authd_session"],
                   "X-CSRF-Token": csrf}
        codes = enrol(lambda path, body=None: self.server.post("/api/v1/users/me/mfa/" + path, body,
                                                               headers=headers))
        del browser.cookies["authd_session"]
        done = self.travel(browser, "rosa", "&page=/sign-in")
        path, fragment = done.headers["Location"].split("#")
        self.assertEqual(path, "/sign-in")  # no server, log or Referer sees what follows it
        needed = urllib.parse.parse_qs(fragment)
        self.assertEqual((needed["methods"], needed["return_to"]), (["totp,recovery_code"], ["/"]))
        self.assertNotIn("authd_session", browser.cookies)
        reply = self.server.post("/api/v1/auth/mfa",
                                 {"mfa_token": needed["mfa_token"][0], "code": codes[0]},
                                 headers={"X-Authd-Session": "cookie"})
        self.assertEqual(set(reply.json), {"user", "csrf_token"})

    def test_another_site_signs_nobody_in(self):
        """Login CSRF: the provider may remember the person, or somebody else, and ask nothing."""
        start = "/api/v1/auth/providers/by-rs256/start?session=cookie"
        sent = start + "&redirect=1&page=/signin&return_to=/account%3Ftab%3D2"
        from_afar = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
                     "Accept": "text/html"}
        reply = self.server.get(sent, headers=from_afar)
        # The page has the button, and its own link begins the journey.
        self.assertEqual((reply.status, reply.headers["Location"]),
                         (303, "/signin?return_to=%2Faccount%3Ftab%3D2"))
        self.assertIsNone(reply.headers["Set-Cookie"])
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        self.refused(self.server.get(start, headers=from_afar), 403, "csrf_failed")
        # An invitation of the other site's is not taken along.
        reply = self.server.get(sent + "&invitation=x", headers=from_afar)
        self.assertNotIn("invitation", reply.headers["Location"])
        # Our own page, an application of the same site, a bookmark, and an old browser.
        for site in ("same-origin", "same-site", "none", None):
            with self.subTest(site):
                headers = {"Sec-Fetch-Site": site} if site else {}
                self.assertEqual(self.server.get(sent, headers=headers).status, 302)
        # What ends in no session of a browser may begin anywhere, and so does linking by a token.
        plain = start.replace("?session=cookie", "?redirect=1")
        self.assertEqual(self.server.get(plain, headers=from_afar).status, 302)
        token = self.server.sign_up("ursula").json["access_token"]
        self.assertEqual(self.server.get(start, token=token, headers=from_afar).status, 200)

    def test_a_page_sends_nobody_to_strangers(self):
        start = "/api/v1/auth/providers/by-rs256/start?session=cookie&"
        for query, field in [("return_to=https://evil.example/", "return_to"),
                             ("return_to=//evil.example", "return_to"),
                             ("return_to=/%5Cevil.example", "return_to"),
                             ("page=https://evil.example/", "page"),
                             ("page=" + PUBLIC_URL + "/", "page"), ("page=/x%23y", "page"),
                             ("page=/x%3Fy", "page"), ("session=x&", None)]:
            with self.subTest(query):
                if field:
                    self.refused(self.server.get(start + query), 422, field=field)
        self.refused(self.server.get(start.replace("cookie", "x")), 422, field="session")
        # A changed half means a different browser.
        browser = Browser(self.server)
        url = browser.get(start + "return_to=/mine").json["authorization_url"]
        path = browser.at_provider(url, "sven")
        browser.cookies["authd_journeys"] = browser.cookies["authd_journeys"][::-1]
        self.refused(browser.get(path), 401, "invalid_state")
        self.assertNotIn("authd_session", browser.cookies)

    def test_by_https_no_other_host_can_plant_a_login(self):
        environment = {**settings("by-rs256", self.provider.issuer, "by-rs256",
                                  RealProvider.SECRET),
                       "AUTHD_SERVER_PUBLIC_URL": "https://auth.test"}
        with Server(environment=environment) as server:
            reply = server.get("/api/v1/auth/providers/by-rs256/start?session=cookie")
            name, rest = reply.headers["Set-Cookie"].split("=", 1)
            self.assertEqual(name, "__Host-authd_journeys")
            self.assertIn("; Path=/;", rest)
            self.assertTrue(rest.endswith("; Secure"), rest)
            self.assertNotIn("Domain", rest)
            # The name without the prefix, which anybody can set, is ignored.
            planted = {"Cookie": "authd_journeys=" + rest.split(";")[0]}
            self.refused(server.get("/api/v1/auth/providers/by-rs256/callback?state=x&code=y",
                                    headers=planted), 401, "invalid_state")

    def test_a_page_links_with_its_csrf_token_alone(self):
        browser = Browser(self.server)
        self.travel(browser, "tilda")
        session = browser.get("/api/v1/auth/session").json
        start = "/api/v1/auth/providers/by-es256/start?session=cookie&return_to=/account"
        cookie = {"Cookie": "authd_session=" + browser.cookies["authd_session"]}
        self.refused(self.server.get(start, headers={**cookie, "X-CSRF-Token": "x"}), 403,
                     "csrf_failed")
        self.refused(self.server.get(start, headers={"X-CSRF-Token": session["csrf_token"]}), 401,
                     "invalid_session")
        reply = self.server.get(start, headers={**cookie, "X-CSRF-Token": session["csrf_token"]})
        name, value = reply.headers["Set-Cookie"].split(";")[0].split("=", 1)
        browser.cookies[name] = value
        # a person who is not yet signed in at the provider
        browser.opener = Browser(self.server).opener
        done = browser.get(browser.at_provider(reply.json["authorization_url"], "tilda-too"))
        self.assertEqual((done.status, done.headers["Location"]), (303, "/account"))
        linked = browser.get("/api/v1/users/me/identities").json["identities"]
        self.assertEqual(sorted(i["subject"] for i in linked), ["tilda", "tilda-too"])
        # The cookie alone neither signs in nor links anything: any site could have sent the browser
        # here.
        browser.opener = Browser(self.server).opener
        reply = browser.get("/api/v1/auth/providers/by-eddsa/start?redirect=1&session=cookie")
        browser.get(browser.at_provider(reply.headers["Location"], "stranger"))
        self.assertEqual(browser.get("/api/v1/users/me").json["email"], "stranger@example.org")
        self.assertEqual(len(browser.get("/api/v1/users/me/identities").json["identities"]), 1)

    def test_the_only_way_into_an_account_stays(self):
        dave = Browser(self.server).sign_in("by-rs256", "dave").json
        path = "/api/v1/users/me/identities/by-rs256"
        self.refused(self.server.request("DELETE", path, token=dave["access_token"]), 409,
                     "last_login_method")
        more = Browser(self.server).sign_in("by-es256", "dave-too", dave["access_token"])
        self.assertEqual(more.status, 200, more.body)
        self.assertEqual(self.server.request("DELETE", path, token=dave["access_token"]).status,
                         204)

    def test_an_email_that_is_taken_and_not_confirmed_is_not_handed_over(self):
        before = self.server.sign_up("erin", email="erin@example.org").json
        # The provider has verified the address, so this is its owner, and the existing ways in are
        # somebody else's.
        erin = Browser(self.server).sign_in("by-rs256", "erin").json
        self.assertEqual(erin["user"]["id"], before["user"]["id"])
        self.assertEqual(self.server.me(before["access_token"]).status, 401)
        self.assertEqual(self.server.log_in("erin").status, 401)
        # An address that the provider has not verified does not open somebody else's account
        # either.
        frank = Browser(self.server).sign_in("by-rs256", "frank").json["user"]
        self.assertTrue(frank["email_verified"])
        unverified = Browser(self.server).sign_in("by-rs256", "unverified-frank")
        self.assertFalse(unverified.json["user"]["email_verified"])

    def test_a_deleted_account_can_be_made_again(self):
        gone = Browser(self.server).sign_in("by-rs256", "grace").json
        self.assertEqual(self.server.request("DELETE", "/api/v1/users/me",
                                             token=gone["access_token"]).status, 200)
        again = Browser(self.server).sign_in("by-rs256", "grace").json
        self.assertNotEqual(again["user"]["id"], gone["user"]["id"])

    def test_a_code_of_another_login_is_refused_by_the_provider(self):
        stolen = Browser(self.server)
        path = stolen.at_provider(stolen.start("by-rs256"), "heidi")
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["code"][0]
        mallory = Browser(self.server)
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(mallory.start("by-rs256")).query)[
            "state"][0]
        injected = urllib.parse.urlencode({"code": code, "state": state,
                                           "iss": self.provider.issuer})
        self.refused(mallory.get("/api/v1/auth/providers/by-rs256/callback?" + injected), 401,
                     "provider_refused")

    def test_an_answer_that_does_not_name_its_issuer_is_not_believed(self):
        # oidc-provider announces that it sends its issuer (RFC 9207).
        browser = Browser(self.server)
        path = browser.at_provider(browser.start("by-rs256"), "ivan")
        self.refused(browser.get(path.split("&iss=")[0]), 401, "invalid_id_token")

    def test_what_was_written_hangs_together(self):
        Browser(self.server).sign_in("by-rs256", "judy")
        self.server.command("db", "check")
        self.assertNotIn(RealProvider.SECRET, self.server.log_text())


class WithTheEmailInTheToken(WithARealProvider):
    CONFORM = False


class Configuration(unittest.TestCase):
    GOOD = settings("my-idp", "https://id.example", "me", "hush")

    def test_the_secret_is_masked(self):
        shown = command("config", "show", env=self.GOOD).out
        self.assertNotIn("hush", shown)
        self.assertRegex(shown,
                         r"providers\.my-idp\.client_secret +\*\*\* "
                         r"+AUTHD_PROVIDERS_MY_IDP_CLIENT_SECRET")
        self.assertRegex(shown, r"providers\.my-idp\.scopes +openid email profile +default")

    def test_what_is_wrong_is_named(self):
        for wrong, text in (({"AUTHD_PROVIDERS_MY_IDP_COLOUR": "red"},
                             "AUTHD_PROVIDERS_MY_IDP_COLOUR"),
                            ({"AUTHD_PROVIDERS_MY_IDP_ISSUER": "http://id.example"}, "https://"),
                            ({"AUTHD_PROVIDERS_MY_IDP_SCOPES": "email"}, "openid"),
                            ({"AUTHD_PROVIDERS_OTHER_ISSUER": "https://id.example"},
                             "providers.other.client_id is missing")):
            done = command("config", "check", check=False, env={**self.GOOD, **wrong})
            self.assertEqual(done.returncode, 2, done.out)
            self.assertIn(text, done.err)
            self.assertNotIn("hush", done.err)


if __name__ == "__main__":
    unittest.main()
