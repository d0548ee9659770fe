"""A process that is stopped in the middle of a write holds the lock of the writers. The server says so, answers what needs a
write with 503 instead of never, goes on by itself when the lock is free, and ends when it is told to. What starts meanwhile
says for whom it waits, and gives up. Ctrl-Z stops nobody in the middle of a write."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import unittest

from harness import BINARY, DEADLINE, LAX, PASSWORD, VISIBLE, Server, clean_environment, command, wait_until
from syscall_faults_test import Injected, can_trace
from systemd_test import Manager

MANY = "username\n" + "".join("crowd-%d\n" % i for i in range(200000))


def state_of(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return f.read().rsplit(") ", 1)[1][0]


@contextlib.contextmanager
def importing(server, **how):
    """An import that writes nearly all the time."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(MANY)
        file.flush()
        process = subprocess.Popen([BINARY, "import", file.name, "--format", "csv", "--data-dir", server.data_dir],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=clean_environment(), **how)
        try:
            wait_until(lambda: entries(server) > 100, "the import to write")
            yield process
        finally:
            process.kill()
            process.wait()


def metric(server, name):
    return float(re.search(r"^%s (\S+)$" % name, server.get("/metrics").body.decode(), re.M)[1])


def entries(server):
    return metric(server, "authd_store_entries")


@contextlib.contextmanager
def held(server):
    """The lock is held by a stopped import, whose process is given. What SIGSTOP hits outside of a write goes on and is
    stopped again."""
    with importing(server) as process:
        def is_held():
            process.send_signal(signal.SIGSTOP)
            wait_until(lambda: state_of(process.pid) == "T", "the import to stop")
            # A command would have to wait: it is not let get so far as to give up.
            probe = subprocess.Popen([BINARY, "role", "add", "probe", "--data-dir", server.data_dir], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment())
            try:
                text = b""
                while b"waiting for another process" not in text:
                    line = probe.stderr.readline()
                    text += line
                    if not line:
                        break
                if b"waiting for another process" in text:
                    return True
            finally:
                probe.kill()
                probe.wait()
                probe.stderr.close()
            process.send_signal(signal.SIGCONT)
            return False

        wait_until(is_held, "the import to be stopped within a write")
        yield process


class Held(unittest.TestCase):
    def assert_healthy_again(self, server):
        wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
        # The import goes on writing, perhaps, and somebody waits for it now and then.
        wait_until(lambda: metric(server, "authd_store_write_waits_seconds") == 0, "nobody to wait")
        self.assertEqual(metric(server, "authd_store_can_write"), 1)
        server.logged(message="the lock of the database is free again")

    def test_is_said_and_over_when_the_lock_is_free(self):
        with Server() as server:
            token = server.sign_up("ann").json["access_token"]
            with held(server) as holder:
                reply = wait_until(lambda: (lambda r: r if r.status == 503 else None)(server.get("/readyz")), "the server not to be ready")
                self.assertIn(b"another process", reply.body)
                self.assertGreaterEqual(metric(server, "authd_store_write_waits_seconds"), 2)
                line = server.logged(message="waiting for another process, which holds the lock of the database")
                self.assertIn("process %d" % holder.pid, line["holder"])
                self.assertIn("stopped", line["holder"])
                # Tokens are checked meanwhile; what writes is refused in the end, and then at once.
                self.assertEqual(server.get("/auth/verify", token=token).status, 200)
                self.assertEqual(server.me(token).status, 200)
                for _ in range(3):
                    self.assertEqual(server.log_in("ann").status, 503)
                    self.assertEqual(server.sign_up("bob").status, 503)
                self.assertEqual(metric(server, "authd_store_can_write"), 0)
                holder.send_signal(signal.SIGCONT)
                self.assert_healthy_again(server)
                self.assertEqual(server.log_in("ann").status, 200)
                self.assertEqual(server.sign_up("bob").status, 201)

    def test_is_over_when_the_holder_is_killed(self):
        with Server() as server:
            server.sign_up("ann")
            with held(server) as holder:
                wait_until(lambda: server.get("/readyz").status == 503, "the server not to be ready")
                server.logged(message="waiting for another process, which holds the lock of the database")
                holder.kill()
                self.assert_healthy_again(server)
                self.assertEqual(server.log_in("ann").status, 200)
            self.assertEqual(server.command("db", "check").returncode, 0)

    def test_a_server_ends_when_it_is_told_to(self):
        with Server("--server.drain-timeout", "10s") as server:
            server.sign_up("ann")
            with held(server):
                waiting = [threading.Thread(target=self.try_to_log_in, args=(server,)) for _ in range(3)]
                for thread in waiting:
                    thread.start()
                wait_until(lambda: metric(server, "authd_store_write_waits_seconds") > 0, "somebody to wait")
                self.assertEqual(server.stop(), 0)
                for thread in waiting:
                    thread.join()

    def try_to_log_in(self, server):
        with contextlib.suppress(Exception):  # It is cut off, or gets a 503.
            server.log_in("ann")

    def test_what_starts_says_for_whom_it_waits_and_gives_up(self):
        with tempfile.TemporaryDirectory() as folder:
            manager = Manager(os.path.join(folder, "notify"))
            self.addCleanup(manager.close)
            data = os.path.join(folder, "data")
            with Server(data_dir=data) as server:
                server.sign_up("ann")
                with held(server) as holder:
                    server.kill()
                    server.process.returncode = 0
                    # A server, and a command.
                    late = subprocess.run([BINARY, "serve", "--data-dir", data, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                          capture_output=True, timeout=DEADLINE, env=clean_environment(NOTIFY_SOCKET=manager.name))
                    done = command("user", "list", "--data-dir", data, check=False)
                    for code, text in ((late.returncode, late.stderr.decode()), (done.returncode, done.err)):
                        self.assertEqual(code, 5, text)
                        self.assertIn("waiting for another process", text)
                        last = text.splitlines()[-1]
                        self.assertIn("process %d" % holder.pid, last)
                        self.assertIn("kill -CONT", last)
                    wait_until(lambda: "process %d" % holder.pid in (manager.next() or {}).get("STATUS", ""), "a status for systemd")
                    # One that is told to end while it waits does.
                    ended = subprocess.Popen([BINARY, "serve", "--data-dir", data, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                             stderr=subprocess.PIPE, env=clean_environment())
                    while b"waiting for another process" not in ended.stderr.readline():
                        self.assertIsNone(ended.poll())
                    ended.send_signal(signal.SIGTERM)
                    self.assertIn(b"stopped before it served", ended.communicate(timeout=DEADLINE)[1])
                    self.assertEqual(ended.returncode, 0)


class Suspended(unittest.TestCase):
    def test_ctrl_z_stops_nobody_within_a_write(self):
        with Server() as server:
            server.sign_up("ann")
            with importing(server, process_group=0) as process:
                for _ in range(15):
                    process.send_signal(signal.SIGTSTP)
                    wait_until(lambda: state_of(process.pid) == "T", "the import to stop")
                    before = metric(server, "authd_store_commits_total")
                    self.assertEqual(server.log_in("ann").status, 200)
                    self.assertGreater(metric(server, "authd_store_commits_total"), before)
                    at = entries(server)
                    process.send_signal(signal.SIGCONT)
                    wait_until(lambda: entries(server) > at or process.poll() is not None, "the import to go on")
            self.assertEqual(server.command("db", "check").returncode, 0)

    def test_ctrl_z_stops_a_command_that_waits_for_the_lock(self):
        with Server() as server, held(server):
            waiting = subprocess.Popen([BINARY, "role", "add", "late", "--data-dir", server.data_dir], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment(), process_group=0)
            try:
                while b"waiting for another process" not in waiting.stderr.readline():
                    self.assertIsNone(waiting.poll())
                waiting.send_signal(signal.SIGTSTP)
                wait_until(lambda: state_of(waiting.pid) == "T", "the command to stop")
            finally:
                waiting.kill()
                waiting.wait()
                waiting.stderr.close()


@unittest.skipUnless(can_trace(), "processes cannot be traced here")
class Compacting(unittest.TestCase):
    def test_what_opens_a_database_that_is_being_replaced_says_for_whom_it_waits(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            with Server(data_dir=data) as server:
                server.sign_up("ann")
            hanging = subprocess.Popen(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
                 "-e", "inject=fdatasync:delay_enter=%d" % (3600 * 1000 * 1000), BINARY, "db", "compact", "--data-dir", data],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment(),
                start_new_session=True)
            try:
                wait_until(lambda: any(n.startswith("scratch.") and "data.mdb" in os.listdir(os.path.join(data, n)) for n in os.listdir(data)),
                           "the compaction to begin")
                waiting = subprocess.Popen([BINARY, "user", "list", "--data-dir", data], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
                line = b""
                while b"waiting for another process" not in line:
                    line = waiting.stderr.readline()
                    self.assertIsNone(waiting.poll())
                self.assertIn(b"process ", line)
            finally:
                os.killpg(hanging.pid, signal.SIGKILL)
                hanging.wait()
            out, err = waiting.communicate(timeout=DEADLINE)
            self.assertEqual(waiting.returncode, 0, err)
            self.assertIn(b"ann", out)


@unittest.skipUnless(can_trace(), "processes cannot be traced here")
@unittest.skipIf(LAX > 1, "a sanitizer cannot look for leaks at the end of a process that is traced")
class Hung(unittest.TestCase):
    def test_a_server_whose_disk_does_not_answer_ends_all_the_same(self):
        """Its own commit hangs, so nothing can be refused: it ends by itself, with another exit code, and loses nothing."""
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            with Server(*VISIBLE, "--server.drain-timeout", "1s", data_dir=data) as server:
                server.sign_up("ann")
                hang = Injected(server, "fdatasync", "EIO")
                hang.command[hang.command.index("inject=fdatasync:error=EIO:when=1+1")] = "inject=fdatasync:delay_enter=%d" % (3600 * 1000 * 1000)
                hang.__enter__()
                trace = hang.strace
                try:
                    threading.Thread(target=self.sign_up, args=(server,), daemon=True).start()
                    # It and the one that asks: it will not get past its commit.
                    wait_until(lambda: metric(server, "authd_http_requests_in_flight") >= 2, "a request to hang")
                    server.process.send_signal(signal.SIGTERM)
                    # It is over; strace keeps the thread that it delays, and so its exit code.
                    wait_until(lambda: state_of(server.process.pid) == "Z", "the server to end")
                finally:
                    trace.kill()
                    trace.wait()
                    trace.stderr.close()
                self.assertEqual(server.process.wait(DEADLINE), 1)
                self.assertIn("something still hangs", server.log_text())
                server.process.returncode = 0
            with Server(data_dir=data) as server:
                self.assertEqual(server.log_in("ann").status, 200)
                self.assertEqual(server.command("db", "check").returncode, 0)

    def sign_up(self, server):
        with contextlib.suppress(Exception):
            server.sign_up("late", PASSWORD)


if __name__ == "__main__":
    unittest.main()
