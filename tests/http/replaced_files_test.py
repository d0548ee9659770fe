"""The database files are removed, replaced or moved under a running server or command: from then on
nobody writes, later processes are refused, and a restart fixes it."""

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
import termios
import unittest

from harness import BINARY, DEADLINE, Server, clean_environment, command, holds_locks, wait_until


def unread(pipe):
    """Bytes in a pipe that nobody has read."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


class Replaced(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.data = os.path.join(self.folder.name, "data")
        self.acknowledged = []

    def path(self, name):
        return os.path.join(self.data, name)

    def sign_up(self, server, name):
        status = server.sign_up(name).status
        if status == 201:
            self.acknowledged.append(name)
        return status

    def assert_stopped(self, server):
        self.assertEqual(self.sign_up(server, "late"), 503)
        reply = wait_until(lambda: (lambda r: r if r.status == 503
                                    else None)(server.get("/readyz")), "the server not to be ready")
        self.assertIn(b"moved or replaced", reply.body)
        self.assertIn("restart authd", server.logged(message="store fault")["cause"])
        self.assertEqual(server.get("/livez").status, 200)
        self.assertIn(b"authd_store_can_write 0\n", server.get("/metrics").body)

    def assert_commands_refused(self, server):
        for _ in range(2):  # The first one may create the file.
            done = server.command("user", "list", check=False)
            self.assertEqual(done.returncode, 4, done.err)
            self.assertIn("restart the server first", done.err)
            self.assertIn("process %d" % server.process.pid, done.err)
            done = server.command("import", "-", "--format", "csv", stdin="username\nimported\n",
                                  check=False)
            self.assertEqual(done.returncode, 4, done.err)

    def assert_nothing_lost(self):
        with Server(data_dir=self.data) as server:
            for name in self.acknowledged:
                self.assertEqual(server.log_in(name).status, 200, name)
            self.assertEqual(server.log_in("late").status, 401)
            self.assertEqual(server.sign_up("after").status, 201)
            self.assertEqual(server.command("db", "check").returncode, 0)

    def test_lock_file_removed(self):
        with Server(data_dir=self.data) as server:
            self.assertEqual(self.sign_up(server, "ann"), 201)
            os.unlink(self.path("lock.mdb"))
            self.assert_commands_refused(server)
            self.assert_stopped(server)
            # A new file of that name does not help: the server's is gone.
            self.assert_commands_refused(server)
        self.assert_nothing_lost()

    def test_lock_file_replaced(self):
        with Server(data_dir=self.data) as server:
            self.assertEqual(self.sign_up(server, "ann"), 201)
            shutil.copy(self.path("lock.mdb"), self.path("copy"))
            os.rename(self.path("copy"), self.path("lock.mdb"))
            self.assert_stopped(server)
            self.assert_commands_refused(server)
        self.assert_nothing_lost()

    def test_lock_file_that_is_put_back(self):
        with Server(data_dir=self.data) as server:
            self.assertEqual(self.sign_up(server, "ann"), 201)
            os.rename(self.path("lock.mdb"), self.path("moved"))
            self.assert_stopped(server)
            os.rename(self.path("moved"), self.path("lock.mdb"))
            wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
            self.assertEqual(self.sign_up(server, "bob"), 201)
            self.assertEqual(server.command("user", "show", "bob").returncode, 0)
        self.assert_nothing_lost()

    def test_noticed_without_a_request(self):
        with Server(data_dir=self.data) as server:
            self.assertEqual(self.sign_up(server, "ann"), 201)
            os.unlink(self.path("lock.mdb"))
            wait_until(lambda: server.get("/readyz").status == 503, "the server not to be ready")
        self.assert_nothing_lost()

    def test_data_file_removed_or_replaced(self):
        for replace in (False, True):
            shutil.rmtree(self.data, ignore_errors=True)
            self.acknowledged.clear()
            with Server(data_dir=self.data) as server:
                self.assertEqual(self.sign_up(server, "ann"), 201)
                keep = self.path("keep")
                os.rename(self.path("data.mdb"), keep)
                if replace:
                    shutil.copy(keep, self.path("data.mdb"))
                self.assert_stopped(server)
            os.replace(keep, self.path("data.mdb"))
            self.assert_nothing_lost()

    def test_directory_moved_or_removed(self):
        for remove in (False, True):
            shutil.rmtree(self.data, ignore_errors=True)
            self.acknowledged.clear()
            with Server(data_dir=self.data) as server:
                self.assertEqual(self.sign_up(server, "ann"), 201)
                moved = self.data + ".moved"
                os.rename(self.data, moved)
                if remove:
                    shutil.copytree(moved, self.data)
                    shutil.rmtree(moved)
                self.assert_stopped(server)
            if not remove:
                os.rename(moved, self.data)
            self.assert_nothing_lost()

    def test_two_commands_never_have_two_lock_files(self):
        with Server(data_dir=self.data) as server:
            self.assertEqual(self.sign_up(server, "ann"), 201)
        first = subprocess.Popen([BINARY, "import", "-", "--format", "csv", "--data-dir",
                                  self.data], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 env=clean_environment())
        try:
            first.stdin.write(b"username\nfirst\n")
            first.stdin.flush()
            # It reads after it has opened the database, which checks its files again once they are
            # locked.
            wait_until(lambda: unread(first.stdin) == 0, "the command to open the database")
            self.assertTrue(holds_locks(first.pid))
            os.unlink(self.path("lock.mdb"))
            done = command("role", "add", "second", "--data-dir", self.data, check=False)
            self.assertEqual(done.returncode, 4, done.err)
            self.assertIn("end that first", done.err)
        finally:
            text = first.communicate(timeout=DEADLINE)[1].decode()
        self.assertEqual(first.returncode, 5, text)
        self.assertIn("moved, removed or replaced", text)
        self.assert_nothing_lost()
        self.assertEqual(command("user", "show", "first", "--data-dir", self.data,
                                 check=False).returncode, 3)


if __name__ == "__main__":
    unittest.main()
