"""The plan oidcc-rp-initiated-logout-certification of the OpenID conformance suite: each test has
the name of its module. Afterwards, prompt=none tells whether the person is still signed in."""

import json
import tempfile
import unittest
import urllib.parse

from clocked import needs_clocked
from conformance import Client, ConformanceCase, unb64
from openid import encode, openssl
from provider import path_of, query_of

AFTER = "https://app.example/bye"


@needs_clocked
class RpInitiatedLogout(ConformanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.app = Client(cls.server, "Shop", "--consent", "skip",
                         "--post-logout-redirect-uri", AFTER,
                         "--post-logout-redirect-uri", AFTER + "?from=authd")

    def signed_in(self):
        """A browser, and the ID token of its person."""
        browser = self.browser(login=None)
        return browser, self.tokens(browser)["id_token"]

    def ask(self, browser, **parameters):
        return browser.get("/oauth2/logout?" + urllib.parse.urlencode(parameters),
                           Accept="text/html")

    def is_signed_in(self, browser):
        answer = self.app.read(self.app.begin(browser, prompt="none"))
        if "code" in answer:
            return True
        self.assertIn(answer["error"], ("login_required", "interaction_required"))
        return False

    def assert_stays(self, browser, reply):
        """Nothing happened, and the browser is not sent to any client."""
        if reply.status == 303:
            self.assertTrue(reply.headers["Location"].startswith(
                "http://localhost:8080/signout?return_to="), reply.headers["Location"])
            self.assertEqual(browser.get(path_of(reply), Accept="text/html").status, 200)
        else:
            self.assertEqual(reply.status, 400)
            self.assertTrue(reply.headers["Content-Type"].startswith("text/html"))
        self.assertTrue(self.is_signed_in(browser))

    def confirm(self, browser, reply):
        """Does what the page /signout does, and comes back."""
        back = query_of(path_of(reply))["return_to"]
        self.assertEqual(browser.post("/api/v1/auth/logout").status, 200)
        return browser.get(back)

    def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertEqual(document["end_session_endpoint"], "http://localhost:8080/oauth2/logout")
        self.assertEqual(self.server.get("/oauth2/logout").status, 303)

    def test_oidcc_rp_initiated_logout(self):
        browser, token = self.signed_in()
        self.assertTrue(self.is_signed_in(browser))
        reply = self.ask(browser, id_token_hint=token, post_logout_redirect_uri=AFTER,
                         state="a b/+&=")
        self.assertEqual(reply.status, 303)
        self.assertEqual(reply.headers["Location"].split("?")[0], AFTER)
        self.assertEqual(query_of(reply.headers["Location"]), {"state": "a b/+&="})
        self.assertFalse(self.is_signed_in(browser))

    def test_oidcc_rp_initiated_logout_by_post(self):
        """The same by POST (RP-Initiated Logout section 2), which comes without the cookie."""
        browser, token = self.signed_in()
        reply = self.server.post("/oauth2/logout", form={
            "id_token_hint": token, "post_logout_redirect_uri": AFTER, "state": "s"})
        self.assertEqual(reply.status, 303)
        reply = browser.get(path_of(reply))
        self.assertEqual(reply.headers["Location"], AFTER + "?state=s")
        self.assertFalse(self.is_signed_in(browser))

    def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(self):
        browser, token = self.signed_in()
        for uri in (AFTER + "/other", AFTER.upper(), "https://evil.example/", AFTER + "#x",
                    "//app.example/bye", "javascript:alert(1)", self.app.redirect):
            with self.subTest(uri):
                reply = self.ask(browser, id_token_hint=token, post_logout_redirect_uri=uri,
                                 state="s")
                self.assertEqual(reply.status, 400)
                self.assert_stays(browser, reply)

    def test_oidcc_rp_initiated_logout_modified_id_token_hint(self):
        browser, token = self.signed_in()
        claims = json.loads(unb64(token.split(".")[1]))
        for change in ({}, {"aud": self.other.id}, {"sub": "somebody"}):
            forged = "%s.%s." % (encode({"alg": "none"}), encode({**claims, **change}))
            with self.subTest(change):
                self.assert_stays(browser, self.ask(
                    browser, id_token_hint=forged, post_logout_redirect_uri=AFTER, state="s"))
        header, payload, signature = token.split(".")
        changed = "%s.%s.%s" % (header, encode({**claims, "iat": 1}), signature)
        self.assert_stays(browser, self.ask(browser, id_token_hint=changed,
                                            post_logout_redirect_uri=AFTER, state="s"))

    def test_oidcc_rp_initiated_logout_bad_id_token_hint(self):
        """The hint is signed with a key that is not the server's."""
        browser, token = self.signed_in()
        header, payload, _ = token.split(".")
        with tempfile.NamedTemporaryFile(prefix="authd-key-") as key:
            openssl("genrsa", "-out", key.name, "2048")
            signed = "%s.%s" % (header, payload)
            signature = openssl("dgst", "-sha256", "-sign", key.name, data=signed.encode())
        forged = signed + "." + encode(signature)
        self.assert_stays(browser, self.ask(browser, id_token_hint=forged,
                                            post_logout_redirect_uri=AFTER, state="s"))

    def test_oidcc_rp_initiated_logout_no_id_token_hint(self):
        browser, _ = self.signed_in()
        reply = self.ask(browser, post_logout_redirect_uri=AFTER, state="s")
        self.assert_stays(browser, reply)
        # With client_id it is known who asks, but the person is still asked.
        reply = self.ask(browser, client_id=self.app.id, post_logout_redirect_uri=AFTER, state="s")
        self.assertEqual(reply.status, 303)
        self.assert_stays(browser, reply)
        reply = self.confirm(browser, reply)
        self.assertEqual(reply.headers["Location"], AFTER + "?state=s")
        self.assertFalse(self.is_signed_in(browser))

    def test_oidcc_rp_initiated_logout_no_params(self):
        browser, _ = self.signed_in()
        reply = browser.get("/oauth2/logout", Accept="text/html")
        self.assert_stays(browser, reply)
        reply = self.confirm(browser, reply)
        self.assertTrue(reply.headers["Location"].startswith("http://localhost:8080/signout"))
        self.assertFalse(self.is_signed_in(browser))

    def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(self):
        browser, token = self.signed_in()
        reply = self.ask(browser, id_token_hint=token, state="s")
        self.assertTrue(reply.headers["Location"].startswith("http://localhost:8080/signout"))
        self.assertNotIn("state", reply.headers["Location"])
        self.assertFalse(self.is_signed_in(browser))

    def test_oidcc_rp_initiated_logout_no_state(self):
        browser, token = self.signed_in()
        reply = self.ask(browser, id_token_hint=token, post_logout_redirect_uri=AFTER)
        self.assertEqual(reply.headers["Location"], AFTER)
        self.assertFalse(self.is_signed_in(browser))

    def test_oidcc_rp_initiated_logout_only_state(self):
        browser, _ = self.signed_in()
        reply = self.ask(browser, state="s")
        self.assert_stays(browser, reply)

    def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(self):
        browser, token = self.signed_in()
        reply = self.ask(browser, id_token_hint=token, post_logout_redirect_uri=AFTER + "?x=y",
                         state="s")
        self.assertEqual(reply.status, 400)
        self.assert_stays(browser, reply)
        # A registered query stays, and the state is added to it.
        reply = self.ask(browser, id_token_hint=token, state="s",
                         post_logout_redirect_uri=AFTER + "?from=authd")
        self.assertEqual(reply.headers["Location"], AFTER + "?from=authd&state=s")

    def test_a_hint_that_has_expired_is_accepted(self):
        browser, token = self.signed_in()
        self.pass_time(json.loads(unb64(token.split(".")[1]))["exp"]
                       - json.loads(unb64(token.split(".")[1]))["iat"] + 5)
        self.assertTrue(self.is_signed_in(browser))
        reply = self.ask(browser, id_token_hint=token, post_logout_redirect_uri=AFTER)
        self.assertEqual(reply.headers["Location"], AFTER)
        self.assertFalse(self.is_signed_in(browser))

    def test_the_hint_of_another_person_ends_nobody_s_session(self):
        _, token = self.signed_in()
        self.server.sign_up("bob")
        bob = self.browser("bob")
        self.assert_stays(bob, self.ask(bob, id_token_hint=token, post_logout_redirect_uri=AFTER))

    def test_the_hint_of_another_client_is_refused(self):
        browser, token = self.signed_in()
        reply = self.ask(browser, id_token_hint=token, client_id=self.other.id)
        self.assertEqual(reply.status, 400)
        self.assert_stays(browser, reply)

    def test_other_tokens_are_no_hint(self):
        browser = self.browser(login=None)
        tokens = self.tokens(browser)
        own = self.server.log_in("ann").json["access_token"]
        for token in (tokens["access_token"], own):
            reply = self.ask(browser, id_token_hint=token, client_id=self.app.id,
                             post_logout_redirect_uri=AFTER)
            self.assert_stays(browser, reply)


if __name__ == "__main__":
    unittest.main()
