"""What systemd and the server tell each other: start, reload and stop, the watchdog, credentials,
passed sockets."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (BINARY, CHEAP, DEADLINE, LAX, PASSWORD, VISIBLE, Server, clean_environment,
                     command, read_all, wait_until)
from service_manager import Manager
from tracing import can_trace

ASK = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Notify(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def manager(self, name=None):
        manager = Manager(name or os.path.join(self.directory.name, "notify"))
        self.addCleanup(manager.close)
        return manager

    def test_start_reload_and_stop_are_told(self):
        manager = self.manager()
        with Server("--server.drain-timeout", "45s",
                    environment={"NOTIFY_SOCKET": manager.name}) as server:
            ready = manager.wait_for("READY")
            self.assertEqual(ready, {"READY": "1", "STATUS": "serving on " + server.addresses[0]})
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            server.process.send_signal(signal.SIGHUP)
            reloading = manager.wait_for("RELOADING")
            self.assertEqual(manager.next(), {"READY": "1"})
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self.assertTrue(before <= int(reloading["MONOTONIC_USEC"]) <= after, reloading)
            server.process.send_signal(signal.SIGTERM)
            stopping = manager.wait_for("STOPPING")
            self.assertGreater(int(stopping["EXTEND_TIMEOUT_USEC"]), 45_000_000)

    def test_abstract_sockets_are_spoken_to(self):
        manager = self.manager("@authd-test-%d" % os.getpid())
        with Server(environment={"NOTIFY_SOCKET": manager.name}):
            manager.wait_for("READY")

    def test_a_server_that_cannot_start_never_says_that_it_is_ready(self):
        manager = self.manager()
        with open(os.path.join(self.directory.name, "file"), "w"):
            pass
        done = command("serve", "--data-dir", self.directory.name + "/file", check=False,
                       env={"NOTIFY_SOCKET": manager.name})
        self.assertEqual(done.returncode, 5, done.err)
        said = iter(lambda: manager.next(timeout=0), None)
        self.assertEqual([message for message in said if "READY" in message], [])


@unittest.skipUnless(shutil.which("strace"), "needs strace")
class Watchdog(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.manager = Manager(os.path.join(self.directory.name, "notify"))
        self.addCleanup(self.manager.close)
        self.environment = {"NOTIFY_SOCKET": self.manager.name, "WATCHDOG_USEC": "2000000"}

    def test_is_fed_also_while_signals_come(self):
        with Server(environment=self.environment) as server:
            for _ in range(3):
                self.manager.wait_for("WATCHDOG")
            fed = None
            while not fed:  # Each round is shorter than the interval between two watchdog messages.
                server.process.send_signal(signal.SIGHUP)
                message = self.manager.next(timeout=0.1)
                self.assertIsNone(server.process.poll())
                fed = message and "WATCHDOG" in message

    @unittest.skipUnless(can_trace(), "processes cannot be traced here")
    @unittest.skipIf(LAX > 1,
                     "a sanitizer cannot look for leaks at the end of a process that is traced")
    def test_is_not_fed_while_the_store_hangs(self):
        """The server's own commit never returns from the disk."""
        with Server(*VISIBLE, environment=self.environment) as server:
            self.manager.wait_for("WATCHDOG")
            trace = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                      "trace=fdatasync",
                                      "-e", "inject=fdatasync:delay_enter=%d"
                                      % (3600 * 1000 * 1000), "-p", str(server.process.pid)],
                                     stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            threads = []

            def is_seen():
                threads.append(threading.Thread(target=server.sign_up,
                                                args=("n%d" % len(threads),)))
                threads[-1].start()
                threads[-1].join(0.5)
                self.manager.drain()
                return "no progress" in server.log_text()

            try:
                wait_until(is_seen, "the hang to be seen")
                server.logged(
                    message="no progress; if this continues, systemd will restart the server",
                    part="store")
                self.manager.drain()
                self.assertIsNone(self.manager.next(timeout=2.5))
                # which would have been no sign of it
                self.assertEqual(server.get("/livez").status, 200)
            finally:
                trace.kill()
                trace.wait()
                for thread in threads:
                    thread.join()
            self.manager.wait_for("WATCHDOG")

    @unittest.skipUnless(can_trace(), "processes cannot be traced here")
    def test_is_fed_while_another_process_holds_the_store(self):
        """A command stopped in the middle of its commit holds the database's lock, so a restart
        would not help."""
        with Server(environment=self.environment) as server:
            hanging = subprocess.Popen(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
                 "-e", "inject=fdatasync:delay_enter=%d" % (3600 * 1000 * 1000),
                 BINARY, "user", "add", "--username", "ann", "--data-dir", server.data_dir],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=clean_environment(),
                start_new_session=True)
            try:
                hanging.stdin.write(PASSWORD.encode() + b"\n")
                hanging.stdin.close()
                server.logged(
                    message="waiting for another process, which holds the lock of the database")
                self.manager.drain()
                for _ in range(8):
                    self.manager.wait_for("WATCHDOG")
                self.assertEqual(server.get("/readyz").status, 503)
            finally:
                os.killpg(hanging.pid, signal.SIGKILL)
                hanging.wait()
            wait_until(lambda: server.get("/readyz").status == 200, "the recovery")

    def test_is_left_alone_when_it_watches_another_process(self):
        with Server(environment={**self.environment, "WATCHDOG_PID": "1"}):
            self.manager.wait_for("READY")
            self.assertIsNone(self.manager.next(timeout=1.5))


class SlowManager(unittest.TestCase):
    def test_stops_nobody(self):
        with tempfile.TemporaryDirectory() as directory:
            manager = Manager(os.path.join(directory, "notify"))
            self.addCleanup(manager.close)
            while True:  # The kernel queues only a limited number of messages.
                filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self.addCleanup(filler.close)
                filler.setblocking(False)
                try:
                    filler.sendto(b"X=1", manager.name)
                except BlockingIOError:
                    break
            with Server(environment={"NOTIFY_SOCKET": manager.name}) as server:
                self.assertEqual(server.get("/livez").status, 200)


class Credentials(unittest.TestCase):
    def test_the_master_key_may_be_one(self):
        with tempfile.TemporaryDirectory() as directory, Server() as other:
            credentials = os.path.join(directory, "credentials")
            os.mkdir(credentials)
            key = os.path.join(credentials, "master.key")
            shutil.copy(os.path.join(other.data_dir, "master.key"), key)
            os.chmod(key, 0o400)
            data = os.path.join(directory, "data")
            environment = {"CREDENTIALS_DIRECTORY": credentials}
            with Server(data_dir=data, environment=environment) as server:
                self.assertEqual(server.sign_up("ann").status, 201)
            self.assertFalse(os.path.exists(os.path.join(data, "master.key")))
            # Without it the data cannot be opened, and no other key is created for it.
            done = command("serve", "--data-dir", data, "--listen", "127.0.0.1:0", check=False)
            self.assertEqual(done.returncode, 5, done.err)
            self.assertFalse(os.path.exists(os.path.join(data, "master.key")))
            with Server(data_dir=data, environment=environment) as server:
                self.assertEqual(server.log_in("ann").status, 200)


class Sockets(unittest.TestCase):
    """Two sockets that stay open while servers come and go."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.tcp.close)
        self.path = os.path.join(self.directory.name, "authd.sock")
        self.unix = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.unix.close)
        self.unix.bind(self.path)
        self.unix.listen()

    def start(self, *flags):
        # The environment must name the process itself, so a shell sets it and becomes authd.
        sockets = (self.tcp.fileno(), self.unix.fileno())
        script = 'exec 3<&%d 4<&%d; LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" "$@"' % sockets
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["bash", "-c", script, BINARY, "serve", "--data-dir", self.directory.name + "/data",
             "--log.format", "json",
             *flags, *CHEAP], pass_fds=[self.tcp.fileno(), self.unix.fileno()], stderr=log,
            env=clean_environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, lambda: os.pread(log.fileno(), 1 << 20, 0).decode()

    def stop(self, process):
        process.terminate()
        self.assertEqual(process.wait(DEADLINE), 0)

    def connect(self, family=socket.AF_INET):
        client = socket.socket(family)
        self.addCleanup(client.close)
        client.settimeout(DEADLINE)
        client.connect(self.path if family == socket.AF_UNIX else self.tcp.getsockname())
        return client

    def answer(self, client):
        client.sendall(ASK)
        return read_all(client).split(b"\r\n")[0]

    def test_are_served_and_given_back_for_the_next_server(self):
        for _ in range(2):
            early = self.connect()  # before there is a server
            process, _ = self.start("--listen", "systemd")
            self.assertIn(b"200", self.answer(early))
            self.assertIn(b"200", self.answer(self.connect(socket.AF_UNIX)))
            self.stop(process)
        self.assertTrue(os.path.exists(self.path))

    def test_that_the_configuration_does_not_name_are_said_to_be_unused(self):
        process, log = self.start("--listen", "127.0.0.1:0")
        wait_until(lambda: "authd serves" in log(), "the server to start")
        self.assertTrue(re.search("server.listen does not name systemd", log()))
        self.stop(process)


if __name__ == "__main__":
    unittest.main()
