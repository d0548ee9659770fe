"""OAuth 2.0 Security Best Current Practice (RFC 9700) as a list of tests: redirect URIs, codes,
PKCE, tokens and the log. The browser and the clients have files of their own
(provider_rfc9700_browser_test.py, provider_rfc9700_clients_test.py)."""

import concurrent.futures
import glob
import hashlib
import html.parser
import secrets
import unittest
import urllib.parse

from clocked import needs_clocked
from conformance import APP, ISSUER, Rfc9700Case
from harness import Server, basic, wait_until
from provider import Browser, RelyingParty, b64url, claims_of, path_of, query_of

# All of them are read as https://app.example/callback by somebody.
HOSTILE = [
    APP + "/", APP + "?", APP + "?x=1", APP + "#", APP + "#x", APP + ";x", APP + "%00", APP + "\0",
    APP + "\n", APP + "\r\nX: y", APP + " ", " " + APP, "\t" + APP, APP + "%0d%0aLocation:%20x",
    APP + "\\", APP + "/..", APP + "/../callback", APP + "," + APP, APP + " https://evil.example",
    "HTTPS://app.example/callback", "https://APP.example/callback", "https://app.example/Callback",
    "https://app.example:443/callback", "https://app.example./callback",
    "https://app.example/./callback", "https://app.example/x/../callback",
    "https://app.example//callback", "https://app.example/%63allback",
    "https://app.example/callbac%6b", "https://app.example%2fcallback",
    "https://app.example/..;/callback", "https://app%2eexample/callback",
    "https://user@app.example/callback", "https://user:pass@app.example/callback",
    "https://app.example@evil.example/callback", "https://app.example:x@evil.example/callback",
    "https://app.example\\@evil.example/callback", "https://app.example%40evil.example/callback",
    "https://app.example.evil.example/callback", "https://evil.example/https://app.example/",
    "https://evil.example\\.app.example/callback", "https://evil.example#.app.example/callback",
    "https://evil.example?https://app.example/callback", "https://sub.app.example/callback",
    "https:\\\\app.example\\callback", "https:/app.example/callback", "https:app.example/callback",
    "https:///app.example/callback", "//app.example/callback", "/callback", "callback",
    "http://app.example/callback", "ftp://app.example/callback", "https://app.example/callbac",
    "https://\u0430pp.example/callback", "https://xn--pp-7ka.example/callback",
    "https://app\u3002example/callback", "https://app.example\uff0fcallback",
    "https://[::1]/callback", "https://127.0.0.1/callback", "https://*.example/callback",
    "javascript:alert(1)//app.example/callback", "data:text/html,app.example/callback",
    "vbscript:x", "blob:https://app.example/callback", "about:blank", "null", "*",
]

# Registered are http://127.0.0.1/cb, http://localhost:3000/cb and http://[::1]/cb.
LOOPBACK = ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb",
            "http://localhost/cb", "http://localhost:7777/cb", "http://[::1]/cb",
            "http://[::1]:8000/cb"]
NO_LOOPBACK = [
    "http://localhost:x@evil.example/cb", "http://localhost:80@evil.example/cb",
    "http://127.0.0.1:1@evil.example/cb", "http://127.0.0.1@evil.example/cb",
    "http://127.0.0.1.evil.example/cb", "http://localhost.evil.example/cb",
    "http://localhost\\@evil.example/cb", "http://127.0.0.1#@evil.example/cb",
    "http://127.0.0.1:80:80/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:0/cb",
    "http://127.0.0.1:65536/cb", "http://127.0.0.1:99999999999/cb", "http://127.0.0.1:-1/cb",
    "http://127.0.0.1:+80/cb", "http://127.0.0.1: 80/cb", "http://127.0.0.1:8a/cb",
    "http://127.0.0.1:1%2f@evil.example/cb", "http://127.0.0.2/cb", "http://127.1/cb",
    "http://2130706433/cb", "http://0x7f.1/cb", "http://0177.0.0.1/cb", "http://0.0.0.0/cb",
    "http://[::ffff:127.0.0.1]/cb", "http://[0:0:0:0:0:0:0:1]/cb", "http://[::1/cb",
    "http://[::1]x/cb", "http://[::1%25lo]/cb", "http://LOCALHOST:1/cb", "http://localhost./cb",
    "https://127.0.0.1:1/cb", "http://127.0.0.1:1/cb/", "http://127.0.0.1:1/CB",
    "http://127.0.0.1:1/cb?x", "http://127.0.0.1:1/cb#x", "http://127.0.0.1:1//cb",
    "http://127.0.0.1:1/x/../cb", "http://127.0.0.1:1/%63b", "http://127.0.0.1:1",
    "http://evil.example:3000/cb", "http:127.0.0.1/cb", "http:///127.0.0.1/cb",
]


class Links(html.parser.HTMLParser):
    """Every address that a page leads to or loads."""

    def __init__(self, body):
        super().__init__()
        self.found = []
        self.feed(body.decode())

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs
                       if name in ("href", "src", "action", "formaction", "content")
                       and value and (name != "content" or "url" in value.lower())]


@needs_clocked
class RedirectUris(Rfc9700Case):
    """Section 4.1: compared byte by byte, and nothing is sent to what is not registered."""

    def assert_goes_nowhere(self, reply, uri):
        self.assertEqual(reply.status, 400, (uri, reply.headers["Location"]))
        self.assertNotIn("Location", reply.headers)
        self.assertNotIn("Refresh", reply.headers)
        if uri and "\0" in uri:
            return  # no request at all
        self.assertTrue(reply.headers["Content-Type"].startswith("text/html"))
        for link in Links(reply.body).found:
            self.assertTrue(link.startswith(("/", "data:image/")) and not link.startswith("//"),
                            link)

    def test_hostile_forms_of_a_registered_uri_are_refused(self):
        browser = self.browser()
        for uri in HOSTILE:
            for more in ({}, {"response_mode": "form_post"}, {"prompt": "none"},
                         {"response_type": "token"}):
                with self.subTest(uri, **more):
                    self.assert_goes_nowhere(
                        self.wiki.begin(browser, redirect_uri=uri, **more), uri)

    def test_a_refused_uri_is_text_on_the_page(self):
        uri = APP + "\"'><script>alert(1)</script><a href=https://evil.example>"
        reply = self.wiki.begin(self.browser(), redirect_uri=uri)
        self.assert_goes_nowhere(reply, uri)
        self.assertNotIn(b"<script>alert", reply.body)

    def test_only_the_port_of_a_loopback_uri_is_free(self):
        app = RelyingParty(self.server, "Desktop", "--redirect-uri", "http://localhost:3000/cb",
                           "--redirect-uri", "http://[::1]/cb", redirect="http://127.0.0.1/cb",
                           public=True)
        browser = self.browser()
        for uri in LOOPBACK:
            with self.subTest(uri):
                app.redirect = uri
                self.assertIn("code", app.answer(browser, redirect_uri=uri))
        for uri in NO_LOOPBACK:
            with self.subTest(uri):
                self.assert_goes_nowhere(app.begin(browser, redirect_uri=uri), uri)

    def test_the_port_is_not_free_at_the_token_endpoint(self):
        app = RelyingParty(self.server, "Desktop", redirect="http://127.0.0.1/cb", public=True)
        app.redirect = "http://127.0.0.1:5000/cb"
        code = app.answer(self.browser())["code"]
        self.invalid_grant(app.exchange(code, redirect_uri="http://127.0.0.1:5001/cb"))

    def test_what_cannot_be_compared_is_not_registered(self):
        for uri in ("https://*.example/cb", "https://app.example/*", "https://app.example/cb#x",
                    "http://app.example/cb", "https://user@app.example/cb", "javascript:alert(1)",
                    "data:text/html,x", "https:app.example", "/callback", "//app.example/cb",
                    "https://app.example\\cb", "https:///cb", "https://app.example:x/cb"):
            with self.subTest(uri):
                made = self.server.command("client", "add", "Bad", "--redirect-uri", uri,
                                           check=False)
                self.assertNotEqual(made.returncode, 0, made.out)

    def test_without_a_uri_a_client_of_two_gets_a_page(self):
        app = RelyingParty(self.server, "Two", "--redirect-uri", "https://two.example/cb")
        self.assert_goes_nowhere(app.begin(self.browser(), redirect_uri=None), None)


@needs_clocked
class Codes(Rfc9700Case):
    """Section 4.2.4 and RFC 6749 section 4.1.2."""

    def test_one_of_fifty_concurrent_redemptions_wins_and_then_nothing_is_left(self):
        browser = self.browser()
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            for _ in range(3):
                code = self.wiki.answer(browser, scope="openid offline_access")["code"]
                self.assert_one_wins(code, list(pool.map(
                    lambda _, code=code: self.wiki.exchange(code), range(50))))

    def assert_one_wins(self, code, replies):
        won = [reply.json for reply in replies if reply.status == 200]
        self.assertLessEqual(len(won), 1)
        for reply in replies:
            if reply.status != 200:
                self.invalid_grant(reply)
        for tokens in won:
            self.assertFalse(self.is_alive(tokens["access_token"]))
            self.invalid_grant(self.wiki.refresh(tokens["refresh_token"]))
        self.invalid_grant(self.wiki.exchange(code))

    def test_a_reused_code_kills_what_was_refreshed_since(self):
        code = self.wiki.answer(self.browser(), scope="openid offline_access")["code"]
        first = self.wiki.exchange(code).json
        second = self.wiki.refresh(first["refresh_token"]).json
        self.assertTrue(self.is_alive(second["access_token"]))
        self.invalid_grant(self.wiki.exchange(code))
        self.assertFalse(self.is_alive(second["access_token"]))
        self.invalid_grant(self.wiki.refresh(second["refresh_token"]))

    def test_a_used_code_without_its_verifier_ends_nothing(self):
        code = self.wiki.answer(self.browser())["code"]
        tokens = self.wiki.exchange(code).json
        for verifier in ("w" * 43, None):
            self.invalid_grant(self.wiki.exchange(code, code_verifier=verifier))
            self.assertTrue(self.is_alive(tokens["access_token"]))
        self.invalid_grant(self.wiki.exchange(code))
        self.assertFalse(self.is_alive(tokens["access_token"]))

    def test_another_client_cannot_end_a_grant_with_its_code(self):
        code = self.wiki.answer(self.browser())["code"]
        tokens = self.wiki.exchange(code).json
        self.other.verifier = self.wiki.verifier
        self.invalid_grant(self.other.exchange(code, redirect_uri=self.wiki.redirect))
        self.assertTrue(self.is_alive(tokens["access_token"]))

    def test_a_code_lives_for_sixty_seconds(self):
        browser = self.browser()
        early = self.wiki.answer(browser)["code"]
        verifier = self.wiki.verifier
        self.pass_time(20)
        self.assertEqual(self.wiki.exchange(early, code_verifier=verifier).status, 200)
        late = self.wiki.answer(browser)["code"]
        self.pass_time(61)
        self.invalid_grant(self.wiki.exchange(late))

    def test_each_answer_has_a_code_of_its_own(self):
        browser = self.browser()
        codes = {self.wiki.answer(browser)["code"] for _ in range(5)}
        self.assertEqual(len(codes), 5)

    def test_a_code_is_bound_to_client_uri_and_verifier(self):
        browser = self.browser()
        for change in ({"redirect_uri": APP + "/"}, {"redirect_uri": None},
                       {"code_verifier": "x" * 43}):
            with self.subTest(change):
                self.invalid_grant(self.wiki.exchange(self.wiki.answer(browser)["code"], **change))


@needs_clocked
class Pkce(Rfc9700Case):
    """Sections 2.1.1 and 4.8.2."""

    def refusal(self, app, **changes):
        answer = self.outcome(app.begin(self.browser(), **changes))
        self.assertNotIn("code", answer)
        self.assertEqual(answer["state"], app.state)
        return answer["error"]

    def test_a_challenge_is_needed_unless_an_administrator_says_otherwise(self):
        self.assertEqual(self.refusal(self.wiki, code_challenge=None, code_challenge_method=None),
                         "invalid_request")

    def test_plain_and_unknown_methods_are_refused(self):
        for method in ("plain", None, "", "s256", "S512", "none"):
            with self.subTest(method):
                self.assertEqual(self.refusal(self.wiki, code_challenge_method=method),
                                 "invalid_request")

    def test_a_method_without_a_challenge_is_refused_of_every_client(self):
        reply = self.app.begin(self.browser(), pkce=True, code_challenge="")
        self.assertEqual(self.outcome(reply)["error"], "invalid_request")

    def test_malformed_challenges_are_refused(self):
        for challenge in ("x", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "ä" * 43,
                          "a" * 5000):
            with self.subTest(challenge):
                self.assertEqual(self.refusal(self.wiki, code_challenge=challenge),
                                 "invalid_request")

    def test_a_verifier_cannot_be_left_out(self):
        for verifier in (None, ""):
            code = self.answer(self.browser(), pkce=True)["code"]
            self.invalid_grant(self.app.exchange(code, code_verifier=verifier))

    def test_a_verifier_without_a_challenge_is_refused(self):
        """The attacker took the challenge out of the request."""
        code = self.answer(self.browser())["code"]
        self.invalid_grant(self.app.exchange(code, code_verifier="v" * 43))

    def test_the_challenge_is_not_its_own_verifier(self):
        challenge = b64url(b"x" * 32)
        code = self.answer(self.browser(), pkce=True, code_challenge=challenge)["code"]
        self.invalid_grant(self.app.exchange(code, code_verifier=challenge))

    def test_verifiers_have_43_to_128_characters(self):
        for size, good in ((42, False), (43, True), (128, True), (129, False)):
            with self.subTest(size):
                verifier = "v" * size
                challenge = b64url(hashlib.sha256(verifier.encode()).digest())
                code = self.answer(self.browser(), pkce=True, code_challenge=challenge)["code"]
                reply = self.app.exchange(code, code_verifier=verifier)
                if good:
                    self.assertEqual(reply.status, 200, reply.body)
                else:
                    self.invalid_grant(reply)

    def test_a_client_without_it_is_in_the_log_once(self):
        lax = RelyingParty(self.server, "Lax", "--pkce", "optional")
        browser = self.browser()
        lax.begin(browser)
        self.assertEqual(self.without_pkce(lax), 0)
        for _ in range(2):
            lax.begin(browser, code_challenge=None, code_challenge_method=None)
        other = RelyingParty(self.server, "Other", "--pkce", "optional")
        other.begin(browser, code_challenge=None, code_challenge_method=None)
        # Lines are written in their order.
        wait_until(lambda: self.without_pkce(other), "the warning")
        self.assertEqual((self.without_pkce(lax), self.without_pkce(other)), (1, 1))

    def without_pkce(self, app):
        return sum("without PKCE" in line["message"] and line["client_id"] == app.id
                   for line in self.server.log_lines())

    def test_public_clients_cannot_do_without(self):
        made = self.server.command("client", "add", "Spa", "--redirect-uri", APP, "--public",
                                   "--pkce", "optional", check=False)
        self.assertNotEqual(made.returncode, 0)
        app = RelyingParty(self.server, "Spa", public=True)
        changed = self.server.command("client", "set", app.id, "pkce=optional", check=False)
        self.assertNotEqual(changed.returncode, 0)


@needs_clocked
class Tokens(Rfc9700Case):
    """Sections 2.2, 2.3, 4.3.2 (no token in an address) and 4.14 (refresh tokens)."""

    def test_refresh_tokens_of_public_clients_rotate_and_a_stolen_one_ends_all(self):
        app = RelyingParty(self.server, "Spa", public=True)
        first = app.tokens(self.browser(), scope="openid offline_access")
        second = app.refresh(first["refresh_token"]).json
        self.assertNotEqual(second["refresh_token"], first["refresh_token"])
        third = app.refresh(second["refresh_token"]).json
        self.invalid_grant(app.refresh(first["refresh_token"]))
        self.assertFalse(self.is_alive(third["access_token"]))
        self.invalid_grant(app.refresh(third["refresh_token"]))

    def test_scopes_only_narrow(self):
        first = self.wiki.tokens(self.browser(), scope="openid email offline_access")
        wider = self.wiki.refresh(first["refresh_token"], scope="openid email profile")
        self.assertEqual((wider.status, wider.json["error"]), (400, "invalid_scope"))
        narrow = self.wiki.refresh(first["refresh_token"], scope="openid").json
        self.assertEqual(narrow["scope"], "openid")
        self.assertNotIn("email", self.userinfo(narrow))
        # RFC 6749 section 6: the scope of the grant stays what it was.
        again = self.wiki.refresh(narrow["refresh_token"]).json
        self.assertIn("email", self.userinfo(again))

    def test_resources_only_narrow(self):
        orders, stock = "https://orders.example", "https://stock.example"
        for one in (orders, stock):
            self.server.command("resource", "add", one, "Api", "--scope", one[8:13] + ":read")
        app = RelyingParty(self.server, "Shop", "--consent", "skip", "--resource", orders,
                           "--resource", stock)
        browser = self.browser()
        code = app.answer(browser, scope="openid offline_access", resource=orders)["code"]
        self.assertEqual(app.exchange(code, resource=stock).json["error"], "invalid_target")
        code = app.answer(browser, scope="openid offline_access", resource=orders)["code"]
        tokens = app.exchange(code, resource=orders).json
        audience = claims_of(tokens["access_token"])["aud"]
        self.assertIn(audience, (orders, [orders]))
        wider = app.refresh(tokens["refresh_token"], resource=stock)
        self.assertEqual((wider.status, wider.json["error"]), (400, "invalid_target"))
        self.assertFalse(self.is_alive(tokens["access_token"]))  # not for userinfo

    def test_no_token_is_taken_from_an_address(self):
        tokens = self.wiki.tokens(self.browser())
        for path in ("/oauth2/userinfo", "/api/v1/users/me", "/auth/verify"):
            reply = self.server.get(path + "?access_token=" + tokens["access_token"])
            self.assertIn(reply.status, (400, 401, 422))
        own = self.server.log_in("ann").json["access_token"]
        self.assertNotEqual(self.server.get("/api/v1/users/me?access_token=" + own).status, 200)

    def test_two_tokens_in_one_request_are_refused(self):
        tokens = self.wiki.tokens(self.browser())
        reply = self.server.post("/oauth2/userinfo", token=tokens["access_token"],
                                 form={"access_token": tokens["access_token"]})
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"))

    def test_without_a_token_the_challenge_names_no_error(self):
        """RFC 6750 section 3.1: SHOULD NOT."""
        reply = self.server.get("/oauth2/userinfo")
        self.assertEqual(reply.status, 401)
        self.assertTrue(reply.headers["WWW-Authenticate"].startswith("Bearer"))
        self.assertNotIn("error=", reply.headers["WWW-Authenticate"])

    def test_the_store_has_no_code_and_no_token_in_the_clear(self):
        browser = self.browser()
        unused = self.wiki.answer(browser)["code"]
        code = self.wiki.answer(browser, scope="openid offline_access")["code"]
        tokens = self.wiki.exchange(code).json
        secret_texts = [unused, code, self.wiki.secret, browser.session, tokens["access_token"],
                        tokens["refresh_token"], tokens["id_token"]]
        found = b""
        for name in glob.glob(self.server.data_dir + "/**", recursive=True):
            try:
                with open(name, "rb") as file:
                    found += file.read()
            except IsADirectoryError:
                pass
        self.assertGreater(len(found), 10000)
        for text in secret_texts:
            self.assertNotIn(text.encode(), found)


class Log(unittest.TestCase):
    """Section 4.2 and RFC 6750 section 5.3: what is secret is not in the log."""

    def test_no_code_no_token_and_no_secret_is_logged(self):
        with Server("--server.public-url", ISSUER, "--log.level", "debug") as server:
            server.sign_up("ann", email="ann@example.org")
            app = RelyingParty(server, "App", "--post-logout-redirect-uri", APP)
            browser = Browser(server)
            secret_texts = [app.secret]
            reply = app.begin(browser)
            back = query_of(path_of(reply))["return_to"]
            browser.sign_in("ann")
            browser.get(path_of(reply))
            reply = browser.get(back)
            browser.get(path_of(reply))
            carried = query_of(path_of(reply))["request"]
            answer = browser.post("/api/v1/oauth/requests/" + carried, {"decision": "allow"})
            reply = browser.get(answer.json["redirect_to"])
            code = query_of(reply.headers["Location"])["code"]
            secret_texts += [carried, back.rsplit("/", 1)[1], code, browser.session, browser.csrf,
                             answer.json["redirect_to"].rsplit("/", 1)[1], app.verifier,
                             app.nonce, app.state]
            tokens = app.exchange(code).json
            app.exchange(code)
            app.exchange("x" + code, code_verifier="y" * 50)
            more = app.tokens(browser, scope="openid offline_access")
            again = app.refresh(more["refresh_token"]).json
            for found in (tokens, more, again):
                secret_texts += [found[name] for name in
                                 ("access_token", "refresh_token", "id_token") if name in found]
            for token in (tokens["access_token"], again["access_token"], again["refresh_token"]):
                server.get("/oauth2/userinfo", token=token)
                server.get("/oauth2/userinfo?access_token=" + token)
                server.post("/oauth2/userinfo", form={"access_token": token})
                server.get("/api/v1/users/me", token=token)
                for path in ("/oauth2/introspect", "/oauth2/revoke"):
                    server.post(path, form={"token": token}, headers=basic(app.id, app.secret))
            wrong = secrets.token_hex(20)
            app.token({"grant_type": "client_credentials"}, secret=wrong)
            server.get("/oauth2/authorize/" + carried[:-3] + "xyz")
            browser.get("/oauth2/logout?" + urllib.parse.urlencode(
                {"id_token_hint": again["id_token"], "post_logout_redirect_uri": APP}))
            last = server.get("/oauth2/token?code=" + code + "&client_secret=" + app.secret)
            secret_texts += [wrong, carried[:-3]]
            server.logged(request_id=last.headers["X-Request-ID"])
            log = server.log_text()
            for text in secret_texts:
                self.assertGreaterEqual(len(text), 16)
                self.assertNotIn(text, log)
                self.assertNotIn(text.split(".")[-1], log)


if __name__ == "__main__":
    unittest.main()
