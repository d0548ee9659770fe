"""Attacks that use the victim's browser or mailbox: redirects, framing, other origins, cookies,
poisoned links and caches."""

import re
import tempfile
import unittest

from attack import PASSWORD, PUBLIC_URL, AttackCase, Server, post_bytes, statuses
from harness import make_certificate

ME = "/api/v1/users/me"


class Browsers(AttackCase):
    def everywhere(self):
        """A reply of every kind: success, refusal, unknown route, before the router."""
        token = self.member(self.name + "-x")["access_token"]
        return [self.server.get("/health"), self.server.get("/nothing"), self.server.me(token),
                self.server.me("x"),
                self.server.get("/api/v1/auth/login"), self.server.log_in("nobody"),
                self.server.request("OPTIONS", ME),
                self.server.get("/.well-known/jwks.json"), self.server.get("/metrics"),
                self.server.post("/api/v1/auth/login", {}),
                self.server.request("POST", "/api/v1/auth/login", "x" * 70000),
                self.server.get("/%zz"), self.server.request("TRACE", "/livez")]

    def test_clickjacking(self):
        for reply in self.everywhere():
            policy = reply.headers.get("Content-Security-Policy", "")
            self.assertTrue(reply.headers.get("X-Frame-Options") == "DENY"
                            or "frame-ancestors 'none'" in policy, reply.headers.items())

    def test_content_sniffing(self):
        """No reply can be mistaken for another type, or be a page with scripts."""
        for reply in self.everywhere():
            self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff",
                             reply.headers.items())
            self.assertNotIn("text/html", reply.headers.get("Content-Type", ""))

    def test_caches(self):
        """A shared cache must not store one person's data."""
        tokens = self.member()
        replies = [self.server.log_in(self.name), self.server.me(tokens["access_token"]),
                   self.server.refresh(tokens["refresh_token"]),
                   self.server.get("/auth/verify", token=tokens["access_token"]),
                   self.server.me("x"), self.server.get(ME + "/x.css")]
        for reply in replies:
            self.assertIn("no-store", reply.headers["Cache-Control"])

    def test_cache_deception(self):
        """An address that looks like a file to the cache, but like a profile to the server."""
        token = self.member()["access_token"]
        for suffix in ("/x.css", ".css", ";x.css", "%3Bx.css", "%23x.css", "%3Fx.css",
                       "/..%2fx.css", "%00.css", "%0Ax.css", "//x.css"):
            reply = self.server.get(ME + suffix, token=token)
            self.assertIn(reply.status, (400, 404), suffix)
            self.assertNotIn(self.name.encode(), reply.body)

    def test_trace(self):
        """A reply that echoes the request would show its headers to scripts."""
        for method in (b"TRACE", b"TRACK", b"DEBUG", b"CONNECT", b"PROPFIND"):
            answer = self.server.raw(
                method + b" /livez HTTP/1.1\r\nHost: x\r\nX-Secret: marker-77\r\n\r\n")
            self.assertIn(statuses(answer)[0], (405, 501))
            self.assertNotIn(b"marker-77", answer)

    def test_method_override(self):
        """GET of a link stays a GET, whatever a header or a parameter says."""
        token = self.member()["access_token"]
        for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-HTTP-Method": "DELETE"},
                        {"X-Method-Override": "DELETE"}):
            self.assertEqual(self.server.get(ME, token=token, headers=headers).status, 200)
        self.assertEqual(self.server.get(ME + "?_method=DELETE", token=token).status, 422)
        self.assertEqual(self.server.me(token).status, 200)

    def test_other_origins(self):
        """No page of another origin can read a reply or send credentials."""
        token = self.member()["access_token"]
        for origin in ("https://evil.example", "null", "http://auth.test.evil.example",
                       "http://evilauth.test", "http://auth.test", "file://",
                       "http://auth.test:81", "https://auth.test", "http://AUTH.TEST", "*",
                       "http://auth.test, http://evil.example"):
            for reply in (self.server.get(ME, token=token, headers={"Origin": origin}),
                          self.server.request("OPTIONS", ME,
                                              headers={"Origin": origin,
                                                       "Access-Control-Request-Method": "DELETE"})):
                allowed = reply.headers.get("Access-Control-Allow-Origin")
                self.assertNotIn(allowed,
                                 ("*", "null", "https://evil.example", "http://evilauth.test"))
                self.assertFalse(allowed and "evil" in allowed, origin)

    def test_forms_of_other_sites(self):
        """The content types of forms, which need no preflight (text/plain, urlencoded, multipart),
        are not accepted as JSON: no login CSRF."""
        self.member()
        body = '{"login":"%s","password":"%s","x":"="}' % (self.name, PASSWORD)
        for content_type in ("text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data; boundary=x", "", "text/json",
                             "application/json-seq", "text/plain; application/json",
                             "application/json, text/plain", "application/jsonp"):
            for path in ("auth/login", "auth/signup", "auth/logout", "auth/refresh",
                         "auth/password/forgot"):
                reply = self.server.request("POST", "/api/v1/" + path, body,
                                            headers={"Content-Type": content_type,
                                                     "Origin": "https://evil.example"})
                self.assertEqual(reply.status, 415, (path, content_type))
                self.assertIsNone(reply.headers.get("Set-Cookie"))

    def test_cookie_tossing(self):
        """A sibling domain sets cookies with our names: they grant nothing, and do not disturb
        valid ones."""
        member = self.member()
        tossed = ["authd_session=x", "authd_device=x", "authd_magic_link=" + "x" * 43,
                  "__Host-authd_session=x", "__Secure-authd_session=x",
                  "authd_session=" + member["access_token"],
                  "authd_session=" + member["refresh_token"], "authd_device=" + "A" * 64,
                  'authd_session="; x="', "authd_session=%00", "authd_session", "=authd_session",
                  "authd_session=a; authd_session=b"]
        for cookie in tossed:
            self.assertEqual(self.server.get(ME, headers={"Cookie": cookie}).status, 401, cookie)
            self.assertEqual(self.server.get(ME, token=member["access_token"],
                                             headers={"Cookie": cookie}).status, 200, cookie)
            reply = self.server.post("/api/v1/auth/login",
                                     {"login": self.name, "password": PASSWORD},
                                     headers={"Cookie": cookie})
            self.assertEqual(reply.status, 200, cookie)

    def test_device_cookie_of_another(self):
        """The attacker's own device cookie does not lift the pauses at the victim's account."""
        device = self.member(self.name
                             + "-evil") and self.server.log_in(self.name + "-evil").headers[
                                 "Set-Cookie"].split(";")[0]
        self.member()
        guess = lambda i: self.server.post("/api/v1/auth/login",
                                           {"login": self.name, "password": "guess %d....." % i},
                                           headers={"Cookie": device})
        self.held_back([lambda i=i: guess(i) for i in range(12)], free=5)

    def test_magic_link_planted_in_another_browser(self):
        """Login CSRF by mail: if the victim opens a link for the attacker's account, nobody is
        logged in."""
        self.member()
        self.server.post("/api/v1/auth/magic-link", {"email": self.address})
        token = self.token_in(self.mail(self.address, "login link"))
        for cookie in ("", "authd_magic_link=", "authd_magic_link=" + "A" * 43):
            reply = self.server.post("/api/v1/auth/magic-link/verify", {"token": token},
                                     headers={"Cookie": cookie})
            self.refused(reply, 401, "invalid_code")

    def test_host_header_poisons_mail_links(self):
        """Links in mails are built from public_url alone (password reset poisoning)."""
        self.member()
        self.mail(self.address, "confirm")
        poisons = [{"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"},
                   {"Forwarded": "host=evil.example;proto=http"},
                   {"X-Original-URL": "http://evil.example/"},
                   {"X-Host": "evil.example", "Origin": "https://evil.example"},
                   {"Referer": "https://evil.example/", "X-Forwarded-Server": "evil.example",
                    "X-Rewrite-URL": "//evil.example"}]
        for i, headers in enumerate(poisons):
            name = "%s-%d" % (self.name, i)
            self.member(name)
            self.server.post("/api/v1/auth/password/forgot", {"email": name + "@example.org"},
                             headers=headers)
        for i in range(len(poisons)):
            name = "%s-%d" % (self.name, i)
            text = self.mail(name + "@example.org", "new password")
            self.assertIn(PUBLIC_URL + "/", text)
            self.assertNotIn("evil", text)
        absolute = b"POST http://evil.example/api/v1/auth/password/forgot HTTP/1.1"
        data = post_bytes("/x", b'{"email":"%s"}' % self.address.encode(),
                          b"Connection: close\r\n").split(b"\r\n", 1)[1]
        self.assertEqual(statuses(self.server.raw(absolute + b"\r\n" + data)), [200])
        self.assertNotIn("evil", self.mail(self.address, "new password"))

    def test_header_injection(self):
        """Nothing that a client sends becomes a header line of a reply."""
        for path in ("/x%0d%0aSet-Cookie:%20evil=1", "/api/v1/auth/providers/x%0d%0aevil:1/start",
                     "/livez?x=%0d%0aevil:1",
                     "/api/v1/users/me%0d%0aevil:%201", "/%E5%98%8A%E5%98%8Devil:1"):
            answer = self.server.raw(b"GET " + path.encode()
                                     + b" HTTP/1.1\r\nHost: x\r\nOrigin: "
                                       b"https://a%0d%0aevil:1\r\nConnection: close\r\n\r\n")
            head = answer.split(b"\r\n\r\n")[0].lower()
            self.assertNotIn(b"evil", head)
        reply = self.server.get("/livez", headers={"X-Request-ID": "x%0d%0aevil: 1"})
        self.assertRegex(reply.headers["X-Request-ID"], "^[0-9a-f]{24}$")
        # Names are sent in the headers of /auth/verify.
        evil = "evil@ex\u00e4mple.org"
        member = self.server.sign_up(self.name, email=evil, first_name="x\u0085y")
        if member.status == 201:
            data = (b"GET /auth/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                    b"Connection: close\r\n\r\n")
            head = self.server.raw(data
                                   % member.json["access_token"].encode()).split(b"\r\n\r\n")[0]
            self.assertTrue(all(b":" in line for line in head.split(b"\r\n")[1:]), head)

    def test_forward_auth_headers_of_the_client(self):
        """A client's own X-Auth-* headers are refused in any spelling, and never passed on as
        ours."""
        member = self.member()
        for evil in ({"X-Auth-User-Id": "1", "X-Auth-User": "root", "X-Auth-Roles": "admin",
                      "X-Auth-Email": "root@example.org"},
                     {"X.Auth.User": "root"}, {"x_auth_roles": "admin"}):
            for token in (member["access_token"], None):
                reply = self.server.get("/auth/verify", token=token, headers=evil)
                self.assertEqual((reply.status, reply.json["error"]), (403, "forged_identity"))
                self.assertFalse([h for h in reply.headers if h.lower().startswith("x-auth-")])
        self.assertEqual(self.server.get("/auth/verify",
                                         token=member["access_token"]).headers["X-Auth-User"],
                         self.name)

    def test_error_that_repeats_markup(self):
        """Reflected scripts: an error is JSON, and everything that it quotes is escaped."""
        evil = "<script>alert(1)</script>"
        for reply in (self.server.get("/" + "%3Cscript%3Ealert(1)%3C/script%3E"),
                      self.server.post("/api/v1/auth/login",
                                       {evil: 1, "login": evil, "password": 7}),
                      self.server.post("/api/v1/auth/signup",
                                       {"username": evil, "password": PASSWORD}),
                      self.server.get("/api/v1/auth/providers/" + "%3Cscript%3E/start")):
            self.assertIn("json", reply.headers["Content-Type"])
            self.assertNotIn(b"<script>", reply.body)

    def test_secrets_in_addresses(self):
        """None of our pages leaks its address, and no token leaks from one."""
        for reply in self.everywhere():
            self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
        tokens = self.member()
        self.assertEqual(self.server.post("/api/v1/auth/refresh?refresh_token="
                                          + tokens["refresh_token"], {}).status, 422)
        self.assertEqual(self.server.post("/api/v1/auth/login?login=%s&password=x" % self.name,
                                          {}).status, 422)


class Redirects(unittest.TestCase):
    def test_open_redirect(self):
        """The redirect to https leads to public_url, whatever host or path was requested."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        certificate, key = make_certificate(folder.name, "redirects")
        with Server("--server.tls-cert", certificate, "--server.tls-key", key,
                    "--server.redirect-listen", "127.0.0.1:0",
                    "--public-url", "https://auth.example.org") as server:
            server.port = int(server.addresses[1].rsplit(":", 1)[1])
            for target in (b"//evil.example", b"//evil.example/%2e%2e", b"/\\evil.example",
                           b"http://evil.example/x", b"///evil.example",
                           b"/@evil.example", b"/.evil.example", b"https://evil.example@x/",
                           b"/x?next=//evil.example", b"/%0d%0aLocation:%20//evil"):
                answer = server.raw(b"GET " + target
                                    + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: "
                                      b"close\r\n\r\n")
                self.assertEqual(len(statuses(answer)), 1)
                locations = re.findall(rb"(?i)\r\nlocation: (.*?)\r\n", answer)
                self.assertLessEqual(len(locations), 1)
                for location in locations:
                    self.assertTrue(location.startswith(b"https://auth.example.org/"),
                                    (target, location))

    def test_host_of_somebody_else(self):
        """DNS rebinding: requests for another host name are refused, whether it comes in the
        header, in an absolute address or from a proxy."""
        with Server("--server.allowed-hosts", "auth.example.org,127.0.0.1") as server:
            ask = lambda head: statuses(server.raw(head + b"Connection: close\r\n\r\n"))
            self.assertEqual(ask(b"GET /x HTTP/1.1\r\nHost: auth.example.org\r\n"), [404])
            for head in (b"GET /x HTTP/1.1\r\nHost: evil.example\r\n",
                         b"GET http://evil.example/x HTTP/1.1\r\nHost: auth.example.org\r\n",
                         b"GET /x HTTP/1.1\r\nHost: auth.example.org.evil.example\r\n",
                         b"GET /x HTTP/1.1\r\nHost: evil.example:127.0.0.1\r\n",
                         b"GET /x HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: "
                         b"auth.example.org\r\n", b"GET /x HTTP/1.0\r\n",
                         b"GET /x HTTP/1.1\r\nHost: xauth.example.org\r\n",
                         b"GET /x HTTP/1.1\r\nHost: [::1]\r\n"):
                self.assertIn(ask(head), ([421], [400]), head)

    def test_provider_that_is_not_there(self):
        """Starting a login with an invented provider never redirects, whatever is added."""
        with Server() as server:
            for path in ("x/start?redirect=1", "x/start?redirect=//evil.example", "..%2f/start",
                         "x/callback?code=1&state=2", "%2f%2fevil.example/start"):
                reply = server.get("/api/v1/auth/providers/" + path)
                self.assertIn(reply.status, (400, 404, 401), path)
                self.assertNotIn("Location", reply.headers)


if __name__ == "__main__":
    unittest.main()
