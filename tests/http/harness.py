"""Starts the real authd on a free loopback port and talks to it as a client would.

The binary is $TEST_BINARY. Password hashes are cheap, and limits by address are off unless a test
asks for them, since all tests come from one address. Every reply is checked against the OpenAPI
document (documented.py)."""

import base64
import contextlib
import fcntl
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from documented import DOCUMENT

BINARY = os.environ.get("TEST_BINARY", "build/authd")
CHEAP = ["--passwords.argon2-memory", "64KiB", "--passwords.argon2-passes", "1"]
PASSWORD = "correct horse battery"
# How much more time and memory a sanitizer or valgrind may take (build/asan, build/tsan,
# build/valgrind).
LAX = 20 if re.search(r"/([at]san|valgrind)/", os.path.abspath(BINARY)) else 1
# A server that counts its lines writes the counters when it ends (tests/coverage.cmake). A confined
# one could not open those files.
COUNTED = "COUNT_LINES" in os.environ
# Capabilities of this process, one bit each (capabilities(7)).
with open("/proc/self/status", encoding="ascii") as status:
    CAPABILITIES = int(re.search(r"CapEff:\s+(\w+)", status.read())[1], 16)
SETPCAP, SYS_PTRACE = 1 << 8, 1 << 19
# For tests that trace the server or count its descriptors: with a confined server, only a process
# that may trace everything can do that.
VISIBLE = [] if CAPABILITIES & SYS_PTRACE else ["--server.sandbox", "false"]
DEADLINE = 60.0 if LAX == 1 else 240.0  # for every wait; an RSA key under valgrind takes minutes


CONFIGURED = {}  # what configures every authd of this process, beside the flags of a test


def clean_environment(**extra):
    """This process's environment, without what would configure authd."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AUTHD_")}
    environment.update(CONFIGURED)
    environment.update(extra)
    return environment


def uncounted(environment):
    """For a command. To write the counters takes longer than most commands, so only the tests of
    tests/coverage.cmake that are about commands count them."""
    if environment.get("COUNT_LINES") != "commands":
        environment.pop("COUNT_LINES", None)
    return environment


def wait_until(condition, what):
    """Polls until the condition returns a true value, and returns that."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)  # between two polls, not instead of them
    raise AssertionError("waited in vain for " + what)


_reserved = []  # the locks of our ports, held until this process ends


def reserve_port():
    """A port for a program that cannot choose one: free on every address, below those that the
    kernel hands out (ip_local_port_range), and used by no other test, since each is locked with a
    file."""
    for port in random.sample(range(20000, 32000), 1000):
        lock = open(os.path.join(tempfile.gettempdir(), "authd-test-port-%d" % port), "w",
                    encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as s:
                s.bind(("", port))
        except OSError:
            lock.close()
            continue
        _reserved.append(lock)
        return port
    raise AssertionError("no free port")


def stop_process(process):
    """Asks a server of somebody else's to end, and kills it if it does not."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=DEADLINE)


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """A running authd; a context manager."""

    program = BINARY

    def __init__(self, *flags, data_dir=None, listen="127.0.0.1:0", limits=False, environment=None,
                 pass_fds=()):
        self._own_dir = None
        if data_dir is None:
            self._own_dir = tempfile.TemporaryDirectory(prefix="authd-test-")
            data_dir = os.path.join(self._own_dir.name, "data")
        self.data_dir = data_dir
        self._log_file = tempfile.TemporaryFile(mode="w+b")
        command = [self.program, "serve", "--data-dir", data_dir, "--log.format", "json", *flags]
        if "--passwords.argon2-memory" not in flags:
            command += CHEAP
        if COUNTED and "--server.sandbox" not in flags:
            command += ["--server.sandbox", "false"]
        if listen:
            command += ["--listen", listen]
        if not limits:
            command += ["--rate-limit.enabled", "false"]
        # Keeps clients from being late on a machine that stalls. Tests of these limits set them.
        for limit in ("--server.handshake-timeout", "--server.header-timeout"):
            if limit not in flags:
                command += [limit, "1m"]
        self.process = subprocess.Popen(
            command, stderr=self._log_file, stdin=subprocess.DEVNULL,
            env=clean_environment(**(environment or {})),
            pass_fds=pass_fds)
        try:
            started = wait_until(lambda: self._started(), "the server to start")
        except AssertionError:
            self.kill()
            raise
        self.addresses = started["listen"].split(", ")
        first = next((a for a in self.addresses if not a.startswith("unix:")), None)
        self.port = int(first.rsplit(":", 1)[1]) if first else None

    def _started(self):
        for line in self.log_lines():
            if line.get("message") == "authd serves":
                return line
        if self.process.poll() is not None:
            raise AssertionError("the server ended: " + self.log_text())
        return None

    def log_text(self):
        # Never with seek: the server writes at the same offset.
        log = self._log_file.fileno()
        return os.pread(log, os.fstat(log).st_size, 0).decode("utf-8", "replace")

    def log_lines(self):
        return parsed(self.log_text())

    def logged(self, **fields):
        """The first log line with these fields; lines are written a moment after the reply."""
        return wait_until(lambda: next((l for l in self.log_lines() if fields.items() <= l.items()),
                                       None),
                          "a log line with %s" % fields)

    def request(self, method, path, body=None, token=None, headers=None, form=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            reply = send(connection, method, path, body, token, headers, form)
        finally:
            connection.close()
        complaint = DOCUMENT and DOCUMENT.undocumented(method, path, reply)
        assert not complaint, complaint
        return reply

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, body=None, **kwargs):
        return self.request("POST", path, body, **kwargs)

    def sign_up(self, username, password=PASSWORD, **fields):
        return self.post("/api/v1/auth/signup",
                         {"username": username, "password": password, **fields})

    def log_in(self, login, password=PASSWORD):
        return self.post("/api/v1/auth/login", {"login": login, "password": password})

    def refresh(self, token):
        return self.post("/api/v1/auth/refresh", {"refresh_token": token})

    def me(self, token):
        return self.get("/api/v1/users/me", token=token)

    def raw(self, data, half_close=False):
        """Sends bytes unchanged and returns everything that comes back until the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as s:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # as in send()
                s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            return read_all(s)

    def command(self, *arguments, stdin="", check=True, env=None):
        return command(*arguments, "--data-dir", self.data_dir, stdin=stdin, check=check, env=env)

    def stop(self):
        """Ends the server with SIGTERM and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=DEADLINE)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        code = self.stop()
        log = self.log_text()
        self._log_file.close()
        if self._own_dir:
            self._own_dir.cleanup()
        if failed:
            print(log[-4000:])
        else:
            assert code == 0, "exit code %s: %s" % (code, log[-4000:])
            assert "Sanitizer" not in log and "runtime error" not in log, log[-4000:]


def parsed(log):
    """The complete lines of a log."""
    lines = []
    for line in log.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            pass
    return lines


def read_all(s):
    data = b""
    while True:
        try:
            chunk = s.recv(65536)
        except ConnectionResetError:
            return data
        if not chunk:
            return data
        data += chunk


def send(connection, method, path, body=None, token=None, headers=None, form=None):
    all_headers = dict(headers or {})
    data = None
    if body is not None:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        if isinstance(data, str):
            data = data.encode()
        all_headers.setdefault("Content-Type", "application/json")
    if form is not None:
        import urllib.parse
        data = urllib.parse.urlencode(form).encode()
        all_headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    if token is not None:
        all_headers["Authorization"] = "Bearer " + token
    try:
        connection.request(method, path, body=data, headers=all_headers)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses a request after the head reads on for a while and then stops; its
        # reply has still arrived.
        if connection.sock is None:
            raise
    response = connection.getresponse()
    return Reply(response.status, response.headers, response.read())


def command(*arguments, stdin="", check=True, env=None, own_session=False):
    """Runs `authd …`; with check, a failure fails the test; with own_session there is no
    terminal."""
    done = subprocess.run([BINARY, *arguments], input=stdin.encode(), capture_output=True,
                          timeout=DEADLINE,
                          env=uncounted(clean_environment(**(env or {}))),
                          start_new_session=own_session)
    done.out = done.stdout.decode()
    done.err = done.stderr.decode()
    if check and done.returncode != 0:
        raise AssertionError("%s: %s" % (arguments, done.err))
    return done


def make_certificate(directory, name, days=2):
    cert, key = os.path.join(directory, name + ".pem"), os.path.join(directory, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days",
                    str(days), "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


def holds_locks(pid):
    """Whether a process has record locks, as one that has the database open does."""
    with open("/proc/locks", encoding="ascii") as locks:
        return any(fields[1] == "POSIX" and fields[4] == str(pid)
                   for fields in map(str.split, locks))


def basic(user, password):
    return {"Authorization": "Basic "
            + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()}


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class ServerCase(unittest.TestCase):
    """One server for all tests of a class; FLAGS are added to its command line."""

    SERVER = Server
    FLAGS = ()
    LIMITS = False

    @classmethod
    def setUpClass(cls):
        cls.server = cls.SERVER(*cls.FLAGS, limits=cls.LIMITS)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None)

    def refused(self, reply, status, code=None, field=None):
        """The reply is an error in the common form."""
        self.assertEqual(reply.status, status, reply.body)
        error = reply.json
        self.assertEqual(error["message"], error["detail"])
        self.assertEqual(error["request_id"], reply.headers["X-Request-ID"])
        if code:
            self.assertEqual(error["error"], code)
        if field:
            self.assertEqual(error["field"], field)
        return error
