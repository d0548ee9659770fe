"""Devices without a browser (RFC 8628): from the codes to the tokens, by plain forms and by the
API."""

import html
import json
import re
import time
import unittest

from harness import PASSWORD, basic, wait_until
from life_test import totp
from provider import RelyingParty, claims_of, path_of, query_of
from provider_forms_test import PlainForm
from provider_test import ISSUER, ProviderCase

FOUR = "[BCDFGHJKLMNPQRSTVWXZ]{4}"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceCase(ProviderCase):
    def device(self, name="TV", *flags, public=True):
        return RelyingParty(self.server, name, "--grant", "device_code", "--grant",
                            "refresh_token", *flags, redirect=None, public=public)

    def asked(self, app, **more):
        """The codes of a public client."""
        reply = self.server.post("/oauth2/device_authorization", form={
            "client_id": app.id, "scope": "openid profile offline_access", **more})
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def poll(self, app, codes, **more):
        return app.token({"grant_type": GRANT, "device_code": codes["device_code"], **more})

    def error(self, reply):
        self.assertEqual(reply.status, 400, reply.body)
        return reply.json["error"]

    def page(self, browser, path="/device"):
        return browser.get(path, Accept="text/html")

    def question(self, browser, codes):
        """The page on which the person allows or denies it."""
        reply = PlainForm(self.page(browser)).send(browser, user_code=codes["user_code"])
        self.assertEqual(reply.status, 200, reply.body)
        return reply


class Flow(DeviceCase):
    def test_a_person_types_the_code_signs_in_and_allows_without_scripts(self):
        app = self.device("TV & Co")
        codes = self.asked(app)
        self.assertRegex(codes["user_code"], "^(%s)-(%s)$" % (FOUR, FOUR))
        self.assertEqual(codes["verification_uri"], ISSUER + "/device")
        self.assertEqual(codes["verification_uri_complete"],
                         ISSUER + "/device?user_code=" + codes["user_code"])
        self.assertEqual((codes["expires_in"], codes["interval"]), (600, 5))
        self.assertEqual(self.error(self.poll(app, codes)), "authorization_pending")
        self.assertIn("slow_down", [self.error(self.poll(app, codes)) for _ in range(5)])

        browser = self.browser(login=None)
        start = self.page(browser, "/device?user_code=" + codes["user_code"])
        self.assertEqual(start.status, 200)
        self.assertNotIn(b"<form", start.body)
        link = html.unescape(re.search(r'href="(/signin\?[^"]*)"', start.body.decode())[1])
        signed = PlainForm(self.page(browser, link)).send(browser, login="ann", password=PASSWORD)
        self.assertEqual(signed.status, 303, signed.body)
        browser.keep(signed)
        self.assertEqual(path_of(signed), "/device?user_code=" + codes["user_code"])

        # The code is filled in, and nothing happens by that.
        first = self.page(browser, path_of(signed))
        self.assertIn('value="%s"' % codes["user_code"], first.body.decode())
        self.assertIn("no-store", first.headers["Cache-Control"])
        form = PlainForm(first)
        self.assertEqual(form.names, ["user_code"])
        typed = " ".join(codes["user_code"].lower().replace("-", ""))
        question = form.send(browser, user_code=typed)
        self.assertEqual(question.status, 200, question.body)
        text = question.body.decode()
        for part in ("TV &amp; Co asks for access", codes["user_code"], "127.0.0.1", "0 min ago",
                     "continue only if you", "Nobody from", "your name, username and picture"):
            self.assertIn(part.lower(), text.lower())
        self.assertIn(self.error(self.poll(app, codes)), ("authorization_pending", "slow_down"))

        done = PlainForm(question).send(browser, decision="allow")
        self.assertEqual(done.status, 200, done.body)
        self.assertIn(b"The device is connected", done.body)
        issued = self.poll(app, codes)
        self.assertEqual(issued.status, 200, issued.body)
        self.assertEqual(issued.headers["Cache-Control"], "no-store")
        tokens = issued.json
        claims = claims_of(tokens["id_token"])
        self.assertEqual((claims["sub"], claims["aud"]), (self.subject, app.id))
        self.assertNotIn("nonce", claims)
        self.assertEqual(self.server.get("/oauth2/userinfo", token=tokens["access_token"]).status,
                         200)
        [grant] = browser.get("/api/v1/users/me/grants").json["grants"]
        self.assertEqual((grant["client_id"], grant["outlives_session"]), (app.id, True))
        refreshed = app.refresh(tokens["refresh_token"])
        self.assertEqual(refreshed.status, 200, refreshed.body)

        # The code comes again: somebody else has it.
        self.assertEqual(self.error(self.poll(app, codes)), "invalid_grant")
        self.assertEqual(self.server.get("/oauth2/userinfo", token=tokens["access_token"]).status,
                         401)
        self.assertEqual(browser.get("/api/v1/users/me/grants").json["grants"], [])

    def test_a_person_refuses(self):
        app = self.device()
        codes = self.asked(app)
        browser = self.browser()
        done = PlainForm(self.question(browser, codes)).send(browser, decision="deny")
        self.assertIn(b"The device gets no access", done.body)
        self.assertEqual(self.error(self.poll(app, codes)), "access_denied")
        again = PlainForm(self.page(browser)).send(browser, user_code=codes["user_code"])
        self.assertEqual(again.status, 404)

    def test_by_the_api_and_with_a_secret(self):
        app = self.device("Service", "--consent", "skip", public=False)
        reply = self.server.post("/oauth2/device_authorization", form={"scope": "openid"},
                                 headers=basic(app.id, app.secret))
        self.assertEqual(reply.status, 200, reply.body)
        codes, browser = reply.json, self.browser()
        shown = browser.post("/api/v1/oauth/device", {"user_code": codes["user_code"]})
        self.assertEqual(shown.status, 200, shown.body)
        self.assertEqual(shown.json["client"]["name"], "Service")
        self.assertEqual(shown.json["scopes"], ["openid"])
        self.assertEqual(shown.json["address"], "127.0.0.1")
        # A client whose consent is skipped elsewhere waits all the same.
        self.assertEqual(self.error(self.poll(app, codes)), "authorization_pending")
        odd = browser.post("/api/v1/oauth/device/answer",
                           {"user_code": codes["user_code"], "decision": "perhaps"})
        self.refused(odd, 422, "invalid_value", "decision")
        allowed = browser.post("/api/v1/oauth/device/answer",
                               {"user_code": codes["user_code"], "decision": "allow"})
        self.assertEqual(allowed.status, 204, allowed.body)
        tokens = self.poll(app, codes).json
        self.assertNotIn("refresh_token", tokens)
        # Without offline_access, the sign-out of the browser ends it.
        browser.post("/api/v1/auth/logout")
        self.assertEqual(self.server.get("/oauth2/userinfo", token=tokens["access_token"]).status,
                         401)
        done = self.server.command("audit", "list", "--action", "device_authorized", "--json")
        self.assertIn(app.id, [entry["target"] for entry in json.loads(done.out)["entries"]])


class Refusals(DeviceCase):
    def test_programs_that_may_not(self):
        web = RelyingParty(self.server, "Web")
        reply = self.server.post("/oauth2/device_authorization", form={"scope": "openid"},
                                 headers=basic(web.id, web.secret))
        self.assertEqual(self.error(reply), "unauthorized_client")
        self.assertEqual(self.error(self.poll(web, {"device_code": "x"})), "unauthorized_client")
        app, other = self.device("One"), self.device("Other")
        codes = self.asked(app)
        self.assertEqual(self.error(self.poll(other, codes)), "invalid_grant")
        self.assertEqual(self.error(self.poll(app, {"device_code": "x" * 43})), "invalid_grant")
        self.assertEqual(self.error(app.token({"grant_type": GRANT})), "invalid_request")
        for form, error in (({}, "invalid_scope"), ({"scope": "nonsense"}, "invalid_scope"),
                            ({"scope": "openid", "resource": "https://x.example"},
                             "invalid_target")):
            with self.subTest(form):
                reply = self.server.post("/oauth2/device_authorization",
                                         form={"client_id": app.id, **form})
                self.assertEqual(self.error(reply), error)
        service = self.device("Secret", public=False)
        reply = self.server.post("/oauth2/device_authorization", form={"scope": "openid"},
                                 headers=basic(service.id, "wrong"))
        self.assertEqual((reply.status, reply.json["error"]), (401, "invalid_client"))
        reply = self.server.post("/oauth2/device_authorization",
                                 form={"scope": "openid", "client_id": service.id})
        self.assertEqual((reply.status, reply.json["error"]), (401, "invalid_client"))

    def test_a_public_client_gets_so_many_codes_from_one_address(self):
        app = self.device("Greedy")
        for _ in range(50):
            self.asked(app)
        refused = self.server.post("/oauth2/device_authorization",
                                   form={"client_id": app.id, "scope": "openid"})
        self.assertEqual((refused.status, refused.json["error"]),
                         (429, "temporarily_unavailable"))
        self.assertGreater(int(refused.headers["Retry-After"]), 0)
        self.asked(self.device("Modest"))

    def test_guessing_ends_after_five_wrong_codes_wherever_one_types(self):
        self.server.sign_up("mallory")
        codes = self.asked(self.device())
        guesser, browser = self.browser("mallory"), self.browser()
        form = PlainForm(self.page(guesser))
        for i in range(5):
            if i % 2:
                wrong = form.send(guesser, user_code="BBBB-BBBB")
                self.assertEqual(wrong.status, 404)
                self.assertIn(b"No device is waiting with this code", wrong.body)
            else:
                self.refused(guesser.post("/api/v1/oauth/device", {"user_code": "BBBB-BBBB"}),
                             404, "unknown_user_code")
        held = form.send(guesser, user_code=codes["user_code"])
        self.assertEqual(held.status, 429)
        for path, more in (("", {}), ("/answer", {"decision": "allow"})):
            reply = guesser.post("/api/v1/oauth/device" + path,
                                 {"user_code": codes["user_code"], **more})
            self.refused(reply, 429, "rate_limited")
            self.assertGreater(int(reply.headers["Retry-After"]), 0)
        again = self.browser("mallory")
        self.refused(again.post("/api/v1/oauth/device", {"user_code": codes["user_code"]}), 429)
        self.question(browser, codes)

    def test_another_site_answers_for_nobody(self):
        app = self.device()
        codes = self.asked(app)
        browser, other = self.browser(), self.browser()
        form = PlainForm(self.question(browser, codes))
        foreign = form.send(browser, {"Origin": "https://evil.example"}, decision="allow")
        self.assertEqual(foreign.status, 403)
        self.assertEqual(form.send(other, decision="allow").status, 403)
        form.values["csrf_token"] = ""
        self.assertEqual(form.send(browser, decision="allow").status, 403)
        browser.csrf = ""
        self.refused(browser.post("/api/v1/oauth/device/answer",
                                  {"user_code": codes["user_code"], "decision": "allow"}), 403,
                     "csrf_failed")
        # Nor does a link.
        self.page(browser, "/device?user_code=%s&decision=allow" % codes["user_code"])
        self.assertEqual(self.error(self.poll(app, codes)), "authorization_pending")
        signed_out = self.server.post("/api/v1/oauth/device", {"user_code": codes["user_code"]})
        self.refused(signed_out, 401)

    def test_text_from_the_address_stays_text(self):
        page = self.page(self.browser(), "/device?user_code=%22%3E%3Cscript%3Ealert(1)")
        self.assertNotIn(b"<script>alert", page.body)
        self.assertEqual(page.status, 200)

    def test_the_provider_tells_where_devices_ask(self):
        told = self.server.get("/.well-known/openid-configuration").json
        self.assertEqual(told["device_authorization_endpoint"],
                         ISSUER + "/oauth2/device_authorization")
        self.assertIn(GRANT, told["grant_types_supported"])


class Entry(DeviceCase):
    def test_a_second_factor_is_asked_of_the_person(self):
        app = self.device("Strong", "--set", "required_acr=mfa")
        codes = self.asked(app)
        self.server.sign_up("eve")
        browser = self.browser("eve")
        lacking = PlainForm(self.page(browser)).send(browser, user_code=codes["user_code"])
        self.assertEqual(lacking.status, 403)
        self.assertIn(b'href="/account/security"', lacking.body)
        self.assertIn(b"Add one, then continue.", lacking.body)
        self.refused(browser.post("/api/v1/oauth/device/answer",
                                  {"user_code": codes["user_code"], "decision": "allow"}), 403,
                     "factor_missing")

        # She adds one, and goes on.
        secret = browser.post("/api/v1/users/me/mfa/totp").json["secret"]
        added = browser.post("/api/v1/users/me/mfa/totp/confirm",
                             {"code": totp(secret, int(time.time()) // 30)})
        self.assertEqual(added.status, 200, added.body)
        done = PlainForm(self.question(browser, codes)).send(browser, decision="allow")
        self.assertIn(b"The device is connected", done.body)
        tokens = self.poll(app, codes).json
        self.assertEqual(claims_of(tokens["id_token"])["acr"], "mfa")

    def test_a_login_that_is_too_old_is_given_again_and_leads_back(self):
        app = self.device("Fresh", "--set", "max_age=10s")
        browser = self.browser()
        codes = self.asked(app)

        def shown():
            return browser.post("/api/v1/oauth/device", {"user_code": codes["user_code"]})

        wait_until(lambda: shown().status == 403, "the login to be too old")
        self.refused(shown(), 403, "login_required")
        sent = PlainForm(self.page(browser)).send(browser, user_code=codes["user_code"])
        self.assertEqual(sent.status, 303, sent.body)
        self.assertEqual(query_of(path_of(sent)),
                         {"return_to": "/device?user_code=" + codes["user_code"], "again": "1"})
        signed = PlainForm(self.page(browser, path_of(sent))).send(browser, login="ann",
                                                                   password=PASSWORD)
        self.assertEqual(signed.status, 303, signed.body)
        browser.keep(signed)
        self.assertEqual(path_of(signed), "/device?user_code=" + codes["user_code"])
        done = PlainForm(self.question(browser, codes)).send(browser, decision="allow")
        self.assertIn(b"The device is connected", done.body)
        self.assertEqual(self.poll(app, codes).status, 200)

    def test_who_may_not_enter_gives_nothing_and_whoever_may_does(self):
        self.server.command("role", "add", "crew")
        app = self.device("Ship", "--role", "crew")
        codes = self.asked(app)
        browser = self.browser()
        stopped = PlainForm(self.page(browser)).send(browser, user_code=codes["user_code"])
        self.assertEqual(stopped.status, 403)
        self.assertIn(b"may not use this application", stopped.body)
        self.assertEqual(self.error(self.poll(app, codes)), "authorization_pending")
        self.server.command("role", "grant", "ann", "crew")
        PlainForm(self.question(browser, codes)).send(browser, decision="allow")
        # The role is asked for again when the tokens are fetched.
        self.server.command("role", "revoke", "ann", "crew")
        self.assertEqual(self.error(self.poll(app, codes)), "invalid_grant")


if __name__ == "__main__":
    unittest.main()
