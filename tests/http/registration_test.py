"""Clients that register themselves (RFC 7591) and look after themselves (RFC 7592): with a token,
or where anybody may."""

import json
import unittest
import urllib.parse

from harness import ServerCase, basic
from provider import Browser, Client
from provider_forms_test import PlainForm

REDIRECT = "https://notes.example.org/callback"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
NOTES = {"client_name": "Notes", "redirect_uris": [REDIRECT],
         "grant_types": ["authorization_code", "refresh_token"]}


class Registering(ServerCase):
    def register(self, status=201, token=None, **metadata):
        reply = self.server.post("/oauth2/register", {**NOTES, **metadata}, token=token)
        self.assertEqual(reply.status, status, reply.body)
        return reply.json

    def management(self, made, method="GET", body=None, token=None):
        return self.server.request(method, "/oauth2/register/" + made["client_id"], body,
                                   token=token or made["registration_access_token"])


class OpenRegistrationTest(Registering):
    FLAGS = ("--provider.registration", "open")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann")

    def browser(self):
        browser = Browser(self.server)
        browser.sign_in("ann")
        return browser

    def test_discovery_names_the_endpoint(self):
        found = self.server.get("/.well-known/openid-configuration").json
        self.assertTrue(found["registration_endpoint"].endswith("/oauth2/register"))

    def test_a_client_registers_and_signs_somebody_in(self):
        made = self.register()
        self.assertEqual(made["client_name"], "Notes")
        self.assertEqual(made["response_types"], ["code"])
        self.assertEqual(made["token_endpoint_auth_method"], "client_secret_basic")
        self.assertEqual(made["application_type"], "web")
        self.assertEqual(made["client_secret_expires_at"], 0)
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        tokens = client.tokens(self.browser())
        self.assertIn("refresh_token", tokens)
        self.assertEqual(client.refresh(tokens["refresh_token"]).status, 200)

    def test_a_public_client_has_no_secret(self):
        made = self.register(token_endpoint_auth_method="none")
        self.assertNotIn("client_secret", made)
        client = Client(self.server, made["client_id"], "", REDIRECT)
        self.assertIn("access_token", client.tokens(self.browser()))

    def test_people_are_asked_and_told_that_nobody_has_looked(self):
        made = self.register()
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        browser = self.browser()
        reply = client.begin(browser)
        self.assertIn("/consent?request=", reply.headers["Location"])
        text = reply.headers["Location"].split("request=")[1].split("&")[0]
        shown = browser.get("/api/v1/oauth/requests/" + text).json
        self.assertTrue(shown["is_stranger"])
        self.assertEqual(shown["redirect_origin"], "https://notes.example.org")

    def test_what_only_administrators_set_is_ignored(self):
        made = self.register(consent="skip", pkce="optional", roles=["admin"], audiences=["x"],
                             description="x", always="x", scope="openid admin email")
        self.assertEqual(made["scope"], "openid email")
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        browser = self.browser()
        client.tokens(browser)
        reply = client.begin(browser, code_challenge=None, code_challenge_method=None)
        self.assertIn("error=invalid_request", reply.headers["Location"])

    def test_an_administrator_sees_it_and_cannot_make_it_skip_consent(self):
        made = self.register()
        shown = self.server.command("client", "show", made["client_id"], "--json")
        self.assertEqual(json.loads(shown.out)["origin"], "registered")
        self.server.command("client", "set", made["client_id"], "consent=skip")
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        self.assertIn("/consent?", client.begin(self.browser()).headers["Location"])

    def test_nobody_is_sent_away_with_an_error_before_they_have_allowed_something(self):
        made = self.register()
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        for browser in (Browser(self.server), self.browser()):
            for wrong in ({"response_type": "token"}, {"prompt": "none"}, {"scope": "nonsense"},
                          {"prompt": "none", "response_mode": "form_post"}):
                with self.subTest(browser.session, **wrong):
                    reply = client.begin(browser, **wrong)
                    self.assertEqual(reply.status, 400, reply.headers.get("Location"))
                    text = reply.body.decode()
                    self.assertIn("Nobody here has checked Notes", text)
                    self.assertIn("https://notes.example.org", text)
                    self.assertIn('="%s' % REDIRECT, text)
                    self.assertNotIn("send.js", text)
        browser = self.browser()
        denied = client.allow(browser, client.begin(browser), "deny")
        self.assertEqual(denied.status, 400)
        self.assertIn("error=access_denied", denied.body.decode())
        client.tokens(browser)
        reply = client.begin(browser, response_type="token")
        self.assertIn("error=unsupported_response_type", reply.headers["Location"])
        self.assertIn("code=", client.begin(browser, prompt="none").headers["Location"])

    def test_a_sign_out_leads_to_it_only_by_a_link(self):
        after = "https://notes.example.org/bye"
        made = self.register(post_logout_redirect_uris=[after])
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        browser = self.browser()
        tokens = client.tokens(browser)
        wanted = "/oauth2/logout?" + urllib.parse.urlencode({
            "post_logout_redirect_uri": after, "client_id": made["client_id"], "state": "x"})
        asked = browser.get(wanted)
        self.assertIn("/signout?return_to=", asked.headers["Location"])
        for visitor, hint in ((Browser(self.server), ""), (browser, tokens["id_token"])):
            reply = visitor.get(wanted + (hint and "&id_token_hint=" + hint))
            self.assertEqual(reply.status, 200, reply.headers.get("Location"))
            self.assertIn('href="%s?state=x"' % after, reply.body.decode())
            self.assertIn("Nobody here has checked Notes", reply.body.decode())
        self.assertEqual(browser.get("/api/v1/users/me").status, 401)

    def test_devices_are_not_for_clients_that_anybody_registers(self):
        made = self.register(grant_types=["authorization_code", DEVICE])
        self.assertEqual(made["grant_types"], ["authorization_code"])
        refused = self.register(400, redirect_uris=[], grant_types=[DEVICE])
        self.assertEqual(refused["error"], "invalid_client_metadata")

    def test_a_client_does_not_undo_what_an_administrator_has_changed(self):
        made = self.register()
        self.server.command("client", "set", made["client_id"], "disabled=true")
        self.server.command("client", "set", made["client_id"], "disabled=false")
        self.assertEqual(self.management(made).status, 200)
        self.server.command("client", "set", made["client_id"], "networks=192.0.2.0/24")
        for method, body in [("PUT", {**NOTES, "client_id": made["client_id"]}), ("GET", None),
                             ("DELETE", None)]:
            reply = self.management(made, method, body)
            self.assertEqual(reply.status, 401)
            self.assertEqual(reply.json["error"], "invalid_token")
            self.assertIn("administrator", reply.json["error_description"])

    def test_a_native_client_is_known_by_its_addresses(self):
        made = self.register(redirect_uris=["edu.kit.data.oidc-agent:/redirect",
                                            "http://localhost:4242"])
        self.assertEqual(made["application_type"], "native")

    def test_grants_that_strangers_do_not_get_are_left_out(self):
        made = self.register(grant_types=["authorization_code", "implicit", "password",
                                          "client_credentials"])
        self.assertEqual(made["grant_types"], ["authorization_code"])
        reply = self.server.post("/oauth2/token", form={"grant_type": "client_credentials"},
                                 headers=basic(made["client_id"], made["client_secret"]))
        self.assertEqual(reply.json["error"], "unauthorized_client")

    def test_wrong_metadata_is_named(self):
        for metadata, error, field in [
                ({"redirect_uris": ["https://a.example/#x"]}, "invalid_redirect_uri",
                 "redirect_uris"),
                ({"redirect_uris": ["http://a.example/"]}, "invalid_redirect_uri",
                 "redirect_uris"),
                ({"redirect_uris": []}, "invalid_redirect_uri", "redirect_uris"),
                ({"grant_types": ["client_credentials"]}, "invalid_client_metadata",
                 "grant_types"),
                ({"response_types": ["token"]}, "invalid_client_metadata", "response_types"),
                ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata",
                 "token_endpoint_auth_method"),
                ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata",
                 "id_token_signed_response_alg"),
                ({"client_name": 7}, "invalid_client_metadata", "client_name"),
                ({"jwks_uri": "http://a.example/keys"}, "invalid_client_metadata", "jwks_uri"),
                ({"jwks_uri": "https://127.1/keys"}, "invalid_client_metadata", "jwks_uri"),
                ({"backchannel_logout_uri": "http://127.0.0.1:9/"}, "invalid_client_metadata",
                 "backchannel_logout_uri"),
        ]:
            with self.subTest(metadata=metadata):
                refused = self.register(400, **metadata)
                self.assertEqual(refused["error"], error)
                self.assertIn(field, refused["error_description"])

    def test_a_body_that_is_no_json_is_refused(self):
        reply = self.server.request("POST", "/oauth2/register", None, form={"client_name": "x"})
        self.assertEqual(reply.status, 415)

    def test_it_reads_changes_and_deletes_itself(self):
        made = self.register(token_endpoint_auth_method="none")
        found = self.management(made)
        self.assertEqual(found.status, 200)
        self.assertEqual(found.json["client_name"], "Notes")
        changed = self.management(made, "PUT", {
            "client_id": made["client_id"], "redirect_uris": ["https://notes.example.org/new"]})
        self.assertEqual(changed.status, 200, changed.body)
        self.assertEqual(changed.json["redirect_uris"], ["https://notes.example.org/new"])
        # What it leaves out has its default: a name made of its address, and a secret.
        self.assertEqual(changed.json["client_name"], "notes.example.org")
        self.assertIn("client_secret", changed.json)
        self.assertEqual(self.management(made, "DELETE").status, 204)
        self.assertEqual(self.management(made).status, 401)

    def test_another_token_opens_nothing(self):
        one, other = self.register(), self.register()
        for method, body in [("GET", None), ("DELETE", None),
                             ("PUT", {**NOTES, "client_id": one["client_id"]})]:
            reply = self.management(one, method, body, other["registration_access_token"])
            self.assertEqual(reply.status, 401)
            self.assertEqual(reply.json["error"], "invalid_token")
            self.assertIn("Bearer", reply.headers["WWW-Authenticate"])
        self.assertEqual(self.management(one).status, 200)

    def test_a_client_cannot_take_another_id_or_secret(self):
        made = self.register()
        for more in [{"client_id": "wiki"}, {}, {"client_id": made["client_id"],
                                                 "client_secret": "x" * 40}]:
            reply = self.management(made, "PUT", {**NOTES, **more})
            self.assertEqual(reply.status, 400, reply.body)
            self.assertEqual(reply.json["error"], "invalid_client_metadata")

    def test_a_disabled_client_is_none(self):
        made = self.register()
        self.server.command("client", "set", made["client_id"], "disabled=true")
        self.assertEqual(self.management(made).status, 401)

    def test_deleting_it_ends_its_tokens(self):
        made = self.register()
        client = Client(self.server, made["client_id"], made["client_secret"], REDIRECT)
        tokens = client.tokens(self.browser())
        self.assertEqual(self.management(made, "DELETE").status, 204)
        reply = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(reply.status, 401)


class BoundedRegistrationTest(Registering):
    FLAGS = ("--provider.registration", "open")

    def test_an_address_registers_so_many_in_a_day(self):
        for _ in range(20):
            self.register()
        self.assertEqual(self.register(429)["error"], "temporarily_unavailable")


class TokenRegistrationTest(Registering):
    FLAGS = ("--provider.registration", "token")

    def token(self, *options):
        added = self.server.command("client", "registration-token", "add", "ci", *options, "--json")
        return json.loads(added.out)["token"]

    def test_an_initial_access_token_is_needed_and_used_up(self):
        self.register(401)
        self.register(401, token="wrong")
        token = self.token("--uses", "2")
        self.register(token=token)
        self.register(token=token)
        self.assertEqual(self.register(401, token=token)["error"], "invalid_token")

    def test_a_refused_registration_uses_nothing_up(self):
        token = self.token()
        self.register(400, token=token, redirect_uris=[])
        self.register(token=token)

    def test_people_with_a_device_are_told_that_nobody_has_looked(self):
        made = self.register(token=self.token(), client_name="TV", grant_types=[DEVICE],
                             redirect_uris=[], token_endpoint_auth_method="none")
        self.assertEqual(made["grant_types"], [DEVICE])
        self.server.sign_up("ann")
        browser = Browser(self.server)
        browser.sign_in("ann")
        code = self.server.post("/oauth2/device_authorization", form={
            "client_id": made["client_id"], "scope": "openid"}).json["user_code"]
        shown = browser.post("/api/v1/oauth/device", {"user_code": code})
        self.assertTrue(shown.json["is_stranger"])
        form = PlainForm(browser.get("/device", Accept="text/html"))
        issuer = self.server.get("/.well-known/openid-configuration").json["issuer"]
        question = form.send(browser, {"Origin": issuer}, user_code=code)
        self.assertIn("Nobody here has checked TV", question.body.decode())
        self.assertIn("Nobody from", question.body.decode())

    def test_a_revoked_token_registers_nobody(self):
        token = self.token()
        listed = json.loads(self.server.command("client", "registration-token", "list",
                                                "--json").out)["registration_tokens"]
        for one in listed:
            self.server.command("client", "registration-token", "revoke", one["id"], "--yes")
        self.register(401, token=token)


class NoRegistrationTest(Registering):
    def test_nobody_registers(self):
        self.register(404)
        found = self.server.get("/.well-known/openid-configuration").json
        self.assertNotIn("registration_endpoint", found)
        self.assertFalse(found["client_id_metadata_document_supported"])


if __name__ == "__main__":
    unittest.main()
