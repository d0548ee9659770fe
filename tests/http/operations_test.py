"""What an operator sees of a server: logs, metrics, health, systemd's protocols."""

import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import (BINARY, CHEAP, DEADLINE, Server, ServerCase, clean_environment, command, send,
                     wait_until)


class Observed(ServerCase):
    def test_log_has_no_secret_and_every_request(self):
        marker = "unguessable-marker-7"
        tokens = self.server.sign_up("logged", password=marker).json
        self.server.log_in("logged", marker + "x")
        self.server.refresh(tokens["refresh_token"])
        self.assertEqual(self.server.get("/api/v1/users/me?secret=" + marker,
                                         token=tokens["access_token"]).status, 422)
        reply = self.server.get("/api/v1/users/me", token=tokens["access_token"])
        injected = self.server.get("/%0a%7B%22injected%22%3A1%7D")
        self.server.logged(request_id=injected.headers["X-Request-ID"])
        log = self.server.log_text()
        for secret in (marker, tokens["access_token"], tokens["refresh_token"],
                       tokens["access_token"].split(".")[2]):
            self.assertNotIn(secret, log)
        line = self.server.logged(request_id=reply.headers["X-Request-ID"])
        self.assertEqual((line["method"], line["route"], line["status"]),
                         ("GET", "/api/v1/users/me", 200))
        self.assertNotIn('\n{"injected"', log)
        self.assertTrue(all("injected" not in l for l in self.server.log_lines()))


class Directory(unittest.TestCase):
    def test_that_is_open_to_others_is_named_once_and_swept_of_what_a_killed_process_left(self):
        with tempfile.TemporaryDirectory(prefix="authd-open-") as folder:
            data = os.path.join(folder, "data")
            os.mkdir(data)
            os.chmod(data, 0o755)
            with Server(data_dir=data):
                pass
            left = os.path.join(data, "master.key.authd-Ab12Cd")
            copy = os.path.join(data, "master.key.backup")
            for name in (left, copy):
                with open(name, "w", encoding="ascii") as f:
                    f.write("a key\n")
            with Server(data_dir=data) as server:
                lines = [line for line in server.log_lines()
                         if "accessible to other users" in line.get("message", "")]
                self.assertEqual(len(lines), 1)
                self.assertFalse(os.path.exists(left))
                self.assertTrue(os.path.exists(copy))


class StalledLog(unittest.TestCase):
    def test_stops_nobody(self):
        with tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen(
                [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", directory + "/data",
                 "--log.format", "json",
                 "--rate-limit.enabled", "false"], stderr=subprocess.PIPE, env=clean_environment())
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.kill)
            started = next(l for l in map(json.loads, process.stderr) if l["message"]
                           == "authd serves")
            # From here on nobody reads: the pipe holds 64 KiB, a few hundred lines.
            connection = http.client.HTTPConnection(started["listen"], timeout=DEADLINE)
            for _ in range(2000):
                self.assertEqual(send(connection, "GET", "/nothing").status, 404)
            connection.close()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE), 0)


class Stop(unittest.TestCase):
    def test_a_silent_client_does_not_hold_it_up(self):
        limits = [part for name in ("drain", "header", "body", "write", "idle")
                  for part in ("--server.%s-timeout" % name, "10m")]
        with Server(*limits) as server:
            begun = ["GET /hea", "GET /health HTTP/1.1\r\nHost: x\r\nX-Half: ",
                     "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                     "application/json\r\nContent-Length: 90\r\n\r\n{"]
            for text in begun:
                s = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
                self.addCleanup(s.close)
                s.sendall(text.encode())
            wait_until(lambda: "authd_http_connections %d\n" % (len(begun) + 1)
                       in server.get("/metrics").body.decode(), "them to be there")
            self.assertEqual(server.stop(), 0)  # within the deadline of every wait, not in minutes


class Watched(ServerCase):
    """Who may read the metrics."""

    def test_a_proxy_that_is_not_trusted_is_not_local(self):
        self.assertEqual(self.server.get("/metrics").status, 200)
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            reply = self.server.get("/metrics", headers={header: "for=127.0.0.1"})
            self.refused(reply, 403, "not_allowed")

    def test_behind_a_trusted_proxy_the_address_of_the_client_counts(self):
        with Server("--server.trusted-proxies", "127.0.0.0/8") as server:
            for address, status in (("192.168.7.7", 200), ("203.0.113.9", 403),
                                    ("fd00::7", 200), ("2001:db8::7", 403)):
                reply = server.get("/metrics", headers={"X-Forwarded-For": address})
                self.assertEqual(reply.status, status, address)

    def test_the_networks_are_those_of_the_configuration(self):
        with Server("--metrics.allowed-networks", "203.0.113.0/24",
                    "--server.trusted-proxies", "127.0.0.0/8") as server:
            self.assertEqual(server.get("/metrics").status, 403)
            reply = server.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
            self.assertEqual(reply.status, 200)


class Counted(ServerCase):
    def test_metrics_count_what_happened(self):
        self.server.sign_up("counted")
        self.server.log_in("counted")
        self.server.log_in("counted", "wrong password")
        for i in range(50):
            self.server.get("/nothing/%d" % i)
        # Earlier connections are closed a moment after their clients are done.
        swept = r'authd_job_runs_total\{name="sweep_expired"\} [1-9]'
        is_quiet = lambda text: "authd_http_connections 1\n" in text and re.search(swept, text)
        quiet = lambda text: text if is_quiet(text) else None
        text = wait_until(lambda: quiet(self.server.get("/metrics").body.decode()),
                          "the other connections to close, and the first sweep")
        for pattern in [
            r'authd_http_requests_total\{method="POST",route="/api/v1/auth/login",status="200"\} '
            r'1\n',
            r'authd_http_requests_total\{method="",route="",status="404"\} 5\d\n',
            r'authd_http_request_duration_seconds_bucket\{method="POST",'
            r'route="/api/v1/auth/login",le="\+Inf"\} 2\n',
            r'authd_logins_total\{outcome="ok"\} 1\n',
            r'authd_logins_total\{outcome="refused"\} 1\n',
            r"authd_signups_total 1\n", r"authd_store_commits_total [1-9]",
            r"authd_store_batch_size_count [1-9]",
            r"authd_password_lane_queued 0\n",
        ]:
            self.assertTrue(re.search(pattern, text), pattern)
        # paths are not labels: a client could create endless series
        self.assertNotIn("/nothing", text)
        names = re.findall(r"^# TYPE (\S+)", text, re.M)
        self.assertEqual(len(names), len(set(names)))


class Health(ServerCase):
    def test_is_told_three_ways(self):
        self.assertEqual(self.server.get("/livez").body, b"ok\n")
        self.assertEqual(self.server.get("/readyz").body, b"ok\n")
        health = self.server.get("/health").json
        self.assertEqual((health["status"], health["database"]), ("ok", "connected"))
        self.assertEqual(self.server.command("health", "--listen",
                                             self.server.addresses[0]).out.strip(), "ready")

    def test_second_server_on_the_directory_is_refused(self):
        done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                               self.server.data_dir],
                              capture_output=True, text=True, timeout=DEADLINE,
                              env=clean_environment())
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("process %d" % self.server.process.pid, done.stderr)
        self.assertEqual(self.server.get("/health").status, 200)


class FullDisk(unittest.TestCase):
    def test_is_not_ready_until_a_write_succeeds(self):
        with Server() as server:
            # The jobs write their first rows; the last of them is prune_audit.
            wait_until(
                lambda: "prune_audit" in json.loads(server.command("db", "stat", "--json").out)[
                    "jobs"], "the jobs")
            # For one process, a limit on file sizes is like a full disk.
            before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                                      (1, resource.RLIM_INFINITY))
            self.assertEqual(server.get("/readyz").status, 200)  # nobody has tried yet
            self.assertEqual(server.sign_up("ann").status, 503)
            reply = server.get("/readyz")
            self.assertEqual((reply.status, reply.body), (503, b"store cannot be written\n"))
            self.assertEqual(server.get("/livez").status, 200)
            health = lambda: server.command("health", "--listen", server.addresses[0],
                                            check=False).returncode
            wait_until(lambda: health() == 1, "health to say that the server is not ready")
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
            # The server notices without a request: no proxy sends requests to a server that is not
            # ready.
            wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
            self.assertEqual(server.sign_up("ann").status, 201)


class Ports(unittest.TestCase):
    def test_that_are_taken_are_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with tempfile.TemporaryDirectory() as directory:
                done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:%d" % port,
                                       "--data-dir", directory + "/d", *CHEAP],
                                      capture_output=True, text=True, timeout=DEADLINE,
                                      env=clean_environment())
        self.assertEqual(done.returncode, 5)
        self.assertIn("127.0.0.1:%d" % port, done.stderr)

    def test_health_says_when_nobody_is_there(self):
        self.assertEqual(command("health", "--listen", "127.0.0.1:1", check=False).returncode, 5)


class Systemd(unittest.TestCase):
    def test_is_told_ready_reloading_alive_and_stopping(self):
        with (tempfile.TemporaryDirectory() as directory,
              socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s):
            path = os.path.join(directory, "notify")
            s.bind(path)
            s.settimeout(DEADLINE)
            environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000",
                           "STATE_DIRECTORY": directory + "/state"}
            heard = []

            def hear(word):
                while not heard or word not in heard[-1]:
                    heard.append(s.recv(4096).decode())

            with Server(environment=environment) as server:
                hear("READY=1")
                hear("WATCHDOG=1")
                server.process.send_signal(signal.SIGHUP)
                hear("RELOADING=1")
                self.assertRegex(heard[-1], r"MONOTONIC_USEC=\d+")
                hear("READY=1")
                # Listen first: the kernel queues few messages, and the server does not wait long
                # for room.
                server.process.send_signal(signal.SIGTERM)
                hear("STOPPING=1")
                self.assertEqual(server.stop(), 0)

    def test_gives_state_directory_and_credential(self):
        with tempfile.TemporaryDirectory() as directory:
            state, credentials = directory + "/state", directory + "/credentials"
            os.mkdir(state, 0o700)
            os.mkdir(credentials, 0o700)
            subprocess.run([BINARY, "role", "add", "x", "--data-dir", directory + "/other"],
                           check=True, capture_output=True,
                           env=clean_environment())
            os.rename(directory + "/other/master.key", credentials + "/master.key")
            environment = clean_environment(STATE_DIRECTORY=state + ":/elsewhere",
                                            CREDENTIALS_DIRECTORY=credentials)
            shown = json.loads(subprocess.run([BINARY, "config", "show", "--json"], check=True,
                                              capture_output=True,
                                              env=environment).stdout)
            self.assertEqual(shown["server.data_dir"]["value"], state)
            self.assertEqual(shown["secrets.master_key_file"]["value"], credentials + "/master.key")
            subprocess.run([BINARY, "role", "add", "x"], check=True, capture_output=True,
                           env=environment)
            self.assertFalse(os.path.exists(state + "/master.key"))


if __name__ == "__main__":
    unittest.main()
