"""The plan oidcc-3rdparty-init-login-certification of the OpenID conformance suite: each test has
the name of the module that it does the work of. What follows is the tile of such a client on the
page of applications, which is the third party (OpenID Connect Core section 4)."""

import json
import unittest
import urllib.parse

from harness import ServerCase
from provider import Browser, RelyingParty, query_of

REDIRECT = "https://app.example/callback"
LOGIN = "https://app.example/login"
HOME = "https://app.example/start?tab=1&lang=de"


class ModulesTest(ServerCase):
    FLAGS = ("--provider.registration", "open")

    def register(self, **metadata):
        return self.server.post("/oauth2/register", {"redirect_uris": [REDIRECT], **metadata})

    def test_oidcc_3rd_party_init_login(self):
        made = self.register(initiate_login_uri=LOGIN)
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(made.json["initiate_login_uri"], LOGIN)
        place = "/oauth2/register/" + made.json["client_id"]
        token = made.json["registration_access_token"]
        found = self.server.get(place, token=token)
        self.assertEqual(found.json["initiate_login_uri"], LOGIN)
        # RFC 7592 section 2.2: what a client leaves out has its default again.
        changed = self.server.request("PUT", place, {"client_id": made.json["client_id"],
                                                     "redirect_uris": [REDIRECT]}, token=token)
        self.assertEqual(changed.status, 200, changed.body)
        self.assertNotIn("initiate_login_uri", changed.json)

    def test_oidcc_3rd_party_init_login_nohttps(self):
        for wrong in ("http://app.example/login", "app.example:/login", "javascript:alert(1)",
                      LOGIN + "#x", "https://ann@app.example/login", "/login"):
            with self.subTest(wrong):
                refused = self.register(initiate_login_uri=wrong)
                self.assertEqual(refused.status, 400, refused.body)
                self.assertEqual(refused.json["error"], "invalid_client_metadata")
                self.assertIn("initiate_login_uri", refused.json["error_description"])

    def test_a_client_that_registered_itself_has_no_tile(self):
        self.assertEqual(self.register(initiate_login_uri=LOGIN, client_uri=HOME).status, 201)
        self.server.sign_up("eva")
        browser = Browser(self.server)
        browser.sign_in("eva")
        self.assertEqual(browser.get("/api/v1/users/me/apps").json["apps"], [])


class TileTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann")
        cls.issuer = cls.server.get("/.well-known/openid-configuration").json["issuer"]

    def tile(self, app):
        browser = Browser(self.server)
        browser.sign_in("ann")
        apps = browser.get("/api/v1/users/me/apps").json["apps"]
        found = [one for one in apps if one["client_id"] == app.id]
        self.assertEqual(len(found), 1, apps)
        return found[0]

    def test_it_leads_to_where_the_application_begins_a_sign_in(self):
        app = RelyingParty(self.server, "One", "--set", "initiate_login_uri=" + LOGIN,
                           "--set", "client_uri=" + HOME)
        tile = self.tile(app)
        self.assertEqual(tile["client_uri"], HOME)
        self.assertTrue(tile["launch_uri"].startswith(LOGIN + "?"))
        self.assertEqual(query_of(tile["launch_uri"]),
                         {"iss": self.issuer, "target_link_uri": HOME})

    def test_its_own_query_stays(self):
        app = RelyingParty(self.server, "Two", "--set",
                           "initiate_login_uri=%s?tenant=a%%20b" % LOGIN)
        launch = self.tile(app)["launch_uri"]
        self.assertEqual(query_of(launch), {"tenant": "a b", "iss": self.issuer})
        self.assertEqual(urllib.parse.urlsplit(launch).path, "/login")

    def test_without_it_the_tile_leads_to_the_home_page(self):
        app = RelyingParty(self.server, "Three", "--set", "client_uri=" + HOME)
        self.assertEqual(self.tile(app)["launch_uri"], HOME)

    def test_the_application_that_is_opened_so_signs_the_person_in(self):
        app = RelyingParty(self.server, "Four", "--set", "initiate_login_uri=" + LOGIN)
        issuer = query_of(self.tile(app)["launch_uri"])["iss"]
        # What an application does with it (OpenID Connect Core section 4): it knows the issuer.
        self.assertEqual(issuer, self.issuer)
        browser = Browser(self.server)
        browser.sign_in("ann")
        self.assertIn("id_token", app.tokens(browser))

    def test_an_administrator_writes_no_http_address_either(self):
        app = RelyingParty(self.server, "Five")
        for wrong in ("http://app.example/login", "http://192.0.2.7/login"):
            refused = self.server.command("client", "set", app.id, "initiate_login_uri=" + wrong,
                                          check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("https", refused.err)
        local = "http://127.0.0.1:8000/login"
        self.server.command("client", "set", app.id, "initiate_login_uri=" + local)
        shown = json.loads(self.server.command("client", "show", app.id, "--json").out)
        self.assertEqual(shown["initiate_login_uri"], local)


if __name__ == "__main__":
    unittest.main()
