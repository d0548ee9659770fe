"""Out of memory: affected requests get 503 or, if there is no memory for a reply either, see the
connection end. The server does not die, nothing acknowledged is lost, no valid password or token is
called wrong, and once there is memory again everything works, without a restart.

Three ways to run out of it: kernel limits (setrlimit) lowered under the running server, failing
system calls (strace), and starved_authd (tests/starved), whose allocator fails occasionally, at any
place."""

import base64
import concurrent.futures
import http.client
import os
import re
import resource
import struct
import subprocess
import tempfile
import time
import unittest

from harness import (BINARY, CHEAP, DEADLINE, LAX, PASSWORD, Server, basic, clean_environment,
                     wait_until)
from pictures import png

STARVED = os.path.join(os.path.dirname(BINARY), "tests/starved/starved_authd")
PICTURE = png(300, 200)
HASH = 19 << 20


class Ledger:
    """What a server that runs out of memory was asked, and what it has promised."""

    def __init__(self, server):
        self.server = server
        self.reader = server.sign_up("reader", email="reader@example.org").json
        self.acknowledged = []
        self.refreshed = server.log_in("reader").json["refresh_token"]
        self.seen = {}

    def ask(self, expected, method, path, body=None, **kwargs):
        """The expected reply, or None if the request was refused for lack of memory."""
        try:
            reply = self.server.request(method, path, body, **kwargs)
        except (OSError, http.client.HTTPException):
            self.count("broken off")
            return None
        self.count(reply.status)
        if reply.status == 503:
            assert "Retry-After" in reply.headers and reply.headers["X-Request-ID"], reply.headers
            return None
        assert reply.status == expected, (method, path, reply.status, reply.body)
        return reply

    def count(self, what):
        self.seen[what] = self.seen.get(what, 0) + 1

    def ask_everything(self, number):
        name, token = "n%d" % number, self.reader["access_token"]
        signed_up = self.ask(201, "POST", "/api/v1/auth/signup",
                             {"username": name, "password": PASSWORD,
                              "email": name + "@example.org"})
        if signed_up:
            self.acknowledged.append(name)
        self.ask(200, "POST", "/api/v1/auth/login", {"login": "reader", "password": PASSWORD})
        refreshed = self.ask(200, "POST", "/api/v1/auth/refresh", {"refresh_token": self.refreshed})
        if refreshed:
            self.refreshed = refreshed.json["refresh_token"]
        self.ask(200, "GET", "/api/v1/users/me", token=token)
        self.ask(200, "GET", "/auth/verify", token=token)
        self.ask(200, "GET", "/auth/verify", headers=basic("reader", PASSWORD))
        self.ask(200, "PATCH", "/api/v1/users/me", {"first_name": "F" * (number % 60)}, token=token)
        self.ask(200, "PUT", "/api/v1/users/me/avatar", PICTURE, token=token,
                 headers={"Content-Type": "image/png"})
        self.ask(200, "POST", "/api/v1/auth/password/forgot", {"email": name + "@example.org"})
        for page in ("/signin", "/.well-known/jwks.json", "/openapi.json", "/metrics", "/livez"):
            self.ask(200, "GET", page)
        self.ask(404, "GET", "/nowhere")
        self.ask(401, "GET", "/api/v1/users/me", token=token[:-8] + "AAAAAAAA")
        self.ask(400, "POST", "/api/v1/auth/login", b"{")

    def ask_in_a_crowd(self, number):
        """Requests that many may send at once. Can be called from several threads."""
        name, token = "n%d" % number, self.reader["access_token"]
        if self.ask(201, "POST", "/api/v1/auth/signup", {"username": name, "password": PASSWORD}):
            self.acknowledged.append(name)
        self.ask(200, "GET", "/api/v1/users/me", token=token)
        self.ask(200, "PUT", "/api/v1/users/me/avatar", PICTURE, token=token,
                 headers={"Content-Type": "image/png"})
        self.ask(200, "GET", "/auth/verify", token=token)

    def check(self, case):
        """Everything works again, and the promises were kept."""
        server, token = self.server, self.reader["access_token"]
        wait_until(lambda: server.get("/readyz").status == 200, "the recovery")
        case.assertEqual(server.sign_up("after%d" % len(self.seen),
                                        email="after@example.org").status, 201)
        case.assertEqual(server.me(token).status, 200)
        case.assertEqual(server.refresh(self.refreshed).status, 200)
        for name in self.acknowledged[:3] + self.acknowledged[-3:] + ["reader"]:
            case.assertEqual(server.log_in(name).status, 200, name)
        wait_until(lambda: b"authd_http_requests_in_flight 1\n" in server.get("/metrics").body,
                   "no request to hang")
        wait_until(lambda: b"authd_http_connections 1\n" in server.get("/metrics").body,
                   "no connection to be left")
        case.assertEqual(server.command("db", "check").returncode, 0)
        case.assertEqual(server.command("audit", "verify").returncode, 0)


class StarvedServer(Server):
    program = STARVED

    def __init__(self, *flags, **kwargs):
        self._page = tempfile.NamedTemporaryFile(prefix="authd-starve-")
        self._page.write(bytes(24))
        self._page.flush()
        super().__init__(*flags, environment={"STARVE_FILE": self._page.name}, **kwargs)

    def fail_one_of(self, every):
        self._page.seek(0)
        self._page.write(struct.pack("<Q", every))
        self._page.flush()

    def failed(self):
        return struct.unpack("<Q", os.pread(self._page.fileno(), 8, 16))[0]


@unittest.skipIf(LAX > 1,
                 "libraries in C lose a little where an allocation fails, and a sanitizer tells "
                 "of it at the end")
@unittest.skipUnless(os.path.exists(STARVED), "starved_authd is built beside build/release/authd")
class Allocations(unittest.TestCase):
    def test_any_of_them_may_fail(self):
        with tempfile.TemporaryDirectory() as mails, \
                StarvedServer("--mail.url", "file:" + mails, "--server.max-connections-per-address",
                              "50",
                              "--tokens.refresh-grace", "10m") as server:
            ledger = Ledger(server)
            for number, every in enumerate([3, 40, 100, 250, 600, 1500,
                                            4000] * int(os.environ.get("STARVE_ROUNDS", "4"))):
                server.fail_one_of(every)
                ledger.ask_everything(number)
                self.assertIsNone(server.process.poll(), server.log_text()[-2000:])
            server.fail_one_of(0)
            self.assertGreater(server.failed(), 100)
            ledger.check(self)
            self.assertGreater(ledger.seen[503], 5, ledger.seen)
            self.assertGreater(ledger.seen[200], 20, ledger.seen)
            self.assertNotIn(500, ledger.seen)


def in_status(pid, name):
    """A size from the process's status, in bytes."""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(name + r":\s+(\d+) kB", f.read())[1]) * 1024


@unittest.skipIf(LAX > 1, "a sanitizer reserves more than any limit would leave")
class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.path.exists("/sys/module/kernel/parameters/ignore_rlimit_data"):
            with open("/sys/module/kernel/parameters/ignore_rlimit_data", encoding="ascii") as f:
                if f.read().strip() == "Y":
                    raise unittest.SkipTest("this kernel has no limit of memory")

    def suffer(self, limit, base):
        with Server("--passwords.argon2-memory", "19MiB", "--server.max-connections-per-address",
                    "100",
                    "--tokens.refresh-grace", "10m") as server:
            ledger = Ledger(server)
            pid, token = server.process.pid, ledger.reader["access_token"]
            ledger.ask_everything(0)
            before = resource.prlimit(pid, limit)
            ledger.seen.clear()

            def hash_lacks_memory():
                # Each thread returns the memory that it kept from its last hash after two seconds;
                # it may have done so already.
                used, end = in_status(pid, base), time.monotonic() + 6
                wait_until(lambda: in_status(pid, base) < used - HASH / 2 or time.monotonic() > end,
                           "the memory of the last hash to be given back")
                resource.prlimit(pid, limit, (in_status(pid, base) + 65536, before[1]))
                # The error blames neither the password nor the user, known or not.
                return (ledger.ask(200, "POST", "/api/v1/auth/login",
                                   {"login": "reader", "password": PASSWORD}) is None and
                        all(ledger.ask(status, "GET", "/auth/verify",
                                       headers=basic(name, PASSWORD)) is None
                            for name, status in (("n0", 200), ("nobody", 401))))

            wait_until(hash_lacks_memory, "hashes that get no memory")
            # A large body may fit into the address space that the allocator already holds, but may
            # not be allowed to fill it.
            large = {"image": base64.b64encode(PICTURE + bytes(4 << 20)).decode()}
            taken = ledger.ask(200, "PUT", "/api/v1/users/me/avatar", large, token=token)
            self.assertTrue(taken is None or limit == resource.RLIMIT_AS)
            # Requests that need little still work.
            for _ in range(20):
                self.assertEqual(server.me(token).status, 200)
                self.assertEqual(server.get("/auth/verify", token=token).status, 200)
                self.assertEqual(server.refresh(ledger.refreshed).status, 200)
            for number in range(1, 4):
                ledger.ask_everything(number)
            # As many at once as there are threads, which all need more memory than they have.
            with concurrent.futures.ThreadPoolExecutor(16) as crowd:
                list(crowd.map(ledger.ask_in_a_crowd, range(10, 42)))
            self.assertNotIn(500, ledger.seen)
            self.assertGreater(ledger.seen[200], 60, ledger.seen)
            resource.prlimit(pid, limit, before)
            self.assertIsNone(server.process.poll())
            ledger.check(self)

    def test_of_data(self):
        self.suffer(resource.RLIMIT_DATA, "VmData")

    def test_of_address_space(self):
        self.suffer(resource.RLIMIT_AS, "VmSize")

    def test_from_the_start(self):
        """One line that says so, and an exit code; unless there was enough."""
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            with Server(data_dir=data) as server:
                server.sign_up("reader")
            refusals = 0
            # With less than the first, the C library does not reach main().
            for kib in (1000, 1500, 2500, 6000, 20000, 130000):
                limited = lambda: resource.setrlimit(resource.RLIMIT_DATA, (kib * 1024, kib * 1024))
                for arguments in (["user", "list"], ["db", "check"],
                                  ["serve", "--listen", "127.0.0.1:0", *CHEAP]):
                    process = subprocess.Popen([BINARY, *arguments, "--data-dir", data],
                                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.PIPE, env=clean_environment(),
                                               preexec_fn=limited)
                    said = b""
                    for line in process.stderr:
                        said += line
                        if b"authd serves" in line:
                            process.terminate()
                    process.stderr.close()
                    code = process.wait(DEADLINE)
                    self.assertIn(code, (0, 1, 5), (kib, arguments, said))
                    if code != 0:
                        refusals += 1
                        self.assertRegex(said.decode().splitlines()[-1],
                                         "^authd: .*(memory|thread|space)", (kib, arguments))
            self.assertGreater(refusals, 3)
            with Server(data_dir=data) as server:
                self.assertEqual(server.log_in("reader").status, 200)


if __name__ == "__main__":
    unittest.main()
