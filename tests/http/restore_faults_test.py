"""A restore over another installation that fails, or is killed, at any step: the database and its
master key stay together, and a failure leaves everything as it was. strace makes the n-th call of
each kind fail, or kills the process there, for each n up to the last call. Skipped by name where
processes cannot be traced."""

import contextlib
import filecmp
import os
import shutil
import signal
import subprocess
import unittest

import power_cut_test
from backup_test import Backups
from harness import BINARY, DEADLINE, LAX, Server, clean_environment, holds_locks, wait_until
from tracing import can_trace

# The calls with which a restore changes files. Each kind is counted separately, so a number
# identifies one call.
NAMES = ["rename,renameat,renameat2", "link,linkat", "mkdir", "unlink,unlinkat"]
CONTENTS = ["fsync", "fdatasync", "fchmod", "fallocate", "pwrite64"]


class Restores(Backups):
    """`data` has ann, and is restored from a backup of another installation, which has bob and
    contains its master key."""

    def setUp(self):
        super().setUp()
        self.add("ann")
        self.add("bob", data=self.path("other"))
        self.secret = self.write("secret", os.urandom(32))
        self.run_on(self.path("other"), "backup", self.file, "--key-file", self.secret,
                    "--with-master-key")
        self.untouched = self.path("untouched")
        shutil.copytree(self.data, self.untouched)

    @property
    def arguments(self):
        return ["restore", self.file, "--key-file", self.secret, "--force", "--data-dir", self.data]

    def again(self):
        shutil.rmtree(self.data)
        shutil.copytree(self.untouched, self.data)

    def key(self, place):
        with open(os.path.join(place, "master.key"), "rb") as f:
            return f.read()

    def asides(self):
        return sorted(n for n in os.listdir(self.data) if n.startswith("before-restore-"))

    def assert_as_it_was(self, what):
        for name in ("master.key", "data.mdb"):
            same = filecmp.cmp(os.path.join(self.data, name), os.path.join(self.untouched, name),
                               shallow=False)
            self.assertTrue(same, (what, name))
        self.assertEqual(self.asides(), [], what)
        self.assertEqual([n for n in os.listdir(self.data)
                          if n.startswith(("restore.", "master.key.", "scratch."))], [], what)

    def assert_whole(self, what):
        """The current database opens, and each one that was set aside opens with the key beside
        it."""
        names = self.names(self.data)
        self.assertIn(names, (["ann"], ["bob"]), what)
        self.check(self.data)
        for aside in self.asides():
            place = os.path.join(self.data, aside)
            self.assertIn(self.names(place), (["ann"], ["bob"]), (what, os.listdir(place)))
        return names

    def assert_finished_by_a_start(self, names, what):
        """The next start leaves one key in the file, that of the database, and no trace of the
        interrupted restore."""
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in(names[0]).status, 200, what)
        expected = self.key(self.untouched) if names == ["ann"] else self.key(self.path("other"))
        self.assertEqual(self.key(self.data), expected, what)
        left = set(os.listdir(self.data)) - {"data.mdb", "lock.mdb", "master.key", "server.lock",
                                             "rotation.lock"} - set(self.asides())
        self.assertEqual(left, set(), what)
        self.assertEqual(len(self.asides()), int(names == ["bob"]), what)


class Busy(Restores):
    @contextlib.contextmanager
    def stopped_command(self, **environment):
        """A stopped command that has the database open."""
        other = subprocess.Popen([BINARY, "import", "-", "--format", "jsonl", "--data-dir",
                                  self.data], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env=clean_environment(**environment))
        try:
            wait_until(lambda: holds_locks(other.pid), "the command to open the database")
            other.send_signal(signal.SIGSTOP)
            yield other
        finally:
            other.send_signal(signal.SIGCONT)
            other.stdin.close()
            other.wait(timeout=DEADLINE)

    def test_a_stopped_command_keeps_everything_as_it_was(self):
        with self.stopped_command() as other:
            shutil.rmtree(self.untouched)
            shutil.copytree(self.data, self.untouched)
            done = self.run_on(self.data, *self.arguments[:-2], code=4)
            self.assertIn("process %d" % other.pid, done.err)
            self.assertIn("nothing was changed", done.err)
            if LAX == 1:
                self.assertIn("(%s import, stopped)" % os.path.basename(BINARY), done.err)
            self.assert_as_it_was("a stopped command")
        self.assertEqual(self.names(self.data), ["ann"])
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in("ann").status, 200)
        # And then it works, twice: each time the old database is kept with its own key.
        for _ in range(2):
            self.run_on(self.data, *self.arguments[:-2])
            self.assertEqual(self.names(self.data), ["bob"])
        kept = [(self.names(os.path.join(self.data, a)), self.key(os.path.join(self.data, a)))
                for a in self.asides()]
        self.assertEqual(kept,
                         [(["ann"], self.key(self.untouched)),
                          (["bob"], self.key(self.path("other")))])

    def test_the_key_may_lie_elsewhere_and_behind_a_link(self):
        elsewhere = self.path("keys")
        os.mkdir(elsewhere)
        real, name = os.path.join(elsewhere, "real"), os.path.join(elsewhere, "link")
        os.rename(os.path.join(self.data, "master.key"), real)
        os.symlink("real", name)
        os.chmod(real, 0o400)
        environment = {"AUTHD_SECRETS_MASTER_KEY_FILE": name}
        before = open(real, "rb").read()

        def restore(code):
            done = subprocess.run([BINARY, *self.arguments], capture_output=True, timeout=DEADLINE,
                                  env=clean_environment(**environment))
            self.assertEqual(done.returncode, code, done.stderr)
            return done.stderr.decode()

        with self.stopped_command(**environment) as other:
            self.assertIn("process %d" % other.pid, restore(4))
            self.assertEqual(open(real, "rb").read(), before)
        restore(0)
        self.assertTrue(os.path.islink(name))
        self.assertEqual(open(real, "rb").read(), self.key(self.path("other")))
        self.assertEqual(os.stat(real).st_mode & 0o777, 0o400)
        self.assertEqual(self.key(os.path.join(self.data, *self.asides())), before)

    def test_a_former_key_leaves_the_file_again(self):
        """A backup from before a rotation needs the key that the rotation removed from the file."""
        backup = self.path("before.backup")
        self.run_on(self.data, "backup", backup)
        self.run_on(self.data, "key", "master", "rotate")
        rotated = self.key(self.data)
        with self.stopped_command():
            done = self.run_on(self.data, "restore", backup, "--force", code=4)
            self.assertIn("nothing was changed", done.err)
            self.assertEqual(self.key(self.data), rotated)
            self.assertEqual(self.asides(), [])
        self.run_on(self.data, "restore", backup, "--force")
        self.assertEqual(self.key(self.data), rotated + self.key(self.untouched))
        self.assertEqual(self.key(os.path.join(self.data, *self.asides())), rotated)
        self.assert_whole("a former key")

    def test_the_way_back(self):
        """Moving two files makes the server serve the old database again, with its own key."""
        self.run_on(self.data, *self.arguments[:-2])
        aside = os.path.join(self.data, *self.asides())
        for name in ("data.mdb", "master.key"):
            os.replace(os.path.join(aside, name), os.path.join(self.data, name))
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in("ann").status, 200)
            self.assertEqual(server.command("db", "check").returncode, 0)

    def test_what_opens_a_database_while_it_is_replaced_has_the_new_one(self):
        """Commands that start at any moment of a restore see the old or the new data, and no
        error."""
        for _ in range(5):
            self.again()
            restore = subprocess.Popen([BINARY, *self.arguments], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, env=clean_environment())
            outcomes = []
            while restore.poll() is None:
                outcomes.append(self.names(self.data))
            text = restore.communicate()[1].decode()
            self.assertIn(restore.returncode, (0, 4), text)  # 4: a command had it open
            self.assertLessEqual({tuple(o) for o in outcomes}, {("ann",), ("bob",)})
            self.assert_whole(text)

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_a_key_that_cannot_be_replaced(self):
        """A read-only file system under the key: refused, and nothing changes."""
        keys = self.path("keys")
        os.mkdir(keys)
        shutil.copy(os.path.join(self.data, "master.key"), keys)
        if subprocess.run(["mount", "--bind", keys, keys], capture_output=True).returncode != 0:
            self.skipTest("nothing can be mounted here")
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", keys], check=True)
            environment = {"AUTHD_SECRETS_MASTER_KEY_FILE": os.path.join(keys, "master.key")}
            done = subprocess.run([BINARY, *self.arguments], capture_output=True, timeout=DEADLINE,
                                  env=clean_environment(**environment))
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertIn(b"nothing was changed", done.stderr)
            self.assert_as_it_was("a key on a read-only disk")
        finally:
            subprocess.run(["umount", keys], check=True)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_key_that_is_provided_is_not_replaced(self):
        """Below /run/secrets/, where a container engine mounts it."""
        provided = "/run/secrets/authd-test-%d" % os.getpid()
        os.makedirs("/run/secrets", exist_ok=True)
        shutil.copy(os.path.join(self.data, "master.key"), provided)
        self.addCleanup(os.unlink, provided)
        fresh = self.path("fresh.key")
        for file, code in ((provided, 4), (fresh, 0)):
            environment = {"AUTHD_SECRETS_MASTER_KEY_FILE": file}
            done = subprocess.run([BINARY, *self.arguments], capture_output=True, timeout=DEADLINE,
                                  env=clean_environment(**environment))
            self.assertEqual(done.returncode, code, done.stderr)
            if code:
                self.assertIn(b"AUTHD_SECRETS_MASTER_KEY_FILE", done.stderr)
                self.assert_as_it_was("a provided key")
                self.assertEqual(open(provided, "rb").read(), self.key(self.untouched))
        self.assertEqual(open(fresh, "rb").read(), self.key(self.path("other")))


@unittest.skipUnless(can_trace(), "processes cannot be traced here")
@unittest.skipIf(LAX > 1,
                 "a sanitizer cannot look for leaks at the end of a process that is traced")
class EveryStep(Restores):
    def restore(self, calls, what, number):
        """The restore with its n-th call of these broken; returns its exit code and output. None:
        there is no n-th call."""
        log = self.path("trace")
        done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=" + calls, "-e",
                               "inject=%s:%s:when=%d" % (calls, what, number),
                               BINARY, *self.arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              timeout=DEADLINE, env=clean_environment())
        with open(log, encoding="utf-8", errors="replace") as f:
            trace = f.read()
        reached = "(INJECTED)" in trace or "killed by SIGKILL" in trace
        return (done.returncode, done.stderr.decode()) if reached else None

    def each(self, calls, what):
        number = 1
        while True:
            self.again()
            outcome = self.restore(calls, what, number)
            if outcome is None:
                return number - 1
            yield number, outcome
            number += 1

    def test_that_fails_at_a_name(self):
        self.fails_at(NAMES)

    def test_that_fails_at_contents(self):
        self.fails_at(CONTENTS)

    def fails_at(self, kinds):
        failed = 0
        for calls in kinds:
            error = "error=ENOSPC" if calls in ("fallocate", "pwrite64", "mkdir") else "error=EIO"
            for number, (code, text) in self.each(calls, error):
                what = (calls, number, text)
                with self.subTest(calls=calls, number=number):
                    # After the databases were swapped, or at a harmless step.
                    if code == 0:
                        self.assertEqual(self.assert_whole(what), ["bob"], what)
                    else:
                        failed += 1
                        self.assertEqual(code, 5, what)
                        self.assert_as_it_was(what)
                        self.assertEqual(self.assert_whole(what), ["ann"], what)
                    self.assert_finished_by_a_start(self.names(self.data), what)
        self.assertGreater(failed, 1)

    def test_that_is_killed(self):
        outcomes = set()
        for calls in ("rename,renameat,renameat2", "link,linkat", "fsync", "fdatasync",
                      "unlink,unlinkat"):
            for number, (code, text) in self.each(calls, "signal=KILL"):
                what = (calls, number, text)
                with self.subTest(calls=calls, number=number):
                    self.assertNotEqual(code, 5, what)
                    names = self.names(self.data)
                    self.assertIn(names, (["ann"], ["bob"]), what)
                    self.check(self.data)
                    outcomes.add(names[0])
                    self.assert_finished_by_a_start(names, what)
                    self.assert_whole(what)
        self.assertEqual(outcomes, {"ann", "bob"})

    def test_that_is_killed_is_finished_by_the_next_restore(self):
        for number, _ in self.each("rename,renameat,renameat2", "signal=KILL"):
            with self.subTest(number=number):
                self.run_on(self.data, *self.arguments[:-2])
                self.assertEqual(self.assert_whole(number), ["bob"])
                self.assert_finished_once(number)

    def assert_finished_once(self, what):
        with Server(data_dir=self.data) as server:
            self.assertEqual(server.log_in("bob").status, 200)
        self.assertEqual(self.key(self.data), self.key(self.path("other")), what)


@unittest.skipUnless(can_trace() and power_cut_test.can_mount(),
                     "processes cannot be traced or images not be mounted here")
@unittest.skipIf(LAX > 1,
                 "a sanitizer cannot look for leaks at the end of a process that is traced")
class PowerCut(EveryStep):
    """The same kills, each of which loses everything that was not flushed to the disk
    (power_cut_test.py)."""

    test_that_fails_at_a_name = test_that_fails_at_contents = None
    test_that_is_killed_is_finished_by_the_next_restore = None

    def setUp(self):
        super().setUp()
        self.disk = self.data = self.path("disk")
        os.mkdir(self.disk)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], capture_output=True)

    def again(self):
        subprocess.run(["umount", "-l", self.disk], capture_output=True)
        self.image = self.path("image")
        power_cut_test.make_image(self.image, "64M")
        power_cut_test.run("mount", "-o", "loop", self.image, self.disk)
        self.data = os.path.join(self.disk, "data")
        shutil.copytree(self.untouched, self.data)
        power_cut_test.run("sync", "-f", self.disk)  # this disk alone: others have much to write

    def restore(self, calls, what, number):
        outcome = super().restore(calls, what, number)
        copy = self.path("copy")
        power_cut_test.run("cp", "--sparse=always", self.image, copy)
        power_cut_test.run("umount", self.disk)
        os.replace(copy, self.image)
        power_cut_test.run("mount", "-o", "loop", self.image, self.disk)
        return outcome


if __name__ == "__main__":
    unittest.main()
