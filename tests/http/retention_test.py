"""The end of accounts that nobody uses: the command, the job, the API, the mails."""

import calendar
import email
import email.policy
import json
import os
import re
import tempfile
import time
import unittest

from clocked import Clocked, needs_clocked
from harness import PASSWORD, Server, command, wait_until

DAY = 24 * 3600
OFF = {"AUTHD_RETENTION_INACTIVE": "0"}
YEAR = {"AUTHD_RETENTION_INACTIVE": "365d", "AUTHD_RETENTION_UNVERIFIED": "60d"}


def day(days_ago):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days_ago * DAY))


def days_until(text):
    at = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    return (at - time.time()) / DAY


def texts_in(folder):
    texts = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            mail = email.message_from_bytes(f.read(), policy=email.policy.default)
        texts.append(mail.get_body(("plain",)).get_content())
    return texts


class Retention(unittest.TestCase):
    """A data directory without a server, with accounts of some age."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(folder.cleanup)
        self.data = os.path.join(folder.name, "data")
        self.add(("root", True, 900), ("ann", True, 900), ("ben", True, 340), ("carla", False, 100),
                 ("dan", True, 10))
        self.run_command("role", "grant", "root", "admin")
        [told] = json.loads(self.run_command("mail", "list", "--json").out)["mails"]
        self.run_command("mail", "purge", told["id"], "--yes")

    def add(self, *people):
        lines = [json.dumps({"type": "user", "username": name, "email": name + "@example.org",
                             "email_verified": is_verified, "created_at": day(age)})
                 for name, is_verified, age in people]
        self.run_command("import", "-", stdin="\n".join(lines) + "\n")

    def run_command(self, *arguments, stdin="", env=None, code=0):
        run = command(*arguments, "--data-dir", self.data, stdin=stdin, env=env or YEAR,
                      check=False)
        self.assertEqual(run.returncode, code, run.err)
        return run

    def prune(self, *flags, env=None):
        return json.loads(self.run_command("user", "prune", "--json", *flags, env=env).out)

    def mails(self):
        mails = json.loads(self.run_command("mail", "list", "--json").out)["mails"]
        return sorted((mail["kind"], mail["to"]) for mail in mails)

    def shown(self, name):
        return json.loads(self.run_command("user", "show", name, "--json").out)

    def steps(self, pruned):
        return {one["username"]: one["step"] for one in pruned["accounts"]}


class Command(Retention):
    def test_a_dry_run_tells_and_does_nothing(self):
        for _ in range(2):
            told = self.prune("--dry-run")
            self.assertEqual(self.steps(told), {"ann": "warn", "ben": "warn", "carla": "warn"})
            self.assertEqual((told["dry_run"], told["warned"], told["disabled"]), (True, 3, 0))
            # Nobody else before dan, who is ten days old.
            self.assertAlmostEqual(days_until(told["next_at"]), 325, delta=0.5)
        text = self.run_command("user", "prune", "--dry-run").out
        self.assertIn("ann@example.org", text)
        self.assertIn("would be: 3 warned; nobody else is due before 20", text)
        self.assertEqual(self.mails(), [])

    def test_a_run_does_it(self):
        done = self.prune("--yes")
        self.assertEqual((done["dry_run"], done["warned"], done["refused"]), (False, 3, 0))
        self.assertEqual({one["outcome"] for one in done["accounts"]}, {"changed"})
        self.assertEqual(self.mails(), [("unused_account", name + "@example.org")
                                        for name in ("ann", "ben", "carla")])
        self.assertEqual(self.prune("--yes")["accounts"], [])
        told = self.prune("--dry-run")
        self.assertAlmostEqual(days_until(told["next_at"]), 23, delta=0.5)

    def test_without_retention_there_is_nothing_to_do(self):
        run = self.run_command("user", "prune", "--dry-run", env=OFF, code=1)
        self.assertIn("retention.inactive", run.err)
        self.assertNotIn("retention", json.loads(
            self.run_command("user", "show", "ann", "--json", env=OFF).out))

    def test_an_account_tells_when_it_ends(self):
        self.assertIsNone(self.shown("root")["retention"])
        dan = self.shown("dan")["retention"]
        self.assertEqual((dan["step"], dan["next"]), ("none", "warn"))
        self.assertAlmostEqual(days_until(dan["disabled_at"]), 355, delta=0.5)
        self.prune("--yes")
        ann = self.shown("ann")["retention"]
        self.assertEqual((ann["step"], ann["next"]), ("warned", "remind"))
        self.assertRegex(self.run_command("user", "show", "ann").out,
                         r"if unused: +disabled after 20\S+ \(warned\)")
        told = command("explain", "login", "ann", "--data-dir", self.data, env=YEAR, check=False)
        self.assertRegex(told.out, "if unused.*warned")

    def delivered(self, delete_after):
        """The texts of the mails in the outbox, at once rather than one after the other."""
        self.run_command("mail", "retry", "--all")
        waiting = len(self.mails())
        environment = {**YEAR, "AUTHD_RETENTION_DELETE_AFTER": delete_after,
                       "AUTHD_SERVER_PUBLIC_URL": "https://auth.example.org"}
        with tempfile.TemporaryDirectory(prefix="authd-mails-") as folder:
            environment["AUTHD_MAIL_URL"] = "file:" + folder
            with Server(data_dir=self.data, environment=environment):
                wait_until(lambda: not self.mails(), "the mails to go out")
            texts = texts_in(folder)
        self.assertEqual(len(texts), waiting)
        return texts

    def test_the_mail_says_what_happens(self):
        self.prune("--yes")
        for text in self.delivered("30d"):
            self.assertIn("https://auth.example.org/signin", text)
            self.assertRegex(text, r"disabled on 20\d\d-\d\d-\d\d")
            self.assertIn("deleted after 30 days", text)
        self.add(("eve", True, 900))
        self.prune("--yes")
        [text] = self.delivered("0")
        self.assertRegex(text, r"disabled on 20\d\d-\d\d-\d\d")
        self.assertNotIn("deleted", text)


class Job(Retention):
    def test_the_server_does_it_and_says_so(self):
        with Server(data_dir=self.data, environment=YEAR) as server:
            line = server.logged(message="unused accounts")
            self.assertEqual((line["warned"], line["disabled"], line["due_later"]), (3, 0, 0))
            rows = r'authd_job_rows_total\{name="retention"\} 3'
            wait_until(lambda: re.search(rows, server.get("/metrics").body.decode()), "the metric")

    def test_it_waits_for_its_hour_even_after_a_restart(self):
        with Server(data_dir=self.data, environment=YEAR) as server:
            server.logged(message="unused accounts")
            wait_until(lambda: "retention" in self.run_command("db", "stat", "--json").out,
                       "the row of the job")
        self.add(("eve", True, 900))
        with Server(data_dir=self.data, environment=YEAR) as server:
            # The jobs run at the start; this is one of the last.
            swept = r'authd_job_runs_total\{name="prune_audit"\} [1-9]'
            wait_until(lambda: re.search(swept, server.get("/metrics").body.decode()), "the jobs")
        self.assertEqual(self.steps(self.prune("--dry-run")), {"eve": "warn"})


@needs_clocked
class Life(unittest.TestCase):
    """Every step, by the command, under a clock that is set ahead: the server's own run is at its
    start, and then in an hour of the clock that does not jump."""

    def test_from_the_first_mail_to_the_end(self):
        clock = None
        data = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(data.cleanup)
        folder = os.path.join(data.name, "data")
        flags = ("--retention.inactive", "365d", "--retention.delete-after", "30d")
        for at, step in ((0, None), (335, "warned"), (358, "reminded"), (366, "disabled"),
                         (397, "deleted")):
            server = Clocked(*flags, data_dir=folder, clock=clock)
            with server:
                clock = server.clock
                if step is None:
                    command("user", "add", "root", "--admin", "--data-dir", folder,
                            stdin=PASSWORD + "\n")
                    self.assertEqual(server.sign_up("ann").status, 201)
                else:
                    line = server.logged(message="unused accounts")
                    self.assertEqual([word for word in ("warned", "reminded", "disabled", "deleted")
                                      if line[word]], [step])
                if step == "disabled":
                    refused = server.log_in("ann")
                    self.assertEqual((refused.status, refused.json["error"]),
                                     (403, "account_disabled"))
                if step == "deleted":
                    self.assertEqual(server.log_in("ann").status, 401)
            # The next server begins at the time of the next step.
            ahead = {0: 335, 335: 358, 358: 366, 366: 397, 397: 397}[at]
            server.set_clock(ahead=ahead * DAY + 3600)
        audit = command("audit", "list", "--json", "--data-dir", folder).out
        entries = json.loads(audit)["entries"]
        told = [(one["action"], (one["detail"] or "")[:13]) for one in entries
                if one["action"] in ("account_disabled", "account_deleted")]
        self.assertEqual(told, [("account_deleted", "unused since "),
                                ("account_disabled", "unused since ")])


if __name__ == "__main__":
    unittest.main()
