"""Backups: created beside a running server and restored elsewhere, and what happens when something
goes wrong."""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (BINARY, CHEAP, DEADLINE, PASSWORD, Server, clean_environment, command,
                     wait_until)

PHRASE = "a long passphrase of words"


class Backups(unittest.TestCase):
    """A directory for each test; `data` is backed up."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.data = self.path("data")
        self.file = self.path("one.backup")

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def write(self, name, content):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                  "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def run_on(self, data, *arguments, stdin="", code=0):
        environment = {"AUTHD_PASSWORDS_ARGON2_MEMORY": "64KiB",
                       "AUTHD_PASSWORDS_ARGON2_PASSES": "1"}
        done = command(*arguments, "--data-dir", data, stdin=stdin, check=False, env=environment)
        self.assertEqual(done.returncode, code, (arguments, done.err, done.out))
        return done

    def add(self, *names, data=None):
        for name in names:
            self.run_on(data or self.data, "user", "add", "--username", name, stdin=PASSWORD + "\n")

    def names(self, data):
        return [u["username"]
                for u in json.loads(self.run_on(data, "user", "list", "--limit", "1000",
                                                "--json").out)["users"]]

    def check(self, data):
        report = json.loads(self.run_on(data, "db", "check", "--json").out)
        self.assertEqual(report["findings"], [])

    def kill_amidst(self, arguments, generator, took):
        """Kills a command at a moment within the seconds that it takes. Returns whether it was
        still running, and its duration: if it had ended, less than the machine needed before."""
        process = subprocess.Popen([BINARY, *arguments], stderr=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   env=clean_environment())
        moment = generator.uniform(0, took)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        was_running = process.wait() == -signal.SIGKILL
        return was_running, took if was_running else moment

    def new_place(self, name, with_key=True):
        """An empty data directory, optionally with the master key."""
        place = self.path(name)
        os.mkdir(place, 0o700)
        if with_key:
            shutil.copy(os.path.join(self.data, "master.key"), place)
        return place


class Restored(Backups):
    def test_every_write_acknowledged_before_is_there_under_full_load(self):
        with Server(data_dir=self.data) as server:
            acknowledged, stop = [], threading.Event()

            def work(worker):
                number = 0
                while not stop.is_set():
                    name = "w%d-%d" % (worker, number)
                    number += 1
                    if server.sign_up(name).status == 201:
                        acknowledged.append(name)

            threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
            for thread in threads:
                thread.start()
            try:
                wait_until(lambda: len(acknowledged) > 50, "some accounts")
                for round in range(3):
                    def back_up():
                        before = list(acknowledged)
                        self.run_on(self.data, "backup", self.path("load%d" % round), "--force")
                        return before if len(acknowledged) > len(before) else None

                    before = wait_until(back_up, "a backup while writers go on")
                    place = self.new_place("place%d" % round)
                    self.run_on(place, "restore", self.path("load%d" % round))
                    self.check(place)
                    there = {json.loads(line).get("username")
                             for line in self.run_on(place, "export").out.splitlines()}
                    self.assertEqual([n for n in before if n not in there], [])
            finally:
                stop.set()
                for thread in threads:
                    thread.join()

    def test_logs_people_in_and_keeps_their_sessions(self):
        with Server(data_dir=self.data) as server:
            tokens = server.sign_up("ann").json
            self.run_on(self.data, "backup", self.file)
            server.post("/api/v1/auth/logout", token=tokens["access_token"])
            port = server.port
        place = self.new_place("place")
        self.run_on(place, "restore", self.file)
        with Server("--public-url", "http://127.0.0.1:%d" % port, data_dir=place) as server:
            self.assertEqual(server.log_in("ann").status, 200)
            self.assertEqual(server.refresh(tokens["refresh_token"]).status, 200)
        other = self.new_place("other")
        self.run_on(other, "restore", self.file, "--end-sessions")
        with Server("--public-url", "http://127.0.0.1:%d" % port, data_dir=other) as server:
            self.assertEqual(server.refresh(tokens["refresh_token"]).status, 401)
            self.assertEqual(server.log_in("ann").status, 200)
        self.check(other)

    def test_over_a_pipe(self):
        self.add("ann")
        with open(self.file, "wb") as out:
            done = subprocess.run([BINARY, "backup", "-", "--data-dir", self.data], stdout=out,
                                  stderr=subprocess.PIPE, timeout=DEADLINE, env=clean_environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        place = self.new_place("place")
        with open(self.file, "rb") as source:
            done = subprocess.run([BINARY, "restore", "-", "--data-dir", place], stdin=source,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  timeout=DEADLINE, env=clean_environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.names(place), ["ann"])
        self.assertEqual(sorted(os.listdir(self.data)), ["data.mdb", "lock.mdb", "master.key"])


class Encrypted(Backups):
    def setUp(self):
        super().setUp()
        self.add("ann-marie")

    def test_with_a_passphrase(self):
        self.run_on(self.data, "backup", self.file, "--encrypt", stdin=PHRASE + "\n")
        with open(self.file, "rb") as f:
            self.assertNotIn(b"ann-marie", f.read())
        place = self.new_place("place")
        wrong = self.run_on(place, "restore", self.file, stdin="another passphrase\n", code=1)
        self.assertIn("passphrase or key is not the one", wrong.err)
        self.assertEqual(sorted(os.listdir(place)), ["master.key", "server.lock"])
        self.run_on(place, "restore", self.file, "--passphrase-file",
                    self.write("phrase", PHRASE + "\n"))
        self.assertEqual(self.names(place), ["ann-marie"])
        self.assertIn("at least 12",
                      self.run_on(self.data, "backup", self.path("two"), "--encrypt",
                                  stdin="short\n",
                                  code=1).err)

    def test_with_a_key_file_and_the_master_key_in_it(self):
        key = self.write("backup.key", os.urandom(32))
        self.run_on(self.data, "backup", self.file, "--key-file", key, "--with-master-key")
        empty = self.new_place("empty", with_key=False)
        self.assertIn("--key-file", self.run_on(empty, "restore", self.file, code=2).err)
        other = self.write("other.key", os.urandom(32))
        self.assertIn("not the one",
                      self.run_on(empty, "restore", self.file, "--key-file", other, code=1).err)
        done = json.loads(self.run_on(empty, "restore", self.file, "--key-file", key, "--json").out)
        self.assertTrue(done["with_master_key"])
        self.assertEqual(self.names(empty), ["ann-marie"])
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(empty, "master.key")).st_mode), 0o600)
        # Over another installation: its key is set aside with its data.
        self.add("bob", data=self.path("second"))
        second_key = open(self.path("second/master.key")).read()
        done = json.loads(self.run_on(self.path("second"), "restore", self.file, "--key-file", key,
                                      "--force",
                                      "--json").out)
        self.assertEqual(self.names(self.path("second")), ["ann-marie"])
        self.assertEqual(open(os.path.join(done["kept_aside"], "master.key")).read(), second_key)
        self.assertEqual(self.names(done["kept_aside"]), ["bob"])

    def test_the_master_key_never_leaves_in_the_clear(self):
        done = self.run_on(self.data, "backup", self.file, "--with-master-key", code=2)
        self.assertIn("only into an encrypted backup", done.err)
        self.assertFalse(os.path.exists(self.file))

    def test_a_key_that_others_can_read_or_that_is_short_is_refused(self):
        key = self.write("backup.key", os.urandom(32))
        os.chmod(key, 0o644)
        self.assertIn("chmod 600",
                      self.run_on(self.data, "backup", self.file, "--key-file", key, code=1).err)
        short = self.write("short.key", b"x" * 31)
        self.assertIn("between 32",
                      self.run_on(self.data, "backup", self.file, "--key-file", short, code=1).err)


class Refused(Backups):
    def setUp(self):
        super().setUp()
        self.add("ann")

    def test_what_would_overwrite(self):
        self.run_on(self.data, "backup", self.file)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        first = open(self.file, "rb").read()
        self.assertIn("--force", self.run_on(self.data, "backup", self.file, code=4).err)
        self.assertEqual(open(self.file, "rb").read(), first)
        self.run_on(self.data, "backup", self.file, "--force")
        self.assertNotEqual(open(self.file, "rb").read(), first)
        self.add("bob")
        self.assertIn("--force", self.run_on(self.data, "restore", self.file, code=4).err)
        self.assertEqual(self.names(self.data), ["ann", "bob"])
        done = json.loads(self.run_on(self.data, "restore", self.file, "--force", "--json").out)
        self.assertEqual(self.names(self.data), ["ann"])
        shutil.copy(os.path.join(self.data, "master.key"), done["kept_aside"])
        self.assertEqual(self.names(done["kept_aside"]), ["ann", "bob"])

    def test_while_somebody_works_on_the_data(self):
        self.run_on(self.data, "backup", self.file)
        with Server(data_dir=self.data) as server:
            done = self.run_on(self.data, "restore", self.file, "--force", code=4)
            self.assertIn(str(server.process.pid), done.err)
            self.assertEqual(self.run_on(self.data, "db", "compact", code=4).returncode, 4)
            self.assertEqual(server.log_in("ann").status, 200)
        # A command that is waiting for a password has the database open.
        other = subprocess.Popen([BINARY, "import", "-", "--format", "jsonl", "--data-dir",
                                  self.data],
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE,
                                 env=clean_environment())
        try:
            other.stderr.readline()  # "data directory: …"
            # The file is opened once the lock is held.
            wait_until(lambda: "data.mdb" in os.popen("ls -l /proc/%d/fd 2>/dev/null"
                                                      % other.pid).read(),
                       "the import to open the database")
            for arguments in (["restore", self.file, "--force"], ["db", "compact"]):
                self.assertIn("process %d" % other.pid,
                              self.run_on(self.data, *arguments, code=4).err)
        finally:
            other.stdin.close()
            other.wait(timeout=DEADLINE)
            other.stderr.close()
        self.assertEqual(self.names(self.data), ["ann"])

    def test_without_the_master_key(self):
        self.run_on(self.data, "backup", self.file)
        empty = self.new_place("empty", with_key=False)
        done = self.run_on(empty, "restore", self.file, code=5)
        self.assertIn("master.key is not there", done.err)
        self.assertIn("put the right master.key there", done.err)
        self.add("bob", data=self.path("second"))
        done = self.run_on(self.path("second"), "restore", self.file, "--force", code=5)
        self.assertRegex(done.err, "master.key holds [0-9a-f]{8}: ")
        self.assertEqual(self.names(self.path("second")), ["bob"])

    def test_damaged_files(self):
        self.run_on(self.data, "backup", self.file)
        good = open(self.file, "rb").read()
        place = self.new_place("place")
        generator = random.Random(5)
        damaged = [good[:size] for size in (0, 7, 57, 58, 100, len(good) - 1)]
        damaged += [good + b"x", b"\0" * len(good)]
        for _ in range(20):
            at = generator.randrange(len(good))
            damaged.append(good[:at] + bytes([good[at] ^ (1 << generator.randrange(8))])
                           + good[at + 1:])
        for number, content in enumerate(damaged):
            self.write("bad", content)
            done = self.run_on(place, "restore", self.path("bad"), code=1)
            self.assertEqual(len(done.err.splitlines()), 2, (number, done.err))
            self.assertEqual(sorted(os.listdir(place)), ["master.key", "server.lock"])
        self.assertEqual(self.run_on(place, "restore", self.path("none"), code=3).returncode, 3)
        self.run_on(place, "restore", self.file)


class Cut(Backups):
    def test_a_kill_leaves_no_half_file_and_no_half_database(self):
        self.add("old")
        lines = "username,password_hash\n" + "".join(
            "user%d,pbkdf2:sha256:1000$salt$%064x\n" % (i, i) for i in range(20000))
        self.add("new", data=self.path("source"))
        self.run_on(self.path("source"), "import", "-", "--format", "csv", stdin=lines)
        shutil.copy(self.path("source/master.key"), self.path("data/master.key.source"))
        key = self.write("k", os.urandom(32))
        self.run_on(self.path("source"), "backup", self.file, "--key-file", key,
                    "--with-master-key")
        begin = time.monotonic()
        self.run_on(self.path("source"), "backup", self.path("timed"), "--key-file", key)
        took = time.monotonic() - begin
        generator = random.Random(7)
        target, left = self.path("half"), took
        backup = ["backup", target, "--force", "--key-file", key, "--data-dir", self.path("source")]
        killed = rounds = 0
        while rounds < 8 or not killed:
            was_running, left = self.kill_amidst(backup, generator, left)
            killed += was_running
            rounds += 1
            if os.path.exists(target):
                whole = self.new_place("whole", with_key=False)
                shutil.copy(self.path("source/master.key"), whole)
                self.run_on(whole, "restore", target, "--key-file", key)
                shutil.rmtree(whole)
        # The same key on both sides: only the database changes.
        place = self.new_place("place", with_key=False)
        shutil.copy(self.path("source/master.key"), place)
        self.add("before", data=place)
        outcomes = set()
        restore, left = ["restore", self.file, "--force", "--key-file", key, "--data-dir",
                         place], took * 1.2
        for _ in range(10):
            _, left = self.kill_amidst(restore, generator, left)
            report = json.loads(self.run_on(place, "db", "stat", "--json").out)
            outcomes.add(report["tables"]["users"]["rows"])
            self.check(place)
        self.assertLessEqual(outcomes, {1, 20001})
        # The next one removes what they left, and the data can be written.
        self.run_on(place, "restore", self.file, "--force", "--key-file", key)
        self.assertEqual([n for n in os.listdir(place) if n.startswith("scratch.")], [])
        self.add("after", data=place)

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_a_full_disk(self):
        self.add("ann")
        small = self.path("small")
        os.mkdir(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no tmpfs can be mounted here: " + mounted.stderr.decode())
        try:
            with open(os.path.join(small, "blob"), "wb", buffering=0) as blob:
                with self.assertRaises(OSError):
                    while True:
                        blob.write(os.urandom(1024))
            done = self.run_on(self.data, "backup", os.path.join(small, "full"), code=5)
            self.assertIn("No space left", done.err)
            self.assertEqual(os.listdir(small), ["blob"])
            # The disk of the data directory is full: the old data stays.
            self.run_on(self.data, "backup", self.file)
            os.unlink(os.path.join(small, "blob"))
            place = os.path.join(small, "data")
            os.mkdir(place, 0o700)
            shutil.copy(os.path.join(self.data, "master.key"), place)
            done = self.run_on(place, "restore", self.file, code=5)
            self.assertEqual(sorted(os.listdir(place)), ["master.key", "server.lock"])
        finally:
            subprocess.run(["umount", small], check=True)


class Scheduled(Backups):
    def test_are_made_by_the_server_and_the_newest_stay(self):
        backups = self.path("backups")
        os.mkdir(backups)
        old = ["authd-2026010%dT000000Z.backup" % day for day in range(1, 6)]
        kept = ["notes.txt", "authd-mine.backup", "authd-20260101T000000Z.backup.txt"]
        left = "authd-20260106T000000Z.backup.aB3xYz"
        for name in old + kept + [left]:
            self.write("backups/" + name, "old")
        key = self.write("backup.key", os.urandom(40))
        flags = ["--backup.directory", backups, "--backup.keep", "3", "--backup.key-file", key,
                 "--backup.interval", "1h"]
        with Server(*flags, data_dir=self.data) as server:
            server.sign_up("ann")
            server.logged(message="backup made")

            def stat_of_job():
                return json.loads(self.run_on(self.data, "db", "stat",
                                              "--json").out)["jobs"].get("backup")

            job = wait_until(stat_of_job, "the job's row")
            self.assertEqual((job["runs"], job["failures"], job["last_error"]), (1, 0, None))
            metrics = server.get("/metrics").body.decode()
            self.assertIn('authd_job_runs_total{name="backup"} 1', metrics)
            self.assertRegex(metrics,
                             r'authd_job_last_success_timestamp_seconds\{name="backup"\} 1\d{9}')
            found = sorted(os.listdir(backups))
            made = [n for n in found if n not in old + kept]
            self.assertEqual(len(made), 1)
            self.assertEqual(found, sorted(kept + old[-2:] + made))
        # A restart does not cause another one.
        with Server(*flags, data_dir=self.data) as server:
            server.sign_up("bob")
            wait_until(
                lambda: 'authd_job_runs_total{name="try_writing"} 0' not in server.get(
                    "/metrics").body.decode(),
                "other jobs")
            self.assertEqual(sorted(os.listdir(backups)), found)
        place = self.new_place("place")
        self.run_on(place, "restore", os.path.join(backups, made[0]), "--key-file", key)

    def test_is_given_up_when_the_server_ends(self):
        lines = "username,password_hash\n" + "".join(
            "user%d,pbkdf2:sha256:1000$salt$%064x\n" % (i, i) for i in range(20000))
        self.add("ann")
        self.run_on(self.data, "import", "-", "--format", "csv", stdin=lines)
        backups = self.path("backups")
        os.mkdir(backups)
        flags = ["--backup.directory", backups, "--backup.interval", "1h"]

        def leftovers():
            return [n for n in os.listdir(self.data) if n.startswith("scratch.")]

        def begun():
            return os.listdir(backups) or leftovers()

        def made():
            return [n for n in os.listdir(backups) if n.endswith(".backup")]

        # Given up or created, depending on the moment; unit_server covers every moment.
        for round in range(4):
            with Server(*flags, data_dir=self.data) as server:
                wait_until(begun, "the backup to begin")
                # First while it is written, then while it is verified, if the timing allows.
                if round % 2:
                    wait_until(lambda: leftovers() or made(), "the trial to begin")
                self.assertEqual(server.stop(), 0)
                text = server.log_text()
            self.assertNotIn("job failed", text)
            self.assertEqual(leftovers(), [])
            if "job given up" not in text:
                break
            self.assertEqual(os.listdir(backups), [])
        # The next start creates the backup that was given up.
        with Server(*flags, data_dir=self.data):
            name, = wait_until(made, "the backup")
        place = self.new_place("place")
        self.run_on(place, "restore", os.path.join(backups, name))

    def test_that_were_killed_leave_nothing_after_the_next_start(self):
        self.add("ann")
        backups = self.path("backups")
        os.mkdir(backups)
        left = [self.write("backups/authd-20260106T000000Z.backup.aB3xYz", "half"),
                self.write("data/scratch", "not ours")]
        os.mkdir(self.path("data/scratch.abcdef"))
        os.mkdir(self.path("data/snapshots"))
        left.append(self.write("data/snapshots/schema-1-20260106T000000Z.backup.aB3xYz", "half"))
        with Server("--backup.directory", self.path("none"), data_dir=self.data):
            pass
        with Server("--backup.directory", backups, "--backup.interval", "1h", data_dir=self.data):
            self.assertEqual([os.path.exists(path) for path in left], [False, True, False])
            self.assertFalse(os.path.exists(self.path("data/scratch.abcdef")))

    def test_that_fail_are_seen(self):
        with Server("--backup.directory", self.path("none"), data_dir=self.data) as server:
            server.logged(message="job failed", job="backup")
            job = wait_until(
                lambda: json.loads(self.run_on(self.data, "db", "stat",
                                               "--json").out)["jobs"].get("backup"), "the row")
            self.assertEqual(job["failures"], 1)
            self.assertIn("create it, or name another one", job["last_error"])
            self.assertIn("create it", self.run_on(self.data, "db", "stat").out)


class OneServer(Backups):
    def test_of_many_starts_at_once_one_serves_and_runs_the_jobs(self):
        self.add("ann")
        processes = [subprocess.Popen([BINARY, "serve", "--data-dir", self.data, "--listen",
                                       "127.0.0.1:0", *CHEAP],
                                      stderr=subprocess.PIPE, env=clean_environment())
                     for _ in range(6)]
        try:
            wait_until(lambda: sum(p.poll() is None for p in processes) == 1, "all but one to end")
            self.assertEqual(sorted(p.poll() for p in processes if p.poll() is not None), [4] * 5)
        finally:
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.wait(timeout=DEADLINE)
                process.stderr.close()


class Compacted(Backups):
    def test_the_file_shrinks_and_the_data_stays(self):
        self.add("ann")
        lines = "username,password_hash\n" + "".join(
            "user%d,pbkdf2:sha256:1000$salt$%064x\n" % (i, i) for i in range(5000))
        self.run_on(self.data, "import", "-", "--format", "csv", stdin=lines)
        done = json.loads(self.run_on(self.data, "db", "compact", "--json").out)
        self.assertLess(done["bytes_after"], done["bytes_before"])
        self.assertEqual(os.stat(os.path.join(self.data, "data.mdb")).st_size, done["bytes_after"])
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.data, "data.mdb")).st_mode), 0o600)
        self.check(self.data)
        self.add("bob")
        self.assertEqual(self.run_on(self.path("none"), "db", "compact", code=3).returncode, 3)


if __name__ == "__main__":
    unittest.main()
