"""The OpenID Connect provider: from the authorization request to the logout, and what is refused on
the way."""

import json
import time
import unittest
import urllib.parse

from harness import PASSWORD, ServerCase, basic
from provider import Browser, RelyingParty, claims_of, path_of, query_of

ISSUER = "http://localhost:8080"


class ProviderCase(ServerCase):
    FLAGS = ("--server.public-url", ISSUER)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann", email="ann@example.org", first_name="Ann", last_name="Lee")
        cls.subject = cls.server.log_in("ann").json["user"]["subject"]

    def browser(self, login="ann"):
        browser = Browser(self.server)
        if login:
            browser.sign_in(login)
        return browser


class Flow(ProviderCase):
    def test_a_person_signs_in_allows_and_is_known_to_the_application(self):
        app = RelyingParty(self.server, "Wiki")
        browser = self.browser(login=None)
        reply = app.begin(browser)
        self.assertEqual(reply.status, 303)
        self.assertTrue(path_of(reply).startswith("/signin?return_to=%2Foauth2%2Fauthorize%2F"))
        self.assertEqual(browser.get(path_of(reply), Accept="text/html").status, 200)
        browser.sign_in("ann")
        reply = browser.get(query_of(path_of(reply))["return_to"])
        self.assertEqual(reply.status, 303)
        text = query_of(path_of(reply))["request"]
        asked = browser.get("/api/v1/oauth/requests/" + text).json
        self.assertEqual(asked["client"]["name"], "Wiki")
        self.assertEqual(asked["scopes"], ["openid", "profile", "email"])
        self.assertEqual(asked["redirect_origin"], "https://app.example")
        reply = app.allow(browser, reply)
        answer = query_of(reply.headers["Location"])
        self.assertEqual(answer["state"], app.state)
        self.assertEqual(answer["iss"], ISSUER)
        issued = app.exchange(answer["code"])
        self.assertEqual(issued.status, 200, issued.body)
        self.assertEqual(issued.headers["Cache-Control"], "no-store")
        tokens = issued.json
        self.assertEqual(tokens["token_type"], "Bearer")
        self.assertEqual(tokens["scope"], "openid profile email")
        self.assertNotIn("refresh_token", tokens)  # offline_access was not asked for
        claims = claims_of(tokens["id_token"])
        self.assertEqual(claims["iss"], ISSUER)
        self.assertEqual(claims["aud"], app.id)
        self.assertEqual(claims["sub"], self.subject)
        self.assertEqual(claims["nonce"], app.nonce)
        self.assertLessEqual(abs(claims["auth_time"] - time.time()), 600)
        about = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(about.status, 200, about.body)
        self.assertEqual(about.json["sub"], self.subject)
        self.assertEqual(about.json["given_name"], "Ann")
        self.assertEqual(about.json["preferred_username"], "ann")
        self.assertEqual(about.json["email"], "ann@example.org")
        self.assertIs(about.json["email_verified"], False)
        by_form = self.server.post("/oauth2/userinfo",
                                   form={"access_token": tokens["access_token"]})
        self.assertEqual(by_form.json, about.json)
        # The next time, nobody is asked anything.
        self.assertIn("code", query_of(app.begin(browser).headers["Location"]))
        self.assertIn("code", query_of(app.begin(browser, prompt="none").headers["Location"]))

    def test_the_person_may_refuse(self):
        app = RelyingParty(self.server)
        browser = self.browser()
        reply = app.allow(browser, app.begin(browser), "deny")
        answer = query_of(reply.headers["Location"])
        self.assertEqual(answer["error"], "access_denied")
        self.assertEqual(answer["state"], app.state)
        self.assertEqual(answer["iss"], ISSUER)

    def test_a_code_works_once_and_a_second_use_ends_the_grant(self):
        app = RelyingParty(self.server)
        browser = self.browser()
        code = app.answer(browser)["code"]
        tokens = app.exchange(code).json
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=tokens["access_token"]).status, 200)
        again = app.exchange(code)
        self.assertEqual((again.status, again.json["error"]), (400, "invalid_grant"))
        self.assertTrue(again.json["error_description"])
        dead = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(dead.status, 401)
        self.assertIn('error="invalid_token"', dead.headers["WWW-Authenticate"])

    def test_a_code_is_good_for_its_client_its_address_and_its_verifier(self):
        app, other = RelyingParty(self.server), RelyingParty(self.server, "Other")
        browser = self.browser()
        app.answer(browser)
        for change in ({"redirect_uri": "https://app.example/else"}, {"redirect_uri": None},
                       {"code_verifier": "x" * 43}, {"code_verifier": None}):
            with self.subTest(change):
                reply = app.exchange(app.answer(browser)["code"], **change)
                self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_grant"))
        stolen = app.answer(browser)["code"]
        other.verifier = app.verifier
        self.assertEqual(other.exchange(stolen).json["error"], "invalid_grant")

    def test_refresh_tokens_rotate_and_an_old_one_ends_the_grant(self):
        app = RelyingParty(self.server)
        browser = self.browser()
        first = app.tokens(browser, scope="openid offline_access")
        second = app.refresh(first["refresh_token"]).json
        self.assertEqual(claims_of(second["id_token"])["sub"], self.subject)
        self.assertNotIn("nonce", claims_of(second["id_token"]))
        # A lost answer: the same successor again.
        self.assertEqual(app.refresh(first["refresh_token"]).json["refresh_token"],
                         second["refresh_token"])
        third = app.refresh(second["refresh_token"]).json
        reused = app.refresh(first["refresh_token"])
        self.assertEqual(reused.json["error"], "invalid_grant")
        self.assertEqual(app.refresh(third["refresh_token"]).json["error"], "invalid_grant")

    def test_signing_out_ends_what_depends_on_the_session_and_not_what_was_meant_to_last(self):
        app = RelyingParty(self.server)
        browser = self.browser()
        bound = app.tokens(browser, scope="openid")
        lasting = app.tokens(browser, scope="openid offline_access")
        self.assertEqual(browser.post("/api/v1/auth/logout").status, 200)
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=bound["access_token"]).status, 401)
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=lasting["access_token"]).status, 200)
        self.server.command("user", "logout", "ann")
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=lasting["access_token"]).status, 401)
        self.assertEqual(app.refresh(lasting["refresh_token"]).json["error"], "invalid_grant")

    def test_form_post_brings_the_answer_in_a_form(self):
        app = RelyingParty(self.server, "Form", "--consent", "skip")
        reply = app.begin(self.browser(), response_mode="form_post", state='"><script>')
        self.assertEqual(reply.status, 200)
        body = reply.body.decode()
        self.assertIn('action="https://app.example/callback"', body)
        self.assertIn('name="code"', body)
        self.assertIn('value="&quot;&gt;&lt;script&gt;"', body)
        self.assertIn("script-src 'self'", reply.headers["Content-Security-Policy"])
        self.assertIn("no-store", reply.headers["Cache-Control"])

    def test_a_posted_request_is_carried_to_a_get(self):
        app = RelyingParty(self.server, "Poster", "--consent", "skip")
        browser = self.browser()
        reply = self.server.post("/oauth2/authorize", form=app.parameters())  # without cookies
        self.assertEqual(reply.status, 303)
        reply = browser.get(path_of(reply))
        self.assertIn("code", query_of(reply.headers["Location"]))

    def test_public_clients_have_no_secret_but_a_verifier(self):
        app = RelyingParty(self.server, "Spa", public=True)
        tokens = app.tokens(self.browser(), scope="openid offline_access")
        self.assertIn("refresh_token", app.refresh(tokens["refresh_token"]).json)
        self.assertEqual(app.token({"grant_type": "client_credentials"}).json["error"],
                         "unauthorized_client")
        state = self.server.post("/oauth2/introspect",
                                 form={"client_id": app.id, "token": tokens["access_token"]})
        self.assertEqual(state.status, 401)
        ended = self.server.post("/oauth2/revoke", form={"client_id": app.id,
                                                         "token": tokens["refresh_token"]})
        self.assertEqual((ended.status, ended.json), (200, {}))
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=tokens["access_token"]).status, 401)

    def test_programs_get_tokens_of_their_own_for_registered_resources(self):
        api = "https://api.example.org"
        self.server.command("resource", "add", api, "Orders", "--scope", "orders:read")
        job = RelyingParty(self.server, "Job", "--grant", "client_credentials", "--resource", api,
                           redirect=None)
        none = job.token({"grant_type": "client_credentials"})
        self.assertEqual(none.json["error"], "invalid_target")
        issued = job.token({"grant_type": "client_credentials", "resource": api,
                            "scope": "orders:read"})
        self.assertEqual(issued.status, 200, issued.body)
        claims = claims_of(issued.json["access_token"])
        self.assertEqual((claims["aud"], claims["sub"], claims["scope"]),
                         (api, job.id, "orders:read"))
        self.assertNotIn("id_token", issued.json)
        keeper = json.loads(self.server.command("client", "add", "Keeper", "--set",
                                                "audiences=" + api, "--json").out)
        state = self.server.post("/oauth2/introspect",
                                 form={"token": issued.json["access_token"]},
                                 headers=basic(keeper["client_id"], keeper["client_secret"]))
        self.assertTrue(state.json["active"])
        self.assertEqual(state.json["client_id"], job.id)
        # Such a token opens nothing here.
        for path in ("/api/v1/users/me", "/oauth2/userinfo", "/auth/verify"):
            self.assertEqual(self.server.get(path, token=issued.json["access_token"]).status, 401)


class Refusals(ProviderCase):
    def test_what_cannot_go_back_to_the_client_is_a_page(self):
        app = RelyingParty(self.server)
        self.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        administrator = self.browser("root")
        for change, hint in (({"client_id": "nobody"}, "client_id"),
                             ({"redirect_uri": "https://app.example/callbackk"}, "character 29"),
                             ({"redirect_uri": "https://evil.example/"}, "nearest registered")):
            with self.subTest(change):
                reply = app.begin(self.browser(), **change)
                self.assertEqual(reply.status, 400)
                self.assertTrue(reply.headers["Content-Type"].startswith("text/html"))
                self.assertNotIn("Location", reply.headers)
                self.assertNotIn(hint, reply.body.decode())
                self.assertIn(hint, app.begin(administrator, **change).body.decode())

    def test_every_other_mistake_is_told_to_the_client(self):
        app = RelyingParty(self.server)
        browser = self.browser()
        for change, error in (({"response_type": "token"}, "unsupported_response_type"),
                              ({"response_type": "code id_token"}, "unsupported_response_type"),
                              ({"response_type": None}, "invalid_request"),
                              ({"code_challenge": None, "code_challenge_method": None},
                               "invalid_request"),
                              ({"code_challenge_method": "plain"}, "invalid_request"),
                              ({"scope": None}, "invalid_scope"),
                              ({"prompt": "none login"}, "invalid_request"),
                              ({"request": "x"}, "request_not_supported"),
                              ({"request_uri": "https://x"}, "request_uri_not_supported"),
                              ({"resource": "https://nothing.example"}, "invalid_target"),
                              ({"max_age": "-1"}, "invalid_request"),
                              ({"claims": "{"}, "invalid_request")):
            with self.subTest(change):
                reply = app.begin(browser, **change)
                self.assertEqual(reply.status, 303, reply.body)
                answer = query_of(reply.headers["Location"])
                self.assertEqual(answer["error"], error)
                self.assertEqual(answer["state"], app.state)
                self.assertEqual(answer["iss"], ISSUER)
                self.assertTrue(answer["error_description"])

    def test_prompt_none_never_shows_a_page(self):
        app = RelyingParty(self.server)
        reply = app.begin(self.browser(login=None), prompt="none")
        self.assertEqual(query_of(reply.headers["Location"])["error"], "login_required")
        reply = app.begin(self.browser(), prompt="none")
        self.assertEqual(query_of(reply.headers["Location"])["error"], "consent_required")

    def test_a_new_login_is_asked_for_and_counts(self):
        app = RelyingParty(self.server, "Bank", "--consent", "skip")
        browser = self.browser()
        for change in ({"prompt": "login"}, {"max_age": "0"}):
            reply = app.begin(browser, **change)
            self.assertIn("again=1", path_of(reply))
            back = query_of(path_of(reply))["return_to"]
            self.assertIn("again=1", path_of(browser.get(back)))  # not yet
            browser.sign_in("ann")
            self.assertIn("code", query_of(browser.get(back).headers["Location"]))

    def test_a_carried_request_cannot_be_altered(self):
        app = RelyingParty(self.server)
        browser = self.browser(login=None)
        back = query_of(path_of(app.begin(browser)))["return_to"]
        middle = len(back) // 2
        other = "A" if back[middle] != "A" else "B"
        reply = browser.get(back[:middle] + other + back[middle + 1:])
        self.assertEqual(reply.status, 400)
        self.assertIn(b"Start again", reply.body)

    def test_an_answer_of_another_person_does_not_count(self):
        app = RelyingParty(self.server)
        self.server.sign_up("mallory")
        mallory = self.browser("mallory")
        text = query_of(path_of(app.begin(mallory)))["request"]
        answer = mallory.post("/api/v1/oauth/requests/" + text, {"decision": "allow"})
        reply = self.browser().get(answer.json["redirect_to"])
        self.assertTrue(path_of(reply).startswith("/consent?"))

    def test_roles_keep_people_out_with_a_page(self):
        app = RelyingParty(self.server, "Staff", "--role", "admin")
        reply = app.begin(self.browser())
        self.assertEqual(reply.status, 403)
        self.assertIn(b"may not use this application", reply.body)

    def test_a_page_refuses_in_the_language_of_the_person(self):
        self.server.command("role", "add", "sailors")
        app = RelyingParty(self.server, "Two", "--redirect-uri", "https://app.example/b")
        shut = RelyingParty(self.server, "Ship", "--role", "sailors")
        away = RelyingParty(self.server, "Far", "--set", "networks=203.0.113.0/24")
        strong = RelyingParty(self.server, "Strong", "--set", "required_acr=mfa")
        browser = self.browser()
        evil = "https://evil.example/"
        for address, status, text in (
                (app.address(client_id="nobody"), 400, "nicht registriert"),
                (app.address(redirect_uri=evil), 400, "an eine Adresse"),
                (app.address(redirect_uri=None), 400, "wohin Sie zur"),
                (app.address() + "&state=2", 400, "einen Fehler gemacht"),
                (shut.address(), 403, "Ihr Konto darf diese Anwendung nicht"),
                (away.address(), 403, "Aus diesem Netz"),
                (strong.address(), 403, "Ihr Konto hat keinen. F"),
                ("/oauth2/authorize/AAAA", 400, "gilt nicht mehr"),
                ("/oauth2/logout?post_logout_redirect_uri=" + evil, 400, "an eine Adresse")):
            with self.subTest(address):
                page = browser.get(address, **{"Accept-Language": "de"})
                self.assertEqual(page.status, status)
                self.assertIn(text, page.body.decode())

    def test_the_token_endpoint_refuses_by_name(self):
        app = RelyingParty(self.server)
        for form, error in (({"grant_type": "password", "username": "ann"},
                             "unsupported_grant_type"),
                            ({"grant_type": "implicit"}, "unsupported_grant_type"),
                            ({}, "invalid_request"),
                            ({"grant_type": "authorization_code"}, "invalid_request"),
                            ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
                            ({"grant_type": "refresh_token", "refresh_token": "x"},
                             "invalid_grant"),
                            ({"grant_type": "client_credentials"}, "unauthorized_client")):
            with self.subTest(form):
                reply = app.token(form)
                self.assertEqual((reply.status, reply.json["error"]), (400, error))
        wrong = app.token({"grant_type": "authorization_code"}, secret="wrong")
        self.assertEqual((wrong.status, wrong.json["error"]), (401, "invalid_client"))
        self.assertTrue(wrong.headers["WWW-Authenticate"].startswith("Basic"))

    def test_tokens_open_only_what_they_are_for(self):
        app = RelyingParty(self.server)
        tokens = app.tokens(self.browser(), scope="openid offline_access")
        own = self.server.log_in("ann").json
        for path in ("/api/v1/users/me", "/auth/verify", "/users/me", "/profile"):
            with self.subTest(path):
                self.assertEqual(self.server.get(path, token=tokens["access_token"]).status, 401)
                self.assertEqual(self.server.get(path, token=tokens["id_token"]).status, 401)
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=own["access_token"]).status, 401)
        self.assertEqual(self.server.get("/oauth2/userinfo", token=tokens["id_token"]).status, 401)
        self.assertEqual(self.server.refresh(tokens["refresh_token"]).status, 401)
        self.assertEqual(app.refresh(own["refresh_token"]).json["error"], "invalid_grant")

    def test_a_client_that_is_switched_off_is_off_at_once(self):
        app = RelyingParty(self.server)
        tokens = app.tokens(self.browser(), scope="openid offline_access")
        self.server.command("client", "set", app.id, "disabled=true")
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=tokens["access_token"]).status, 401)
        self.assertEqual(app.refresh(tokens["refresh_token"]).status, 401)
        self.assertEqual(app.begin(self.browser()).status, 400)
        self.server.command("client", "set", app.id, "disabled=false")
        self.assertEqual(app.refresh(tokens["refresh_token"]).status, 200)


class Around(ProviderCase):
    def test_discovery_names_only_what_is_there(self):
        found = self.server.get("/.well-known/openid-configuration",
                                headers={"Origin": "https://spa.example"})
        self.assertEqual(found.headers["Access-Control-Allow-Origin"], "*")
        document = found.json
        self.assertEqual(document["issuer"], ISSUER)
        self.assertEqual(self.server.get("/.well-known/oauth-authorization-server").json, document)
        for name, address in document.items():
            if name.endswith("_endpoint") or name == "jwks_uri":
                path = urllib.parse.urlsplit(address).path
                self.assertNotEqual(self.server.get(path).status, 404, name)
        self.assertEqual(document["response_types_supported"], ["code"])
        self.assertEqual(document["code_challenge_methods_supported"], ["S256"])
        self.assertNotIn("none", document["id_token_signing_alg_values_supported"])

    def test_each_algorithm_of_id_tokens_is_in_the_key_set(self):
        browser = self.browser()
        for algorithm in ("RS256", "ES256", "EdDSA"):
            app = RelyingParty(self.server, algorithm, "--consent", "skip", "--set",
                               "id_token_signed_response_alg=" + algorithm)
            token = app.tokens(browser)["id_token"]
            import base64
            head = token.split(".")[0]
            header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
            self.assertEqual(header["alg"], algorithm)
            keys = self.server.get("/.well-known/jwks.json").json["keys"]
            self.assertIn((header["kid"], algorithm), [(k["kid"], k["alg"]) for k in keys])

    def test_scripts_of_every_site_may_call_what_takes_no_cookie(self):
        for method, path in (("POST", "/oauth2/token"), ("GET", "/oauth2/userinfo")):
            reply = self.server.request("OPTIONS", path, headers={
                "Origin": "https://spa.example", "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization"})
            self.assertEqual(reply.headers["Access-Control-Allow-Origin"], "*")
            self.assertIn("Authorization", reply.headers["Access-Control-Allow-Headers"])
            self.assertNotIn("Access-Control-Allow-Credentials", reply.headers)
        reply = self.server.get("/oauth2/authorize", headers={"Origin": "https://spa.example"})
        self.assertNotIn("Access-Control-Allow-Origin", reply.headers)

    def test_webfinger_tells_the_issuer_and_nothing_of_accounts(self):
        there = self.server.get("/.well-known/webfinger?resource=acct:ann@localhost")
        self.assertEqual(there.headers["Content-Type"], "application/jrd+json")
        self.assertEqual(there.json["links"][0]["href"], ISSUER)
        nobody = self.server.get("/.well-known/webfinger?resource=acct:nobody@localhost")
        self.assertEqual(nobody.json["links"], there.json["links"])
        self.assertEqual(self.server.get("/.well-known/webfinger").status, 400)

    def test_introspection_tells_a_client_of_its_own_tokens_alone(self):
        app, other = RelyingParty(self.server), RelyingParty(self.server, "Other")
        tokens = app.tokens(self.browser(), scope="openid offline_access")

        def state(client, token):
            return self.server.post("/oauth2/introspect", form={"token": token},
                                    headers=basic(client.id, client.secret)).json
        for token in (tokens["access_token"], tokens["refresh_token"]):
            mine = state(app, token)
            self.assertTrue(mine["active"])
            self.assertEqual((mine["client_id"], mine["sub"]), (app.id, self.subject))
            self.assertEqual(state(other, token), {"active": False})
        own = self.server.log_in("ann").json
        self.assertEqual(state(app, own["access_token"]), {"active": False})
        foreign = self.server.post("/oauth2/revoke", form={"token": tokens["refresh_token"]},
                                   headers=basic(other.id, other.secret))
        self.assertEqual(foreign.json["error"], "unauthorized_client")
        self.assertTrue(state(app, tokens["access_token"])["active"])

    def test_people_see_their_applications_and_can_end_them(self):
        app = RelyingParty(self.server, "Calendar")
        browser = self.browser()
        tokens = app.tokens(browser)
        grants = browser.get("/api/v1/users/me/grants").json["grants"]
        mine = [one for one in grants if one["client_id"] == app.id]
        self.assertEqual(len(mine), 1)
        self.assertEqual(mine[0]["client_name"], "Calendar")
        self.assertEqual(browser.delete("/api/v1/users/me/grants/" + mine[0]["id"]).status, 204)
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=tokens["access_token"]).status, 401)
        self.assertTrue(path_of(app.begin(browser)).startswith("/consent?"))

    def test_people_withdraw_what_they_allowed(self):
        app, other = RelyingParty(self.server, "Notes"), RelyingParty(self.server, "Mail")
        browser, second = self.browser(), self.browser()
        kept = other.tokens(browser)
        gone = [app.tokens(one, scope="openid offline_access") for one in (browser, second)]

        def consents():
            return {one["client_id"]: one
                    for one in browser.get("/api/v1/users/me/consents").json["consents"]}
        self.assertEqual(consents()[app.id]["client_name"], "Notes")
        self.assertIn("openid", consents()[app.id]["scopes"])
        # The consent outlives the grant: it is still there to be withdrawn.
        self.server.post("/oauth2/revoke", form={"token": gone[0]["refresh_token"]},
                         headers=basic(app.id, app.secret))
        self.assertIn(app.id, consents())
        self.assertEqual(browser.delete("/api/v1/users/me/consents/" + app.id).status, 204)
        self.assertNotIn(app.id, consents())
        for tokens in gone:
            self.assertEqual(self.server.get("/oauth2/userinfo",
                                             token=tokens["access_token"]).status, 401)
        self.assertTrue(path_of(app.begin(browser)).startswith("/consent?"))
        # Nothing else ended, and there is nothing to withdraw twice.
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=kept["access_token"]).status, 200)
        for unknown in (app.id, "nobody", "x" * 1000):
            reply = browser.delete("/api/v1/users/me/consents/" + unknown)
            self.assertEqual(reply.status, 404, unknown)

    def test_an_application_signs_people_out(self):
        app = RelyingParty(self.server, "Shop", "--consent", "skip",
                           "--post-logout-redirect-uri", "https://app.example/bye")
        browser = self.browser()
        token = app.tokens(browser)["id_token"]
        after = {"post_logout_redirect_uri": "https://app.example/bye", "state": "s t"}

        def ask(**parameters):
            return browser.get("/oauth2/logout?" + urllib.parse.urlencode(parameters))
        # Without the person's ID token they are asked, and come back.
        reply = ask(client_id=app.id, **after)
        self.assertTrue(path_of(reply).startswith("/signout?return_to=%2Foauth2%2Flogout"))
        refused = ask(client_id=app.id, post_logout_redirect_uri="https://evil.example/")
        self.assertEqual(refused.status, 400)
        self.assertEqual(browser.get("/api/v1/users/me").status, 200)
        reply = ask(id_token_hint=token, **after)
        self.assertEqual(reply.status, 303)
        self.assertEqual(reply.headers["Location"], "https://app.example/bye?state=s%20t")
        browser.session = ""
        reply = ask(client_id=app.id, **after)
        self.assertEqual(reply.headers["Location"], "https://app.example/bye?state=s%20t")

    def test_a_posted_logout_is_carried_to_a_get(self):
        reply = self.server.post("/oauth2/logout", form={"state": "x"})
        self.assertEqual(path_of(reply), "/oauth2/logout?state=x")


if __name__ == "__main__":
    unittest.main()
