"""A process that is stopped in the middle of a write holds the lock of the writers. The server says
so, answers what needs a write with 503 instead of never, goes on by itself when the lock is free,
and ends when it is told to. What starts meanwhile says for whom it waits, and gives up."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import unittest

from harness import BINARY, DEADLINE, Server, clean_environment, command, wait_until
from holding import begin_to_wait, held, metric
from service_manager import Manager


class Held(unittest.TestCase):
    def assert_healthy_again(self, server):
        wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
        # The import may continue writing, and others wait for it occasionally.
        wait_until(lambda: metric(server, "authd_store_write_waits_seconds") == 0, "nobody to wait")
        wait_until(lambda: metric(server, "authd_store_can_write") == 1, "a write")
        server.logged(message="the lock of the database is free again")

    def not_ready(self, server):
        # Five seconds, two of which may pass before the server tries. By its own clock, so that a
        # machine that stalls changes nothing: the question comes after the time.
        waited = metric(server, "authd_store_write_waits_seconds")
        reply = server.get("/readyz")
        if waited >= 3:
            self.assertEqual(reply.status, 503, waited)
        return reply if reply.status == 503 else None

    def test_is_said_and_over_when_the_lock_is_free(self):
        with Server() as server:
            token = server.sign_up("ann").json["access_token"]
            with held(server) as holder:
                reply = wait_until(lambda: self.not_ready(server), "the server not to be ready")
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
        with Server("--server.drain-timeout", "1s") as server:
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
                # They were not left to their own patience of ten seconds.
                for line in server.log_lines():
                    if line.get("route") == "/api/v1/auth/login":
                        self.assertLess(line["duration_ms"], 10000)

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


if __name__ == "__main__":
    unittest.main()
