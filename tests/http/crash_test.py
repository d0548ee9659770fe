"""Kills the server with SIGKILL at random moments while many clients use it, starts it again on the
same data, and compares it with the replies that the clients got (ledger.py, granted.py for those of
the OpenID Connect provider, keyed.py for passkeys): nothing acknowledged is lost, nothing ended
works again, no code gives tokens twice, no refresh generation goes back, no promised mail is
missing, and `authd db check` finds nothing.

CRASH_CYCLES kills (10; `make crash`: 200) with the seeds CRASH_SEED, CRASH_SEED + 1, …; each is
printed, and CRASH_SEED=n CRASH_CYCLES=1 repeats the choices of one. The moment of a kill is as
exact as the machine allows."""

import email
import email.policy
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import granted
import keyed
from harness import BINARY, CHEAP, DEADLINE, Server, clean_environment, command, wait_until
from ledger import Unclear

CYCLES = int(os.environ.get("CRASH_CYCLES", "10"))
SEED = int(os.environ.get("CRASH_SEED", "0")) or random.SystemRandom().randrange(10**6)
WORKERS = 6
# nothing expires, in many cycles or few
FLAGS = ("--tokens.refresh-grace", "10m", "--tokens.access-ttl", "24h", *granted.FLAGS)
RECHECKED = 12  # untouched accounts that each cycle checks again


class Mailbox:
    """The mail directory; each mail is read once."""

    def __init__(self, path):
        self.path = path
        self.seen = {}

    def read(self):
        for name in os.listdir(self.path):
            if name.endswith(".eml") and name not in self.seen:
                with open(os.path.join(self.path, name), "rb") as f:
                    mail = email.message_from_binary_file(f, policy=email.policy.default)
                assert mail["To"] and mail["Subject"] and mail.get_body(
                    ("plain",)), "half a mail: " + name
                self.seen[name] = (mail["To"].strip("<>"), mail["Subject"].lower())

    def count(self, address, word):
        return sum(to == address and word in subject for to, subject in self.seen.values())


class Worker(threading.Thread):
    """A client, or an administrator on the command line, until the server dies."""

    def __init__(self, crash, number, seed):
        super().__init__()
        self.crash = crash
        self.number = number
        self.random = random.Random(seed * 1000 + number)
        self.accounts = crash.accounts[number]
        self.failure = None
        self.done = 0

    def run(self):
        try:
            while not self.crash.is_killed.is_set():
                self.step()
                self.done += 1
        except Unclear:
            if not self.crash.is_killed.wait(DEADLINE):
                self.failure = AssertionError("no answer from a server that was not killed")
        except Exception as error:
            self.failure = error

    def step(self):
        port = self.crash.server.port
        usable = [a for a in self.accounts[-8:] if not a.is_unclear and a.exists]
        if len(usable) < 3 or self.random.random() < 0.1:
            account = keyed.Person("c%d-%d" % (self.number, len(self.accounts)),
                                   self.crash.clients)
            self.accounts.append(account)
            account.is_unclear = True  # until there is an answer
            account.sign_up(port)
            account.is_unclear = False
            return
        account = self.random.choice(usable)
        self.crash.touched.add(account)
        if account.disabled:
            self.administer(account, "enable")
            return
        live = account.live()
        action = self.random.choices(["log_in", "refresh", "log_out", "change", "forget",
                                      "disable", "client", "passkey"],
                                     [4, 8, 3, 2, 1, 1, 12, 3])[0]
        if action == "disable":
            self.administer(account, "disable")
        elif action == "forget":
            account.forget_password(port)
        elif action == "client":
            account.use_a_client(port, self.random)
        elif action == "passkey":
            account.use_a_passkey(port, self.random)
        elif action == "log_in" or not live:
            if len(live) < 6:
                account.log_in(port)
        elif action == "refresh":
            account.refresh(port, self.random.choice(live))
        elif action == "log_out":
            account.log_out(port, self.random.choice(live))
        else:
            account.change_password(port, self.random.choice(live))

    def administer(self, account, verb):
        """With commands, beside the server; one in three commands is also killed, at a random
        moment."""
        process = subprocess.Popen([BINARY, "user", verb, account.name, "--data-dir",
                                    self.crash.data],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env=clean_environment())
        if self.random.random() < 0.33:
            time.sleep(self.random.uniform(0.001, 0.05))
            process.kill()
        error = process.communicate()[1]
        if process.returncode == 0:
            account.disabled = verb == "disable"
            if account.disabled:
                account.end_all()
        else:
            assert process.returncode == -signal.SIGKILL, error
            account.disabled = None
            account.is_unclear = True


class Crash(unittest.TestCase):
    def test_loses_nothing(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-crash-")
        self.addCleanup(folder.cleanup)
        self.data = self.place_for_data(folder.name)
        self.clients = granted.register_clients(
            lambda *arguments: command(*arguments, "--data-dir", self.data))
        mails = os.path.join(folder.name, "mails")
        os.mkdir(mails)
        self.flags = (*FLAGS, "--mail.url", "file:" + mails)
        self.mailbox = Mailbox(mails)
        self.accounts = [[] for _ in range(WORKERS)]
        self.touched = set()
        self.is_killed = threading.Event()
        self.server = None
        self.addCleanup(lambda: self.server and self.server.kill())
        done = 0
        for cycle in range(CYCLES):
            self.seed = SEED + cycle
            try:
                done += self.cycle(random.Random(self.seed))
                if cycle % 20 == 19:
                    print("%d kills" % (cycle + 1), flush=True)
            except AssertionError as error:
                raise AssertionError("cycle %d, CRASH_SEED=%d: %s"
                                     % (cycle, self.seed, error)) from error
        self.start()
        self.check(self.everybody())
        for account in self.everybody()[-40:]:
            account.check_reuse(self.server.port)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(Server.command(self.server, "audit", "verify", check=False).returncode, 0)
        print("%d kills, %d changes by %d accounts, %d mails"
              % (CYCLES, done, len(self.everybody()), len(self.mailbox.seen)))

    def place_for_data(self, folder):
        return os.path.join(folder, "data")

    def after_kill(self):
        """Loses what else a test loses with the process (power_cut_test.py)."""

    def everybody(self):
        return [account for accounts in self.accounts for account in accounts]

    def start(self):
        self.server = Server(*self.flags, data_dir=self.data)
        self.is_killed.clear()

    def cycle(self, choices):
        """One life of the server. Returns the number of changes that the clients made."""
        if choices.random() < 0.2:
            self.kill_while_starting(choices)
        self.start()
        wanted = {a for a in self.everybody() if a.is_unclear or a.exists is None
                  or a in self.touched}
        others = sorted(set(self.everybody()) - wanted, key=lambda a: a.name)
        self.check(sorted(wanted, key=lambda a: a.name)
                   + choices.sample(others, min(RECHECKED, len(others))))
        self.touched = set()
        workers = [Worker(self, i, self.seed) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(choices.uniform(0.05, 0.8))  # the moment of the kill is what is tested
        self.server.process.kill()
        self.is_killed.set()
        self.server.kill()  # waits for its end
        for worker in workers:
            worker.join()  # commands that are still running are acknowledged as well
        self.after_kill()
        for worker in workers:
            if worker.failure:
                raise AssertionError("%r\n%s" % (worker.failure, self.server.log_text()[-2000:]))
        for account in self.everybody():
            if account.is_unclear:
                self.touched.add(account)
        checked = Server.command(self.server, "db", "check", check=False)
        self.assertEqual(checked.returncode, 0, checked.out + checked.err)
        return sum(worker.done for worker in workers)

    def kill_while_starting(self, choices):
        process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0", *CHEAP,
             *self.flags],
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=clean_environment())
        time.sleep(choices.uniform(0.0, 0.08))
        process.kill()
        process.wait()

    def check(self, accounts):
        """Compares the running server with the ledger, many accounts in parallel."""
        failures = []

        def run(part):
            try:
                for account in part:
                    account.check(self.server.port)
            except Exception as error:  # any error: these accounts were not checked
                failures.append(error)

        threads = [threading.Thread(target=run, args=(accounts[i::WORKERS],))
                   for i in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        # With the command: the metric lags a moment, and a mail that nobody was promised could
        # still arrive.
        wait_until(lambda: json.loads(self.server.command("mail", "list", "--json").out)["mails"]
                   == [], "the outbox to be empty")
        self.mailbox.read()
        for account in accounts:
            if account.exists:
                account.check_mails(self.mailbox.count)
            elif account.exists is False:
                self.assertEqual(self.mailbox.count(account.email, ""), 0,
                                 "a mail about what was not done")


if __name__ == "__main__":
    print("CRASH_SEED=%d CRASH_CYCLES=%d" % (SEED, CYCLES), flush=True)
    unittest.main()
