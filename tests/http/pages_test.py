"""The pages as files of the server: types, compression, caching, headers."""
import gzip
import json
import os
import pathlib
import re
import tempfile
import unittest
import urllib.parse

import harness


class OneName(unittest.TestCase):
    """Cookies and passkeys belong to one name of the loopback, that of server.public_url."""

    def asked(self, server, host, path="/signin?return_to=%2Faccount", **more):
        reply = server.request("GET", path, headers={"Host": host, **more})
        return reply.status, reply.headers["Location"]

    def test_page_at_another_name_of_the_loopback_goes_to_the_own_one(self):
        with harness.Server("--server.public-url", "http://localhost:8080") as server:
            there = (302, "http://localhost:8080/signin?return_to=%2Faccount")
            for host in ("127.0.0.1:8080", "[::1]:8080", "127.0.0.2:8080"):
                with self.subTest(host):
                    self.assertEqual(self.asked(server, host), there)
            head = server.request("HEAD", "/", headers={"Host": "127.0.0.1:8080"})
            self.assertEqual(head.status, 302)
            # Another port is forwarded to this server; another name belongs to a proxy.
            for host in ("localhost:8080", "LOCALHOST:8080", "127.0.0.1:9000", "127.0.0.1",
                         "auth.example.org:8080"):
                with self.subTest(host):
                    self.assertEqual(self.asked(server, host)[0], 200)
            for path in ("/livez", "/api/v1/auth/session", "/ui/style.css"):
                with self.subTest(path):
                    self.assertEqual(self.asked(server, "127.0.0.1:8080", path)[0], 200)

    def test_page_at_the_own_name_in_another_form_stays(self):
        for own, host in (("http://LocalHost:8080", "localhost:8080"),
                          ("http://[0:0:0:0:0:0:0:1]:8080", "[::1]:8080")):
            with self.subTest(own), harness.Server("--server.public-url", own) as server:
                self.assertEqual(self.asked(server, host)[0], 200)

    def test_page_of_a_public_server_stays(self):
        with harness.Server("--server.public-url", "https://auth.example.org") as server:
            self.assertEqual(self.asked(server, "127.0.0.1:443")[0], 200)


class Assets(harness.ServerCase):
    STYLE = "/ui/style.css"

    def test_packed_plain_and_unchanged(self):
        packed = self.server.get(self.STYLE, headers={"Accept-Encoding": "gzip, br"})
        self.assertEqual((packed.status, packed.headers["Content-Encoding"]), (200, "gzip"))
        self.assertEqual(packed.headers["Content-Type"], "text/css; charset=utf-8")
        self.assertEqual(packed.headers["Cache-Control"], "no-cache")
        self.assertEqual(packed.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("Accept-Encoding", packed.headers["Vary"])
        plain = self.server.get(self.STYLE, headers={"Accept-Encoding": "identity"})
        self.assertIsNone(plain.headers["Content-Encoding"])
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertEqual(packed.headers["ETag"], plain.headers["ETag"])
        same = self.server.get(self.STYLE, headers={"If-None-Match": plain.headers["ETag"]})
        self.assertEqual((same.status, same.body), (304, b""))
        self.assertIsNone(same.headers["Content-Length"])
        self.assertEqual(same.headers["Content-Security-Policy"],
                         plain.headers["Content-Security-Policy"])
        self.assertIn("script-src 'self'", same.headers["Content-Security-Policy"])
        self.assertIn("publickey-credentials-get=(self)", same.headers["Permissions-Policy"])

    def test_head_and_other_methods(self):
        plain = self.server.get(self.STYLE)
        head = self.server.request("HEAD", self.STYLE)
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["Content-Length"], str(len(plain.body)))
        refused = self.server.post(self.STYLE, {})
        self.assertEqual((refused.status, refused.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_nothing_beside_what_is_embedded(self):
        for path in ("/ui/", "/ui", "/ui/none.js", "/ui/../style.css", "/ui/style.css/",
                     "/ui//style.css",
                     "/ui/_core/dom.js"):
            self.refused(self.server.get(path), 404)


class Missing(harness.ServerCase):
    BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

    def test_a_browser_at_an_address_of_nothing_sees_a_page(self):
        for language, text in (("en", 'lang="en"'), ("de", 'lang="de"')):
            reply = self.server.get("/nothing/here",
                                    headers={**self.BROWSER, "Accept-Language": language})
            self.assertEqual((reply.status, reply.headers["Content-Type"]),
                             (404, "text/html; charset=utf-8"))
            self.assertIn(text, reply.body.decode())
            self.assertEqual(reply.headers["Content-Security-Policy"],
                             self.server.get("/signin").headers["Content-Security-Policy"])
        self.assertEqual(self.server.request("HEAD", "/nothing", headers=self.BROWSER).status, 404)

    def test_everybody_else_is_told_so_as_ever(self):
        for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            self.refused(self.server.get("/nothing", headers=headers), 404, "not_found")
        for path in ("/api/", "/api/v1/nothing", "/api/nothing/else"):
            self.refused(self.server.get(path, headers=self.BROWSER), 404, "not_found")
        self.refused(self.server.request("POST", "/nothing", {}, headers=self.BROWSER), 404,
                     "not_found")
        # A path that exists is not a page either.
        self.refused(self.server.request("POST", "/forgot", {}, headers=self.BROWSER), 405,
                     "method_not_allowed")


class Documents(harness.ServerCase):
    FLAGS = ("--branding.name", "A </script> B", "--branding.accent", "#ffd500", "--branding.links",
             "Terms /terms",
             "--pages.return-origins", "https://app.example.org", "--public-url",
             "https://auth.example.org", "--cookies.domain", "example.org")
    PAGES = ("/", "/index.html", "/register.html", "/dashboard.html", "/signin", "/signup",
             "/forgot", "/reset", "/reset-password",
             "/confirm", "/verify-email", "/confirm-email", "/magic-link", "/setup",
             "/signout", "/account", "/account/security", "/admin",
             "/admin/users/7")

    def boot(self, reply):
        found = re.search(r'<script type="application/json" id="boot">(.*?)</script>',
                          reply.body.decode(), re.S)
        return json.loads(found[1])

    def test_every_page_is_there_for_everybody(self):
        for path in self.PAGES:
            reply = self.server.get(path)
            self.assertEqual((reply.status, reply.headers["Content-Type"]),
                             (200, "text/html; charset=utf-8"), path)
            self.assertEqual(reply.headers["Content-Security-Policy"],
                             "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                             "'self' data: blob:; connect-src 'self'; "
                             "form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
            self.assertEqual(self.boot(reply)["name"], "A </script> B")

    def test_a_page_has_no_program_or_style_in_it(self):
        html = self.server.get("/signin").body.decode()
        self.assertNotRegex(html, r"<style|\sstyle=|\son\w+=|javascript:")
        for tag in re.findall(r"<script[^>]*>", html):
            self.assertTrue('src="/ui/' in tag or 'type="application/json"' in tag, tag)

    def test_the_language_is_the_clients(self):
        german = self.server.get("/signin", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
        self.assertIn(b'<html lang="de"', german.body)
        self.assertIn("Accept-Language", german.headers["Vary"])
        self.assertNotEqual(german.headers["ETag"], self.server.get("/signin").headers["ETag"])
        kept = self.server.get("/signin",
                               headers={"Accept-Language": "de",
                                        "Cookie": "authd_ui=lang:en_theme:dark"})
        self.assertIn(b'<html lang="en" dir="ltr" data-theme="dark"', kept.body)

    def test_only_checked_addresses_are_returned_to(self):
        for address, expected in (("https://app.example.org/a?b=1",
                                   "https://app.example.org/a?b=1"),
                                  ("/account/data", "/account/data"),
                                  ("https://evil.example/", ""), ("//evil.example", ""),
                                  ("/\\evil.example", ""),
                                  ("javascript:alert(1)", ""),
                                  ("https://app.example.org@evil.example/", "")):
            reply = self.server.get("/signin?return_to=" + urllib.parse.quote(address, safe=""))
            self.assertEqual(self.boot(reply)["return_to"], expected, address)

    def test_the_sign_in_page_says_where_it_leads(self):
        own = "https://auth.example.org"
        for address, expected in (("https://app.example.org/start?a=1", "app.example.org"),
                                  ("https://app.example.org", "app.example.org"),
                                  ("https://app.example.org?a=/b", "app.example.org"),
                                  ("/account", ""), (own + "/account", ""), (own, ""),
                                  ("/oauth2/authorize?client_id=nobody", ""),
                                  ("/oauth2/authorize/x", ""), ("https://evil.example/", "")):
            reply = self.server.get("/signin?return_to=" + urllib.parse.quote(address, safe=""),
                                    headers={"Accept": "text/html"})
            self.assertEqual(self.boot(reply)["application"], expected, address)
            said = b"Sign in to continue to app.example.org" in reply.body
            self.assertEqual(said, bool(expected), address)  # also without scripts

    def test_only_links_of_the_same_site_sign_out_at_once(self):
        for site, expected in (("same-origin", True), ("same-site", True), ("cross-site", False),
                               ("none", False), ("", False)):
            headers = {"Sec-Fetch-Site": site} if site else {}
            for query in ("", "?return_to=https%3A%2F%2Fapp.example.org%2F"):
                reply = self.server.get("/signout" + query, headers=headers)
                self.assertEqual(self.boot(reply)["is_same_site"], expected, (site, query))
                self.assertEqual(self.boot(reply)["return_to"] != "", query != "")
            self.assertFalse(self.boot(self.server.get("/signin", headers=headers))["is_same_site"])

    def test_password_managers_find_the_form(self):
        reply = self.server.get("/.well-known/change-password")
        self.assertEqual((reply.status, reply.headers["Location"]), (302, "/account/security"))
        self.refused(self.server.get("/.well-known/none-of-the-kind"), 404)

    def test_the_links_of_mails_lead_to_pages(self):
        source = (
            pathlib.Path(__file__).resolve().parents[
                2] / "src" / "mail" / "templates.cpp").read_text()
        paths = re.findall(r'"(/[a-z-]+)"', source)
        self.assertGreaterEqual(len(paths), 4)
        for path in paths:
            self.assertIn(b'id="boot"', self.server.get(path + "?token=x").body, path)

    def test_the_accent_is_in_the_style(self):
        self.assertIn(b"--brand:#ffd500;", self.server.get("/ui/style.css").body)
        self.assertEqual(self.server.get("/ui/logo").status, 404)


class Logo(unittest.TestCase):
    def test_a_file_that_is_no_image_is_refused_at_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text, said in (("x.svg", "text", "no image"), ("none.svg", None, "none.svg"),
                                     ("big.png", "x" * 300000, "big.png")):
                path = os.path.join(folder, name)
                if text is not None:
                    pathlib.Path(path).write_text(text)
                done = harness.command("serve", "--data-dir", folder + "/data", "--listen",
                                       "127.0.0.1:0", "--branding.logo-file", path,
                                       check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.err, "branding.logo_file|" + re.escape(name))

    def test_a_logo_is_served(self):
        with tempfile.NamedTemporaryFile(suffix=".svg") as file:
            file.write(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
            file.flush()
            with harness.Server("--branding.logo-file", file.name) as server:
                reply = server.get("/ui/logo")
                self.assertEqual((reply.status, reply.headers["Content-Type"]),
                                 (200, "image/svg+xml"))
                self.assertIn("sandbox", reply.headers["Content-Security-Policy"])
                self.assertIn(b'"logo":"/ui/logo"', server.get("/").body)


if __name__ == "__main__":
    unittest.main()
