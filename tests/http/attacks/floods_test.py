"""Floods: how much memory, time and how many connections one hostile client can take from
others."""

import json
import os
import re
import socket
import threading
import time
import unittest
import zlib

from attack import (DEADLINE, LAX, PASSWORD, AttackCase, Server, connect, cpu_seconds, metrics,
                    parsed, post_bytes, read_all,
                    resident_kib, statuses, wait_until)

HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
# none of these may cost as much; sanitizer builds keep freed memory
GROWTH_KIB = 64 * 1024 * LAX


class Floods(AttackCase):
    def setUp(self):
        super().setUp()
        self.before = resident_kib(self.server)

    def assert_bounded(self):
        self.assertLess(resident_kib(self.server) - self.before, GROWTH_KIB)
        self.serves()

    def test_header_count_flood(self):
        for lines, status in ((200, 431), (100000, 431)):
            with connect(self.server) as s:
                try:
                    s.sendall(HEAD + b"".join(b"X%d: y\r\n" % i for i in range(lines)) + b"\r\n")
                except OSError:
                    pass  # refused before the end
                self.assertIn(statuses(read_all(s)), ([status], []))
        self.assert_bounded()

    def test_endless_header(self):
        """Two hundred clients whose headers never end hold no more than a header may have."""
        held = [connect(self.server) for _ in range(200)]
        for s in held:
            s.sendall(HEAD + b"X: " + b"a" * 15000)
        self.assertEqual(statuses(self.server.raw(HEAD + b"X: " + b"a" * 17000)), [431])
        self.assert_bounded()
        for s in held:
            s.close()

    def test_same_header_many_times(self):
        answer = self.server.raw(HEAD + b"Cookie: a=b\r\n" * 90 + b"Connection: close\r\n\r\n")
        self.assertIn(statuses(answer), ([200], [431]))
        cookies = b"Cookie: " + b"; ".join(b"c%d=" % i for i in range(1500)) + b"\r\n"
        before = cpu_seconds(self.server)
        for _ in range(20):
            self.assertEqual(statuses(self.server.raw(post_bytes(
                "/api/v1/auth/magic-link/verify", b'{"token":"x"}',
                cookies + b"Connection: close\r\n"))), [401])
        self.assertLess(cpu_seconds(self.server) - before, 5 * LAX)

    def test_empty_lines_before_a_request(self):
        """The cost of skipping empty lines must be linear, not quadratic."""
        before = cpu_seconds(self.server)
        with connect(self.server) as s:
            try:
                for _ in range(100):
                    s.sendall(b"\r\n" * 40000)
                s.sendall(HEAD + b"Connection: close\r\n\r\n")
            except OSError:
                pass
            self.assertIn(statuses(read_all(s)), ([200], [400], []))
        self.assertLess(cpu_seconds(self.server) - before, 0.7 * LAX)
        self.assertEqual(statuses(self.server.raw(b"\r\n" + HEAD + b"Connection: close\r\n\r\n")),
                         [200])

    def test_body_of_tiny_chunks(self):
        """One chunk per byte is allowed; with long extensions it is a flood."""
        body = b'{"login":"x","password":"' + b"y" * 30000 + b'"}'
        head = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        before = cpu_seconds(self.server)
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        self.assertEqual(statuses(self.server.raw(head + chunks)), [401])
        with connect(self.server) as s:
            try:
                s.sendall(head + b"".join(b"1;%s\r\n%c\r\n" % (b"e" * 200, byte) for byte in body)
                          + b"0\r\n\r\n")
            except OSError:
                pass
            self.assertIn(statuses(read_all(s)), ([400], []))
        self.assertLess(cpu_seconds(self.server) - before, 5 * LAX)

    def test_trailer_flood(self):
        head = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                b"\r\n0\r\n")
        with connect(self.server) as s:
            try:
                s.sendall(head + b"X-Trailer: y\r\n" * 100000 + b"\r\n")
            except OSError:
                pass
            self.assertIn(statuses(read_all(s)), ([400], []))
        self.assert_bounded()

    def test_pipelining_flood(self):
        """One connection per serving thread sends thousands of requests without a pause until
        others have been served; those need not wait for its end."""
        many = 15000 // LAX
        breath = (HEAD + b"\r\n") * (many // 10)
        are_served = threading.Event()

        def send(s, sent):
            while sum(sent) < many or not are_served.is_set():
                s.sendall(breath)
                sent.append(many // 10)
            s.sendall(HEAD + b"Connection: close\r\n\r\n")
            sent.append(1)

        def count(s, answered):
            good, rest = b"HTTP/1.1 200 OK", b""
            while chunk := s.recv(1 << 20):
                answered.append((rest + chunk).count(good))
                rest = (rest + chunk)[1 - len(good):]

        floods = [(connect(self.server), [], []) for _ in range(max(os.cpu_count(), 2))]
        threads = [threading.Thread(target=send, args=(s, sent)) for s, sent, _ in floods]
        threads += [threading.Thread(target=count, args=(s, answered)) for s, _, answered in floods]
        for s, _, _ in floods:
            # requests that are still on their way must be answered at the end
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536 // LAX)
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                self.serves()
        finally:
            are_served.set()
        for thread in threads:
            thread.join()
        for s, sent, answered in floods:
            s.close()
            self.assertEqual(sum(answered), sum(sent))
        self.assert_bounded()

    def test_pipelined_logins_take_one_place(self):
        """Requests on one connection are answered one after the other, so one connection cannot
        fill the password lane."""
        login = post_bytes("/api/v1/auth/login",
                           b'{"login":"nobody-%d","password":"wrong password"}')
        with connect(self.server) as s:
            s.sendall(b"".join(login.replace(b"%d", b"%02d" % (i % 100)) for i in range(300)))
            queued = max(metrics_value(self.server, "authd_password_lane_queued") for _ in range(5))
            self.assertLessEqual(queued, 1)
            self.serves()

    def test_client_that_does_not_read(self):
        """Replies that nobody reads: the connection waits with one reply, and reads no more
        requests."""
        before = resident_kib(self.server)
        deaf = []
        for _ in range(20):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", self.server.port))
            s.settimeout(0.2)
            try:
                for _ in range(2000):
                    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            except OSError:
                pass
            deaf.append(s)
        self.assertLess(resident_kib(self.server) - before, GROWTH_KIB)
        self.serves()
        for s in deaf:
            s.close()

    def test_body_of_a_megabyte(self):
        """A password of 1 MB is refused for its length, before it is read."""
        body = json.dumps({"login": "x", "password": "p" * 1000000}).encode()
        before = metrics_value(self.server, "authd_password_hashes_total")
        with connect(self.server) as s:
            try:
                s.sendall(post_bytes("/api/v1/auth/login", body))
            except OSError:
                pass
            self.assertIn(statuses(read_all(s)), ([413], []))
        self.assertEqual(metrics_value(self.server, "authd_password_hashes_total"), before)
        self.assert_bounded()

    def test_decompression_bomb(self):
        """An encoded body is not decoded: the limit applies to the bytes sent."""
        compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = compressor.compress(b" " * 50_000_000) + compressor.flush()
        for coding in (b"gzip", b"deflate", b"br", b"zstd", b"identity, gzip", b"x-gzip"):
            answer = self.server.raw(post_bytes("/api/v1/auth/login", bomb,
                                                b"Connection: close\r\nContent-Encoding: " + coding
                                                + b"\r\n"))
            self.assertIn(statuses(answer)[0], (400, 413, 415), coding)
        self.assert_bounded()

    def test_json_depth(self):
        before = cpu_seconds(self.server)
        for body in (b"[" * 60000, b'{"a":' * 10000, b"[" * 30000 + b"]" * 30000,
                     b'{"login":' + b"[" * 20000, b'"' * 60000):
            self.assertEqual(
                statuses(self.server.raw(post_bytes("/api/v1/auth/login", body,
                                                    b"Connection: close\r\n"))), [400])
        self.assertLess(cpu_seconds(self.server) - before, 5 * LAX)
        self.serves()

    def test_json_with_many_keys(self):
        """Hash flooding and the search for duplicate keys: even the largest body full of keys costs
        little."""
        body = b"{" + b",".join(b'"k%d":0' % i for i in range(6000)) + b"}"
        before = cpu_seconds(self.server)
        for _ in range(10):
            self.assertIn(
                statuses(self.server.raw(post_bytes("/api/v1/auth/login", body,
                                                    b"Connection: close\r\n"))), ([400], [422]))
        self.assertLess(cpu_seconds(self.server) - before, 5 * LAX)

    def test_json_numbers(self):
        for number in (b"1e999999", b"-" + b"9" * 5000, b"0." + b"1" * 5000, b"NaN", b"Infinity",
                       b"01", b"1e", b"0x10"):
            answer = statuses(
                self.server.raw(post_bytes("/api/v1/auth/login", b'{"login":' + number + b"}",
                                           b"Connection: close\r\n")))
            self.assertIn(answer, ([400], [422]), number)
        self.serves()

    def test_metrics_cardinality(self):
        """Whatever clients send, /metrics has the same series."""
        self.server.request("BREW", "/x")
        self.server.log_in("nobody")
        count = lambda: self.server.get("/metrics").body.count(b"\n")
        self.serves()
        count()
        before = count()
        requests = []
        for i in range(1000):
            requests.append(
                b"GET /made/up/%d?q=%d HTTP/1.1\r\nHost: h%d\r\nUser-Agent: u%d\r\nX-Request-ID: "
                b"r%d\r\n\r\n" % ((i,) * 5))
        self.server.raw(b"".join(requests) + HEAD + b"Connection: close\r\n\r\n")
        for i in range(50):
            self.server.log_in("made-up-%d" % i, "wrong password")
            self.server.get("/api/v1/auth/providers/made-up-%d/start" % i)
        # Only the 404 series of the providers' route may be new.
        self.assertLessEqual(count() - before, 40)
        for i in range(50, 100):
            self.server.get("/api/v1/auth/providers/made-up-%d/start" % i)
        after = count()
        self.assertNotIn(b"made-up", self.server.get("/metrics").body)
        self.server.raw(b"".join(requests) + HEAD + b"Connection: close\r\n\r\n")
        self.assertEqual(count(), after)

    def test_log_injection(self):
        """No client can inject a line, an escape sequence or a field into the log."""
        evil = '\\n{\\"message\\":\\"forged\\"}\\u001b[31m\\u0000\\u2028'
        self.server.request("POST", "/api/v1/auth/login", '{"login":"x%s","password":"y"}' % evil)
        self.server.get("/x%0d%0a%7B%22message%22:%22forged%22%7D%1b[31m")
        self.server.get("/livez",
                        headers={"User-Agent": 'x"} {"message":"forged"',
                                 "X-Forwarded-For": '"},{"message":"forged'})
        self.server.get("/livez", headers={"X-Request-ID": '"},"message":"forged'})
        self.server.raw(b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n")
        last = self.server.get("/livez")
        self.server.logged(request_id=last.headers["X-Request-ID"])
        text = self.server.log_text()
        text = text[:text.rindex("\n") + 1]
        self.assertNotIn("forged", [line.get("message") for line in parsed(text)])
        self.assertEqual(len(parsed(text)), len(text.splitlines()))
        self.assertFalse([c for c in text if ord(c) < 32 and c != "\n" or ord(c) == 127])

    def test_sessions_without_end(self):
        """A client that keeps logging in has a bounded number of sessions; the newest ones work."""
        self.member()
        tokens = [self.server.log_in(self.name).json["access_token"] for _ in range(110)]
        sessions = json.loads(self.server.command("session", "list", self.name,
                                                  "--json").out)["sessions"]
        self.assertLessEqual(len(sessions), 100)
        self.assertEqual(self.server.me(tokens[-1]).status, 200)
        self.assertEqual(self.server.me(tokens[0]).status, 401)

    def test_range_of_overlapping_bytes(self):
        ranges = b"Range: bytes=" + b",".join(b"0-%d" % i for i in range(1000)) + b"\r\n"
        answer = self.server.raw(b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + ranges
                                 + b"Connection: close\r\n\r\n")
        self.assertEqual(statuses(answer), [200])
        self.assertLess(len(answer), 200000)


def metrics_value(server, name):
    found = re.search(r"^%s (\S+)$" % name, server.get("/metrics").body.decode(), re.M)
    return float(found[1])


class SlowClients(AttackCase):
    FLAGS = ("--server.header-timeout", "1s", "--server.body-timeout", "1s",
             "--server.write-timeout", "1s",
             "--server.idle-timeout", "3s", "--server.workers", "2")

    def assert_cut(self, held, expected):
        for s in held:
            self.assertIn(statuses(read_all(s)), expected)
            s.close()
        self.serves()

    def drip(self, held, data):
        """Sends `data` byte by byte on each connection, over and over, until all are closed."""
        for i in range(len(data)):
            alive = 0
            for s in held:
                try:
                    s.send(data[i:i + 1])
                    alive += 1
                except OSError:
                    pass
            if not alive:
                return
            time.sleep(0.1)  # the attack

    def test_slow_headers(self):
        """Slowloris: an occasional byte keeps no connection open for longer than a header may
        take."""
        held = [connect(self.server) for _ in range(150)]
        for s in held:
            s.sendall(HEAD)
        self.drip(held[:20], b"X" * 18)
        self.assert_cut(held, ([408], []))

    def test_slow_body(self):
        held = [connect(self.server) for _ in range(150)]
        for s in held:
            s.sendall(
                b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        self.drip(held[:20], b" " * 18)
        self.assert_cut(held, ([408], []))

    def test_slow_chunks(self):
        held = [connect(self.server) for _ in range(50)]
        for s in held:
            s.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n")
        self.drip(held[:10], b"1\r\n \r\n" * 3)
        self.assert_cut(held, ([408], []))

    def test_slow_read(self):
        """A connection that reads a reply byte by byte is closed."""
        held = []
        for _ in range(20):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.settimeout(DEADLINE)
            s.connect(("127.0.0.1", self.server.port))
            s.setblocking(False)
            try:
                for _ in range(3000):
                    s.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            except OSError:
                pass
            held.append(s)
        wait_until(lambda: self.connections() <= 1, "the deaf connections to be cut")
        for s in held:
            s.close()

    def test_empty_lines_to_stay_connected(self):
        """An occasional empty line, or half of one, is not a request and does not extend the time
        that a connection may be idle."""
        for pieces in ([b"\r\n"], [b"\r", b"\n"]):
            with Server("--server.idle-timeout", "1s", "--server.header-timeout",
                        "1s") as server, connect(server) as s:
                s.settimeout(0.1)

                def has_ended():
                    try:
                        s.sendall(pieces[0])
                        pieces.reverse()
                        return s.recv(10) == b""
                    except TimeoutError:
                        return False
                    except OSError:
                        return True

                wait_until(has_ended, "the connection to be ended")

    def connections(self):
        return metrics_value(self.server, "authd_http_connections")


class ConnectionFloods(unittest.TestCase):
    def test_connections_of_one_address(self):
        """An address that uses all its places takes none from others."""
        with Server("--server.max-connections-per-address", "30") as server:
            held = [connect(server, "127.0.0.2") for _ in range(100)]
            with connect(server, "127.0.0.3") as s:
                s.sendall(HEAD + b"Connection: close\r\n\r\n")
                self.assertEqual(statuses(read_all(s)), [200])
            # The previous connection may end a moment after its reply.
            wait_until(lambda: metrics_value(server, "authd_http_connections") <= 31,
                       "the other connection to be forgotten")
            self.assertGreaterEqual(metrics_value(server, "authd_http_connections_refused_total"),
                                    70)
            for s in held:
                s.close()

    def test_connections_opened_and_dropped(self):
        """Two thousand connections that are reset at the same time leave nothing behind."""
        with Server() as server:
            for _ in range(2000):
                s = connect(server)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\x01\x00\x00\x00\x00\x00\x00\x00")
                s.sendall(HEAD)
                s.close()
            wait_until(lambda: metrics_value(server, "authd_http_connections") <= 1,
                       "the dropped connections to be forgotten")
            self.assertEqual(server.get("/livez").status, 200)

    def test_login_storm_does_not_stop_token_checks(self):
        """When the password lane is full, more logins are told to come later, but tokens are
        checked as before: none waits behind the queued passwords."""
        with Server("--passwords.argon2-memory", "16MiB", "--passwords.argon2-passes", "1",
                    "--server.trusted-proxies", "127.0.0.0/8") as server:
            token = server.sign_up("calm").json["access_token"]
            is_over = threading.Event()
            replies = []

            def storm(who):
                while not is_over.is_set():
                    for i in range(5):
                        replies.append(server.post("/api/v1/auth/login",
                                                   {"login": "stranger-%d-%d" % (who, len(replies)),
                                                    "password": PASSWORD},
                                                   headers={"X-Forwarded-For": "198.51.%d.%d"
                                                            % (who, i)}))

            def overtaken():
                """How many passwords that were queued when a token arrived were still queued after
                its check."""
                before = metrics(server)
                self.assertEqual(server.get("/auth/verify", token=token).status, 200)
                hashed = metrics(server)["authd_password_hashes_total"] - before[
                    "authd_password_hashes_total"]
                return before["authd_password_lane_queued"] - hashed

            threads = [threading.Thread(target=storm, args=(i,)) for i in range(40)]
            for thread in threads:
                thread.start()
            try:
                wait_until(lambda: overtaken() > 0, "a token to be checked before the passwords")
            finally:
                is_over.set()
                for thread in threads:
                    thread.join()
            self.assertLessEqual({r.status for r in replies}, {401, 429, 503})
            self.assertTrue(all("Retry-After" in r.headers for r in replies
                                if r.status in (429, 503)))


if __name__ == "__main__":
    unittest.main()
