"""The audit log as it goes on: GET admin/events, which waits without a thread, and authd events."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BINARY, DEADLINE, PASSWORD, Server, clean_environment, wait_until

EVENTS = "/api/v1/admin/events"


class Waiting(threading.Thread):
    """A request that is under way."""

    def __init__(self, server, token, query):
        super().__init__(daemon=True)
        self.reply = None
        self.took = None
        self.ask = lambda: server.get(EVENTS + query, token=token)
        self.start()

    def run(self):
        begin = time.monotonic()
        self.reply = self.ask()
        self.took = time.monotonic() - begin

    def answered(self):
        self.join(DEADLINE)
        assert self.reply, "no answer"
        return self.reply


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--server.workers", "2")
        cls.server.command("user", "add", "--username", "root", "--email", "root@example.org",
                           "--admin", stdin=PASSWORD + "\n")
        cls.token = cls.server.log_in("root").json["access_token"]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def get(self, query=""):
        return self.server.get(EVENTS + query, token=self.token)

    def parked(self):
        metrics = self.server.get("/metrics").body.decode()
        return next(int(line.split()[1]) for line in metrics.splitlines()
                    if line.startswith("authd_http_parked "))

    def waiting(self, count, query):
        before = self.parked()
        started = [Waiting(self.server, self.token, query) for _ in range(count)]
        wait_until(lambda: self.parked() == before + count, "the requests to wait")
        return started

    def here(self):
        return self.get().json["next"]

    def test_from_the_start_each_entry_comes_once(self):
        seen, after = [], "start"
        while True:
            page = self.get("?limit=2&after=" + after).json
            if not page["events"]:
                break
            self.assertLessEqual(len(page["events"]), 2)
            seen += [event["number"] for event in page["events"]]
            after = page["next"]
        self.assertEqual(seen, sorted(set(seen)))
        listed = self.server.get("/api/v1/admin/audit?limit=500", token=self.token).json["entries"]
        self.assertTrue(set(seen) <= {entry["number"] for entry in listed})
        self.assertGreaterEqual(len(seen), 2)

    def test_without_a_place_only_the_place_is_told(self):
        reply = self.get("?wait=60s").json
        self.assertEqual(reply["events"], [])
        self.assertTrue(reply["next"])

    def test_who_waits_is_answered_when_something_happens(self):
        for act in (lambda: self.server.sign_up("ann"),
                    # Also when another process does it.
                    lambda: self.server.command("role", "add", "readers")):
            waiting, = self.waiting(1, "?wait=60s&after=" + self.here())
            act()
            reply = waiting.answered()
            self.assertEqual(reply.status, 200)
            self.assertEqual(len(reply.json["events"]), 1, reply.json)
            self.assertLess(waiting.took, 50)

    def test_when_the_time_is_over_the_answer_is_empty(self):
        after = self.here()
        begin = time.monotonic()
        reply = self.get("?wait=300ms&after=" + after)
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)
        self.assertEqual(reply.json["events"], [])  # A checkpoint may have moved the place.
        self.assertEqual(self.get("?after=" + reply.json["next"]).json["events"], [])

    def test_many_wait_without_a_thread(self):
        after = self.here()
        waiting = self.waiting(100, "?wait=60s&after=" + after)
        # Two threads write, and they have time for others.
        self.assertEqual(self.server.sign_up("ben").status, 201)
        for one in waiting:
            self.assertEqual([event["action"] for event in one.answered().json["events"]],
                             ["signup"])
        self.assertEqual(self.parked(), 0)

    def test_a_client_that_leaves_is_forgotten(self):
        after = self.here()
        head = ("GET %s?wait=60s&after=%s HTTP/1.1\r\nHost: localhost\r\n"
                "Authorization: Bearer %s\r\n\r\n" % (EVENTS, after, self.token))
        with socket.create_connection(("127.0.0.1", self.server.port)) as one:
            one.sendall(head.encode())
            wait_until(lambda: self.parked() == 1, "the request to wait")
        self.server.command("role", "add", "leavers")
        wait_until(lambda: self.parked() == 0, "the request to be forgotten")
        self.assertEqual(self.get("?after=" + after).json["events"][0]["target"], "leavers")

    def test_the_connection_goes_on_afterwards(self):
        after = self.here()
        request = ("GET %s?wait=%s&after=%s HTTP/1.1\r\nHost: localhost\r\n"
                   "Authorization: Bearer %s\r\n%s\r\n")
        # The second request arrives while the first one waits.
        told = self.server.raw(
            (request % (EVENTS, "200ms", after, self.token, "")
             + request % (EVENTS, "0", after, self.token, "Connection: close\r\n")).encode())
        self.assertEqual(told.count(b"HTTP/1.1 200 "), 2, told)

    def test_what_is_wrong_is_said(self):
        for query in ("?after=x", "?after=AAAA", "?wait=61s&after=start", "?wait=x&after=start",
                      "?limit=0", "?limit=501"):
            self.assertEqual(self.get(query).status, 422, query)
        self.assertEqual(self.server.get(EVENTS).status, 401)
        other = self.server.sign_up("cid").json["access_token"]
        self.assertEqual(self.server.get(EVENTS, token=other).status, 403)

    def test_whoever_lost_the_right_while_waiting_is_told_nothing(self):
        self.server.command("user", "add", "--username", "second", "--email", "s@example.org",
                            "--admin", stdin=PASSWORD + "\n")
        token = self.server.log_in("second").json["access_token"]
        waiting = Waiting(self.server, token, "?wait=60s&after=" + self.here())
        wait_until(lambda: self.parked() == 1, "the request to wait")
        self.server.command("user", "disable", "second")
        self.assertEqual(waiting.answered().status, 401)


class TheEnd(unittest.TestCase):
    def test_a_server_that_ends_answers_those_who_wait(self):
        with Server() as server:
            server.command("user", "add", "--username", "root", "--email", "root@example.org",
                           "--admin", stdin=PASSWORD + "\n")
            token = server.log_in("root").json["access_token"]
            after = server.get(EVENTS, token=token).json["next"]
            waiting = [Waiting(server, token, "?wait=60s&after=" + after) for _ in range(5)]
            wait_until(lambda: b"authd_http_parked 5" in server.get("/metrics").body,
                       "the requests to wait")
            begin = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - begin, 30)
            for one in waiting:
                self.assertEqual(one.answered().json["events"], [])


class CommandLine(unittest.TestCase):
    def follow(self, server, place):
        return subprocess.Popen(
            [BINARY, "events", "--follow", "--json", "--place", place, "--data-dir",
             server.data_dir], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment())

    def test_it_goes_on_where_it_was(self):
        with Server() as server, tempfile.TemporaryDirectory(prefix="authd-test-") as folder:
            place = os.path.join(folder, "place")
            names, seen = [], []
            for life in range(3):
                follower = self.follow(server, place)
                for number in range(4):
                    names.append("role%d-%d" % (life, number))
                    server.command("role", "add", names[-1])
                while len(seen) < len(names):
                    seen.append(json.loads(follower.stdout.readline())["target"])
                # What was read is in the file as well, before it is killed.
                wait_until(lambda: server.command("events", "--place", place).out == "",
                           "the place")
                follower.send_signal(signal.SIGKILL)
                follower.communicate()
                names.append("between%d" % life)
                server.command("role", "add", names[-1])
            self.assertEqual(seen, names[:-1])
            self.assertEqual(os.stat(place).st_mode & 0o777, 0o600)
            table = server.command("events", "--place", place).out
            self.assertIn("between2", table)
            self.assertEqual(server.command("events", "--place", place).out, "")
            with open(place, "w", encoding="ascii") as file:
                file.write("nonsense")
            self.assertEqual(server.command("events", "--place", place, check=False).returncode, 2)

    def test_a_terminal_gets_no_control_characters(self):
        with Server() as server, tempfile.TemporaryDirectory(prefix="authd-test-") as folder:
            server.command("role", "add", "first")
            server.command("backup", os.path.join(folder, "red\x1b[31m"))
            told = server.command("events").out
            self.assertIn("\tbackup\t", told)
            self.assertNotIn("\x1b", told)

    def test_it_ends_when_nobody_reads(self):
        with Server() as server, tempfile.TemporaryDirectory(prefix="authd-test-") as folder:
            place = os.path.join(folder, "place")
            server.command("role", "add", "first")
            follower = self.follow(server, place)
            self.assertEqual(json.loads(follower.stdout.readline())["target"], "first")
            kept = wait_until(lambda: os.path.exists(place) and open(place).read(), "the place")
            follower.stdout.close()
            server.command("role", "add", "unread")
            self.assertEqual(follower.wait(timeout=DEADLINE), 5)
            follower.stderr.close()
            with open(place, encoding="ascii") as file:
                self.assertEqual(file.read(), kept)


if __name__ == "__main__":
    unittest.main()
