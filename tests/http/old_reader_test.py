"""A stopped reader pins the state of the database that it began with. The server measures its age,
and the doctor names its process."""

import contextlib
import itertools
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BINARY, Server, clean_environment, wait_until
from holding import metric


def oldest_reader(server):
    return metric(server, "authd_store_oldest_reader_seconds")


def has_bytes(file):
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # The backup has renamed the file meanwhile.
        return False


class OldReader(unittest.TestCase):
    """A stopped backup keeps the state that it began with, so the file grows by everything that is
    written."""

    numbers = itertools.count()

    def stopped_backup(self, server, folder):
        """A backup that was stopped while it reads, or None if it was not: it reads only for a
        moment. The bytes that it has written so far tell."""
        before = set(os.listdir(folder))
        backup = subprocess.Popen([BINARY, "backup", os.path.join(folder, "full.backup"), "--force",
                                   "--data-dir", server.data_dir],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, env=clean_environment())
        while backup.poll() is None:
            with os.scandir(folder) as files:
                begun = [file for file in files if file.name not in before and has_bytes(file)]
            if begun:
                backup.send_signal(signal.SIGSTOP)
                break
        # It may have been stopped in its own write: then nobody commits until it is killed.
        seen, end = self.commits, time.monotonic() + 1
        while self.commits < seen + 2 and time.monotonic() < end:
            time.sleep(0.005)
        oldest_reader(server)  # The first look; a read seen twice is a long one.
        if backup.poll() is None and self.commits >= seen + 2 and oldest_reader(server) > 0:
            return backup
        backup.kill()
        backup.wait()
        return None

    def commit(self, server, is_over):
        """Commits continuously, in a thread: that makes a state grow old."""
        while not is_over.is_set():
            if server.sign_up("late-%d" % next(self.numbers)).status == 201:
                self.commits += 1

    @contextlib.contextmanager
    def committing(self, server):
        self.commits = 0
        is_over = threading.Event()
        thread = threading.Thread(target=self.commit, args=(server, is_over))
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def resources(self, server):
        return server.command("doctor", "--only", "resources", "--listen", server.addresses[0],
                              check=False).out

    def test_is_measured_and_named(self):
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            users = "username\n" + "".join("crowd-%d\n" % i for i in range(5000))
            server.command("import", "-", "--format", "csv", stdin=users)
            self.assertEqual(oldest_reader(server), 0)
            self.assertNotIn("reads a state", self.resources(server))
            with self.committing(server):
                backup = wait_until(lambda: self.stopped_backup(server, folder),
                                    "a backup to be stopped while it reads")
            try:
                self.assertRegex(self.resources(server),
                                 r"process %d \(%s backup, stopped\) reads a state of the "
                                 r"database that is \d+ commits? old"
                                 % (backup.pid, os.path.basename(BINARY)))
                before = oldest_reader(server)
                wait_until(lambda: oldest_reader(server) > before, "it to grow older")
                # A read that continues soon ends, and that of a killed process is removed at the
                # next look.
                backup.send_signal(signal.SIGCONT)
                wait_until(lambda: oldest_reader(server) == 0, "the backup to read on")
            finally:
                backup.kill()
                backup.wait()
            with self.committing(server):
                killed = wait_until(lambda: self.stopped_backup(server, folder),
                                    "a backup to be stopped while it reads")
            killed.kill()
            killed.wait()
            wait_until(lambda: oldest_reader(server) == 0, "the killed reader to be forgotten")
            self.assertNotIn("reads a state", self.resources(server))


if __name__ == "__main__":
    unittest.main()
