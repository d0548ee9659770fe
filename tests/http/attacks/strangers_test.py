"""How much processor time and memory strangers can take, alone and together, without an account and
within the limits."""

import contextlib
import http.client
import os
import re
import resource
import socket
import ssl
import tempfile
import unittest

from attack import (DEADLINE, LAX, AttackCase, Server, connect, make_certificate, metrics, read_all,
                    resident_kib, send, statuses,
                    wait_until)

BIG = "/docs/swagger-ui-bundle.js"
# Waiting for one peer must not lose the others.
PATIENT = ("--server.write-timeout", "10m", "--server.idle-timeout", "10m")


def cpu_of(server):
    """Nanoseconds of processor time used by the server's threads."""
    total, tasks = 0, "/proc/%d/task" % server.process.pid
    for task in os.listdir(tasks):
        with contextlib.suppress(OSError), open("%s/%s/schedstat" % (tasks, task)) as f:
            total += int(f.read().split()[0])
    return total


def unsent(server):
    """Bytes that the kernel holds until the server's peers read them: the tx_queue of its sockets
    (proc(5))."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if int(row[1].split(":")[1], 16)
               == server.port and row[3] == "01")


def deaf(server, source, request, count):
    """Connections that send a request and never read the reply."""
    held = []
    for _ in range(count):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.bind((source, 0))
        s.connect(("127.0.0.1", server.port))
        s.setblocking(False)  # It may accept only a part.
        with contextlib.suppress(OSError):
            s.send(request)
        held.append(s)
    return held


def close_all(held):
    for s in held:
        s.close()


def get(path):
    return b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n"


@contextlib.contextmanager
def many_files():
    """As many descriptors as the machine allows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Processor(AttackCase):
    def cost(self, method, path, count=64):
        """Nanoseconds per request, for many requests on one connection."""
        head = b"%s %s HTTP/1.1\r\nHost: x\r\n" % (method, path.encode())
        one, last = head + b"\r\n", head + b"Connection: close\r\n\r\n"
        before = cpu_of(self.server)
        answer = self.server.raw(one * (count - 1) + last)
        self.assertEqual(len(statuses(answer)), count, path)
        return (cpu_of(self.server) - before) / count

    def check(self, method, path, factor):
        """The cheapest of several rounds counts: a busy machine only adds to the cost. A sanitizer
        slows some code down more than other code."""
        factor *= 1 if LAX == 1 else 2
        floor = min(self.cost(b"HEAD", "/livez") for _ in range(5))
        least = min(self.cost(method, path) for _ in range(3))
        for _ in range(20):
            if least < factor * floor:
                return
            floor = max(floor, min(self.cost(b"HEAD", "/livez") for _ in range(3)))
            least = min(least, self.cost(method, path))
        self.fail("%s %s costs %.0f ns, /livez %.0f" % (method.decode(), path, least, floor))

    def test_routes_without_a_limit_are_cheap(self):
        """All of them (routes_test.cpp has the same list, and fails if the table has another
        one)."""
        for path in ("/livez", "/readyz", "/health", "/api/health", "/.well-known/jwks.json",
                     "/.well-known/openid-configuration",
                     "/.well-known/oauth-authorization-server",
                     "/.well-known/oauth-protected-resource",
                     "/.well-known/webfinger?resource=acct:x@example.org",
                     "/oauth2/userinfo", "/auth/verify", "/auth/ext_authz/x/y",
                     "/api/v1/replica/changes", "/api/v1/replica/records",
                     "/api/v1/replica/settings"):
            self.check(b"HEAD", path, 8)
        # These are computed on request.
        self.check(b"HEAD", "/metrics", 60)
        for path in ("/oauth2/introspect", "/oauth2/revoke", "/oauth2/token", "/oauth2/userinfo",
                     "/validate_token", "/api/v1/replica/activity"):
            self.check(b"POST", path, 8)

    def test_files_are_not_made_for_each_request(self):
        """Unpacking the largest one took four hundred times as long as /livez."""
        script = re.search(rb'src="(/ui/[^"]+)"', self.server.get("/").body)[1].decode()
        for path in (BIG, "/redoc/redoc.standalone.js", "/openapi.json", "/docs", "/redoc", "/",
                     "/signin", script, "/ui/style.css"):
            self.assertEqual(self.server.get(path).status, 200, path)  # It is unpacked by now.
            self.check(b"HEAD", path, 8)
        for path in ("/", "/docs", "/redoc"):
            self.check(b"GET", path, 12)

    def test_pages_for_one_request_are_not_compressed(self):
        with Server("--pages.return-origins", "https://app.example.org", "--public-url",
                    "https://auth.example.org", "--cookies.domain", "example.org") as server:
            self.server, kept = server, self.server
            try:
                self.check(b"HEAD", "/signin?return_to=https%3A%2F%2Fapp.example.org%2Fx", 16)
            finally:
                self.server = kept


class Files(unittest.TestCase):
    def test_are_limited_apart_from_the_api(self):
        with Server("--rate-limit.default", "3/1h", limits=True) as server:
            for path in (BIG, "/signin", "/openapi.json"):
                self.assertEqual(server.get(path).status, 200)
            self.assertEqual([server.get(path).status for path in ("/redoc", BIG, "/ui/style.css")],
                             [429, 429, 429])
            self.assertEqual(server.get("/api/v1/auth/providers").status, 200)

    def test_documentation_can_be_switched_off(self):
        with Server("--docs.enabled", "false") as server:
            for path in ("/docs", "/redoc", "/openapi.json", BIG, "/redoc/redoc.standalone.js",
                         "/docs/index.html"):
                self.assertEqual(server.get(path).status, 404, path)
            self.assertEqual(server.get("/signin").status, 200)


class Memory(unittest.TestCase):
    def test_replies_that_nobody_takes(self):
        """Nine hundred peers request a large file and read nothing: neither the server nor the
        kernel holds it for them."""
        with many_files(), Server(*PATIENT) as server:
            server.get(BIG)
            before = resident_kib(server)
            held = [s for i in range(2, 7) for s in deaf(server, "127.0.0.%d" % i, get(BIG), 180)]
            wait_until(lambda: metrics(server)["authd_http_connections"] >= 900, "all of them")
            with connect(server, "127.0.0.9") as s:
                s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertEqual(statuses(read_all(s)), [200])
            self.assertLess(unsent(server), 900 * 100 * 1024)
            self.assertLess(resident_kib(server) - before, 32 * 1024 * LAX)
            close_all(held)

    def test_replies_that_nobody_takes_have_a_budget(self):
        """One address gets an eighth of it: a client beyond its share is cut off, and others are
        served."""
        with many_files(), Server(*PATIENT, "--server.max-connections-per-address",
                                  "3000") as server:
            held = deaf(server, "127.0.0.2", get(BIG), 1200)
            wait_until(lambda: metrics(server)["authd_http_budget_refusals_total"] >= 1,
                       "the budget to be used up")
            with connect(server, "127.0.0.3") as s:
                s.sendall(b"GET " + BIG.encode()
                          + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertGreater(len(read_all(s)), 1000000)
            close_all(held)
            # The memory is free again.
            wait_until(lambda: metrics(server)["authd_http_connections"] <= 1,
                       "the end of all of them")
            refused = metrics(server)["authd_http_budget_refusals_total"]
            held = deaf(server, "127.0.0.2", get(BIG), 100)
            wait_until(lambda: metrics(server)["authd_http_connections"] >= 101, "a hundred more")
            self.assertEqual(metrics(server)["authd_http_budget_refusals_total"], refused)
            close_all(held)

    def test_requests_that_never_end(self):
        """A thousand bodies that each lack one byte. One address gets 8 MiB for them in total; the
        memory is freed when they are gone."""
        body = b"a" * (64 * 1024 - 40)
        forms = ((b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body, b"a"),
                 (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(body) + 1) + body,
                  b"a\r\n0\r\n\r\n"))
        for form, end in forms:
            with many_files(), Server("--server.body-timeout", "10m",
                                      "--server.max-connections-per-address", "3000") as server:
                before = resident_kib(server)
                request = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                           b"application/json\r\n" + form)
                held = []
                for _ in range(1000):
                    s = connect(server, "127.0.0.2")
                    with contextlib.suppress(OSError):  # refused before the end
                        s.sendall(request)
                    held.append(s)
                wait_until(lambda: metrics(server)["authd_http_budget_refusals_total"] >= 1,
                           "the budget to be used up")
                self.assertLess(resident_kib(server) - before, 24 * 1024 * LAX)
                with connect(server, "127.0.0.3") as s:
                    s.sendall(request + end)
                    self.assertEqual(statuses(read_all_of_one(s)), [400])
                close_all(held)
                if LAX == 1:
                    wait_until(lambda: resident_kib(server) - before < 12 * 1024,
                               "the memory to be given back")

    def test_requests_behind_replies_that_nobody_takes(self):
        """Two hundred peers send 80 kB of requests each and read no reply: the bytes queued behind
        the replies count as well."""
        with many_files(), Server(*PATIENT) as server:
            before = resident_kib(server)
            held = deaf(server, "127.0.0.2", get("/livez") * 2000, 200)
            wait_until(lambda: metrics(server)["authd_http_budget_refusals_total"] >= 1,
                       "the budget to be used up")
            self.assertLess(resident_kib(server) - before, 24 * 1024 * LAX)
            self.assertEqual(server.get("/livez").status, 200)
            close_all(held)

    def test_body_of_any_length_is_read(self):
        """A body of the maximum size, in both forms, however it is split; decoding in place loses
        nothing."""
        longest = 64 * 1024
        with Server() as server, connect(server) as s:
            text = b'{"token": "' + b"p" * (longest - 13) + b'"}'
            head = (b"POST /api/v1/auth/magic-link/verify HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    b"application/json\r\n")
            self.assertEqual(len(text), longest)
            plain = head + b"Content-Length: %d\r\n\r\n" % longest + text
            one = (head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % longest + text
                   + b"\r\n0\r\n\r\n")
            pieces = [text[i:i + 1000] for i in range(0, longest, 1000)]
            many = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
                b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
            for request in (plain, one, many):
                for size in (len(request), 4096, 999):
                    for i in range(0, len(request), size):
                        s.sendall(request[i:i + size])
                    # Truncated, it would be malformed.
                    self.assertEqual(statuses(read_all_of_one(s)), [401])
            s.sendall(many + one + plain + get("/livez"))
            for _ in range(3):
                self.assertEqual(statuses(read_all_of_one(s)), [401])
            self.assertEqual(statuses(read_all_of_one(s)), [200])


def read_all_of_one(s):
    """Reads one reply, up to the end of its body; leaves the rest for the next call."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(1)
        if not more:
            return data
        data += more
    length = int(re.search(rb"Content-Length: (\d+)", data)[1])
    while length > 0:
        more = s.recv(length)
        if not more:
            return data
        data += more
        length -= len(more)
    return data


def ask(s, path):
    with s:
        s.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return read_all(s)


class Connections(unittest.TestCase):
    FEW = (*PATIENT, "--server.max-connections", "200", "--server.max-connections-per-address",
           "100")

    def assert_room(self, server, privileged):
        """Two hundred strangers leave room for the connections that `privileged` opens: an eighth
        of theirs is refused."""
        def refused():
            return int(re.search(rb"^authd_http_connections_refused_total (\d+)",
                                 ask(privileged(), "/metrics"), re.M)[1])

        held = [connect(server, source) for source in ("127.0.0.2", "127.0.0.3")
                for _ in range(100)]
        wait_until(lambda: refused() >= 25, "the strangers to have what they can get")
        self.assertEqual(refused(), 25)
        self.assertEqual(statuses(ask(privileged(), "/auth/verify")), [401])
        close_all(held)

    def test_strangers_leave_room_for_the_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "authd.sock")
            def privileged():
                s = socket.socket(socket.AF_UNIX)
                s.connect(path)
                return s

            with Server(*self.FEW, listen="127.0.0.1:0,unix:" + path) as server:
                self.assert_room(server, privileged)

    def test_strangers_leave_room_for_the_proxy(self):
        with Server(*self.FEW, "--server.trusted-proxies", "127.0.0.9") as server:
            self.assert_room(server, lambda: connect(server, "127.0.0.9"))


class Tls(unittest.TestCase):
    # The first bytes of a TLS record of 512 bytes; the server waits for the rest.
    HALF = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

    def test_handshakes_that_never_end(self):
        """An address that begins handshakes and never finishes one takes places only from
        itself."""
        with tempfile.TemporaryDirectory() as directory:
            cert, key = make_certificate(directory, "localhost")
            with Server("--server.tls-cert", cert, "--server.tls-key", key,
                        "--server.handshake-timeout", "10m") as server:
                context = ssl.create_default_context(cafile=cert)

                def figures():
                    connection = http.client.HTTPSConnection("localhost", server.port,
                                                             timeout=DEADLINE, context=context)
                    text = send(connection, "GET", "/metrics").body.decode()
                    connection.close()
                    return {name: float(value) for name,
                            value in re.findall(r"^(authd_http_\w+) (\S+)$", text, re.M)}

                held = [connect(server, source) for source in ("127.0.0.2", "127.0.0.3")
                        for _ in range(100)]
                for s in held:
                    with contextlib.suppress(OSError):  # It has made room already.
                        s.sendall(self.HALF)
                seen = wait_until(
                    lambda: next((f for f in [figures()]
                                  if f["authd_http_handshakes_cut_total"] >= 72), None),
                    "the older ones to be ended")
                self.assertEqual(seen["authd_http_handshakes_cut_total"], 72)
                wait_until(lambda: figures()["authd_http_connections"] <= 129,
                           "them to be forgotten")
                close_all(held)

    @contextlib.contextmanager
    def served(self):
        """A server, and a connection to it."""
        with tempfile.TemporaryDirectory() as directory:
            cert, key = make_certificate(directory, "localhost")
            with Server("--server.tls-cert", cert, "--server.tls-key", key) as server:
                context = ssl.create_default_context(cafile=cert)
                with connect(server) as plain:
                    with context.wrap_socket(plain, server_hostname="localhost") as s:
                        yield server, s

    def test_bytes_behind_a_large_body(self):
        """Each piece in its own record, all available at once: data that follows a body must not
        cost a copy of the body."""
        with tempfile.TemporaryDirectory() as directory:
            cert, key = make_certificate(directory, "localhost")
            with Server("--server.tls-cert", cert, "--server.tls-key",
                        key) as server, connect(server) as s:
                coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
                peer = ssl.create_default_context(cafile=cert).wrap_bio(
                    coming, going, server_hostname="localhost")

                def until(act):
                    """The result of `act`, which is repeated until the server has sent enough for
                    it."""
                    while True:
                        try:
                            return act()
                        except ssl.SSLWantReadError:
                            s.sendall(going.read())
                            coming.write(s.recv(65536))

                until(peer.do_handshake)
                size = 8 << 20
                peer.write(
                    b"POST /signup HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    b"application/json\r\nContent-Length: %d\r\n\r\n" % size +
                    b" " * (size - 1))
                s.sendall(going.read())
                for _ in range(6000):
                    peer.write(b" ")
                before = cpu_of(server)
                with contextlib.suppress(OSError):  # It is refused before the end.
                    s.sendall(going.read())
                self.assertIn(statuses(until(lambda: peer.read(65536))), ([400], [413]))
                self.assertLess(cpu_of(server) - before, 1e9 * LAX)

    def test_chunks_that_fill_the_buffer(self):
        """Their overhead far exceeds the body; the rest of a record is read when there is room
        again."""
        with self.served() as (_, s):
            body = b'{"token": "' + b"p" * 15000 + b'"}'
            chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
            s.sendall(
                b"POST /api/v1/auth/magic-link/verify HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
            self.assertEqual(statuses(read_all_of_one(s)), [401])


if __name__ == "__main__":
    unittest.main()
