"""Ctrl-Z stops nobody in the middle of a write. A command that opens a database which is being
replaced says for whom it waits, and a server whose disk does not answer still ends."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import unittest

from harness import (BINARY, DEADLINE, LAX, PASSWORD, VISIBLE, Server, clean_environment,
                     wait_until)
from holding import begin_to_wait, entries, held, importing, metric
from tracing import Injected, can_trace, state_of


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
