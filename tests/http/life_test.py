"""The life of an account from sign-up to deletion, as its owner and an administrator see it. Mail
is read from the directory that the server writes it to."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import struct
import tempfile
import time
import unittest

from clocked import Clocked
from harness import PASSWORD, Server, wait_until


def totp(secret, step):
    """RFC 6238, implemented again, so that the server is not checked against itself."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


def step_now():
    return int(time.time()) // 30


class LifeCase(unittest.TestCase):
    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.mails = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.mails.cleanup)
        cls.server = Server("--mail.url", "file:" + cls.mails.name, "--branding.name", "Life",
                            *cls.FLAGS)
        cls.addClassCleanup(cls.server.__exit__, None)

    def api(self, method, path, body=None, token=None, status=200, **kwargs):
        reply = self.server.request(method, "/api/v1/" + path, body, token=token, **kwargs)
        self.assertEqual(reply.status, status, reply.body)
        return reply.json if reply.body else None

    def refused(self, reply, status, error):
        self.assertEqual((reply.status, reply.json["error"]), (status, error), reply.body)

    def member(self, name):
        return self.server.sign_up(name, email=name + "@example.org").json

    def mail(self, to, subject):
        """Removes and returns the text of the one new mail to the address whose subject contains
        the words."""
        def look():
            for name in sorted(os.listdir(self.mails.name)):
                if not name.endswith(".eml"):
                    continue
                path = os.path.join(self.mails.name, name)
                with open(path, "rb") as f:
                    mail = email.message_from_bytes(f.read(), policy=email.policy.default)
                if mail["To"] == to and subject in mail["Subject"].lower():
                    os.unlink(path)
                    return mail.get_body(("plain",)).get_content()
            return None
        return wait_until(look, "a mail about %s to %s" % (subject, to))

    def token_in(self, text):
        return re.search(r"token=([A-Za-z0-9_-]{43})\b", text)[1]


class Recovery(LifeCase):
    def test_an_email_is_confirmed_by_its_link(self):
        member = self.member("vera")
        self.assertFalse(member["user"]["email_verified"])
        token = self.token_in(self.mail("vera@example.org", "confirm"))
        self.assertTrue(self.api("POST", "auth/email/verify",
                                 {"token": token})["user"]["email_verified"])
        self.refused(self.server.post("/api/v1/auth/email/verify", {"token": token}), 401,
                     "invalid_code")
        self.refused(self.server.post("/api/v1/auth/email/verify", {"token": "x"}), 401,
                     "invalid_code")

    def test_an_email_is_confirmed_with_the_password_of_its_account(self):
        self.member("vito")
        token = self.token_in(self.mail("vito@example.org", "confirm"))
        self.assertEqual(self.api("POST", "auth/email/link", {"token": token}),
                         {"kind": "confirm", "account": "vito", "email": "vito@example.org",
                          "signed_in": False})
        verify = lambda password: self.server.post("/api/v1/auth/email/verify",
                                                   {"token": token, "password": password})
        self.refused(verify("wrong password"), 403, "wrong_password")
        self.assertTrue(verify(PASSWORD).json["user"]["email_verified"])
        self.refused(verify(PASSWORD), 401, "invalid_code")

    def test_a_lost_password_comes_back_by_mail(self):
        member = self.member("paul")
        known = self.api("POST", "auth/password/forgot", {"email": "paul@example.org"})
        unknown = self.api("POST", "auth/password/forgot", {"email": "nobody@example.org"})
        self.assertEqual(known, unknown)
        token = self.token_in(self.mail("paul@example.org", "password"))
        self.refused(self.server.post("/api/v1/auth/password/reset",
                                      {"token": token, "new_password": "short"}), 422,
                     "weak_password")
        seen = {"kind": "reset", "account": "paul", "email": "paul@example.org", "signed_in": False,
                "has_password": True, "sets_password": True, "makes_passkey": True}
        self.assertEqual(self.api("POST", "auth/email/link", {"token": token}), seen)
        self.api("POST", "auth/password/reset", {"token": token, "new_password": "another battery"})
        self.refused(self.server.post("/api/v1/auth/email/link", {"token": token}), 401,
                     "invalid_code")
        self.assertEqual(self.server.me(member["access_token"]).status, 401)
        self.assertEqual(self.server.log_in("paul").status, 401)
        self.assertEqual(self.server.log_in("paul", "another battery").status, 200)
        self.mail("paul@example.org", "password")

    def test_an_email_changes_when_the_new_one_is_confirmed(self):
        member = self.member("emma")
        me = self.api("PATCH", "users/me", {"email": "emma@new.example"},
                      token=member["access_token"])
        self.assertEqual(me["email"], "emma@example.org")
        asked = self.mail("emma@example.org", "was requested")
        self.assertIn("emma@new.example", asked)
        self.assertIn("/stop-email-change?token=", asked)
        text = self.mail("emma@new.example", "confirm")
        self.assertIn('the account "emma"', text)
        token = self.token_in(text)
        seen = {"kind": "change", "account": "emma", "email": "emma@new.example"}
        self.assertEqual(self.api("POST", "auth/email/link", {"token": token}),
                         {**seen, "signed_in": False})
        self.assertEqual(self.api("POST", "auth/email/link", {"token": token},
                                  token=member["access_token"]), {**seen, "signed_in": True})
        changed = self.api("POST", "auth/email/verify", {"token": token},
                           token=member["access_token"])["user"]
        self.assertEqual((changed["email"], changed["email_verified"]), ("emma@new.example", True))
        self.assertIn("emma@new.example", self.mail("emma@example.org", "was changed"))
        self.assertEqual(self.server.log_in("emma@example.org").status, 401)
        self.refused(self.server.post("/api/v1/auth/email/stop", {"token": self.token_in(asked)}),
                     409, "email_changed")
        self.refused(self.server.post("/api/v1/auth/email/link", {"token": token}), 401,
                     "invalid_code")

    def test_an_email_change_is_stopped_by_the_link_to_the_old_address(self):
        member = self.member("rolf")
        self.api("PATCH", "users/me", {"email": "rolf@new.example"}, token=member["access_token"])
        token = self.token_in(self.mail("rolf@new.example", "confirm"))
        stop = self.token_in(self.mail("rolf@example.org", "was requested"))
        other = self.server.log_in("rolf").json["access_token"]
        self.assertEqual(self.api("POST", "auth/email/link", {"token": stop}),
                         {"kind": "stop", "account": "rolf", "email": "rolf@new.example",
                          "signed_in": False})
        for _ in range(2):  # Pressed twice, it gives the same answer.
            self.api("POST", "auth/email/stop", {"token": stop})
        self.assertIsNone(self.api("POST", "auth/email/link", {"token": stop})["email"])
        self.refused(self.server.post("/api/v1/auth/email/verify", {"token": token}, token=other),
                     401, "invalid_code")
        # Only the session that requested it is signed out.
        self.assertEqual(self.server.me(member["access_token"]).status, 401)
        self.assertEqual(self.server.me(other).json["email"], "rolf@example.org")
        self.refused(self.server.post("/api/v1/auth/email/stop", {"token": "x" * 43}), 401,
                     "invalid_code")


class Passwordless(LifeCase):
    def test_a_code_by_mail_logs_in(self):
        self.member("otto")
        said = self.api("POST", "auth/otp/send", {"email": "otto@example.org"})
        self.assertEqual(said, self.api("POST", "auth/otp/send", {"email": "nobody@example.org"}))
        self.assertEqual((said["expires_in"], said["resend_after"]), (600, 60))
        self.refused(self.server.post("/api/v1/auth/otp/send", {"email": "otto@example.org"}), 429,
                     "rate_limited")
        code = re.search(r"\b(\d{6})\b", self.mail("otto@example.org", "code"))[1]
        wrong = "%06d" % ((int(code) + 1) % 1000000)
        ask = lambda text: self.server.post("/api/v1/auth/otp/verify",
                                            {"email": "otto@example.org", "code": text})
        self.refused(ask(wrong), 401, "invalid_code")
        self.assertEqual(ask(code).json["user"]["username"], "otto")
        self.refused(ask(code), 401, "invalid_code")

    def test_a_link_logs_in_the_browser_that_asked(self):
        self.member("lena")
        reply = self.server.post("/api/v1/auth/magic-link", {"email": "lena@example.org"})
        cookie = reply.headers["Set-Cookie"].split(";")[0]
        self.assertIn("HttpOnly", reply.headers["Set-Cookie"])
        token = self.token_in(self.mail("lena@example.org", "login link"))
        verify = "/api/v1/auth/magic-link/verify"
        self.refused(self.server.post(verify, {"token": token}), 401, "invalid_code")
        done = self.server.post(verify, {"token": token}, headers={"Cookie": "a=b; " + cookie})
        self.assertEqual(done.status, 200, done.body)
        self.assertTrue(done.json["user"]["email_verified"])
        self.refused(self.server.post(verify, {"token": token}, headers={"Cookie": cookie}), 401,
                     "invalid_code")

    def test_a_link_lets_the_owner_in_however_much_a_stranger_has_set_up(self):
        token = self.member("zoe")["access_token"]
        for _ in range(105):
            token = self.server.log_in("zoe").json["access_token"]
        for number in range(50):
            self.api("POST", "users/me/api-keys", {"name": str(number), "scopes": ["verify"]},
                     token=token, status=201)
        secret = self.api("POST", "users/me/mfa/totp", token=token)["secret"]
        self.api("POST", "users/me/mfa/totp/confirm", {"code": totp(secret, step_now())},
                 token=token)
        asked = self.server.post("/api/v1/auth/magic-link", {"email": "zoe@example.org"})
        cookie = asked.headers["Set-Cookie"].split(";")[0]
        link = self.token_in(self.mail("zoe@example.org", "login link"))
        done = self.server.post("/api/v1/auth/magic-link/verify", {"token": link},
                                headers={"Cookie": cookie})
        self.assertEqual(done.status, 200, done.body)
        mine = done.json["access_token"]
        self.assertEqual(self.api("GET", "users/me/api-keys", token=mine), {"api_keys": []})
        self.assertEqual(self.server.me(token).status, 401)


class SecondFactor(LifeCase):
    def enable(self, name):
        member = self.member(name)
        setup = self.api("POST", "users/me/mfa/totp", token=member["access_token"])
        self.assertIn("<svg", setup["qr_svg"])
        self.assertIn("Life", setup["uri"])
        code = totp(setup["secret"], step_now())
        codes = self.api("POST", "users/me/mfa/totp/confirm", {"code": code},
                         token=member["access_token"])
        self.assertEqual(len(codes["recovery_codes"]), 10)
        return member, setup["secret"], codes["recovery_codes"], code

    def test_is_asked_for_and_used_once(self):
        member, secret, recovery, used = self.enable("mfa1")
        self.assertTrue(self.api("GET", "users/me", token=member["access_token"])["mfa_enabled"])
        first = self.server.log_in("mfa1").json
        self.assertEqual((first["mfa_required"], first["methods"]),
                         (True, ["totp", "recovery_code"]))
        answer = lambda code: self.server.post("/api/v1/auth/mfa",
                                               {"mfa_token": first["mfa_token"], "code": code})
        self.refused(answer(used), 401, "invalid_code")  # It has already set up the app.
        # The code of the next period is accepted early, so the test need not wait.
        after = totp(secret, step_now() + 1)
        self.assertEqual(answer(after).json["user"]["username"], "mfa1")
        self.refused(answer(after), 401, "invalid_mfa_token")
        with_code = {"login": "mfa1", "password": PASSWORD, "mfa_code": recovery[0]}
        self.assertEqual(self.server.post("/api/v1/auth/login", with_code).status, 200)
        self.refused(self.server.post("/api/v1/auth/login", with_code), 401, "invalid_code")
        self.mail("mfa1@example.org", "settings")

    def test_is_taken_away_by_its_owner_and_by_the_administrator(self):
        member, _, recovery, _ = self.enable("mfa2")
        renewed = self.api("POST", "users/me/mfa/recovery-codes",
                           token=member["access_token"])["recovery_codes"]
        old = {"login": "mfa2", "password": PASSWORD, "mfa_code": recovery[0]}
        self.refused(self.server.post("/api/v1/auth/login", old), 401, "invalid_code")
        self.assertEqual(len(set(renewed) | set(recovery)), 20)
        self.api("DELETE", "users/me/mfa/totp", token=member["access_token"])
        self.assertIn("access_token", self.server.log_in("mfa2").json)
        self.enable("mfa3")
        self.server.command("user", "reset-mfa", "mfa3")
        self.assertIn("access_token", self.server.log_in("mfa3").json)


class RequiredEmailCode(LifeCase):
    FLAGS = ("--mfa.email-otp", "required")

    def test_goes_by_mail(self):
        self.member("rita")
        needed = self.server.log_in("rita").json
        self.assertEqual(needed["methods"], ["email"])
        code = re.search(r"\b(\d{6})\b", self.mail("rita@example.org", "code"))[1]
        done = self.server.post("/api/v1/auth/mfa",
                                {"mfa_token": needed["mfa_token"], "code": code})
        self.assertEqual(done.status, 200, done.body)


class Restarts(unittest.TestCase):
    """State that must survive a restart of the server."""

    def setUp(self):
        self.data = tempfile.TemporaryDirectory()
        self.addCleanup(self.data.cleanup)
        self.server = None
        self.restart()

    def restart(self, *flags):
        clock = None
        if self.server:
            self.assertEqual(self.server.stop(), 0)
            clock = self.server.clock
        self.server = Clocked(*flags, clock=clock, data_dir=os.path.join(self.data.name, "data"))
        self.addCleanup(self.server.__exit__, None)

    def log_in(self, password, device=None):
        return self.server.post("/api/v1/auth/login", {"login": "brute", "password": password},
                                headers={"Cookie": device} if device else {})

    def strangers_guess(self):
        """Each from its own address, so that only the account's count rises."""
        self.restart("--server.trusted-proxies", "127.0.0.1/32")
        for i in range(22):
            self.server.post("/api/v1/auth/login", {"login": "brute", "password": "wrong password"},
                             headers={"X-Forwarded-For": "203.0.113.%d" % i})

    def test_waits_survive_and_spare_a_known_device(self):
        device = self.server.sign_up("brute").headers["Set-Cookie"].split(";")[0]
        self.assertTrue(device.startswith("authd_device="))
        with self.server.standing_clock():
            self.strangers_guess()
            self.restart()
            blocked = self.log_in(PASSWORD)
            self.assertEqual(blocked.status, 429)
            self.assertGreaterEqual(int(blocked.headers["Retry-After"]), 1)
            self.assertEqual(self.log_in(PASSWORD, device).status, 200)

    def test_waits_end_by_unlock(self):
        self.server.sign_up("brute")
        with self.server.standing_clock():
            self.strangers_guess()
            self.assertEqual(self.log_in(PASSWORD).status, 429)
            self.server.command("user", "unlock", "brute")
            self.assertEqual(self.log_in(PASSWORD).status, 200)

    def test_made_up_refresh_tokens_are_counted(self):
        with self.server.standing_clock():
            statuses = [self.server.refresh("a" * 64).status for _ in range(60)]
            self.assertEqual(statuses[:50], [401] * 50)
            self.assertIn(429, statuses)
            # The address must wait, whatever it tries next.
            self.assertEqual(self.log_in(PASSWORD).status, 429)

    def test_activity_is_written_down_at_a_clean_stop(self):
        self.server.command("user", "add", "--username", "brute", stdin=PASSWORD + "\n")
        token = self.server.command("token", "issue", "brute").out.strip()
        self.assertEqual(self.server.me(token).status, 200)
        self.restart()
        self.assertIsNotNone(self.shown()["last_activity"])

    def shown(self):
        return json.loads(self.server.command("user", "show", "brute", "--json").out)


class Setup(unittest.TestCase):
    def setup_url(self, server):
        return wait_until(lambda: next((l for l in server.log_lines() if "setup_url" in l), None),
                          "the offer of a set-up")["setup_url"]

    def test_makes_one_administrator(self):
        with Server() as server:
            url = self.setup_url(server)
            self.assertIn("/setup?token=", url)
            token = url.split("token=")[1]
            body = {"token": token, "username": "root", "password": "short"}
            self.assertEqual(server.post("/api/v1/setup", body).status, 422)
            self.assertEqual(server.post("/api/v1/setup",
                                         {**body, "token": "x" * 43, "password": PASSWORD}).status,
                             401)
            made = server.post("/api/v1/setup", {**body, "password": PASSWORD})
            self.assertEqual((made.status, made.json["user"]["roles"]), (201, ["user", "admin"]))
            self.assertEqual(server.get("/api/v1/admin/users",
                                        token=made.json["access_token"]).status, 200)
            again = server.post("/api/v1/setup", {**body, "username": "evil", "password": PASSWORD})
            self.assertEqual((again.status, again.json["error"]), (401, "invalid_code"))

    def test_is_over_when_there_is_an_administrator(self):
        with Server() as server:
            token = self.setup_url(server).split("token=")[1]
            server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
            late = server.post("/api/v1/setup",
                               {"token": token, "username": "evil", "password": PASSWORD})
            self.assertEqual(late.status, 401)

    def test_is_not_offered_to_a_server_that_has_accounts(self):
        with tempfile.TemporaryDirectory() as data:
            data_dir = os.path.join(data, "data")
            with Server(data_dir=data_dir) as server:
                server.sign_up("first")
            with Server(data_dir=data_dir) as server:
                self.assertNotIn("setup_url", server.log_text())


class Administration(LifeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        cls.root = cls.server.log_in("root").json["access_token"]

    def test_is_for_administrators(self):
        member = self.member("alice")["access_token"]
        for path in ("users", "roles", "clients", "keys", "audit", "settings", "mail"):
            reply = self.server.get("/api/v1/admin/" + path)
            self.assertEqual(reply.status, 401, path)
            self.refused(self.server.get("/api/v1/admin/" + path, token=member), 403, "forbidden")
            self.api("GET", "admin/" + path, token=self.root)

    def test_manages_accounts(self):
        made = self.api("POST", "admin/users",
                        {"username": "worker", "password": PASSWORD, "roles": ["admin"]},
                        token=self.root, status=201)
        path = "admin/users/%d" % made["id"]
        self.assertEqual(made["roles"], ["user", "admin"])
        self.assertEqual(self.api("DELETE", path + "/roles/admin", token=self.root)["roles"],
                         ["user"])
        self.assertEqual(self.api("PUT", path + "/roles/admin", token=self.root)["roles"],
                         ["user", "admin"])
        self.assertEqual(self.api("PATCH", path, {"email": "w@example.org"},
                                  token=self.root)["email"], "w@example.org")
        tokens = self.server.log_in("worker").json
        self.assertEqual(len(self.api("GET", path + "/sessions", token=self.root)["sessions"]), 1)
        self.assertFalse(self.api("POST", path + "/disable", token=self.root)["is_active"])
        self.assertEqual(self.server.me(tokens["access_token"]).status, 401)
        self.assertTrue(self.api("POST", path + "/enable", token=self.root)["is_active"])
        self.api("POST", path + "/password-reset", token=self.root)
        self.token_in(self.mail("w@example.org", "password"))
        self.api("POST", path + "/unlock", token=self.root)
        self.api("POST", path + "/logout", token=self.root, status=204)
        self.api("DELETE", path, token=self.root, status=204)
        self.api("GET", path, token=self.root, status=404)
        self.api("GET", "admin/users/x", token=self.root, status=404)

    def test_finds_and_pages_accounts(self):
        for i in range(7):
            self.member("page%d" % i)
        seen, after = [], ""
        while True:
            page = self.api("GET", "admin/users?q=PAGE&limit=3&after=" + after, token=self.root)
            seen += [user["username"] for user in page["users"]]
            if page["next"] is None:
                break
            after = page["next"]
        self.assertEqual(seen, ["page%d" % i for i in range(7)])
        page = self.api("GET", "admin/users?q=page3@", token=self.root)
        self.assertEqual([user["email"] for user in page["users"]], ["page3@example.org"])
        ids, after = [], "0"
        while after is not None:
            page = self.api("GET", "admin/users?limit=2&after=" + after, token=self.root)
            ids += [user["id"] for user in page["users"]]
            after = page["next"]
        self.assertEqual(ids, sorted(set(ids)))
        self.api("GET", "admin/users?limit=0", token=self.root, status=422)
        self.api("GET", "admin/users?after=x", token=self.root, status=422)

    def test_rotates_keys_and_makes_roles_and_clients(self):
        before = {key["kid"] for key in self.api("GET", "admin/keys", token=self.root)["keys"]}
        self.assertGreater({key["kid"] for key in self.api("POST", "admin/keys/rotate",
                                                           token=self.root)["keys"]}, before)
        self.api("POST", "admin/roles", {"name": "editor", "permissions": ["a:b"]}, token=self.root,
                 status=201)
        self.api("POST", "admin/roles", {"name": "editor"}, token=self.root, status=409)
        client = self.api("POST", "admin/clients", {"name": "app"}, token=self.root, status=201)
        form = {"token": "x", "client_id": client["client_id"],
                "client_secret": client["client_secret"]}
        self.assertEqual(self.server.post("/oauth2/introspect", form=form).json, {"active": False})
        self.api("DELETE", "admin/clients/" + client["client_id"], token=self.root, status=204)
        self.assertEqual(self.server.post("/oauth2/introspect", form=form).status, 401)
        settings = self.api("GET", "admin/settings", token=self.root)
        self.assertEqual(settings["branding.name"], "Life")

    def test_reads_the_audit_log(self):
        member = self.member("audited")
        self.server.log_in("audited", "wrong password")
        page = self.api("GET", "admin/audit?user=%d" % member["user"]["id"], token=self.root)
        self.assertEqual([(e["action"], e["outcome"]) for e in page["entries"]],
                         [("login", "refused"), ("signup", "ok")])
        self.assertEqual(page["entries"][0]["address"], "127.0.0.1")
        lines = self.server.get("/api/v1/admin/audit?format=ndjson&limit=5", token=self.root)
        self.assertEqual((lines.headers["Content-Type"], lines.body.count(b"\n")),
                         ("application/x-ndjson", 5))
        self.assertNotIn(PASSWORD.encode(), lines.body)
        checked = self.server.command("audit", "verify", "--json")
        self.assertIn('"ok":true', checked.out)
        listed = self.server.command("audit", "list", "--action", "signup")
        self.assertIn("signup", listed.out)


if __name__ == "__main__":
    unittest.main()
