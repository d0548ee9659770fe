"""What the server counts by day for the charts of the administration: sign-ups, logins, mails, and
how many users there are. It writes them once a minute and when it stops; here it stops."""

import datetime
import os
import re
import tempfile
import unittest

from compat import totp
from harness import PASSWORD, Server, wait_until

STATISTICS = "/api/v1/admin/statistics"
COUNTS = ["signups", "logins_password", "logins_passkey", "logins_email_link", "logins_email_code",
          "logins_providers", "logins_refused", "logins_disabled", "second_factors_refused",
          "mails_sent", "mails_dead"]
LEVELS = ["users", "active_day", "active_month", "second_factor", "store_bytes"]


def add_root(server):
    server.command("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
    return server.log_in("root").json["access_token"]


def metric(server, pattern):
    return re.search(pattern, server.get("/metrics").body.decode())


def wait_for_job(server, name):
    wait_until(lambda: metric(server, r'authd_job_runs_total\{name="%s"\} [1-9]' % name),
               "the first run of " + name)


class Counting(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory(prefix="authd-statistics-")
        self.addCleanup(work.cleanup)
        self.data = os.path.join(work.name, "data")
        self.mail = "file:" + os.path.join(work.name, "mail")

    def serve(self):
        return Server("--mail.url", self.mail, "--mail.new-device", "false", data_dir=self.data)

    def statistics(self, server, token, days=2):
        reply = server.get("%s?days=%d" % (STATISTICS, days), token=token)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(len(reply.json["days"]), days)
        return reply.json

    def test_what_happened_is_there_after_a_restart(self):
        with self.serve() as server:
            token = add_root(server)  # by a command, which counts nothing; then a login
            server.sign_up("ann", email="ann@example.org")
            self.assertEqual(server.log_in("ann").status, 200)
            for name in ("ann", "nobody"):
                self.assertEqual(server.log_in(name, "wrong horse").status, 401)
            server.sign_up("ben")
            server.command("user", "disable", "ben")
            self.assertEqual(server.log_in("ben").status, 403)
            wait_until(lambda: metric(server, r"authd_mails_sent_total 1\n"), "the mail")
            wait_until(lambda: metric(server, r"authd_logins_total\{outcome=\"refused\"\} 2\n"),
                       "the refused logins")
            self.assertTrue(metric(server, r"authd_logins_total\{outcome=\"ok\"\} 2\n"))
            self.assertTrue(metric(
                server, r"authd_logins_by_method_total\{method=\"password\"\} 2\n"))
        # A second process of the same day adds to it.
        with self.serve() as server:
            self.assertEqual(server.log_in("ann").status, 200)
        with self.serve() as server:
            found = self.statistics(server, token)
            wanted = dict.fromkeys(COUNTS, 0)
            wanted.update(signups=2, logins_password=3, logins_refused=2, logins_disabled=1,
                          mails_sent=1)
            self.assertEqual(found["totals"], wanted)
            for name in COUNTS:
                self.assertEqual(sum(day["counts"][name] for day in found["days"]), wanted[name])
            # Looked at whenever a server starts, and by the hour.
            wait_for_job(server, "note_day_levels")
            levels = self.statistics(server, token)["days"][-1]["levels"]
            self.assertEqual(list(levels), LEVELS)
            self.assertEqual((levels["users"], levels["second_factor"]), (3, 0))
            self.assertGreaterEqual(levels["active_month"], levels["active_day"])
            self.assertGreater(levels["store_bytes"], 0)
            wait_for_job(server, "add_day_counts")

    def test_a_second_factor_that_is_wrong(self):
        with self.serve() as server:
            root = add_root(server)
            ann = server.sign_up("ann").json["access_token"]
            secret = server.post("/api/v1/users/me/mfa/totp", token=ann).json["secret"]
            confirmed = server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret)},
                                    token=ann)
            self.assertEqual(confirmed.status, 200, confirmed.body)
            begun = server.log_in("ann").json
            self.assertTrue(begun["mfa_required"])
            for code, status in (("000000", 401), (confirmed.json["recovery_codes"][0], 200)):
                reply = server.post("/api/v1/auth/mfa",
                                    {"mfa_token": begun["mfa_token"], "code": code})
                self.assertEqual(reply.status, status, reply.body)
        with self.serve() as server:
            totals = self.statistics(server, root)["totals"]
            self.assertEqual([totals[name] for name in
                              ("logins_password", "logins_refused", "second_factors_refused")],
                             [2, 1, 1])
            wait_for_job(server, "note_day_levels")
            days = self.statistics(server, root)["days"]
            self.assertEqual(days[-1]["levels"]["second_factor"], 1)


class Asking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.token = add_root(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def test_days_without_numbers_are_there(self):
        reply = self.server.get(STATISTICS, token=self.token)
        self.assertEqual(reply.status, 200)
        days = [datetime.date.fromisoformat(one["day"]) for one in reply.json["days"]]
        self.assertEqual(len(days), 30)
        self.assertEqual(days, [days[0] + datetime.timedelta(days=n) for n in range(30)])
        self.assertLessEqual(abs(days[-1] - datetime.datetime.now(datetime.timezone.utc).date()),
                             datetime.timedelta(days=1))  # midnight may be now
        first = reply.json["days"][0]
        self.assertEqual(first["counts"], dict.fromkeys(COUNTS, 0))
        self.assertEqual(first["levels"], dict.fromkeys(LEVELS))

    def test_one_to_400_days(self):
        for days in (1, 400):
            reply = self.server.get("%s?days=%d" % (STATISTICS, days), token=self.token)
            self.assertEqual((reply.status, len(reply.json["days"])), (200, days))
        for days in ("0", "401", "-1", "x", "", "18446744073709551616"):
            with self.subTest(days):
                reply = self.server.get("%s?days=%s" % (STATISTICS, days), token=self.token)
                self.assertEqual((reply.status, reply.json["error"], reply.json["field"]),
                                 (422, "invalid_value", "days"))

    def test_not_for_others(self):
        self.assertEqual(self.server.get(STATISTICS).status, 401)
        ann = self.server.sign_up("ann").json["access_token"]
        self.assertEqual(self.server.get(STATISTICS, token=ann).status, 403)

    def test_an_api_key_that_may_read(self):
        for scope, status in (("admin:read", 200), ("verify", 403)):
            key = self.server.post("/api/v1/users/me/api-keys",
                                   {"name": scope, "scopes": [scope]}, token=self.token)
            self.assertEqual(key.status, 201, key.body)
            reply = self.server.get(STATISTICS, headers={"X-API-Key": key.json["api_key"]})
            self.assertEqual(reply.status, status, scope)


if __name__ == "__main__":
    unittest.main()
