"""The plans oidcc-basic-certification and oidcc-formpost-basic-certification of the OpenID
conformance suite: each test has the name of its module and sees what the module sees."""

import json
import re
import unittest

from clocked import needs_clocked
from conformance import Client, ConformanceCase, entropy, unb64
from harness import PASSWORD
from provider import b64url, path_of

PROFILE = {"name": "Ann Lee", "given_name": "Ann", "family_name": "Lee",
           "preferred_username": "ann"}


class BasicPlan:
    def refused(self, answer, *names):
        self.assertIn(answer["error"], names)
        self.assertNotIn("code", answer)

    def test_oidcc_server(self):
        browser = self.browser(login=None)
        answer, seen = self.walk(browser, self.app.begin(browser))
        self.assertEqual(seen[0], "/signin")
        self.assertGreaterEqual(entropy(answer["code"]), 128)
        reply = self.app.exchange(answer["code"])
        self.assertEqual(reply.status, 200, reply.body)
        self.checked(reply, self.app)

    def test_oidcc_response_type_missing(self):
        reply = self.app.begin(self.browser(), response_type=None)
        answer = self.app.read(reply)
        self.refused(answer, "unsupported_response_type", "invalid_request")
        self.assertEqual(answer["state"], self.app.state)

    def test_oidcc_idtoken_signature(self):
        tokens = self.tokens(self.browser())  # verified there
        header = json.loads(unb64(tokens["id_token"].split(".")[0]))
        self.assertEqual(header["alg"], "RS256")
        self.assertTrue(header["kid"])

    def test_oidcc_idtoken_unsigned(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertNotIn("none", document["id_token_signing_alg_values_supported"])
        made = self.server.command("client", "add", "Unsigned", "--redirect-uri",
                                   "https://app.example/cb", "--set",
                                   "id_token_signed_response_alg=none", check=False)
        self.assertNotEqual(made.returncode, 0)

    def test_oidcc_userinfo_get(self):
        self.userinfo(self.tokens(self.browser()))

    def test_oidcc_userinfo_post_header(self):
        tokens = self.tokens(self.browser())
        reply = self.server.post("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json, self.userinfo(tokens))

    def test_oidcc_userinfo_post_body(self):
        tokens = self.tokens(self.browser())
        reply = self.server.post("/oauth2/userinfo",
                                 form={"access_token": tokens["access_token"]})
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json, self.userinfo(tokens))

    def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(self):
        reply = self.app.exchange(self.answer(self.browser(), nonce=None)["code"])
        self.assertEqual(reply.status, 200, reply.body)
        self.claims(reply.json["id_token"], nonce=None, access=reply.json["access_token"])

    def scope(self, scope, there, absent):
        """The claims are at userinfo, and not in the ID token as long as there is an access
        token (Core section 5.4)."""
        tokens = self.tokens(self.browser(), scope=scope)
        self.assertEqual(set(tokens["scope"].split()), set(scope.split()))
        claims = self.userinfo(tokens)
        self.assertEqual({name: claims.get(name) for name in there}, there)
        self.assertEqual(set(absent) & set(claims), set())
        in_token = self.claims(tokens["id_token"], nonce=self.app.nonce)
        self.assertEqual(set(there) & set(in_token), set())
        return claims

    def test_oidcc_scope_profile(self):
        claims = self.scope("openid profile", PROFILE, ["email", "phone_number", "address"])
        self.assertIs(type(claims["updated_at"]), int)

    def test_oidcc_scope_email(self):
        self.scope("openid email", {"email": "ann@example.org", "email_verified": False},
                   ["name", "phone_number", "address"])

    def test_oidcc_scope_address(self):
        self.scope("openid address", {}, ["name", "email", "phone_number"])  # authd keeps none

    def test_oidcc_scope_phone(self):
        self.scope("openid phone",
                   {"phone_number": "+4930123456", "phone_number_verified": False},
                   ["name", "email", "address"])

    def test_oidcc_scope_all(self):
        self.scope("openid profile email address phone",
                   {**PROFILE, "email": "ann@example.org", "phone_number": "+4930123456"}, [])

    def test_oidcc_ensure_other_scope_order_succeeds(self):
        tokens = self.tokens(self.browser(), scope="email openid")
        self.assertEqual(self.userinfo(tokens)["email"], "ann@example.org")

    def test_oidcc_display_page(self):
        self.tokens(self.browser(login=None), display="page")

    def test_oidcc_display_popup(self):
        self.tokens(self.browser(login=None), display="popup")

    def test_oidcc_prompt_login(self):
        browser = self.browser(login=None)
        first = self.claims(self.tokens(browser)["id_token"], nonce=self.app.nonce)
        self.pass_time(2)
        answer, seen = self.walk(browser, self.app.begin(browser, prompt="login"))
        self.assertIn("/signin", seen)
        tokens = self.checked(self.app.exchange(answer["code"]), self.app)
        second = self.claims(tokens["id_token"], nonce=self.app.nonce)
        self.assertGreater(second["auth_time"], first["auth_time"])
        self.assertEqual(second["sub"], first["sub"])

    def test_oidcc_prompt_none_not_logged_in(self):
        answer = self.app.read(self.app.begin(self.browser(login=None), prompt="none"))
        self.refused(answer, "login_required", "interaction_required")
        self.assertEqual(answer["state"], self.app.state)

    def test_oidcc_prompt_none_logged_in(self):
        browser = self.browser(login=None)
        first = self.claims(self.tokens(browser)["id_token"], nonce=self.app.nonce)
        self.pass_time(2)
        answer = self.app.read(self.app.begin(browser, prompt="none"))
        tokens = self.checked(self.app.exchange(answer["code"]), self.app)
        second = self.claims(tokens["id_token"], nonce=self.app.nonce)
        self.assertEqual((second["sub"], second["auth_time"]), (first["sub"], first["auth_time"]))

    def test_oidcc_max_age_1(self):
        browser = self.browser(login=None)
        first = self.claims(self.tokens(browser)["id_token"], nonce=self.app.nonce)
        self.pass_time(2)
        answer, seen = self.walk(browser, self.app.begin(browser, max_age="1"))
        self.assertIn("/signin", seen)
        tokens = self.checked(self.app.exchange(answer["code"]), self.app)
        second = self.claims(tokens["id_token"], nonce=self.app.nonce)
        self.assertGreater(second["auth_time"], first["auth_time"])

    def test_oidcc_max_age_10000(self):
        browser = self.browser(login=None)
        first = self.claims(self.tokens(browser)["id_token"], nonce=self.app.nonce)
        self.pass_time(2)
        answer, seen = self.walk(browser, self.app.begin(browser, max_age="10000"))
        self.assertEqual(seen, [])
        tokens = self.checked(self.app.exchange(answer["code"]), self.app)
        second = self.claims(tokens["id_token"], nonce=self.app.nonce)
        self.assertEqual(second["auth_time"], first["auth_time"])

    def test_oidcc_ensure_request_with_unknown_parameter_succeeds(self):
        self.tokens(self.browser(), extra="foobar", **{"urn:x": "ä"})

    def test_oidcc_id_token_hint(self):
        browser = self.browser(login=None)
        hint = self.tokens(browser)["id_token"]
        reply = self.app.begin(browser, prompt="none", id_token_hint=hint)
        tokens = self.checked(self.app.exchange(self.app.read(reply)["code"]), self.app)
        claims = self.claims(tokens["id_token"], nonce=self.app.nonce)
        self.assertEqual(claims["sub"], self.subject)

    def test_oidcc_login_hint(self):
        browser = self.browser(login=None)
        reply = self.app.begin(browser, login_hint="ann")
        self.assertIn("login_hint=ann", path_of(reply))
        self.walk(browser, reply)

    def test_oidcc_ui_locales(self):
        self.tokens(self.browser(login=None), ui_locales="se")

    def test_oidcc_claims_locales(self):
        self.tokens(self.browser(), claims_locales="se")

    def test_oidcc_ensure_request_with_acr_values_succeeds(self):
        document = self.server.get("/.well-known/openid-configuration").json
        values = document["acr_values_supported"]
        for wish in (" ".join(values), "urn:mace:incommon:iap:silver"):
            with self.subTest(wish):
                tokens = self.tokens(self.browser(), acr_values=wish)
                claims = self.claims(tokens["id_token"], nonce=self.app.nonce)
                self.assertIn(claims["acr"], values)

    def reuse(self, code):
        reply = self.app.exchange(code)
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_grant"))
        self.assertTrue(reply.headers["Content-Type"].startswith("application/json"))
        self.assertRegex(reply.json["error_description"], r"\A[ !#-\[\]-~]+\Z")

    def test_oidcc_codereuse(self):
        code = self.answer(self.browser())["code"]
        self.checked(self.app.exchange(code), self.app)
        self.reuse(code)

    def test_oidcc_codereuse_30seconds(self):
        code = self.answer(self.browser())["code"]
        tokens = self.checked(self.app.exchange(code), self.app)
        self.userinfo(tokens)
        self.pass_time(30)
        self.reuse(code)
        dead = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(dead.status, 401, dead.body)

    def test_oidcc_ensure_registered_redirect_uri(self):
        reply = self.app.begin(self.browser(), redirect_uri=self.app.redirect + "xyz")
        self.assertEqual(reply.status, 400)
        self.assertNotIn("Location", reply.headers)
        self.assertNotIn(b"<form", reply.body)
        self.assertTrue(reply.headers["Content-Type"].startswith("text/html"))

    def test_oidcc_ensure_post_request_succeeds(self):
        browser = self.browser(login=None)
        reply = self.server.post("/oauth2/authorize", form=self.app.parameters())
        self.assertEqual(reply.status, 303, reply.body)
        answer, _ = self.walk(browser, browser.get(path_of(reply)))
        self.checked(self.app.exchange(answer["code"]), self.app)

    def test_oidcc_server_client_secret_post(self):
        app = Client(self.server, "Post", "--auth-method", "client_secret_post", mode=self.MODE)
        code = self.answer(self.browser(), app)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect}
        by_header = app.token(form)
        self.assertEqual((by_header.status, by_header.json["error"]), (401, "invalid_client"))
        reply = self.server.post("/oauth2/token", form={
            **form, "client_id": app.id, "client_secret": app.secret})
        self.assertEqual(reply.status, 200, reply.body)
        self.checked(reply, app)

    def request_object(self, **more):
        header = {"alg": "none"}
        claims = {"iss": self.app.id, "aud": "http://localhost:8080", "response_type": "code",
                  "client_id": self.app.id, "scope": "openid", **more}
        return "%s.%s." % tuple(b64url(json.dumps(part).encode()) for part in (header, claims))

    def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertNotIn("none", document["request_object_signing_alg_values_supported"])
        reply = self.app.begin(self.browser(), request=self.request_object(state="inside"))
        answer = self.app.read(reply)
        self.refused(answer, "request_not_supported")
        self.assertEqual(answer["state"], self.app.state)

    def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertIs(document["request_uri_parameter_supported"], False)
        reply = self.app.begin(self.browser(), request_uri="https://app.example/request.jwt")
        answer = self.app.read(reply)
        self.refused(answer, "request_uri_not_supported")
        self.assertEqual(answer["state"], self.app.state)

    def test_oidcc_claims_essential(self):
        claims = json.dumps({"userinfo": {"name": {"essential": True}}})
        tokens = self.tokens(self.browser(), scope="openid", claims=claims)
        self.assertEqual(self.userinfo(tokens)["name"], "Ann Lee")

    def test_oidcc_ensure_request_object_with_redirect_uri(self):
        """The redirect URI of the query is not registered, that of the object is."""
        request = self.request_object(redirect_uri=self.app.redirect)
        reply = self.app.begin(self.browser(), request=request,
                               redirect_uri=self.app.redirect + "xyz")
        self.assertEqual(reply.status, 400)
        self.assertNotIn("Location", reply.headers)
        reply = self.app.begin(self.browser(), request=request)
        self.refused(self.app.read(reply), "request_not_supported")

    def test_oidcc_refresh_token(self):
        browser = self.browser(login=None)
        first = self.tokens(browser, scope="openid offline_access", prompt="consent")
        old = self.claims(first["id_token"], nonce=self.app.nonce)
        self.assertGreaterEqual(entropy(first["refresh_token"]), 128)
        self.assertRegex(first["refresh_token"], r"\A[\x20-\x7e]+\Z")
        self.pass_time(2)
        foreign = self.other.refresh(first["refresh_token"])
        self.assertEqual((foreign.status, foreign.json["error"]), (400, "invalid_grant"))
        reply = self.app.refresh(first["refresh_token"])
        self.assertEqual(reply.status, 200, reply.body)
        second = reply.json
        self.assertNotEqual(second["access_token"], first["access_token"])
        self.userinfo(second)
        new = self.claims(second["id_token"], access=second["access_token"])
        for name in ("iss", "sub", "aud", "auth_time", "azp"):
            self.assertEqual(new.get(name), old.get(name))
        self.assertGreater(new["iat"], old["iat"])
        third = self.app.refresh(second["refresh_token"])
        self.assertEqual(third.status, 200, third.body)
        self.userinfo(third.json)

    def test_oidcc_ensure_request_with_valid_pkce_succeeds(self):
        self.tokens(self.browser(), pkce=True)

    def test_the_password_is_in_no_answer_to_the_client(self):
        """Not a module: RFC 9700 section 2.4, seen at the same flow."""
        browser = self.browser(login=None)
        answer = self.answer(browser)
        self.assertNotIn(PASSWORD, json.dumps(answer))


@needs_clocked
class BasicOp(BasicPlan, ConformanceCase):
    pass


@needs_clocked
class FormPostOp(BasicPlan, ConformanceCase):
    MODE = "form_post"

    def test_the_page_sends_itself_to_the_client_and_is_kept_nowhere(self):
        browser = self.browser()
        self.answer(browser)  # allowed from now on
        reply = self.app.begin(browser)
        self.assertTrue(self.app.is_answered(reply))
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        policy = dict(one.strip().split(" ", 1)
                      for one in reply.headers["Content-Security-Policy"].split(";"))
        self.assertIn(policy.get("form-action", "https://app.example").split()[-1],
                      ("https://app.example", "https://app.example/callback"))
        self.assertEqual(policy["script-src"], "'self'")
        script = re.search(r'<script src="([^"]+)"', reply.body.decode())[1]
        self.assertIn(b"submit", self.server.get(script).body)

    def test_nothing_in_the_answer_can_break_out_of_its_field(self):
        state = "\"'><script>&lt;\u00e4</form>\n"
        answer = self.answer(self.browser(), state=state)  # which compares it
        self.assertEqual(answer["state"], state)


if __name__ == "__main__":
    unittest.main()
