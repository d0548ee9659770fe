"""What the configuration of a provider changes, and what people and operators are told when a login
with one fails."""

import http.server
import json
import threading
import unittest
import urllib.parse

from harness import Server, wait_until
from openid import PUBLIC_URL, Browser, HostileProvider, settings


class Options(unittest.TestCase):
    """Each has its own server, because what the server knows of the provider is part of the
    test."""

    def setUp(self):
        self.provider = HostileProvider()
        self.addCleanup(self.provider.stop)

    def serve(self, **more):
        server = Server(environment=settings("evil", self.provider.issuer, "me", "secret", **more))
        self.addCleanup(server.__exit__, None)
        return server

    def sign_in(self, server):
        browser = Browser(server)
        return browser.get(self.provider.come_back(browser.start("evil")))

    def test_a_provider_that_answers_by_form(self):
        server = self.serve(response_mode="form_post", prompt="login")
        browser = Browser(server)
        url = browser.start("evil")
        self.assertIn("&prompt=login&response_mode=form_post", url)
        path, query = self.provider.come_back(url).split("?")
        # A form of another site comes without the cookie.
        answer = dict(urllib.parse.parse_qsl(query), id_token="x")
        form = server.request("POST", path, form=answer, headers={"Origin": "https://id.example"})
        self.assertEqual(form.status, 303, form.body)
        self.assertEqual(form.headers["Cache-Control"], "no-store")
        back = form.headers["Location"]
        self.assertTrue(back.startswith(PUBLIC_URL + path + "?state="), back)
        self.assertNotIn("id_token", back)
        self.assertEqual(browser.get(back[len(PUBLIC_URL):]).status, 200)
        form = server.request("POST", path.replace("evil", "none"), form={"state": "x"})
        self.assertEqual(form.status, 404)

    def test_a_browser_is_never_shown_json_when_its_provider_is_down(self):
        server = self.serve()
        self.provider.server.shutdown()
        self.provider.server.server_close()
        start = "/api/v1/auth/providers/evil/start?redirect=1"
        html = {"Accept": "text/html"}
        shown = server.get(start + "&session=cookie&page=/signin&return_to=/account", headers=html)
        self.assertEqual((shown.status, shown.headers["Location"]),
                         (303, "/signin?error=provider_unavailable&provider=evil"
                               "&return_to=%2Faccount"))
        shown = server.get(start, headers=html)
        self.assertEqual(shown.status, 303)
        self.assertTrue(shown.headers["Location"].startswith(PUBLIC_URL + "/?error="))
        self.assertEqual(server.get(start).status, 503)

    def test_the_log_names_the_claim_that_was_refused(self):
        server = self.serve()
        for claims, header, cause in (({"aud": "somebody"}, {}, 'aud is "somebody"'),
                                      ({"iss": "https://a.example"}, {}, "https://a.example"),
                                      ({}, {"alg": "ES256K"}, 'alg is "ES256K"')):
            self.provider.claims, self.provider.header = claims, header
            self.assertEqual(self.sign_in(server).status, 401)
            wait_until(lambda: cause.replace('"', '\\"') in server.log_text(), cause)

    def test_the_log_says_what_a_reply_is_that_nobody_reads(self):
        server = self.serve()
        self.provider.claims = {"email": None, "email_verified": None}
        text = json.dumps({"sub": "mallory", "email": "mallory@example.org"}).encode()
        for userinfo, cause in ((b".".join([b"eyJhbGciOiJSUzI1NiJ9", b"e30", b"AAAA"]),
                                 "it is a signed JWT (application/jwt)"),
                                (b"<html>", "")):
            with self.subTest(cause):
                self.provider.userinfo = userinfo
                reply = self.sign_in(server)
                self.assertEqual((reply.status, reply.json["error"]), (503, "provider_unreadable"))
                self.assertNotIn("answer", reply.json["message"])
                wait_until(lambda: cause in server.log_text(), cause)
        self.provider.userinfo = text
        self.assertEqual(self.sign_in(server).status, 200)

    def test_a_login_by_each_algorithm_that_only_others_use(self):
        for alg in ("ES384", "PS256", "RS512"):
            with self.subTest(alg):
                self.provider.new_key(alg)
                server = self.serve()  # which has not fetched the keys before
                self.assertEqual(self.sign_in(server).status, 200)
                self.provider.jwk["alg"] = "RS256"  # published for another algorithm
                self.assertEqual(self.sign_in(self.serve()).status, 401)

    def test_providers_are_asked_through_the_configured_proxy_alone(self):
        asked = []

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_CONNECT(self):
                asked.append(self.path)
                self.send_error(502)

            def log_message(self, *_):
                pass

        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        url = "http://127.0.0.1:%d" % proxy.server_port
        environment = settings("far", "https://id.invalid", "me")
        for more, seen in (({"HTTPS_PROXY": url, "ALL_PROXY": url, "https_proxy": url}, []),
                           ({"AUTHD_FETCH_PROXY": url, "AUTHD_FETCH_NO_PROXY": "invalid"}, []),
                           ({"AUTHD_FETCH_PROXY": url}, ["id.invalid:443"])):
            with Server(environment={**environment, **more}) as server:
                reply = server.get("/api/v1/auth/providers/far/start")
            self.assertEqual((reply.status, asked), (503, seen), more)


if __name__ == "__main__":
    unittest.main()
