"""What the front accepts and refuses, byte by byte."""

import http.client
import os
import re
import socket
import subprocess
import tempfile
import threading
import unittest

from harness import DEADLINE, Server, ServerCase, read_all, wait_until
from openid import HostileProvider, settings


def status_of(data):
    match = re.match(rb"HTTP/1\.1 (\d\d\d) ", data)
    return int(match.group(1)) if match else None


def statuses(data):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d\d\d) ", data)]


class Framing(ServerCase):
    def test_refuses_what_two_parsers_could_read_differently(self):
        post = b"POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\n"
        for name, data, status in [
            ("CL and TE",
             post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("TE and CL 0",
             post + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", 400),
            ("no target", b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("no target of OPTIONS", b"OPTIONS  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("two lengths", post + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400),
            ("length list", post + b"Content-Length: 4, 4\r\n\r\nabcd", 400),
            ("negative length", post + b"Content-Length: -1\r\n\r\n", 400),
            ("signed length", post + b"Content-Length: +4\r\n\r\nabcd", 400),
            ("hex length", post + b"Content-Length: 0x4\r\n\r\nabcd", 400),
            ("huge length", post + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
            ("empty length", post + b"Content-Length:\r\n\r\n", 400),
            ("other coding", post + b"Transfer-Encoding: gzip\r\n\r\n", 501),
            ("coding list", post + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("coding twice", post
             + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("coding with tab", post + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
            ("space before colon", post + b"Content-Length : 4\r\n\r\nabcd", 400),
            ("folded line", post + b"X-A: b\r\n c\r\n\r\n", 400),
            ("bare LF", b"GET /livez HTTP/1.1\nHost: x\n\n", 400),
            ("one bare LF", b"GET /livez HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400),
            ("bare CR in a value", b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400),
            ("NUL in a value", b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
            ("NUL in the target", b"GET /livez\x00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("no host", b"GET /livez HTTP/1.1\r\n\r\n", 400),
            ("two hosts", b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
            ("bad host", b"GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            ("host with slash", b"GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
            ("HTTP/2.0", b"GET /livez HTTP/2.0\r\nHost: x\r\n\r\n", 505),
            ("HTTP/1.2", b"GET /livez HTTP/1.2\r\nHost: x\r\n\r\n", 505),
            ("lower case version", b"GET /livez http/1.1\r\nHost: x\r\n\r\n", 400),
            ("no version", b"GET /livez\r\nHost: x\r\n\r\n", 400),
            ("two spaces", b"GET  /livez HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("unknown method", b"BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            ("CONNECT", b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            ("lower case method", b"get /livez HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            ("bad escape", b"GET /livez%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("NUL escape", b"GET /livez%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("fragment", b"GET /livez#x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("relative target", b"GET livez HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("expectation", b"GET /livez HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n", 417),
            ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
            ("huge chunk", post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413),
            ("overflowing chunk", post + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
             400),
            ("negative chunk", post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
            ("chunk with 0x", post + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n", 400),
            ("chunk without CR", post + b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
             400),
            ("chunk too long", post + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
             400),
            ("endless extension",
             post + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 400 + b"\r\n", 400),
        ]:
            with self.subTest(name=name):
                answer = self.server.raw(data)
                self.assertEqual(statuses(answer), [status], answer[:300])
                self.assertIn(b"\r\nConnection: close\r\n", answer)
                self.assertIn(b"\r\nX-Content-Type-Options: nosniff\r\n", answer)

    def test_says_what_to_do_about_too_many_cookies(self):
        cookies = {"Cookie": "; ".join("app%d=%s" % (i, "x" * 1000) for i in range(17))}
        reply = self.server.get("/auth/verify", headers=cookies)
        self.assertEqual(reply.status, 431)
        self.assertIn("server.max_header", reply.json["message"])
        self.assertIn("cookies", reply.json["message"])
        with Server("--server.max-header", "48KiB") as server:
            token = server.sign_up("ann").json["access_token"]
            reply = server.get("/auth/verify", token=token, headers=cookies)
            self.assertEqual((reply.status, reply.headers["X-Auth-User"]), (200, "ann"))

    def test_limits_heads_and_bodies(self):
        get = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
        self.assertEqual(status_of(self.server.raw(get + b"X: " + b"a" * 20000 + b"\r\n\r\n")), 431)
        self.assertEqual(status_of(self.server.raw(get + b"A: b\r\n" * 200 + b"\r\n")), 431)
        self.assertEqual(
            status_of(self.server.raw(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")),
            414)
        self.assertEqual(status_of(self.server.raw(b"GET /" + b"a" * 30000)), 414)
        post = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        # The length alone is enough for a refusal; the server waits for none of the body.
        self.assertEqual(status_of(self.server.raw(post + b"Content-Length: 65537\r\n\r\n")), 413)
        chunk = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
        self.assertEqual(
            status_of(self.server.raw(post + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3)),
            413)

    def test_reads_requests_in_any_pieces(self):
        body = b'{"refresh_token":"not the token of anybody"}'
        head = (b"POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/json\r\nConnection: close\r\n")
        whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                          for i in range(0, len(body), 7))
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n"
        for data in (whole, chunked):
            for step in (1, 2, 3, 50, 10000):
                with self.subTest(step=step), socket.create_connection(
                        ("127.0.0.1", self.server.port), DEADLINE) as s:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for i in range(0, len(data), step):
                        s.sendall(data[i:i + step])
                    self.assertEqual(status_of(read_all(s)), 401)

    def test_knows_the_head_after_a_body_that_made_the_buffer_grow(self):
        """The head is parsed once; the buffer moves several times while the body arrives."""
        body = b'{"refresh_token":"nobody\'s"%s}' % (b" " * 40000)
        head = (b"POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nX-Request-ID: before-it-grew\r\n"
                b"Content-Type: application/json\r\n")
        whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 900]), body[i:i + 900])
                          for i in range(0, len(body), 900))
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        for data in (whole, chunked):
            with socket.create_connection(("127.0.0.1", self.server.port), DEADLINE) as s:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for i in range(0, len(data), 333):
                    s.sendall(data[i:i + 333])
                s.sendall(last)
                answer = read_all(s)
            self.assertEqual(statuses(answer), [401, 200])
            self.assertEqual(answer.count(b"X-Request-ID: before-it-grew\r\n"), 1)

    def test_keeps_order_when_requests_are_pipelined(self):
        body = b'{"login":"pipelined","password":"wrong password"}'
        slow = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        fast = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        missing = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = self.server.raw(fast + slow + missing + slow + fast * 40 + last)
        self.assertEqual(statuses(answer), [200, 401, 404, 401] + [200] * 41)

    def test_answers_a_request_whose_sender_stopped_sending(self):
        self.assertEqual(status_of(self.server.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
                                                   half_close=True)), 200)
        self.assertEqual(self.server.raw(b"GET /livez HTTP/1.1\r\nHost", half_close=True), b"")

    def test_asks_for_the_body_that_waits_for_it(self):
        with socket.create_connection(("127.0.0.1", self.server.port), DEADLINE) as s:
            s.sendall(
                b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")
            self.assertEqual(s.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            s.sendall(b"{}")
            self.assertEqual(status_of(read_all(s)), 422)

    def test_refuses_a_body_that_is_too_long_before_it_is_sent(self):
        answer = self.server.raw(
            b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 999999\r\n\r\n")
        self.assertEqual(statuses(answer), [413])

    def test_knows_head_options_and_other_forms(self):
        get = self.server.get("/health")
        head = self.server.request("HEAD", "/health")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["Content-Length"], get.headers["Content-Length"])
        options = self.server.request("OPTIONS", "/api/v1/users/me")
        self.assertEqual((options.status, options.headers["Allow"]),
                         (204, "GET, HEAD, PATCH, PUT, DELETE, OPTIONS"))
        # RFC 9110 section 9.3.7
        whole = self.server.raw(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(status_of(whole), 204)
        self.assertIn(b"\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n", whole)
        for head in (b"GET * HTTP/1.1", b"OPTIONS ** HTTP/1.1", b"OPTIONS *?x HTTP/1.1"):
            self.assertEqual(
                status_of(self.server.raw(head + b"\r\nHost: x\r\nConnection: close\r\n\r\n")), 400)
        wrong = self.server.request("DELETE", "/api/v1/auth/login")
        self.refused(wrong, 405, "method_not_allowed")
        self.assertEqual(wrong.headers["Allow"], "POST, OPTIONS")
        absolute = self.server.raw(
            b"GET http://other.example/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(status_of(absolute), 200)
        old = self.server.raw(b"GET /livez HTTP/1.0\r\n\r\n")
        self.assertEqual(status_of(old), 200)
        for path in ("/api/v1/users/me/", "//livez", "/./livez", "/livez/../livez", "/LIVEZ"):
            self.refused(self.server.get(path), 404)
        # A path has only one form: another spelling would bypass a proxy's rules and the lanes.
        for path in ("/l%69vez", "/livez%2f", "/api%2Fv1/users/me", "/%2e%2e/livez"):
            self.refused(self.server.get(path), 400)


def check_clients(case, server, cases):
    """Each set of headers with the client that the log must name for it."""
    for headers, client in cases:
        with case.subTest(headers=headers):
            reply = server.get("/livez", headers=headers)
            line = server.logged(request_id=reply.headers["X-Request-ID"])
            case.assertEqual(line["client"], client)


class Headers(ServerCase):
    FLAGS = ("--cors.allowed-origins", "https://app.example.org", "--server.allowed-hosts",
             "127.0.0.1,*.example.org",
             "--server.trusted-proxies", "127.0.0.0/8,10.0.0.0/8")

    def test_of_security_are_on_every_reply(self):
        for reply in (self.server.get("/health"), self.server.get("/nothing"), self.server.me("x")):
            self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(reply.headers["X-Frame-Options"], "DENY")
            self.assertIn("default-src 'none'", reply.headers["Content-Security-Policy"])
            self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(reply.headers["Cache-Control"], "no-store")
            self.assertRegex(reply.headers["X-Request-ID"], "^[0-9a-f]{24}$")
            self.assertNotIn("Server", reply.headers)

    def test_keep_a_request_id_that_is_one(self):
        self.assertEqual(self.server.get("/livez",
                                         headers={"X-Request-ID": "a.B_c-1"}).headers[
                                             "X-Request-ID"], "a.B_c-1")
        for bad in ("a b", "x" * 65, "", "é", 'a"b'):
            reply = self.server.get("/livez", headers={"X-Request-ID": bad.encode()})
            self.assertRegex(reply.headers["X-Request-ID"], "^[0-9a-f]{24}$")

    def test_let_only_listed_origins_read(self):
        good = self.server.get("/health", headers={"Origin": "https://app.example.org"})
        self.assertEqual(good.headers["Access-Control-Allow-Origin"], "https://app.example.org")
        self.assertEqual(good.headers["Vary"], "Origin")
        for origin in ("https://evil.example", "https://app.example.org.evil.example", "null",
                       "http://app.example.org"):
            reply = self.server.get("/health", headers={"Origin": origin})
            self.assertNotIn("Access-Control-Allow-Origin", reply.headers)
            self.assertEqual(reply.headers["Vary"], "Origin")
        preflight = self.server.request("OPTIONS", "/api/v1/users/me", headers={
            "Origin": "https://app.example.org", "Access-Control-Request-Method": "PATCH"})
        self.assertEqual(preflight.status, 204)
        self.assertIn("PATCH", preflight.headers["Access-Control-Allow-Methods"])

    def test_of_other_hosts_are_refused(self):
        for host, status in [("auth.example.org", 404), ("example.org", 421), ("evil.example", 421),
                             ("auth.example.org:8080", 404),
                             ("auth.example.org.evil.example", 421)]:
            self.assertEqual(self.server.get("/nothing", headers={"Host": host}).status, status,
                             host)
        self.assertEqual(self.server.get("/livez", headers={"Host": "pod-7"}).status, 200)

    def test_of_trusted_proxies_tell_the_client(self):
        token = self.server.sign_up("proxied").json["access_token"]
        cases = [
            ({"X-Forwarded-For": "203.0.113.7"}, "203.0.113.7"),
            ({"X-Forwarded-For": "1.2.3.4, 203.0.113.7"}, "203.0.113.7"),
            ({"X-Forwarded-For": "1.2.3.4, 203.0.113.7, 10.1.1.1"}, "203.0.113.7"),
            ({"X-Forwarded-For": "garbage, 10.1.1.1"}, "10.1.1.1"),
            ({"X-Forwarded-For": "203.0.113.7:4711"}, "203.0.113.7"),
            # The proxy passes the client's own Forwarded header through.
            ({"Forwarded": "for=1.2.3.4;proto=https", "X-Forwarded-For": "203.0.113.8"},
             "203.0.113.8"),
            ({"Forwarded": "for=203.0.113.8"}, "127.0.0.1"),
        ]
        check_clients(self, self.server, cases)
        self.assertEqual(self.server.me(token).status, 200)


class ForwardedHeader(ServerCase):
    FLAGS = ("--server.trusted-proxies", "127.0.0.0/8", "--server.proxy-headers", "forwarded")

    def test_tells_the_client_where_the_proxies_write_it(self):
        check_clients(self, self.server, [
            ({"Forwarded": "for=203.0.113.8;proto=https"}, "203.0.113.8"),
            ({"Forwarded": 'for="[2001:db8::1]:4711"'}, "2001:db8::1"),
            ({"Forwarded": "for=1.2.3.4, for=203.0.113.8"}, "203.0.113.8"),
            ({"Forwarded": "for=_hidden"}, "127.0.0.1"),
            ({"Forwarded": 'for="a,b";for=1.1.1.1, for=203.0.113.9'}, "203.0.113.9"),
            ({"Forwarded": "for=203.0.113.8", "X-Forwarded-For": "1.2.3.4"}, "203.0.113.8"),
            ({"X-Forwarded-For": "1.2.3.4"}, "127.0.0.1"),
        ])


class UntrustedProxy(ServerCase):
    def test_is_not_believed(self):
        reply = self.server.get("/livez",
                                headers={"X-Forwarded-For": "203.0.113.7",
                                         "Forwarded": "for=203.0.113.8"})
        line = self.server.logged(request_id=reply.headers["X-Request-ID"])
        self.assertEqual(line["client"], "127.0.0.1")


class Limits(unittest.TestCase):
    def test_of_rate_are_told_and_kept(self):
        with Server("--rate-limit.login", "3/1h", "--server.trusted-proxies", "127.0.0.1",
                    limits=True) as server:
            ask = lambda client: server.post("/api/v1/auth/login", {"login": "x", "password": "y"},
                                             headers={"X-Forwarded-For": client})
            replies = [ask("203.0.113.1") for _ in range(4)]
            self.assertEqual([r.status for r in replies], [401, 401, 401, 429])
            self.assertEqual([r.headers["RateLimit-Remaining"] for r in replies],
                             ["2", "1", "0", "0"])
            self.assertEqual(replies[3].headers["RateLimit-Limit"], "3")
            self.assertTrue(1 <= int(replies[3].headers["Retry-After"]) <= 20 * 60)
            self.assertEqual(ask("203.0.113.2").status, 401)
            # A host has a whole /64 of IPv6 addresses to choose from.
            self.assertEqual([ask("2001:db8::%d" % i).status for i in range(4)],
                             [401, 401, 401, 429])
            self.assertEqual(ask("2001:db8:0:1::1").status, 401)
            self.assertEqual(server.get("/livez").status, 200)

    def test_of_connections_per_address_and_in_all(self):
        with Server("--server.max-connections-per-address", "20") as server:
            held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
            with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as one_more:
                self.assertEqual(read_all(one_more), b"")
            for s in held:
                s.close()
            wait_until(lambda: self.answers(server), "room again")

    def answers(self, server):
        try:
            return server.get("/livez").status == 200
        except (ConnectionError, http.client.HTTPException):
            return False

    def test_of_time_cut_slow_requests(self):
        with Server("--server.header-timeout", "500ms", "--server.body-timeout", "500ms",
                    "--server.idle-timeout", "700ms") as server:
            # A client whose first byte is late is idle: on a slow machine that may be this test, so
            # it tries again.
            wait_until(lambda: self.dribbled(server) == 408,
                       "the end of a head that comes byte by byte")
            half = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
            wait_until(lambda: status_of(server.raw(half)) == 408, "the end of half a body")
            self.assertEqual(server.raw(b""), b"")  # idle: closed without a word
            wait_until(lambda: status_of(server.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"))
                       == 200, "a reply to who is in time")

    def dribbled(self, server):
        """The status for a head that never ends, sent slowly."""
        answered = threading.Event()

        def dribble(s):
            try:
                while not answered.wait(0.05):
                    s.sendall(b"X")
            except OSError:
                pass

        with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as s:
            try:
                s.sendall(b"GET /livez HTTP/1.1\r\n")
            except ConnectionError:
                return None
            dribbler = threading.Thread(target=dribble, args=(s,))
            dribbler.start()
            try:
                return status_of(read_all(s))
            finally:
                answered.set()
                dribbler.join()

    def test_of_slowness_hold_no_thread(self):
        """Many more silent and half-sent connections than threads; others are still served."""
        with Server("--server.workers", "2") as server:
            held = []
            for i in range(400):
                s = socket.create_connection(("127.0.0.1", server.port))
                if i % 2:
                    s.sendall(
                        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: "
                        b"10\r\n\r\n{")
                held.append(s)
            for _ in range(50):
                self.assertEqual(server.get("/livez").status, 200)
            # A client that does not read its replies does not hold a thread either.
            deaf = socket.create_connection(("127.0.0.1", server.port))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.settimeout(2)
            try:
                for _ in range(20000):
                    deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            except OSError:
                pass
            for _ in range(50):
                self.assertEqual(server.get("/livez").status, 200)
            for s in held + [deaf]:
                s.close()


class Sockets(unittest.TestCase):
    def test_of_unix_and_ipv6(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s.sock")
            with Server(listen="127.0.0.1:0,[::1]:0,unix:" + path) as server:
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(path)
                    s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    self.assertEqual(status_of(read_all(s)), 200)
                port = next(a for a in server.addresses if a.startswith("[")).rsplit(":", 1)[1]
                with socket.create_connection(("::1", int(port)), DEADLINE) as s:
                    s.sendall(b"GET /livez HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n")
                    self.assertEqual(status_of(read_all(s)), 200)
                server.kill()  # leaves the socket behind
                with Server(listen="unix:" + path) as again:
                    self.assertEqual(again.command("health", "--listen",
                                                   "unix:" + path).out.strip(), "ready")
                self.assertFalse(os.path.exists(path))
                server.process.returncode = 0

    def test_of_unix_tell_clients_apart_by_what_the_peer_says(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s.sock")
            with Server("--rate-limit.login", "2/1h", listen="127.0.0.1:0,unix:" + path,
                        limits=True) as server:
                def ask(s, forwarded):
                    s.sendall(
                        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + forwarded +
                        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                    return status_of(read_all(s))

                def by_unix(forwarded):
                    with socket.socket(socket.AF_UNIX) as s:
                        s.connect(path)
                        return ask(s, forwarded)

                first, second = b"X-Forwarded-For: 192.0.2.1\r\n", b"X-Forwarded-For: 192.0.2.2\r\n"
                self.assertEqual([by_unix(first) == 429 for _ in range(3)], [False, False, True])
                self.assertNotEqual(by_unix(second), 429)
                # The client's own entries are further left and are never read.
                self.assertEqual(by_unix(b"X-Forwarded-For: 192.0.2.3, 192.0.2.1\r\n"), 429)
                # A TCP peer must still be listed to be believed.
                statuses = []
                for forwarded in (first, second, b"X-Forwarded-For: 192.0.2.4\r\n"):
                    with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as s:
                        statuses.append(ask(s, forwarded) == 429)
                self.assertEqual(statuses, [False, False, True])

    def test_from_systemd(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            # The environment must name the process itself, so a shell sets it and becomes authd.
            with tempfile.TemporaryDirectory() as directory:
                from harness import BINARY, CHEAP, clean_environment
                fd = listener.fileno()
                script = 'exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"' % fd
                process = subprocess.Popen(
                    ["bash", "-c", script, BINARY, "serve", "--listen", "systemd", "--data-dir",
                     directory + "/d", *CHEAP],
                    pass_fds=[fd], stderr=subprocess.DEVNULL, env=clean_environment())
                try:
                    with socket.create_connection(("127.0.0.1", port), DEADLINE) as s:
                        s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        self.assertEqual(status_of(read_all(s)), 200)
                finally:
                    process.terminate()
                    self.assertEqual(process.wait(DEADLINE), 0)


class Drain(unittest.TestCase):
    def test_lets_running_requests_finish_and_refuses_new_ones(self):
        # A request that is under way until its provider answers.
        provider = HostileProvider()
        self.addCleanup(provider.stop)
        provider.hangs_at = "/.well-known/openid-configuration"
        provider.released.clear()
        with Server(environment=settings("slow", provider.issuer, "me", "secret")) as server:
            idle = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
            replies = []
            thread = threading.Thread(
                target=lambda: replies.append(server.get("/api/v1/auth/providers/slow/start")))
            thread.start()
            wait_until(lambda: provider.asked, "the request to run")
            server.process.terminate()
            self.assertEqual(read_all(idle), b"")  # The shutdown has begun.
            idle.close()
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", server.port), DEADLINE)
            provider.released.set()
            thread.join()
            # 503: the provider's ten seconds were over
            self.assertIn(replies[0].status, (200, 503))
            self.assertEqual(replies[0].headers["Connection"], "close")
            self.assertEqual(server.process.wait(DEADLINE), 0)


if __name__ == "__main__":
    unittest.main()
