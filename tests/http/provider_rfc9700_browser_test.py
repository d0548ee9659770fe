"""RFC 9700 at the browser: the consent of a person is that person's own, pages cannot be framed,
and answers are kept nowhere."""

import unittest

from clocked import needs_clocked
from conformance import APP, ISSUER, Client, Rfc9700Case
from harness import basic
from provider import RelyingParty, path_of, query_of


@needs_clocked
class Csrf(Rfc9700Case):
    """Section 4.7: of the client with `state`, of the server with its own token."""

    def test_a_state_of_two_kilobytes_comes_back_unchanged(self):
        printable = "".join(map(chr, range(0x20, 0x7f))) + "äß\u20ac\U0001f600"
        state = (printable * 30)[:2048]
        browser = self.browser(login=None)  # so that it goes through sign-in and consent
        reply = self.app.begin(browser, state=state, prompt="consent")
        answer, seen = self.walk(browser, reply)
        self.assertEqual(seen, ["/signin", "/consent"])
        self.assertEqual(answer["state"], state)

    def test_no_state_is_needed_and_none_made_up(self):
        self.assertNotIn("state", self.answer(self.browser(), state=None))

    def test_errors_bring_the_state_and_the_issuer(self):
        state = "s" * 2048
        answer = self.outcome(self.wiki.begin(self.browser(login=None), state=state,
                                              prompt="none"))
        self.assertEqual((answer["error"], answer["state"], answer["iss"]),
                         ("login_required", state, ISSUER))

    def asked(self, app=None, login="ann"):
        """A browser at the consent page, and the path of the answer."""
        browser = self.browser(login)
        reply = (app or self.app).begin(browser, prompt="consent")
        self.assertTrue(path_of(reply).startswith("/consent?"))
        return browser, "/api/v1/oauth/requests/" + query_of(path_of(reply))["request"]

    def test_the_consent_answer_needs_the_csrf_token(self):
        browser, path = self.asked()
        for headers, more in (({}, {}), ({"X-CSRF-Token": ""}, {}),
                              ({"X-CSRF-Token": "x" * 43}, {}),
                              ({"X-CSRF-Token": self.browser().csrf}, {})):
            with self.subTest(headers):
                reply = self.server.post(path, {"decision": "allow"},
                                         headers={**browser.cookies(), **headers}, **more)
                self.assertEqual(reply.status, 403, reply.body)
                self.assertNotIn(b"redirect_to", reply.body)

    def test_the_consent_answer_cannot_be_a_form(self):
        browser, path = self.asked()
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
            with self.subTest(kind):
                reply = self.server.post(path, b'{"decision":"allow"}', headers={
                    **browser.cookies(), "Content-Type": kind, "Origin": "https://evil.example"})
                self.assertIn(reply.status, (400, 403, 415))
                self.assertNotIn(b"redirect_to", reply.body)

    def test_the_consent_answer_from_another_site_is_refused(self):
        browser, path = self.asked()
        reply = browser.post(path, {"decision": "allow"}, Origin="https://evil.example",
                             **{"Sec-Fetch-Site": "cross-site"})
        self.assertEqual(reply.status, 403, reply.body)

    def test_the_consent_answer_needs_a_session(self):
        _, path = self.asked()
        reply = self.server.post(path, {"decision": "allow"})
        self.assertEqual(reply.status, 401, reply.body)

    def test_an_answer_by_get_is_none(self):
        browser, path = self.asked()
        reply = browser.get(path + "?decision=allow")
        self.assertIn(reply.status, (400, 422))
        self.assertNotIn(b"redirect_to", reply.body)
        for more in ("&answer=allowed", "?answer=1", "?decision=allow"):
            reply = browser.get(path.replace("/api/v1/oauth/requests/", "/oauth2/authorize/")
                                + more)
            self.assertNotIn("code=", reply.headers.get("Location", ""))

    def test_a_carried_request_gives_nothing_to_another_session(self):
        """Neither to a person who has not allowed it, nor without a person."""
        app = Client(self.server, "Carried")
        _, path = self.asked(app)
        carried = path.replace("/api/v1/oauth/requests/", "/oauth2/authorize/")
        self.server.sign_up("carla")
        reply = self.browser("carla").get(carried)
        self.assertTrue(path_of(reply).startswith("/consent?"))
        reply = self.browser(login=None).get(carried)
        self.assertTrue(path_of(reply).startswith("/signin?"))

    def test_an_answer_counts_in_no_other_session(self):
        app = Client(self.server, "Answered")
        mallory, path = self.asked(app)
        self.server.sign_up("dora")
        for decision in ("allow", "deny"):
            there = mallory.post(path, {"decision": decision}).json["redirect_to"]
            for other in (self.browser(), self.browser("dora")):
                reply = other.get(there)
                self.assertTrue(path_of(reply).startswith("/consent?"), reply.headers)
            reply = self.browser(login=None).get(there)
            self.assertTrue(path_of(reply).startswith("/signin?"))

    def test_an_answer_ends_with_its_session(self):
        app = Client(self.server, "Ended")
        browser, path = self.asked(app)
        there = browser.post(path, {"decision": "allow"}).json["redirect_to"]
        self.assertEqual(browser.post("/api/v1/auth/logout").status, 200)
        self.assertTrue(path_of(browser.get(there)).startswith("/signin?"))
        browser.sign_in("ann")
        self.assertTrue(path_of(browser.get(there)).startswith("/consent?"))

    def test_an_answer_does_not_outlive_what_the_person_takes_back(self):
        """The address of the answer is in the history of the browser."""
        app = Client(self.server, "Taken")
        browser = self.browser()
        path = "/api/v1/oauth/requests/" + query_of(path_of(app.begin(browser)))["request"]
        there = browser.post(path, {"decision": "allow"}).json["redirect_to"]
        code = self.outcome(browser.get(there))["code"]
        self.assertEqual(app.exchange(code).status, 200)
        for grant in browser.get("/api/v1/users/me/grants").json["grants"]:
            self.assertEqual(browser.delete("/api/v1/users/me/grants/" + grant["id"]).status, 204)
        self.assertTrue(path_of(app.begin(browser)).startswith("/consent?"))
        self.assertTrue(path_of(browser.get(there)).startswith("/consent?"))
        self.assertTrue(path_of(app.begin(browser)).startswith("/consent?"))

    def test_an_answer_cannot_be_altered(self):
        browser, path = self.asked()
        text = path.rsplit("/", 1)[1]
        for at in (0, len(text) // 3, len(text) - 2):
            changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]
            self.assertEqual(browser.get("/oauth2/authorize/" + changed).status, 400)
            reply = browser.post("/api/v1/oauth/requests/" + changed, {"decision": "allow"})
            self.assertEqual(reply.status, 404, reply.body)

    def test_a_request_is_over_after_an_hour(self):
        browser, path = self.asked()
        self.pass_time(3601)
        browser.sign_in("ann")
        self.assertEqual(browser.post(path, {"decision": "allow"}).status, 404)

    def test_programs_that_anybody_can_pose_as_are_always_asked_about(self):
        """RFC 8252 section 8.6, whatever was set or remembered."""
        browser = self.browser()
        for redirect in ("http://127.0.0.1/cb", "app.example:/cb"):
            app = RelyingParty(self.server, "Cli", "--consent", "skip", redirect=redirect,
                               public=True)
            for _ in range(2):
                reply = app.begin(browser)
                self.assertTrue(path_of(reply).startswith("/consent?"), reply.headers)
                app.allow(browser, reply)
            answer = self.outcome(app.begin(browser, prompt="none"))
            self.assertEqual(answer["error"], "consent_required")


@needs_clocked
class Headers(Rfc9700Case):
    """Sections 4.2.4 (no referrer), 4.12 (303) and 4.16 (clickjacking)."""

    def assert_framed_by_nobody(self, reply):
        self.assertEqual(reply.headers["X-Frame-Options"], "DENY")
        self.assertIn("frame-ancestors 'none'", reply.headers["Content-Security-Policy"])
        # With "no-referrer", a form says nothing of where it comes from ("Origin: null").
        self.assertIn(reply.headers["Referrer-Policy"], ("no-referrer", "same-origin"))
        self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")

    def test_pages_cannot_be_framed(self):
        browser = self.browser()
        for path in ("/signin", "/signin?return_to=%2Foauth2%2Fauthorize%2Fx&again=1",
                     "/consent?request=x", "/consent", "/signout", "/signup", "/account"):
            with self.subTest(path):
                reply = browser.get(path, Accept="text/html")
                self.assertEqual(reply.status, 200)
                self.assert_framed_by_nobody(reply)
                self.assertIn("base-uri 'none'", reply.headers["Content-Security-Policy"])
                self.assertNotIn("unsafe-inline", reply.headers["Content-Security-Policy"])

    def test_answers_of_the_authorization_endpoint_are_kept_nowhere(self):
        browser = self.browser()
        for reply in (self.wiki.begin(browser), self.wiki.begin(self.browser(login=None)),
                      self.app.begin(browser, prompt="consent"),
                      self.wiki.begin(browser, response_mode="form_post"),
                      self.wiki.begin(browser, client_id="nobody"),
                      self.wiki.begin(browser, prompt="x"), browser.get("/oauth2/authorize/x")):
            self.assertEqual(reply.headers["Cache-Control"], "no-store")
            self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
            if reply.status != 303:
                self.assert_framed_by_nobody(reply)

    def test_every_redirect_is_a_303_with_an_absolute_address(self):
        browser = self.browser()
        replies = [self.wiki.begin(browser), self.wiki.begin(self.browser(login=None)),
                   self.app.begin(browser, prompt="consent"), self.wiki.begin(browser, prompt="x"),
                   self.server.post("/oauth2/authorize", form=self.wiki.parameters()),
                   browser.post("/oauth2/authorize", form=self.wiki.parameters()),
                   self.server.post("/oauth2/logout", form={"state": "x"}),
                   browser.get("/oauth2/logout")]
        for reply in replies:
            self.assertEqual(reply.status, 303)
            self.assertTrue(reply.headers["Location"].startswith((ISSUER + "/", APP)))

    def test_a_token_is_kept_nowhere(self):
        browser = self.browser()
        reply = self.wiki.exchange(self.wiki.answer(browser, scope="openid offline_access")["code"])
        replies = [reply, self.wiki.refresh(reply.json["refresh_token"]), self.wiki.token({}),
                   self.wiki.token({}, secret="wrong"),
                   self.server.get("/oauth2/userinfo", token=reply.json["access_token"]),
                   self.server.post("/oauth2/introspect",
                                    form={"token": reply.json["access_token"]},
                                    headers=basic(self.wiki.id, self.wiki.secret))]
        for one in replies:
            self.assertIn("no-store", one.headers["Cache-Control"])
        self.assertEqual(reply.headers["Pragma"], "no-cache")

    def test_scripts_of_other_sites_cannot_read_pages_or_answers(self):
        browser = self.browser()
        for path in (self.wiki.address(), "/oauth2/logout", "/consent?request=x"):
            reply = browser.get(path, Origin="https://evil.example")
            self.assertNotIn("Access-Control-Allow-Origin", reply.headers)
        reply = self.server.post("/oauth2/token", form={"grant_type": "x"},
                                 headers={"Origin": "https://spa.example"})
        self.assertNotIn("Access-Control-Allow-Credentials", reply.headers)


if __name__ == "__main__":
    unittest.main()
