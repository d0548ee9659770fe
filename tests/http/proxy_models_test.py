"""Forward auth with Traefik and Envoy (proxy_models.py): what is true of every proxy, and what only
they do."""

import http.client
import unittest

import proxies_test
from harness import Server
from proxies_test import HOST, PAGE
from proxy_models import Envoy, OfAModel, Traefik, get
from verify_test import PROXIED

LIES = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Uri": "/lie", "X-Forwarded-Method": "GET",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9", "X-Original-Url": "/lie"}


class BehindTraefik(OfAModel, proxies_test.Behind, unittest.TestCase):
    MODEL = Traefik
    CLOSED = (500,)

    def test_headers_of_the_clients_request_do_not_disturb_the_question(self):
        # Traefik passes all of them on, with a GET that has no body.
        for more in ({"Expect": "100-continue"}, {"Content-Type": "application/json"},
                     {"Content-Encoding": "br"},
                     {"If-None-Match": "*"}, {"Range": "bytes=0-1"},
                     {"Origin": "https://evil.example"},
                     {"Forwarded": "for=1.2.3.4;host=evil.example"}):
            with self.subTest(more):
                self.passes(Authorization="Bearer " + self.ann, **more)
                self.is_refused(401, **more)


class BehindEnvoy(OfAModel, proxies_test.Behind, unittest.TestCase):
    MODEL = Envoy
    CLOSED = (503,)

    def test_every_method_is_asked_about_as_itself(self):
        for method in ("GET", "HEAD", "POST", "DELETE"):
            with self.subTest(method):
                status, _, sent = self.ask(method=method, path="/x?role=admin",
                                           Authorization="Bearer " + self.ann)
                self.assertEqual((status, bool(sent)), (200, True))
                self.is_refused(401, method=method)

    def test_the_clients_address_makes_no_rules(self):
        admins = self.start("&role=admin")
        for path in ("/?role=user", "/role=user/x", "/-/x", "/../-/x", "/..;/-/x", "//-/x",
                     "/auth/verify?role=user",
                     "/auth/ext_authz/-/x", "/%2e%2e/-/"):
            with self.subTest(path):
                found, _, sent = self.ask(proxy=admins, path=path,
                                          Authorization="Bearer " + self.ann)
                self.assertIn(found, (400, 403))
                self.assertIsNone(sent)


class ExtAuthz(unittest.TestCase):
    """At authd itself, with requests that only a wrong Envoy configuration would let through."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*PROXIED, "--server.trusted-proxies", "127.0.0.0/8")
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.ann = cls.server.sign_up("ann").json["access_token"]

    def ask(self, path, method="GET", **headers):
        asked = {"Host": HOST, "Content-Length": "0", "X-Forwarded-Proto": "http", **headers}
        status, given, _ = get(self.server.port, method, "/auth/ext_authz" + path, asked.items())
        return status, dict(given).get("Location")

    def known(self, path, method="GET", **headers):
        return self.ask(path, method, Authorization="Bearer " + self.ann, **headers)[0]

    def test_the_rules_are_in_the_prefix(self):
        for rules, status in [("-", 200), ("role=user", 200), ("role=admin", 403),
                              ("role=x,user", 200), ("redirect=1&role=user", 200),
                              ("redirect=1&role=admin", 403), ("permission=posts.write", 403),
                              ("scope=account", 200), ("scope=other", 403),
                              # A mistaken rule is never a yes.
                              ("rol=user", 400), ("role", 400), ("role=", 400),
                              ("role=user&role=user", 400), ("&", 400), ("-&role=user", 400),
                              ("role=user&", 400), ("=", 400), ("", 404)]:
            for path in ("/", "/x?role=user", "/a/b/", "//x", "/x?"):
                with self.subTest(rules=rules, path=path):
                    self.assertEqual(self.known("/" + rules + path), status)

    def test_a_prefix_without_rules_lets_nobody_in(self):
        for path in ("", "/", "/index.html", "/admin/users", "/a/b/c?x", "*"):
            with self.subTest(path):
                self.assertIn(self.known(path), (400, 404))

    def test_a_person_comes_back_to_the_address_as_it_was(self):
        for path in ("/", "/deep/page?a=b&c=%2Fd", "/with%20space", "//two", "/?", "/-/role=x"):
            with self.subTest(path):
                status, location = self.ask("/redirect=1" + path, **PAGE,
                                            **{k: v for k, v in LIES.items() if "Proto" not in k})
                self.assertEqual(status, 302)
                way = http.client.urlsplit(location).query.split("=", 1)[1]
                self.assertEqual(proxies_test.urllib.parse.unquote(way), "http://" + HOST + path)

    def test_the_method_is_the_requests_own(self):
        self.assertEqual(self.ask("/redirect=1/x", method="POST", **PAGE,
                                  **{"X-Forwarded-Method": "GET"})[0], 401)
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            self.assertEqual(self.known("/-/x", method), 200, method)
            self.assertEqual(self.ask("/-/x", method)[0], 401, method)
        preflight = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
        self.assertEqual(self.ask("/-/x", "OPTIONS", **preflight)[0], 401)

    def test_a_host_that_is_not_allowed_leads_nowhere(self):
        for host in ("evil.example", "app.example.org.evil.example",
                     "app.example.org@evil.example"):
            status, location = self.ask("/redirect=1/x", **{**PAGE, "Host": host})
            self.assertIn(status, (400, 401))
            self.assertIsNone(location)

    def test_a_password_waits_its_turn_and_is_counted(self):
        header = proxies_test.basic("ann", proxies_test.PASSWORD)["Authorization"]
        self.assertEqual(self.ask("/-/x", "POST", Authorization=header)[0], 200)
        wrong = proxies_test.basic("nobody", "wrong")["Authorization"]
        self.assertIn(429, [self.ask("/-/x", Authorization=wrong)[0] for _ in range(12)])


if __name__ == "__main__":
    unittest.main()
