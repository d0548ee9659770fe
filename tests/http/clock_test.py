"""The machine's clock jumps under a running server, days ahead and back to before its start: what
has expired stays expired, what has not stays valid, nobody is locked out for good, no token is
valid forever, nothing is lost, and no thread spins.

The server is clocked.py's."""

import email
import email.policy
import os
import re
import tempfile
import time
import unittest

from clocked import Clocked
from harness import PASSWORD, wait_until

HOUR = 3600
DAY = 24 * HOUR
YEAR = 365 * DAY


class Clock(unittest.TestCase):
    def setUp(self):
        self.server = Clocked()
        self.server.__enter__()
        self.addCleanup(lambda: self.server.__exit__(None))
        self.ann = self.server.sign_up("ann", email="ann@example.org").json

    def assert_works(self, login="ann"):
        """A login, and what depends on it."""
        tokens = self.server.log_in(login)
        self.assertEqual(tokens.status, 200, tokens.body)
        self.assertEqual(self.server.me(tokens.json["access_token"]).status, 200)
        fresh = self.server.refresh(tokens.json["refresh_token"])
        self.assertEqual(fresh.status, 200)
        self.assertEqual(self.server.me(fresh.json["access_token"]).status, 200)
        return fresh.json

    def test_ahead_ends_what_is_over_then_and_no_more(self):
        self.server.jump_to(10 * DAY)
        self.assertEqual(self.server.me(self.ann["access_token"]).status, 401)
        self.ann = self.server.refresh(self.ann["refresh_token"]).json
        self.assertEqual(self.server.me(self.ann["access_token"]).status, 200)
        self.server.jump_to(50 * DAY)
        self.assertEqual(self.server.refresh(self.ann["refresh_token"]).status, 401)
        self.assert_works()

    def test_back_before_the_start_loses_nothing(self):
        self.server.jump_to(-2 * DAY)
        self.assert_works()
        self.assertEqual(self.server.sign_up("bob").status, 201)
        self.assert_works("bob")
        self.server.jump_to(0)
        self.assertEqual(self.server.me(self.ann["access_token"]).status, 200)
        self.assertEqual(self.server.refresh(self.ann["refresh_token"]).status, 200)
        self.assert_works("bob")
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_an_hour_back_logs_nobody_out(self):
        self.server.jump_to(-HOUR)
        self.assertEqual(self.server.me(self.ann["access_token"]).status, 200)
        self.assertEqual(self.server.refresh(self.ann["refresh_token"]).status, 200)

    def test_what_was_issued_in_the_future_is_not_good_until_then(self):
        old = self.ann
        self.server.jump_to(YEAR)
        young = self.assert_works()
        renewed = self.server.log_in("ann").json
        self.server.jump_to(0)
        for tokens in (young, renewed):
            self.assertEqual(self.server.me(tokens["access_token"]).status, 401)
            self.assertEqual(self.server.refresh(tokens["refresh_token"]).status, 401)
        self.assertEqual(self.server.me(old["access_token"]).status, 200)

    def test_a_token_that_an_old_session_got_in_the_future_is_not_good_until_then(self):
        self.server.jump_to(20 * DAY)
        tokens = self.server.refresh(self.ann["refresh_token"]).json
        self.assertEqual(self.server.me(tokens["access_token"]).status, 200)
        self.server.jump_to(0)
        self.assertEqual(self.server.me(tokens["access_token"]).status, 401)
        # The session is not from the future: its holder gets a token with the current time.
        fresh = self.server.refresh(tokens["refresh_token"])
        self.assertEqual(fresh.status, 200)
        self.assertEqual(self.server.me(fresh.json["access_token"]).status, 200)

    def test_a_refresh_token_is_forgiven_until_the_grace_is_over(self):
        second = self.server.refresh(self.ann["refresh_token"]).json
        self.server.jump_to(11)  # tokens.refresh_grace is 10 s
        self.assertEqual(self.server.refresh(self.ann["refresh_token"]).status, 401)
        self.assertEqual(self.server.refresh(second["refresh_token"]).status, 401)

    def lock_out(self):
        for _ in range(60):
            reply = self.server.log_in("ann", "not the password")
            if reply.status == 429:
                return
        self.fail("nobody is locked out")

    def test_who_is_locked_out_is_not_so_for_good(self):
        for there, back in ((0, HOUR), (YEAR, 0), (0, -YEAR)):
            with self.subTest(there=there, back=back):
                self.server.jump_to(there)
                self.lock_out()
                self.server.jump_to(back)
                self.assert_works()
                self.assertEqual(self.server.command("user", "unlock", "ann").returncode, 0)

    def test_limits_by_address_do_not_follow_the_clock(self):
        with Clocked("--rate-limit.login", "3/1h", limits=True) as server:
            statuses = [server.log_in("nobody").status for _ in range(4)]
            self.assertEqual(statuses[3], 429)
            server.jump_to(-YEAR)
            self.assertEqual(server.log_in("nobody").status, 429)
            self.assertEqual(server.get("/livez").status, 200)

    def test_mail_goes_out_whatever_the_clock_does(self):
        with tempfile.TemporaryDirectory(prefix="authd-mails-") as folder:
            with Clocked("--mail.url", "file:" + folder) as server:
                for number, jump in enumerate((0, YEAR, -YEAR, 0), 1):
                    server.jump_to(jump)
                    self.assertEqual(server.sign_up("m%d" % number,
                                                    email="m%d@example.org" % number).status, 201)
                    wait_until(lambda: len([n for n in os.listdir(folder) if n.endswith(".eml")])
                               == number,
                               "a mail with the clock at %d" % jump)

    def test_what_was_made_in_the_future_is_void_and_keeps_nobody_waiting(self):
        with tempfile.TemporaryDirectory(prefix="authd-mails-") as folder:
            with Clocked("--mail.url", "file:" + folder) as server:
                token = server.sign_up("ann").json["access_token"]
                server.command("user", "add", "--username", "eve", "--email", "eve@example.org",
                               stdin=PASSWORD + "\n")

                def next_code(seen):
                    """The one mail that is not in `seen`."""
                    name = wait_until(
                        lambda: next((n for n in os.listdir(folder) if n.endswith(".eml")
                                      and n not in seen), None), "a code")
                    seen.add(name)
                    with open(os.path.join(folder, name), encoding="utf-8") as f:
                        mail = email.message_from_file(f, policy=email.policy.default)
                    return re.search(r"\b\d{6}\b", mail.get_body(("plain",)).get_content())[0]

                ask = lambda: server.post("/api/v1/auth/otp/send",
                                          {"email": "eve@example.org"}).status
                use = lambda code: server.post("/api/v1/auth/otp/verify",
                                               {"email": "eve@example.org", "code": code}).status
                seen = set()
                server.jump_to(YEAR)
                key = server.post("/api/v1/users/me/api-keys",
                                  {"name": "k", "scopes": ["profile:read"], "expires_in": 3600},
                                  token=server.log_in("ann").json["access_token"]).json["api_key"]
                self.assertEqual(server.get("/api/v1/users/me", headers={"X-API-Key": key}).status,
                                 200)
                self.assertEqual((ask(), ask()), (200, 429))
                early = next_code(seen)
                server.jump_to(0)
                self.assertEqual(server.get("/api/v1/users/me", headers={"X-API-Key": key}).status,
                                 401)
                self.assertEqual(use(early), 401)
                self.assertEqual(ask(), 200)
                self.assertEqual(use(next_code(seen)), 200)
                self.assertEqual(server.me(token).status, 200)

    def test_no_thread_spins(self):
        for jump in (YEAR, -YEAR, 0):
            self.server.jump_to(jump)
            before = self.server.processor_time()
            begin = time.monotonic()
            wait_until(lambda: time.monotonic() - begin >= 1.5, "time to pass")
            self.assertLess(self.server.processor_time() - before, 0.8 * (time.monotonic() - begin))


if __name__ == "__main__":
    unittest.main()
