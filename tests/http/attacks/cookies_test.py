"""The session cookie: what another site, another subdomain or a thief of half a secret can do with
it. session_cookie_test.py covers normal use; here every route is attacked, with every kind of
nearly valid value."""

import http.cookies
import unittest

from attack import PASSWORD, AttackCase, at_once, b64, claims_of, unb64
from privileges_test import ROUTES, filled

SESSION = {"X-Authd-Session": "cookie"}
ME = "/api/v1/users/me"
HAS_COOKIES = any(pattern == "/api/v1/auth/session" for _, pattern, _ in ROUTES)


@unittest.skipUnless(HAS_COOKIES, "this authd has no session cookie")
class SessionCookies(AttackCase):
    def sign_in(self, name, **headers):
        reply = self.server.post("/api/v1/auth/login", {"login": name, "password": PASSWORD},
                                 headers={**SESSION, **headers})
        self.assertEqual(reply.status, 200, reply.body)
        for line in reply.headers.get_all("Set-Cookie"):
            found = http.cookies.SimpleCookie(line)
            if "authd_session" in found:
                return found["authd_session"].value, reply.json["csrf_token"]
        self.fail("no cookie")

    def by(self, value, method="GET", path=ME, csrf=None, **headers):
        headers = {"Cookie": "authd_session=" + value,
                   **{k.replace("_", "-"): v for k, v in headers.items()}}
        if csrf is not None:
            headers["X-CSRF-Token"] = csrf
        return self.server.request(method, path, {} if method in ("POST", "PUT", "PATCH") else None,
                                   headers=headers)

    def test_csrf_on_every_route(self):
        """Another site attacks each route that changes something through an administrator's
        browser."""
        self.admin(self.name)
        cookie, csrf = self.sign_in(self.name)
        _, foreign = self.sign_in(self.name)
        tried = 0
        for method, pattern, guard in ROUTES:
            if guard in ("none", "client", "any_client") or method == "GET":  # no cookies there
                continue
            path = filled(pattern, "1")
            for reply in (self.by(cookie, method, path),
                          self.by(cookie, method, path, csrf=foreign),
                          self.by(cookie, method, path + "?csrf_token=" + csrf),
                          self.by(cookie, method, path, csrf=csrf, Sec_Fetch_Site="cross-site")):
                with self.subTest(route=method + " " + pattern):
                    self.assertEqual(reply.status, 403)
                    self.assertTrue(b"csrf_failed" in reply.body or b"CSRF" in reply.body
                                    or b"Another site" in reply.body, reply.body)
            tried += 1
        self.assertGreater(tried, 30)
        self.assertEqual(self.by(cookie).status, 200)

    def test_csrf_by_methods_that_change_nothing(self):
        """GET and HEAD with an administrator's cookie write nothing, on any route."""
        self.admin(self.name)
        cookie, _ = self.sign_in(self.name)
        users = lambda: self.server.command("user", "list", "--json").out
        before = users()
        for method, pattern, guard in ROUTES:
            if guard != "none":
                for other in ("GET", "HEAD"):
                    self.by(cookie, other, filled(pattern, "1"), X_HTTP_Method_Override=method)
                    self.by(cookie, other, filled(pattern, "1") + "?_method=" + method)
        self.assertEqual(users(), before)
        self.assertEqual(self.by(cookie).status, 200)

    def test_cookie_of_parts(self):
        """Every access token contains the session id. A thief must not be able to turn it into a
        cookie."""
        tokens = self.member()
        cookie, csrf = self.sign_in(self.name)
        mine, _ = self.sign_in(self.name)
        sid = unb64(claims_of(tokens["access_token"])["sid"])
        raw = unb64(cookie)
        refresh = unb64(tokens["refresh_token"])
        values = [b64(sid), b64(sid + bytes(32)), b64(sid + raw[16:]), b64(raw[:16]),
                  b64(raw[:16] + unb64(mine)[16:]), tokens["refresh_token"],
                  tokens["access_token"], b64(sid + refresh[24:]), b64(raw[:16] + unb64(csrf)),
                  csrf, cookie + "=", cookie + "%00", "", ".",
                  b64(raw + b"\0"), b64(raw[:-1])]
        for value in values:
            with self.subTest(value=value[:30]):
                self.assertEqual(self.by(value).status, 401)
        self.assertEqual(self.by(cookie).status, 200)

    def test_cookie_in_another_spelling(self):
        """A different text that decodes to the same bytes is not accepted as the cookie."""
        self.member()
        cookie, _ = self.sign_in(self.name)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if len(cookie) % 4:
            self.assertEqual(self.by(cookie[:-1] + alphabet[alphabet.index(cookie[-1]) ^ 1]).status,
                             401)
        self.assertEqual(self.by('"%s"' % cookie).status, 401)

    def test_cookie_as_token(self):
        """And the CSRF token as anything at all."""
        self.member()
        cookie, csrf = self.sign_in(self.name)
        for value in (cookie, csrf):
            self.refused(self.server.me(value), 401)
            self.refused(self.server.refresh(value), 401)
            self.refused(self.server.post("/api/v1/auth/password/reset",
                                          {"token": value, "new_password": "another battery"}), 401)

    def test_cookie_planted_before_the_login(self):
        """Session fixation: the victim logs in with the attacker's cookie in the browser, and gets
        her own session."""
        self.member()
        self.member(self.name + "-evil")
        planted, _ = self.sign_in(self.name + "-evil")
        fresh, _ = self.sign_in(self.name, Cookie="authd_session=" + planted)
        self.assertNotEqual(unb64(fresh)[:16], unb64(planted)[:16])
        self.refused(self.by(planted), 401, "invalid_session")
        self.assertEqual(self.by(fresh).json["username"], self.name)

    def test_cookie_against_logout(self):
        """Requests that race with the logout may still succeed; after the logout none does."""
        self.member()
        cookie, csrf = self.sign_in(self.name)
        replies = at_once([lambda: self.by(cookie)] * 15
                          + [lambda: self.by(cookie, "POST", "/api/v1/auth/logout", csrf=csrf)])
        self.assertLessEqual({r.status for r in replies}, {200, 401})
        self.assertEqual(replies[-1].status, 200)
        self.assertEqual(self.by(cookie).status, 401)

    def test_many_cookies(self):
        """A cookie jar filled by sibling domains, with the real cookie at the end."""
        self.member()
        cookie, _ = self.sign_in(self.name)
        jar = "; ".join("tossed%d=%d" % (i, i) for i in range(500))
        reply = self.server.get(ME, headers={"Cookie": jar + "; authd_session=" + cookie})
        self.assertEqual(reply.status, 200)
        reply = self.server.get(ME,
                                headers={"Cookie": jar + "; xauthd_session=%s; authd_sessionx=%s"
                                         % (cookie, cookie)})
        self.assertEqual(reply.status, 401)


if __name__ == "__main__":
    unittest.main()
