"""A process that is stopped in the middle of a write holds the lock of the writers. The server says
so, answers what needs a write with 503 instead of never, goes on by itself when the lock is free,
and ends when it is told to. What starts meanwhile says for whom it waits, and gives up. Ctrl-Z
stops nobody in the middle of a write."""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import tempfile
import threading
import unittest

from harness import (BINARY, DEADLINE, LAX, PASSWORD, VISIBLE, Server, clean_environment, command,
                     wait_until)
from service_manager import Manager
from tracing import Injected, can_trace, state_of


def feed(pipe):
    """Names without end, for as long as somebody reads them."""
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(b"username\n")
        for first in itertools.count(0, 1000):
            pipe.write(b"".join(b"crowd-%d\n" % i for i in range(first, first + 1000)))


@contextlib.contextmanager
def importing(server, **how):
    """An import that writes nearly all the time, and does not end."""
    process = subprocess.Popen([BINARY, "import", "-", "--format", "csv", "--data-dir",
                                server.data_dir], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment(), **how)
    feeder = threading.Thread(target=feed, args=(process.stdin,))
    feeder.start()
    try:
        wait_until(lambda: entries(server) > 100, "the import to write")
        yield process
    finally:
        process.kill()
        process.wait()
        feeder.join()


def begin_to_wait(case, *arguments, **how):
    """A command, once it has said that it waits for another process. It gives up soon."""
    process = subprocess.Popen([BINARY, *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=clean_environment(), **how)
    case.addCleanup(process.stderr.close)
    case.addCleanup(process.wait)
    case.addCleanup(process.kill)
    while b"waiting for another process" not in process.stderr.readline():
        case.assertIsNone(process.poll())
    return process


def metric(server, name):
    return float(re.search(r"^%s (\S+)$" % name, server.get("/metrics").body.decode(), re.M)[1])


def entries(server):
    return metric(server, "authd_store_entries")


@contextlib.contextmanager
def held(server):
    """The lock is held by a stopped import, whose process is given. What SIGSTOP hits outside of a
    write goes on and is stopped again."""
    with importing(server) as process:
        def is_held():
            process.send_signal(signal.SIGSTOP)
            wait_until(lambda: state_of(process.pid) == "T", "the import to stop")
            # A command would have to wait: it is not let get so far as to give up.
            probe = subprocess.Popen([BINARY, "role", "add", "probe", "--data-dir",
                                      server.data_dir], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env=clean_environment())
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
        # The import may continue writing, and others wait for it occasionally.
        wait_until(lambda: metric(server, "authd_store_write_waits_seconds") == 0, "nobody to wait")
        wait_until(lambda: metric(server, "authd_store_can_write") == 1, "a write")
        server.logged(message="the lock of the database is free again")

    def test_is_said_and_over_when_the_lock_is_free(self):
        with Server() as server:
            token = server.sign_up("ann").json["access_token"]
            with held(server) as holder:
                reply = wait_until(lambda: (lambda r: r if r.status == 503
                                            else None)(server.get("/readyz")),
                                   "the server not to be ready")
                self.assertIn(b"another process", reply.body)
                self.assertGreaterEqual(metric(server, "authd_store_write_waits_seconds"), 2)
                line = server.logged(
                    message="waiting for another process, which holds the lock of the database")
                self.assertIn("process %d" % holder.pid, line["holder"])
                self.assertIn("stopped", line["holder"])
                # Tokens are checked meanwhile; writes are refused after the wait, and later ones at
                # once.
                self.assertEqual(server.get("/auth/verify", token=token).status, 200)
                self.assertEqual(server.me(token).status, 200)
                for _ in range(3):
                    self.assertEqual(server.log_in("ann").status, 503)
                    self.assertEqual(server.sign_up("bob").status, 503)
                self.assertEqual(metric(server, "authd_store_can_write"), 0)
                holder.send_signal(signal.SIGCONT)
                self.assert_healthy_again(server)
                # It is refused only if the machine stalls for as long as a write can wait.
                wait_until(lambda: server.log_in("ann").status == 200, "a login")
                wait_until(lambda: server.sign_up("bob").status == 201, "a new account")

    def test_is_over_when_the_holder_is_killed(self):
        with Server() as server:
            server.sign_up("ann")
            with held(server) as holder:
                wait_until(lambda: server.get("/readyz").status == 503,
                           "the server not to be ready")
                server.logged(
                    message="waiting for another process, which holds the lock of the database")
                holder.kill()
                self.assert_healthy_again(server)
                self.assertEqual(server.log_in("ann").status, 200)
            self.assertEqual(server.command("db", "check").returncode, 0)

    def test_a_server_ends_when_it_is_told_to(self):
        with Server("--server.drain-timeout", "10s") as server:
            server.sign_up("ann")
            with held(server):
                waiting = [threading.Thread(target=self.try_to_log_in, args=(server,))
                           for _ in range(3)]
                for thread in waiting:
                    thread.start()
                wait_until(lambda: metric(server, "authd_store_write_waits_seconds") > 0,
                           "somebody to wait")
                # It ends without help: normally, or by its guard if the machine stalled.
                if server.stop() == 1:
                    self.assertIn("something still hangs", server.log_text())
                    server.process.returncode = 0
                for thread in waiting:
                    thread.join()
                self.assertEqual(server.process.returncode, 0)

    def try_to_log_in(self, server):
        with contextlib.suppress(Exception):  # The request is cut off, or gets a 503.
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
                    late = subprocess.run([BINARY, "serve", "--data-dir", data, "--listen",
                                           "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                          capture_output=True, timeout=DEADLINE,
                                          env=clean_environment(NOTIFY_SOCKET=manager.name))
                    done = command("user", "list", "--data-dir", data, check=False)
                    for code, text in ((late.returncode, late.stderr.decode()),
                                       (done.returncode, done.err)):
                        self.assertEqual(code, 5, text)
                        self.assertIn("waiting for another process", text)
                        last = text.splitlines()[-1]
                        self.assertIn("process %d" % holder.pid, last)
                        self.assertIn("kill -CONT", last)
                    wait_until(lambda: "process %d"
                               % holder.pid in (manager.next() or {}).get("STATUS", ""),
                               "a status for systemd")
                    # A process told to end while it waits does so, unless the signal was late and
                    # it has given up.
                    for _ in range(3):
                        ended = begin_to_wait(self, "serve", "--data-dir", data, "--listen",
                                              "127.0.0.1:0")
                        ended.send_signal(signal.SIGTERM)
                        text = ended.communicate(timeout=DEADLINE)[1]
                        if ended.returncode != 5:
                            break
                    self.assertEqual(ended.returncode, 0, text)
                    self.assertIn(b"stopped before it served", text)


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
                    wait_until(lambda: entries(server) > at or process.poll() is not None,
                               "the import to go on")
            self.assertEqual(server.command("db", "check").returncode, 0)

    def test_ctrl_z_stops_a_command_that_waits_for_the_lock(self):
        with Server() as server, held(server):
            for _ in range(3):  # The signal may be late, and find that it has given up.
                waiting = begin_to_wait(self, "role", "add", "late", "--data-dir", server.data_dir,
                                        process_group=0)
                os.kill(waiting.pid, signal.SIGTSTP)
                wait_until(lambda: state_of(waiting.pid) in "TZ", "the command to stop")
                state = state_of(waiting.pid)
                waiting.kill()
                if state == "T":
                    break
            self.assertEqual(state, "T")


@unittest.skipUnless(can_trace(), "processes cannot be traced here")
class Compacting(unittest.TestCase):
    def test_what_opens_a_database_that_is_being_replaced_says_for_whom_it_waits(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            with Server(data_dir=data) as server:
                server.sign_up("ann")
            hanging = subprocess.Popen(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
                 "-e", "inject=fdatasync:delay_enter=%d" % (3600 * 1000 * 1000), BINARY, "db",
                 "compact", "--data-dir", data],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=clean_environment(),
                start_new_session=True)
            try:
                wait_until(lambda: any(n.startswith("scratch.")
                                       and "data.mdb" in os.listdir(os.path.join(data, n))
                                       for n in os.listdir(data)),
                           "the compaction to begin")
                waiting = subprocess.Popen([BINARY, "user", "list", "--data-dir", data],
                                           stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                           env=clean_environment())
                self.addCleanup(waiting.wait)
                self.addCleanup(waiting.kill)
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
@unittest.skipIf(LAX > 1,
                 "a sanitizer cannot look for leaks at the end of a process that is traced")
class Hung(unittest.TestCase):
    def test_a_server_whose_disk_does_not_answer_ends_all_the_same(self):
        """Its own commit hangs, so nothing can be refused: it ends without help, with another exit
        code, and loses nothing."""
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            with Server(*VISIBLE, "--server.drain-timeout", "1s", data_dir=data) as server:
                server.sign_up("ann")
                hang = Injected(server, "fdatasync", "EIO")
                place = hang.command.index("inject=fdatasync:error=EIO:when=1+1")
                hang.command[place] = "inject=fdatasync:delay_enter=%d" % (3600 * 1000 * 1000)
                hang.__enter__()
                trace = hang.strace
                try:
                    threading.Thread(target=self.sign_up, args=(server,), daemon=True).start()
                    # It and the one that asks: it will not get past its commit.
                    wait_until(lambda: metric(server, "authd_http_requests_in_flight") >= 2,
                               "a request to hang")
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
