"""Rotation of the master key: under load, interrupted by kill -9, with keys from elsewhere, and
beside backups."""

import json
import os
import random
import shutil
import stat
import subprocess
import threading
import time
import unittest

from backup_test import Backups
from compat import totp
from harness import BINARY, DEADLINE, Server, clean_environment, wait_until


class MasterKeys(Backups):
    def key_file(self, data=None):
        return os.path.join(data or self.data, "master.key")

    def keys(self, data=None):
        return json.loads(self.run_on(data or self.data, "key", "master", "list",
                                      "--json").out)["keys"]

    def rotate(self, *flags, code=0):
        done = self.run_on(self.data, "key", "master", "rotate", "--json", *flags, code=code)
        return json.loads(done.out) if code == 0 else done.err

    def new_line(self):
        return json.loads(self.run_on(self.data, "key", "master", "new", "--json").out)


class People:
    """Repeats everything that involves a sealed value until stop()."""

    def __init__(self, server):
        self.server = server
        self.failures = []
        self.rounds = [0] * 3
        self._stop = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(i, work)) for i, work in
                        enumerate((self.sets_up_an_app, self.logs_in, self.refreshes))]
        for thread in self.threads:
            thread.start()

    def _work(self, number, work):
        try:
            name = "worker%d" % number
            assert self.server.sign_up(name, email=name + "@example.org").status == 201
            state = self.server.log_in(name).json
            while not self._stop.is_set():
                state = work(name, state)
                self.rounds[number] += 1
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(repr(error))

    def expect(self, reply, status):
        assert reply.status == status, (reply.status, reply.body)
        return reply.json if reply.body else None

    def sets_up_an_app(self, name, state):
        name = "%s-%d" % (name, self.rounds[0])
        address = name + "@example.org"
        token = self.expect(self.server.sign_up(name, email=address), 201)["access_token"]
        self.expect(self.server.post("/api/v1/auth/password/forgot", {"email": address}), 200)
        secret = self.expect(self.server.post("/api/v1/users/me/mfa/totp", token=token),
                             200)["secret"]
        self.expect(self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret)},
                                     token=token), 200)
        needed = self.expect(self.server.log_in(name), 200)
        code = {"mfa_token": needed["mfa_token"], "code": totp(secret, int(time.time()) // 30 + 1)}
        self.expect(self.server.post("/api/v1/auth/mfa", code), 200)
        return state

    def logs_in(self, name, state):
        fresh = self.expect(self.server.log_in(name), 200)
        self.expect(self.server.me(fresh["access_token"]), 200)
        return fresh

    def refreshes(self, name, state):
        fresh = self.expect(self.server.refresh(state["refresh_token"]), 200)
        self.expect(self.server.me(fresh["access_token"]), 200)
        return fresh

    def go_on(self):
        """Waits until each has done something since the call."""
        before = list(self.rounds)
        wait_until(lambda: self.failures or all(a > b for a, b in zip(self.rounds, before)),
                   "the people to do something")

    def stop(self):
        self._stop.set()
        for thread in self.threads:
            thread.join()
        return self.failures


class Rotated(MasterKeys):
    def test_under_load_nobody_notices(self):
        mails = self.path("mails")
        os.mkdir(mails)
        with Server("--mail.url", "file:" + mails, data_dir=self.data) as server:
            old = server.sign_up("ann").json
            key = server.command("apikey", "add", "ann", "--name", "k", "--scope", "profile:read",
                                 "--json")
            api_key = json.loads(key.out)["api_key"]
            people = People(server)
            try:
                for _ in range(2):
                    people.go_on()
                    before = self.keys()
                    done = self.rotate()
                    self.assertEqual(done["dropped"], [before[0]["id"]])
                    people.go_on()
                    self.assertEqual([(k["id"], k["state"]) for k in self.keys()],
                                     [(done["key"], "seals")])
            finally:
                failures = people.stop()
            self.assertEqual(failures, [])
            self.assertEqual(server.refresh(old["refresh_token"]).status, 200)
            self.assertEqual(server.me(old["access_token"]).status, 200)
            self.assertEqual(server.me(api_key).status, 200)
            wait_until(lambda: json.loads(server.command("mail", "list", "--json").out)["mails"]
                       == [], "the mails to go out")
            self.assertGreater(len(os.listdir(mails)), 0)
            self.check(self.data)
            self.assertEqual(server.command("audit", "list", "--json", "--action",
                                            "master_key_rotated").out.count('"master_key_rotated"'),
                             2)
        self.assertEqual(stat.S_IMODE(os.stat(self.key_file()).st_mode), 0o600)
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in("ann").status, 200)
        report = json.loads(self.run_on(self.data, "db", "check", "--json").out)
        self.assertEqual(list(report["sealed"]), [self.keys()[0]["id"]])

    def test_a_kill_at_any_moment_is_ended_by_the_next(self):
        self.add("ann")
        lines = "username,password_hash,totp_secret\n" + "".join(
            "user%d,pbkdf2:sha256:1000$salt$%064x,JBSWY3DPEHPK3PXP\n" % (i, i) for i in range(1000))
        self.run_on(self.data, "import", "-", "--format", "csv", stdin=lines)
        begin = time.monotonic()
        first = self.rotate()
        took = time.monotonic() - begin
        generator = random.Random(11)
        killed = rounds = 0
        while rounds < 8 or not killed:
            was_running, took = self.kill_amidst(["key", "master", "rotate", "--data-dir",
                                                  self.data], generator, took)
            killed += was_running
            rounds += 1
            self.assertNotIn("missing", [k["state"] for k in self.keys()])
            self.check(self.data)
        last = self.rotate()
        self.assertNotEqual(last["key"], first["key"])
        self.assertEqual([(k["id"], k["values"]) for k in self.keys()], [(last["key"], 1003)])
        self.check(self.data)

    def test_of_two_at_once_one_is_refused(self):
        self.add("ann")
        processes = [subprocess.Popen([BINARY, "key", "master", "rotate", "--data-dir", self.data],
                                      stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                      env=clean_environment())
                     for _ in range(4)]
        codes = []
        for process in processes:
            error = process.communicate(timeout=DEADLINE)[1].decode()
            codes.append(process.returncode)
            if process.returncode:
                self.assertRegex(error, "another process (is rotating|has just rotated)")
        self.assertIn(0, codes)
        self.assertLessEqual(set(codes), {0, 4})
        self.assertEqual(len(self.keys()), 1)
        self.check(self.data)


class Provided(MasterKeys):
    """The server gets its key from systemd, which copies it at the start; the operator writes the
    file."""

    def test_the_server_gets_the_new_key_before_anything_is_sealed_with_it(self):
        self.add("ann")
        source, given = self.path("etc.key"), self.path("credentials")
        shutil.move(self.key_file(), source)
        os.mkdir(given)

        def server():
            shutil.copy(source, given + "/master.key")
            return Server(data_dir=self.data, environment={"CREDENTIALS_DIRECTORY": given})

        def run(*arguments):
            environment = clean_environment(AUTHD_SECRETS_MASTER_KEY_FILE=source)
            return subprocess.run([BINARY, *arguments, "--data-dir", self.data],
                                  capture_output=True, text=True,
                                  timeout=DEADLINE, env=environment)

        with server() as running:
            refused = run("key", "master", "rotate")
            self.assertEqual(refused.returncode, 4, refused.stderr)
            self.assertIn("process %d" % running.process.pid, refused.stderr)
            self.assertIn("restart it and run this again", refused.stderr)
            self.assertEqual(running.log_in("ann").status, 200)
            keys = json.loads(run("key", "master", "list", "--json").stdout)["keys"]
            self.assertEqual([k["state"] for k in keys], ["opens", "seals"])
        with server() as running:
            done = run("key", "master", "rotate", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["key"], keys[0]["id"])
            self.assertEqual(running.log_in("ann").status, 200)
        with server() as running:
            self.assertEqual(running.log_in("ann").status, 200)

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_a_file_that_cannot_be_written_is_replaced_by_hand(self):
        self.add("ann")
        secrets = self.path("secrets")
        os.mkdir(secrets)
        shutil.move(self.key_file(), secrets)
        file = os.path.join(secrets, "master.key")
        flags = {"AUTHD_SECRETS_MASTER_KEY_FILE": file}

        def run(*arguments, code=0):
            done = subprocess.run([BINARY, *arguments, "--data-dir", self.data],
                                  capture_output=True, text=True,
                                  timeout=DEADLINE, env=clean_environment(**flags))
            self.assertEqual(done.returncode, code, done.stderr)
            return done

        def mounted(work):
            mount = subprocess.run(["mount", "--bind", "-o", "ro", secrets, secrets],
                                   capture_output=True)
            if mount.returncode != 0:
                self.skipTest("no bind mount can be made here: " + mount.stderr.decode())
            try:
                subprocess.run(["mount", "-o", "remount,ro,bind", secrets], check=True,
                               capture_output=True)
                return work()
            finally:
                subprocess.run(["umount", secrets], check=True)

        refused = mounted(lambda: run("key", "master", "rotate", code=4))
        self.assertIn("authd key master new", refused.stderr)
        line = json.loads(run("key", "master", "new", "--json").stdout)
        with open(file) as f:
            old = f.read()
        self.write("secrets/master.key", line["line"] + "\n" + old)
        done = mounted(lambda: run("key", "master", "rotate"))
        self.assertIn("may be removed", done.stdout)
        self.assertIn(line["id"], done.stdout)
        self.write("secrets/master.key", line["line"] + "\n")
        run("db", "check")

    def test_a_line_of_nonsense_is_named(self):
        self.add("ann")
        with open(self.key_file(), "a") as f:
            f.write("nonsense\n")
        done = self.run_on(self.data, "user", "list", code=5)
        self.assertIn("line 2 of " + self.key_file(), done.err)


class BackedUp(MasterKeys):
    def test_a_backup_from_before_needs_the_key_from_before(self):
        self.add("ann")
        before = self.keys()[0]["id"]
        self.run_on(self.data, "backup", self.file)
        key = self.write("backup.key", os.urandom(32))
        self.run_on(self.data, "backup", self.path("whole"), "--key-file", key, "--with-master-key")
        done = self.rotate()
        self.run_on(self.data, "backup", self.path("after"))
        # With the new key alone it is refused; the message names the key that is needed.
        place = self.new_place("place")
        refused = self.run_on(place, "restore", self.file, code=5)
        self.assertIn("sealed with the master key " + before, refused.err)
        self.assertIn("holds " + done["key"], refused.err)
        self.run_on(place, "restore", self.path("after"))
        # With the key kept beside the file it succeeds, and the next rotation finishes.
        kept = done["kept_as"][0]
        self.assertEqual(stat.S_IMODE(os.stat(kept).st_mode), 0o600)
        shutil.copy(kept, place)
        restored = json.loads(self.run_on(place, "restore", self.file, "--force", "--json").out)
        self.assertEqual(restored["former_key"], os.path.join(place, os.path.basename(kept)))
        self.check(place)
        self.assertEqual([(k["id"], k["state"]) for k in self.keys(place)],
                         [(done["key"], "opens"), (before, "seals")])
        again = json.loads(self.run_on(place, "key", "master", "rotate", "--json").out)
        self.assertEqual(again["key"], done["key"])
        self.check(place)
        # A backup that contains its key brings it along.
        other = self.new_place("other", with_key=False)
        self.run_on(other, "restore", self.path("whole"), "--key-file", key)
        self.assertEqual([k["id"] for k in self.keys(other)], [before])
        self.check(other)

    def test_a_file_without_the_key_is_told_which_one_it_lacks(self):
        self.add("ann")
        line = self.new_line()
        self.write("data/master.key", line["line"] + "\n")
        done = self.run_on(self.data, "user", "list", code=5)
        self.assertIn("available: " + line["id"], done.err)
        self.assertRegex(done.err, "sealed with the key [0-9a-f]{8}")


if __name__ == "__main__":
    unittest.main()
