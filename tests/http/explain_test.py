"""authd explain token|login|verify, beside a running server: the answer agrees with the server's,
and has no side effect."""

import json
import unittest

from clocked import Clocked
from harness import PASSWORD, ServerCase, basic, command
from session_cookie_test import cookie_of
from verify_test import PAGE, PROXIED, WAY_BACK


class Explain(ServerCase):
    FLAGS = (*PROXIED, "--server.trusted-proxies", "127.0.0.0/8")

    def explain(self, *arguments, stdin="", check=True):
        done = command("explain", *arguments, "--json", "--data-dir", self.server.data_dir,
                       *self.FLAGS, stdin=stdin, check=check)
        return json.loads(done.out) if check else done

    def refusal(self, said):
        """The check that failed; none if accepted."""
        return next((step["check"] for step in said["checks"] if not step["passed"]), None)

    def sign_in(self, name):
        self.server.sign_up(name)
        return self.server.log_in(name).json


class Tokens(Explain):
    def token(self, text):
        return self.explain("token", stdin=text + "\n")

    def test_is_explained_until_it_is_revoked(self):
        tokens = self.sign_in("ann")
        said = self.token(tokens["access_token"])
        self.assertEqual((said["what"], said["accepted"], self.refusal(said)),
                         ("access token", True, None))
        self.assertEqual(said["says"]["iss"], "http://auth.example.org")
        self.assertNotIn(tokens["access_token"], json.dumps(said))
        self.server.command("token", "revoke", stdin=tokens["access_token"] + "\n")
        said = self.token(tokens["access_token"])
        self.assertEqual((said["accepted"], self.refusal(said)), (False, "revocation"))

    def test_a_refresh_token_is_not_used_up(self):
        tokens = self.sign_in("bob")
        for _ in range(3):
            said = self.token(tokens["refresh_token"])
            self.assertEqual((said["what"], said["accepted"]), ("refresh token", True))
        after = self.server.refresh(tokens["refresh_token"])
        self.assertEqual(after.status, 200)
        self.assertEqual(self.server.refresh(after.json["refresh_token"]).status, 200)

    def test_of_a_disabled_account(self):
        tokens = self.sign_in("cid")
        self.server.command("user", "disable", "cid")
        self.assertIn(self.refusal(self.token(tokens["access_token"])),
                      ("sessions of the user", "account"))

    def test_a_cookie_with_its_name(self):
        self.server.sign_up("dan")
        reply = self.server.post("/api/v1/auth/login", {"login": "dan", "password": PASSWORD},
                                 headers={"X-Authd-Session": "cookie"})
        said = self.token("authd_session=" + cookie_of(reply).value)
        self.assertEqual((said["what"], said["accepted"]), ("session cookie", True))

    def test_what_is_none(self):
        self.assertEqual(self.refusal(self.token("hello")), "form")
        self.assertEqual(self.explain("token", check=False).returncode, 2)

    def test_for_people_it_is_a_table(self):
        tokens = self.sign_in("eve")
        done = self.server.command("explain", "token", stdin=tokens["access_token"] + "\n")
        self.assertIn("refused: issuer", self.server.command(
            "explain", "token", "--tokens.issuer", "http://other.example",
            stdin=tokens["access_token"] + "\n").out)
        self.assertRegex(done.out, r"(?m)^signature +ok +ES256, valid$")
        self.assertIn("accepted now", done.out)


class Logins(Explain):
    SERVER = Clocked

    def test_says_why_it_would_wait_and_counts_nothing(self):
        self.server.sign_up("fay")
        # Each guess comes at the end of the previous pause, on a clock that ends at the command's
        # time: the last pause is a minute.
        at = -63
        for wait in (0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 0):
            self.server.jump_to(at)
            self.assertEqual(self.server.log_in("fay", "wrong").status, 401)
            at += wait
        said = self.explain("login", "fay", "--address", "127.0.0.1")
        self.assertEqual(self.refusal(said), "failures of both together")
        self.assertIn("refused until", said["verdict"])
        self.assertIn("login", {entry["action"] for entry in said["recent"]})
        counted = next(s["found"] for s in said["checks"] if s["check"]
                       == "failures of this name")
        for _ in range(3):
            said = self.explain("login", "fay", "--address", "127.0.0.1")
        self.assertEqual(next(s["found"] for s in said["checks"] if s["check"]
                              == "failures of this name"), counted)
        self.assertIsNone(self.refusal(self.explain("login", "fay", "--address", "192.0.2.9")))

    def test_an_account_that_is_not_there_or_disabled(self):
        self.server.sign_up("gus")
        self.assertEqual(self.refusal(self.explain("login", "nobody")), "account")
        self.server.command("user", "disable", "gus")
        self.assertEqual(self.refusal(self.explain("login", "gus")), "enabled")

    def test_an_address_that_is_none(self):
        self.assertEqual(self.explain("login", "gus", "--address", "here", check=False).returncode,
                         2)


class Verify(Explain):
    def verify(self, *arguments, credential="", headers=None):
        flags = [flag for name, value in (headers or {}).items()
                 for flag in ("--header", "%s: %s" % (name, value))]
        if not credential:
            flags.append("--no-credential")
        return self.explain("verify", *flags, *arguments, stdin=credential + "\n")

    def same(self, said, query, **kwargs):
        """The server answers as explained."""
        self.assertEqual(self.server.get("/auth/verify" + query, **kwargs).status, said["status"])

    def test_a_rule_decides(self):
        token = self.sign_in("ann")["access_token"]
        said = self.verify("--role", "user", credential=token)
        self.assertEqual((said["status"], self.refusal(said), said["headers"]["X-Auth-User"]),
                         (200, None, "ann"))
        said = self.verify("--role", "admin", credential=token)
        self.assertEqual((said["status"], self.refusal(said)), (403, "rule role="))
        self.same(said, "?role=admin", token=token)
        said = self.verify("--scope", "other", credential=token)
        self.assertEqual((said["status"], self.refusal(said)), (403, "scope"))
        self.same(said, "?scope=other", token=token)

    def test_a_browser_is_sent_to_sign_in_or_not(self):
        said = self.verify("--redirect", "1", headers=PAGE)
        self.assertEqual((said["status"], said["headers"]["Location"]), (302, WAY_BACK))
        for change, check in [
                ({"X-Forwarded-Host": "evil.example"}, "way back"),
                ({"Accept": "*/*"}, "a browser requests a page"),
                ({"X-Forwarded-Method": "POST"}, "a browser requests a page"),
                ({"X-Forwarded-Uri": ""}, "original address")]:
            with self.subTest(change):
                said = self.verify("--redirect", "1", headers={**PAGE, **change})
                self.assertEqual((said["status"],
                                  self.refusal(dict(said, checks=said["checks"][1:]))),
                                 (401, check))
                self.same(said, "?redirect=1", headers={**PAGE, **change})
        said = self.verify("--redirect", "1", "--from", "192.0.2.1", headers=PAGE)
        self.assertEqual(self.refusal(dict(said, checks=said["checks"][1:])),
                         "the proxy is trusted")
        said = self.verify(headers=PAGE)
        self.assertEqual(self.refusal(dict(said, checks=said["checks"][1:])),
                         "a way to sign in is asked for")

    def test_says_which_credential_was_taken(self):
        self.server.sign_up("ida")
        token = self.server.log_in("ida").json["access_token"]
        for credential, taken in [(token, "the access token"),
                                  ("Authorization: " + basic("ida", PASSWORD)["Authorization"],
                                   "the password"),
                                  ("authd_pat_x", "the API key"),
                                  ("Cookie: authd_session=x", "the session cookie")]:
            said = self.verify(credential=credential)
            self.assertTrue(said["checks"][0]["found"].startswith(taken), said["checks"])

    def test_a_wrong_password_is_not_counted(self):
        self.server.sign_up("jan")
        wrong = "Authorization: " + basic("jan", "wrong")["Authorization"]
        for _ in range(8):
            self.assertEqual(self.refusal(self.verify(credential=wrong)), "password")
        self.assertEqual(self.server.get("/auth/verify", headers=basic("jan", PASSWORD)).status,
                         200)

    def test_a_header_that_only_the_server_sets(self):
        token = self.sign_in("kim")["access_token"]
        said = self.verify(credential=token, headers={"X.Auth.User": "root"})
        self.assertEqual((said["status"], self.refusal(said)), (403, "headers"))
        self.assertIn("X.Auth.User", said["checks"][0]["found"])
        self.same(said, "", token=token, headers={"X.Auth.User": "root"})

    def test_a_header_that_is_none(self):
        self.assertEqual(self.explain("verify", "--no-credential", "--header", "no colon",
                                      check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
