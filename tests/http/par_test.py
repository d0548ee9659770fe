"""Pushed authorization requests (RFC 9126): what a client pushes, what the browser brings, and what
happens when either tries more than it may."""

import threading
import unittest
import urllib.parse

from clocked import Clocked
from harness import basic
from provider import Browser, RelyingParty, claims_of, path_of, query_of
from provider_test import ISSUER, ProviderCase

PREFIX = "urn:ietf:params:oauth:request_uri:"


class Pushing(RelyingParty):
    """A client that pushes its requests."""

    def push(self, form=None, **changes):
        """The reply. `form`: what is sent in place of a right request."""
        if form is None:
            form = self.parameters(client_id=None if self.secret else self.id, **changes)
        headers = basic(self.id, self.secret) if self.secret else {}
        return self.server.post("/oauth2/par", form=form, headers=headers)

    def reference(self, **changes):
        reply = self.push(**changes)
        assert reply.status == 201, reply.body
        return reply.json["request_uri"]

    def begin_with(self, browser, reference, **more):
        query = {"client_id": self.id, "request_uri": reference, **more}
        return browser.get("/oauth2/authorize?" + urllib.parse.urlencode(query))


class ParCase(ProviderCase):
    def app(self, *flags, **more):
        return Pushing(self.server, "Bank", "--consent", "skip", *flags, **more)

    def error(self, reply):
        """Of the push, or on the way back to the application."""
        if reply.status == 303:
            return query_of(reply.headers["Location"])["error"]
        self.assertEqual(reply.status, 400, reply.body)
        self.assertTrue(reply.json["error_description"])
        return reply.json["error"]

    def stops(self, reply):
        """The person sees a page, and the browser goes nowhere."""
        self.assertEqual(reply.status, 400, reply.body)
        self.assertNotIn("Location", reply.headers)
        self.assertIn("text/html", reply.headers["Content-Type"])
        self.assertIn(b"has been answered, or has expired", reply.body)


class Flow(ParCase):
    def test_a_pushed_request_leads_to_tokens(self):
        app = self.app()
        pushed = app.push(state="s" * 6000, ui_locales="de")
        self.assertEqual(pushed.status, 201, pushed.body)
        self.assertIn("no-store", pushed.headers["Cache-Control"])
        self.assertEqual(sorted(pushed.json), ["expires_in", "request_uri"])
        self.assertEqual(pushed.json["expires_in"], 60)
        reference = pushed.json["request_uri"]
        self.assertRegex(reference, "^" + PREFIX + "[A-Za-z0-9_-]{43}$")
        browser = self.browser(login=None)
        # What the browser adds counts nothing, and the request need not fit into an address.
        reply = app.begin_with(browser, reference, scope="phone", state="other",
                               redirect_uri="https://evil.example/", prompt="none")
        self.assertEqual(reply.status, 303)
        page = path_of(reply)
        self.assertTrue(page.startswith("/signin?"), page)
        self.assertLess(len(page), 1000)
        self.assertIn("ui_locales=de", page)
        # Until the person has signed in, it may begin again.
        self.assertEqual(app.begin_with(browser, reference).status, 303)
        browser.sign_in("ann")
        reply = browser.get(query_of(page)["return_to"])
        answer = query_of(reply.headers["Location"])
        self.assertEqual((answer["state"], answer["iss"]), ("s" * 6000, ISSUER))
        tokens = app.exchange(answer["code"])
        self.assertEqual(tokens.status, 200, tokens.body)
        self.assertEqual(tokens.json["scope"], "openid profile email")
        self.assertEqual(claims_of(tokens.json["id_token"])["nonce"], app.nonce)
        # Afterwards, never; nor from the browser's history.
        self.stops(app.begin_with(browser, reference))
        self.stops(browser.get(query_of(page)["return_to"]))

    def test_over_the_consent_page_with_and_without_an_answer(self):
        app = Pushing(self.server, "Asks")
        browser = self.browser()
        for decision, member in (("deny", "error"), ("allow", "code")):
            reference = app.reference()
            reply = app.begin_with(browser, reference)
            self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))
            # The page is opened a second time.
            again = app.begin_with(browser, reference)
            answer = query_of(app.allow(browser, reply, decision).headers["Location"])
            self.assertIn(member, answer)
            text = query_of(path_of(again))["request"]
            gone = browser.post("/api/v1/oauth/requests/" + text, {"decision": "allow"})
            self.refused(gone, 404, "request_expired")
            self.stops(app.begin_with(browser, reference))

    def test_by_a_form_of_the_browser_and_by_a_public_client(self):
        app = self.app(public=True)
        browser = self.browser()
        reply = browser.post("/oauth2/authorize", form={"client_id": app.id,
                                                        "request_uri": app.reference()})
        self.assertEqual(reply.status, 303)
        reply = browser.get(path_of(reply))
        self.assertEqual(app.exchange(query_of(reply.headers["Location"])["code"]).status, 200)

    def test_an_error_that_the_application_gets_is_an_answer(self):
        app = self.app()
        reference = app.reference(prompt="none")
        browser = self.browser(login=None)
        self.assertEqual(self.error(app.begin_with(browser, reference)), "login_required")
        browser.sign_in("ann")
        self.stops(app.begin_with(browser, reference))

    def test_two_browsers_get_one_code(self):
        app = self.app()
        browsers = [self.browser() for _ in range(4)]
        for _ in range(5):
            reference, codes, pages = app.reference(), [], []
            start = threading.Barrier(len(browsers))

            def race(browser):
                start.wait()
                reply = app.begin_with(browser, reference)
                (codes if reply.status == 303 else pages).append(reply)

            threads = [threading.Thread(target=race, args=(one,)) for one in browsers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((len(codes), len(pages)), (1, len(browsers) - 1))
            self.assertIn("code", query_of(codes[0].headers["Location"]))
            for page in pages:
                self.stops(page)

    def test_it_begins_within_a_minute_and_may_then_take_an_hour(self):
        with Clocked("--server.public-url", ISSUER) as server:
            server.sign_up("ann")
            app, browser = Pushing(server, "Bank", "--consent", "skip"), Browser(server)
            first, late = app.reference(), app.reference()
            page = path_of(app.begin_with(browser, first))
            server.jump_to(70)
            self.stops(app.begin_with(browser, late))
            self.stops(app.begin_with(browser, first))
            server.set_clock(ahead=3000)
            browser.sign_in("ann")
            reply = browser.get(query_of(page)["return_to"])
            self.assertIn("code", query_of(reply.headers["Location"]))

    def test_metadata_and_methods(self):
        metadata = self.server.get("/.well-known/openid-configuration").json
        self.assertEqual(metadata["pushed_authorization_request_endpoint"], ISSUER + "/oauth2/par")
        self.assertIs(metadata["require_pushed_authorization_requests"], False)
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.server.request(method, "/oauth2/par").status, 405, method)


class Refusals(ParCase):
    def test_what_is_wrong_is_told_to_the_client_at_once(self):
        app = self.app()
        for changes, error in (({"redirect_uri": "https://evil.example/"}, "invalid_request"),
                               ({"response_type": "code id_token"}, "unsupported_response_type"),
                               ({"response_type": None}, "invalid_request"),
                               ({"code_challenge": None, "code_challenge_method": None},
                                "invalid_request"),
                               ({"code_challenge_method": "plain"}, "invalid_request"),
                               ({"request_uri": PREFIX + "x"}, "invalid_request"),
                               ({"request_uri": "https://app.example/r"}, "invalid_request"),
                               ({"scope": "admin"}, "invalid_scope"),
                               ({"resource": "https://api.example.org"}, "invalid_target"),
                               ({"claims": "x"}, "invalid_request"),
                               ({"state": "s" * 20000}, "invalid_request")):
            with self.subTest(changes):
                self.assertEqual(self.error(app.push(**changes)), error)
        program = RelyingParty(self.server, "Program", "--grant", "client_credentials",
                               redirect=None)
        reply = self.server.post("/oauth2/par", form=app.parameters(client_id=None),
                                 headers=basic(program.id, program.secret))
        self.assertEqual(reply.status, 400)

    def test_only_the_client_itself_pushes(self):
        app, other = self.app(), self.app()
        form = app.parameters()
        for headers in ({}, basic(app.id, "wrong" * 10)):
            reply = self.server.post("/oauth2/par", form=form, headers=headers)
            self.assertEqual((reply.status, reply.json["error"]), (401, "invalid_client"))
        reply = self.server.post("/oauth2/par", form=form, headers=basic(other.id, other.secret))
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"))

    def test_the_reference_is_good_for_its_client(self):
        app, other = self.app(), self.app()
        reference, browser = app.reference(), self.browser()
        self.stops(other.begin_with(browser, reference))
        for wrong in (PREFIX + "x", PREFIX, reference[:-1], reference + "A", PREFIX + "A" * 500):
            self.stops(app.begin_with(browser, wrong))
        # Without a client, nothing can be said about it.
        self.assertEqual(app.begin_with(browser, reference, client_id="nobody").status, 400)
        reply = app.begin(browser, request_uri="https://app.example/request")
        self.assertEqual(self.error(reply), "request_uri_not_supported")
        self.assertIn("code", query_of(app.begin_with(browser, reference).headers["Location"]))

    def test_a_client_can_be_held_to_it(self):
        app = self.app("--set", "require_pushed_authorization_requests=true")
        browser = self.browser()
        self.assertEqual(self.error(app.begin(browser)), "invalid_request")
        # A redirect address is checked first.
        self.assertEqual(app.begin(browser, redirect_uri="https://evil.example/").status, 400)
        reply = app.begin_with(browser, app.reference())
        self.assertIn("code", query_of(reply.headers["Location"]))

    def test_a_client_that_is_made_anew_does_not_inherit(self):
        app = self.app()
        reference = app.reference()
        self.server.command("client", "delete", app.id, "--yes")
        self.server.command("client", "add", "Again", "--id", app.id, "--redirect-uri",
                            app.redirect)
        self.stops(app.begin_with(self.browser(), reference))

    def test_a_stranger_pushes_little_for_a_public_client(self):
        app = self.app(public=True)
        replies = [app.push().status for _ in range(620)]
        self.assertEqual((replies.count(201), replies.count(429)), (600, 20))
        late = app.push()
        self.assertEqual(late.json["error"], "temporarily_unavailable")
        self.assertGreater(int(late.headers["Retry-After"]), 0)
        # Nobody else's requests suffer by that.
        self.assertEqual(self.app().push().status, 201)
        self.assertEqual(self.app(public=True).push().status, 201)


if __name__ == "__main__":
    unittest.main()
