"""Cookie sessions: how browsers sign in, and what other sites and hosts cannot make them do."""

import http.cookies
import re
import time
import unittest

from harness import PASSWORD, Server, ServerCase, basic, command
from life_test import totp

SESSION = {"X-Authd-Session": "cookie"}
ME = "/api/v1/users/me"


def cookie_of(reply, name="authd_session"):
    """The cookie as a morsel; None if the reply does not set it."""
    for line in reply.headers.get_all("Set-Cookie") or []:
        found = http.cookies.SimpleCookie(line)
        if name in found:
            return found[name]
    return None


def enrol(post):
    """Switches the second factor on; returns the recovery codes."""
    secret = post("totp").json["secret"]
    confirmed = post("totp/confirm", {"code": totp(secret, int(time.time()) // 30)})
    assert confirmed.status == 200, confirmed.body
    return confirmed.json["recovery_codes"]


class BrowserCase(ServerCase):
    def sign_in(self, name, **headers):
        """A new, signed-in browser: (its cookie header, its CSRF token)."""
        reply = self.server.post("/api/v1/auth/login", {"login": name, "password": PASSWORD},
                                 headers={**SESSION, **headers})
        self.assertEqual(reply.status, 200, reply.body)
        return "authd_session=" + cookie_of(reply).value, reply.json["csrf_token"]

    def by(self, cookie, method="GET", path=ME, body=None, **headers):
        return self.server.request(method, path, body, headers={
            "Cookie": cookie, **{k.replace("_", "-"): v for k, v in headers.items()}})


class Sessions(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann", email="ann@example.org")
        cls.server.sign_up("bob")

    def test_a_login_sets_a_cookie_and_gives_no_tokens(self):
        for path, body, status in [
                ("/api/v1/auth/login", {"login": "ann", "password": PASSWORD}, 200),
                ("/api/v1/auth/signup", {"username": "new", "password": PASSWORD}, 201)]:
            with self.subTest(path):
                reply = self.server.post(path, body, headers=SESSION)
                self.assertEqual(reply.status, status, reply.body)
                self.assertEqual(set(reply.json), {"user", "csrf_token"})
                cookie = cookie_of(reply)
                self.assertTrue(cookie["httponly"])
                self.assertEqual((cookie["samesite"], cookie["path"], cookie["domain"]),
                                 ("Lax", "/", ""))
                self.assertGreater(int(cookie["max-age"]), 86400)
                mine = self.by("authd_session=" + cookie.value)
                self.assertEqual(mine.status, 200)
                self.assertEqual(mine.json, reply.json["user"])
        plain = self.server.log_in("ann")
        self.assertIn("access_token", plain.json)
        self.assertIsNone(cookie_of(plain))

    def test_a_refused_login_sets_none(self):
        reply = self.server.post("/api/v1/auth/login", {"login": "ann", "password": "no"},
                                 headers=SESSION)
        self.refused(reply, 401, "invalid_credentials")
        self.assertIsNone(cookie_of(reply))

    def test_the_session_tells_who_it_is(self):
        cookie, csrf = self.sign_in("ann")
        path = "/api/v1/auth/session"
        found = self.by(cookie, path=path).json
        self.assertEqual((found["authenticated"], found["user"]["username"], found["csrf_token"]),
                         (True, "ann", csrf))
        none = self.server.get(path)
        self.assertEqual((none.status, none.json), (200, {"authenticated": False}))
        self.assertIsNone(cookie_of(none))
        dead = self.by("authd_session=x", path=path)
        self.assertEqual((dead.status, dead.json), (200, {"authenticated": False}))
        self.assertEqual((cookie_of(dead).value, cookie_of(dead)["max-age"]), ("", "0"))

    def test_a_login_ends_the_session_that_was_there_and_never_takes_it_over(self):
        planted, _ = self.sign_in("bob")
        reply = self.server.post("/api/v1/auth/login", {"login": "ann", "password": PASSWORD},
                                 headers={**SESSION, "Cookie": planted})
        fresh = "authd_session=" + cookie_of(reply).value
        self.assertNotEqual(fresh, planted)
        self.assertEqual(self.by(fresh).json["username"], "ann")
        self.refused(self.by(planted), 401, "invalid_session")
        # Also behind a cookie of another server.
        self.server.post("/api/v1/auth/login", {"login": "bob", "password": PASSWORD},
                         headers={**SESSION, "Cookie": "authd_session=other; " + fresh})
        self.refused(self.by(fresh), 401, "invalid_session")

    def test_two_cookies_of_the_name_are_nobodys(self):
        mine, _ = self.sign_in("ann")
        planted, _ = self.sign_in("bob")
        for cookie in (mine + "; " + planted, planted + "; " + mine):
            with self.subTest(cookie=cookie[:24]):
                self.refused(self.by(cookie), 401, "invalid_session")
                # The page asks who it is, and the browser is rid of both, whatever their domain.
                reply = self.by(cookie, path="/api/v1/auth/session")
                self.assertEqual((reply.json, cookie_of(reply)["max-age"]),
                                 ({"authenticated": False}, "0"))
        self.assertEqual(self.by(mine + "; " + mine).status, 200)
        self.assertEqual(self.by("other=1; " + mine + "; xauthd_session=2").status, 200)
        raw = ("GET %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nCookie: %s\r\nConnection: close\r\n\r\n"
               % (ME, mine, planted))
        self.assertIn(b" 401 ", self.server.raw(raw.encode()).split(b"\r\n")[0])

    def test_a_stale_cookie_of_the_name_locks_nobody_out(self):
        """Of a server above this one, or from before cookies.domain was changed."""
        mine, csrf = self.sign_in("ann")
        ended, its_csrf = self.sign_in("bob")
        self.by(ended, "POST", "/api/v1/auth/logout", X_CSRF_Token=its_csrf)
        for stale in ("authd_session=", "authd_session=x", "authd_session=" + "A" * 86,
                      mine[:-2] + ("A" if mine[-2] != "A" else "B") + mine[-1], ended,
                      ";".join("authd_session=%d" % i for i in range(10))):
            for cookie in (stale + "; " + mine, mine + "; " + stale):
                with self.subTest(cookie=cookie[:24]):
                    self.assertEqual(self.by(cookie).json["username"], "ann")
                    self.assertEqual(self.by(cookie, path="/auth/verify").status, 200)
                    self.assertEqual(self.by(cookie, "PATCH", ME, {}, X_CSRF_Token=csrf).status,
                                     200)

    def test_the_later_session_of_one_account_counts(self):
        first, its_csrf = self.sign_in("ann")
        second, csrf = self.sign_in("ann")
        for cookie in (first + "; " + second, second + "; " + first):
            self.assertEqual(self.by(cookie, path="/api/v1/auth/session").json["csrf_token"], csrf)
            self.refused(self.by(cookie, "PATCH", ME, {}, X_CSRF_Token=its_csrf), 403)

    def test_what_the_server_did_not_make_is_refused(self):
        mine, _ = self.sign_in("ann")
        for cookie in (mine[:-1], mine + "A",
                       mine[:-2] + ("A" if mine[-2] != "A" else "B") + mine[-1],
                       "authd_session=", "authd_session=\"%s\"" % mine.split("=")[1],
                       mine.swapcase().replace("AUTHD_SESSION", "authd_session")):
            with self.subTest(cookie=cookie[-12:]):
                self.refused(self.by(cookie), 401)

    def test_what_changes_something_needs_the_token_of_this_session(self):
        cookie, csrf = self.sign_in("ann")
        _, other = self.sign_in("ann")
        change = {"first_name": "Ann"}
        for wrong in (None, "", "x", other, csrf + "x", csrf.swapcase(), cookie.split("=")[1]):
            with self.subTest(wrong=wrong):
                headers = {} if wrong is None else {"X_CSRF_Token": wrong}
                for method in ("PATCH", "PUT", "DELETE"):
                    body = None if method == "DELETE" else change
                    self.refused(self.by(cookie, method, ME, body, **headers), 403, "csrf_failed")
        self.assertIsNone(self.by(cookie).json["first_name"])
        self.refused(self.by(cookie, "PATCH", ME, change, X_CSRF_Token=csrf,
                             Sec_Fetch_Site="cross-site"), 403, "csrf_failed")
        for site in ("same-origin", "same-site", "none"):
            self.assertEqual(self.by(cookie, "PATCH", ME, change, X_CSRF_Token=csrf,
                                     Sec_Fetch_Site=site).status, 200)
        self.assertEqual(self.by(cookie).json["first_name"], "Ann")
        # Reading needs none, whichever site linked here; only our own pages can read the reply.
        self.assertEqual(self.by(cookie, Sec_Fetch_Site="cross-site").status, 200)

    def test_another_site_cannot_sign_the_browser_in(self):
        body = {"login": "ann", "password": PASSWORD}
        reply = self.server.post("/api/v1/auth/login", body,
                                 headers={**SESSION, "Sec-Fetch-Site": "cross-site"})
        self.refused(reply, 403, "csrf_failed")
        self.assertIsNone(cookie_of(reply))
        self.refused(self.server.post("/api/v1/auth/login", body,
                                      headers={"X-Authd-Session": "token"}), 400)

    def test_an_authorization_header_wins_alone(self):
        cookie, csrf = self.sign_in("ann")
        bob = self.server.log_in("bob").json["access_token"]
        self.assertEqual(self.by(cookie, Authorization="Bearer " + bob).json["username"], "bob")
        # A bearer token needs no CSRF token, and the cookie does not rescue a bad one.
        self.assertEqual(self.by(cookie, "PATCH", ME, {"last_name": "B"},
                                 Authorization="Bearer " + bob).status, 200)
        for header in ("Bearer x", "Bearer", basic("ann", PASSWORD)["Authorization"], "x"):
            with self.subTest(header):
                self.refused(self.by(cookie, Authorization=header, X_CSRF_Token=csrf), 401)
                self.assertEqual(self.by(cookie, path="/api/v1/auth/session",
                                         Authorization=header).json, {"authenticated": False})

    def test_logout_ends_it_and_takes_the_cookie_away(self):
        for path in ("/api/v1/auth/logout", "/api/v1/auth/logout/all"):
            with self.subTest(path):
                cookie, csrf = self.sign_in("ann")
                self.refused(self.by(cookie, "POST", path), 403, "csrf_failed")
                self.assertEqual(self.by(cookie).status, 200)
                reply = self.by(cookie, "POST", path, X_CSRF_Token=csrf)
                self.assertEqual(reply.status, 200)
                self.assertEqual((cookie_of(reply).value, cookie_of(reply)["max-age"]), ("", "0"))
                self.assertEqual(reply.headers["Clear-Site-Data"], '"storage"')
                self.refused(self.by(cookie), 401, "invalid_session")

    def test_a_logout_elsewhere_keeps_it(self):
        there, _ = self.sign_in("ann")
        cookie, csrf = self.sign_in("ann")
        path = "/api/v1/auth/logout/others"
        self.refused(self.by(cookie, "POST", path), 403, "csrf_failed")
        self.assertEqual(self.by(there).status, 200)
        self.assertEqual(self.by(cookie, "POST", path, X_CSRF_Token=csrf).status, 200)
        self.assertEqual(self.by(cookie).status, 200)
        self.refused(self.by(there), 401, "invalid_session")

    def test_it_ends_with_its_account(self):
        self.server.sign_up("carl")
        cookie, csrf = self.sign_in("carl")
        self.server.command("user", "disable", "carl")
        self.refused(self.by(cookie), 401, "invalid_session")
        self.server.command("user", "enable", "carl")
        # its sessions ended when it was disabled
        self.refused(self.by(cookie), 401, "invalid_session")
        cookie, csrf = self.sign_in("carl")
        reply = self.by(cookie, "DELETE", ME, X_CSRF_Token=csrf)
        self.assertEqual((reply.status, cookie_of(reply).value), (200, ""))
        self.refused(self.by(cookie), 401, "invalid_session")

    def test_a_changed_password_ends_the_other_browsers(self):
        self.server.sign_up("dora")
        here, csrf = self.sign_in("dora")
        there, _ = self.sign_in("dora")
        reply = self.by(here, "POST", "/api/v1/auth/password/change",
                        {"current_password": PASSWORD, "new_password": "another horse battery"},
                        X_CSRF_Token=csrf)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.by(here).status, 200)
        self.refused(self.by(there), 401, "invalid_session")

    def test_it_shows_in_the_list_of_devices(self):
        cookie, csrf = self.sign_in("bob")
        sessions = self.by(cookie, path=ME + "/sessions").json["sessions"]
        current = [s for s in sessions if s["current"]]
        self.assertEqual(len(current), 1)
        self.assertEqual(self.by(cookie, "DELETE", ME + "/sessions/" + current[0]["id"],
                                 X_CSRF_Token=csrf).status, 204)
        self.refused(self.by(cookie), 401, "invalid_session")

    def test_forward_auth_takes_it(self):
        cookie, _ = self.sign_in("ann")
        reply = self.by(cookie, path="/auth/verify")
        self.assertEqual((reply.status, reply.headers["X-Auth-User"]), (200, "ann"))

    def test_the_second_step_sets_it(self):
        self.server.sign_up("fred")
        cookie, csrf = self.sign_in("fred")
        codes = enrol(lambda path, body=None: self.by(cookie, "POST", ME + "/mfa/" + path, body,
                                                      X_CSRF_Token=csrf))
        first = self.server.post("/api/v1/auth/login", {"login": "fred", "password": PASSWORD},
                                 headers=SESSION)
        self.assertTrue(first.json["mfa_required"])
        self.assertIsNone(cookie_of(first))
        answer = {"mfa_token": first.json["mfa_token"], "code": codes[0]}
        second = self.server.post("/api/v1/auth/mfa", answer, headers=SESSION)
        self.assertEqual(set(second.json), {"user", "csrf_token"})
        self.assertEqual(self.by("authd_session=" + cookie_of(second).value).json["username"],
                         "fred")


class Names(unittest.TestCase):
    def test_by_https_no_other_host_can_set_it(self):
        for flags, name, domain in [
                ([], "__Host-authd_session", ""),
                (["--cookies.domain", "Example.org"], "__Secure-authd_session", "example.org")]:
            with self.subTest(name), Server("--public-url", "https://auth.example.org",
                                            *flags) as server:
                reply = server.post("/api/v1/auth/signup",
                                    {"username": "ann", "password": PASSWORD}, headers=SESSION)
                cookie = cookie_of(reply, name)
                self.assertEqual((cookie["domain"], cookie["secure"]), (domain, True))
                self.assertEqual(server.get(ME,
                                            headers={"Cookie": name + "=" + cookie.value}).status,
                                 200)
                # Those that no other host ever needs.
                link = server.post("/api/v1/auth/magic-link", {"email": "ann@example.org"})
                code = server.post("/api/v1/auth/otp/send", {"email": "ann@example.org"})
                for setter, own in ((reply, "device"), (link, "magic_link"), (code, "asker")):
                    kept = cookie_of(setter, "__Host-authd_" + own)
                    self.assertEqual((kept["domain"], kept["secure"], kept["path"]),
                                     ("", True, "/"))
                # The name without its prefix is one that anybody may set.
                self.assertEqual(server.get(ME,
                                            headers={"Cookie": "authd_session="
                                                     + cookie.value}).status, 401)

    def test_a_cookie_of_another_reach_goes_when_somebody_signs_in(self):
        flags = ("--public-url", "http://auth.staging.example.org", "--cookies.domain")
        with Server(*flags, "staging.example.org") as server:
            server.sign_up("ann")
            login = lambda cookie: server.post(
                "/api/v1/auth/login", {"login": "ann", "password": PASSWORD},
                headers={**SESSION, "Cookie": cookie})
            def removed(reply):
                lines = [line for line in reply.headers.get_all("Set-Cookie")
                         if line.startswith("authd_session=;")]
                return sorted((re.search("Domain=([^;]*)", line) or [0, "this host"])[1]
                              for line in lines)
            first = login("")
            # Production's, above: it is not this server's, so it stays.
            self.assertEqual(removed(login("authd_session=" + "A" * 86)), [])
            mine = "authd_session=" + cookie_of(first).value
            others = ["auth.staging.example.org", "example.org", "this host"]
            second = login(mine)
            self.assertEqual(removed(second), others)
            both = mine + "; authd_session=" + cookie_of(second).value
            reply = server.post("/api/v1/auth/logout", headers={
                "Cookie": both, "X-CSRF-Token": second.json["csrf_token"]})
            self.assertEqual(removed(reply), sorted([*others, "staging.example.org"]))
        with Server("--public-url", "https://auth.example.org") as server:
            server.sign_up("ann")
            login = lambda cookie: server.post(
                "/api/v1/auth/login", {"login": "ann", "password": PASSWORD},
                headers={**SESSION, "Cookie": cookie})
            name = "__Host-authd_session"
            again = login(name + "=" + cookie_of(login(""), name).value)
            self.assertEqual(len([line for line in again.headers.get_all("Set-Cookie")
                                  if "session=" in line]), 1)  # there can only be one

    def test_a_domain_that_browsers_would_refuse_is_an_error(self):
        for domain, url in [("other.org", "https://auth.example.org"),
                            ("ample.org", "https://auth.example.org"),
                            ("localhost", "http://localhost"),
                            ("example.org:80", "https://example.org")]:
            with self.subTest(domain):
                done = command("config", "check", "--public-url", url, "--cookies.domain", domain,
                               check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("cookies.domain", done.err)


class OtherOrigins(BrowserCase):
    FLAGS = ("--cors.allowed-origins", "https://app.example.org")

    def preflight(self, origin):
        return self.server.request("OPTIONS", "/api/v1/auth/login", headers={
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-authd-session"})

    def test_only_a_configured_page_may_ask_for_a_cookie(self):
        allowed = self.preflight("https://app.example.org").headers
        self.assertIn("X-Authd-Session", allowed["Access-Control-Allow-Headers"])
        self.assertEqual(allowed["Access-Control-Allow-Origin"], "https://app.example.org")
        foreign = self.preflight("https://evil.example").headers
        self.assertNotIn("X-Authd-Session", foreign["Access-Control-Allow-Headers"])
        self.assertIsNone(foreign["Access-Control-Allow-Origin"])


if __name__ == "__main__":
    unittest.main()
