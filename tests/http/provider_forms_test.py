"""Signing in and consent without scripts: the forms that stand in the pages before their scripts
come."""

import html
import re
import time
import unittest
import urllib.parse

from harness import PASSWORD, basic
from life_test import totp
from provider import Browser, RelyingParty, path_of, query_of
from provider_test import ISSUER, ProviderCase


class PlainForm:
    """The form of a page, filled in by a browser without scripts."""

    def __init__(self, page):
        text = page.body.decode()
        self.action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', text)[1])
        self.values = {html.unescape(name): html.unescape(value) for name, value in re.findall(
            r'<input type="hidden" name="([^"]*)" value="([^"]*)">', text)}
        self.names = re.findall(r'<input required[^>]* name="([^"]*)"', text)

    def send(self, browser, headers=None, **values):
        return browser.server.post(self.action, form={**self.values, **values}, headers={
            **browser.cookies(), **({"Origin": ISSUER} if headers is None else headers)})


class Forms(ProviderCase):
    def waiting(self, app, browser):
        """The sign-in page to which the application sends the browser."""
        return browser.get(path_of(app.begin(browser)), Accept="text/html")

    def test_a_person_signs_in_and_allows_without_scripts(self):
        app = RelyingParty(self.server, "Wiki & Co")
        browser = Browser(self.server)
        page = self.waiting(app, browser)
        self.assertIn("Wiki &amp; Co", page.body.decode())
        self.assertNotIn("form-action", page.headers["Content-Security-Policy"])
        self.assertEqual(page.headers["Referrer-Policy"], "same-origin")
        self.assertIn("no-store", page.headers["Cache-Control"])
        form = PlainForm(page)
        self.assertEqual(form.names, ["login", "password"])
        wrong = form.send(browser, login="ann", password="not the password")
        self.assertEqual(wrong.status, 401)
        self.assertEqual(wrong.headers["Cross-Origin-Opener-Policy"], "unsafe-none")
        self.assertIn(b"wrong", wrong.body)
        reply = PlainForm(wrong).send(browser, login="ann", password=PASSWORD)
        self.assertEqual(reply.status, 303, reply.body)
        browser.keep(reply)
        reply = browser.get(path_of(reply))
        consent = browser.get(path_of(reply), Accept="text/html")
        self.assertIn(b"your email address", consent.body)
        form = PlainForm(consent)
        foreign = form.send(browser, {"Origin": "https://evil.example"}, decision="allow")
        self.assertEqual(foreign.status, 403)
        reply = form.send(browser, decision="allow")
        self.assertEqual(reply.status, 303)
        answer = query_of(browser.get(path_of(reply)).headers["Location"])
        self.assertEqual(app.exchange(answer["code"]).status, 200)

    def test_a_link_to_the_request_of_an_application_names_it_too(self):
        app = RelyingParty(self.server, "Wiki & Co")
        for before in ("", ISSUER):
            address = before + "/oauth2/authorize?scope=openid&client_id=" + app.id
            page = self.server.get("/signin?return_to=" + urllib.parse.quote(address, safe=""),
                                   headers={"Accept": "text/html"})
            self.assertIn("Sign in to continue to Wiki &amp; Co", page.body.decode())

    def test_a_refusal_reaches_the_application(self):
        app = RelyingParty(self.server, "Deny")
        browser = self.browser()
        consent = browser.get(path_of(app.begin(browser)), Accept="text/html")
        reply = PlainForm(consent).send(browser, decision="deny")
        answer = query_of(browser.get(path_of(reply)).headers["Location"])
        self.assertEqual(answer["error"], "access_denied")

    def test_a_second_factor_is_asked_for(self):
        self.server.sign_up("eve")
        token = self.server.log_in("eve").json["access_token"]
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=token).json["secret"]
        step = int(time.time()) // 30
        self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret, step)},
                         token=token)
        app = RelyingParty(self.server, "Factor", "--consent", "skip")
        browser = Browser(self.server)
        page = PlainForm(self.waiting(app, browser)).send(browser, login="eve", password=PASSWORD)
        self.assertEqual(page.status, 200)
        form = PlainForm(page)
        self.assertEqual(form.names, ["code"])
        wrong = form.send(browser, code="000000")
        self.assertEqual(wrong.status, 401)
        reply = PlainForm(wrong).send(browser, code=totp(secret, step + 1))
        self.assertEqual(reply.status, 303, reply.body)
        browser.keep(reply)
        self.assertIn("code", query_of(browser.get(path_of(reply)).headers["Location"]))

    def test_another_site_signs_nobody_in(self):
        hidden = self.server.post("/signin", headers={
            "Origin": "null", "Sec-Fetch-Site": "same-origin"},
            form={"login": "ann", "password": PASSWORD})
        self.assertEqual(hidden.status, 303)  # a browser that does not tell the origin
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site", "Origin": ISSUER}, {"Origin": "null"},
                        {}):
            with self.subTest(headers):
                reply = self.server.post("/signin", headers=headers,
                                         form={"login": "ann", "password": PASSWORD})
                self.assertEqual(reply.status, 403)
                self.assertNotIn("Set-Cookie", reply.headers)

    def test_a_foreign_return_address_leads_home(self):
        reply = self.server.post("/signin", headers={"Origin": ISSUER}, form={
            "login": "ann", "password": PASSWORD, "return_to": "https://evil.example/"})
        self.assertEqual(reply.headers["Location"], ISSUER + "/account")

    def test_consent_needs_the_token_of_the_session(self):
        app = RelyingParty(self.server, "Csrf")
        browser, other = self.browser(), self.browser()
        consent = browser.get(path_of(app.begin(browser)), Accept="text/html")
        form = PlainForm(consent)
        self.assertEqual(form.send(other, decision="allow").status, 403)
        form.values["csrf_token"] = ""
        self.assertEqual(form.send(browser, decision="allow").status, 403)


class Languages(ProviderCase):
    def test_an_application_may_say_which_language_a_person_speaks(self):
        app = RelyingParty(self.server, "Sprache")
        browser = Browser(self.server)
        page = browser.get(path_of(app.begin(browser, ui_locales="sv de en")), Accept="text/html")
        self.assertIn(b'<html lang="de"', page.body)
        page = browser.get(path_of(app.begin(browser, ui_locales="sv")), Accept="text/html")
        self.assertIn(b'<html lang="en"', page.body)


class Proxies(ProviderCase):
    """/auth/verify takes tokens of applications where a rule says so."""

    API = "https://verify.example.org"

    def verify(self, token, **rules):
        return self.server.get("/auth/verify?" + urllib.parse.urlencode(rules), token=token)

    def test_a_token_of_an_application_needs_a_rule_for_it(self):
        self.server.command("resource", "add", self.API, "Verify", "--scope", "read")
        app = RelyingParty(self.server, "Behind", "--consent", "skip", "--resource", self.API,
                           "--set", "groups=nothing")
        other = RelyingParty(self.server, "Other", "--consent", "skip")
        browser = self.browser()
        token = app.tokens(browser, scope="openid profile read",
                           resource=self.API)["access_token"]
        foreign = other.tokens(browser, scope="openid")["access_token"]
        self.assertEqual(self.verify(token).status, 401)
        let_in = self.verify(token, aud=self.API)
        self.assertEqual(let_in.status, 200)
        self.assertEqual(let_in.headers["X-Auth-User"], "ann")
        self.assertEqual(let_in.headers["X-Auth-Client"], app.id)
        self.assertEqual(let_in.headers["X-Auth-Roles"], "")  # those that the client may see
        self.assertEqual(self.verify(token, client=app.id + ",x").status, 200)
        self.assertEqual(self.verify(token, client=other.id).status, 403)
        self.assertEqual(self.verify(foreign, aud=self.API).status, 403)
        self.assertEqual(self.verify(token, aud=self.API, scope="read").status, 200)
        self.assertEqual(self.verify(token, aud=self.API, scope="write").status, 403)
        self.assertEqual(self.verify(token, aud=self.API, role="user").status, 403)
        self.assertEqual(let_in.headers["X-Auth-User-Id"], "")
        self.assertEqual(let_in.headers["X-Auth-Subject"], self.subject)
        bare = app.tokens(browser, scope="openid read", resource=self.API)["access_token"]
        self.assertEqual(self.verify(bare, aud=self.API).headers["X-Auth-User"], "")
        own = self.server.log_in("ann").json["access_token"]
        self.assertEqual(self.verify(own, aud=self.API).status, 200)
        self.server.command("client", "set", app.id, "disabled=true")
        self.assertEqual(self.verify(token, aud=self.API).status, 401)

    def test_a_client_cannot_rename_a_role_into_another(self):
        app = RelyingParty(self.server, "Renamer", "--consent", "skip", "--set",
                           "group_names=user=admin")
        token = app.tokens(self.browser(), scope="openid groups")["access_token"]
        self.assertEqual(self.verify(token, client=app.id, role="admin").status, 403)
        self.assertEqual(self.verify(token, client=app.id, role="user").headers["X-Auth-Roles"],
                         "user")

    def test_a_program_is_told_from_a_person(self):
        api = self.API + "/job"
        self.server.command("resource", "add", api, "Job")
        job = RelyingParty(self.server, "Job", "--grant", "client_credentials", "--resource", api,
                           redirect=None)
        token = job.token({"grant_type": "client_credentials", "resource": api}).json
        reply = self.verify(token["access_token"], aud=api)
        self.assertEqual(reply.headers["X-Auth-User"], "client:" + job.id)
        self.assertEqual(reply.headers["X-Auth-User-Id"], "")
        self.assertEqual(self.verify(token["access_token"], aud=api, role="user").status, 403)


class Tokens(ProviderCase):
    def test_what_was_taken_from_a_client_is_left_out_and_nothing_is_used_up(self):
        api = "https://gone.example.org"
        self.server.command("resource", "add", api, "Gone", "--scope", "read")
        app = RelyingParty(self.server, "Gone", "--consent", "skip", "--resource", api)
        tokens = app.tokens(self.browser(), scope="openid offline_access read", resource=api)
        self.server.command("client", "set", app.id, "resources=")
        lost = app.refresh(tokens["refresh_token"], resource=api)
        self.assertEqual(lost.json["error"], "invalid_target")
        fresh = app.refresh(tokens["refresh_token"])
        self.assertEqual(fresh.status, 200, fresh.body)
        self.assertEqual(fresh.json["scope"], "openid offline_access")
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=fresh.json["access_token"]).status, 200)

    def test_a_new_login_for_one_application_ends_nothing_of_another(self):
        calm = RelyingParty(self.server, "Calm", "--consent", "skip")
        strict = RelyingParty(self.server, "Strict", "--consent", "skip")
        browser = self.browser()
        tokens = calm.tokens(browser, scope="openid")
        before = browser.session
        back = query_of(path_of(strict.begin(browser, prompt="login")))["return_to"]
        browser.sign_in("ann")
        self.assertNotEqual(browser.session, before)
        self.assertIn("code", query_of(browser.get(back).headers["Location"]))
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=tokens["access_token"]).status, 200)
        stale = Browser(self.server)
        stale.session = before
        self.assertEqual(stale.get("/api/v1/users/me").status, 401)

    def test_introspection_tells_groups_and_subjects(self):
        api = "https://groups.example.org"
        self.server.command("resource", "add", api, "Groups")
        job = RelyingParty(self.server, "Sub", "--grant", "client_credentials", "--resource", api,
                           redirect=None)
        token = job.token({"grant_type": "client_credentials", "resource": api}).json
        state = self.server.post("/oauth2/introspect", form={"token": token["access_token"]},
                                 headers=basic(job.id, job.secret)).json
        self.assertEqual(state["sub"], job.id)
        app = RelyingParty(self.server, "Roles", "--consent", "skip")
        tokens = app.tokens(self.browser(), scope="openid groups")
        state = self.server.post("/oauth2/introspect", form={"token": tokens["access_token"]},
                                 headers=basic(app.id, app.secret)).json
        self.assertEqual(state["groups"], ["user"])


if __name__ == "__main__":
    unittest.main()
