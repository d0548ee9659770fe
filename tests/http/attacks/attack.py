"""Shared by the attacks: a server whose mail can be read, raw bytes, and many simultaneous clients.

Each test in this folder is one attack and is named after it. It passes if the attack fails. Where
it matters, its last lines check that honest users were still served."""

import base64
import contextlib
import email
import email.policy
import hashlib
import hmac
import http.client
import os
import re
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from harness import (  # noqa: E402, F401
    DEADLINE, LAX, PASSWORD, Server, ServerCase, basic, claims_of, make_certificate, parsed,
    read_all, send, wait_until)

# Mail links are built from this, and from nothing that a client sends.
PUBLIC_URL = "http://auth.test"


def statuses(data):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d\d\d) ", data)]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def totp(secret, step):
    """RFC 6238."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


def step_now():
    return int(time.time()) // 30


def at_once(tasks):
    """Runs the functions in threads that start together; returns their results in the same
    order."""
    results = [None] * len(tasks)
    gate = threading.Barrier(len(tasks))

    def run(i, task):
        gate.wait()
        try:
            results[i] = task()
        except Exception as error:  # reported by the code that checks the results
            results[i] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def post_bytes(path, body, headers=b"", token=None):
    """A JSON request as bytes, to be pipelined or truncated."""
    if token:
        headers += b"Authorization: Bearer " + token.encode() + b"\r\n"
    return (b"POST " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + headers +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


def resident_kib(server):
    with open("/proc/%d/status" % server.process.pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def cpu_seconds(server):
    with open("/proc/%d/stat" % server.process.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metrics(server):
    """All series with their values."""
    text = server.get("/metrics").body.decode()
    return {name: float(value) for name,
            value in re.findall(r"^([^#\s]\S*(?: [^ ]*=\"[^\"]*\"\})?) (\S+)$", text, re.M)}


class AttackServer(Server):
    """Each attack has its own address, so the failures of one do not block the next."""

    source = "127.0.0.1"

    def request(self, method, path, body=None, token=None, headers=None, form=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE,
                                                source_address=(self.source, 0))
        try:
            return send(connection, method, path, body, token, headers, form)
        finally:
            connection.close()

    def raw(self, data, half_close=False):
        with connect(self) as s:
            # The request was refused before its end; the reply has arrived.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            return read_all(s)


def connect(server, source=None):
    source = source or getattr(server, "source", "127.0.0.1")
    return socket.create_connection(("127.0.0.1", server.port), DEADLINE,
                                    source_address=(source, 0))


# The attackers' addresses.
_sources = ("127.66.%d.%d" % (i // 250, i % 250 + 1) for i in range(60000))


def next_source():
    return next(_sources)


class AttackCase(ServerCase):
    """One server for the attacks of a class. It writes its mail to a directory."""

    @classmethod
    def setUpClass(cls):
        cls.mails = tempfile.TemporaryDirectory(prefix="authd-mail-")
        cls.addClassCleanup(cls.mails.cleanup)
        flags = ["--mail.url", "file:" + cls.mails.name, *cls.FLAGS]
        if "--public-url" not in flags:
            flags += ["--public-url", PUBLIC_URL]
        cls.server = AttackServer(*flags, limits=cls.LIMITS)

    def setUp(self):
        # A separate name and address for each attack.
        self.server.source = next_source()
        self.name = "%s-%s" % (type(self).__name__[:12].lower(),
                               re.sub(r"\W", "", self._testMethodName)[5:50])
        self.address = self.name + "@example.org"

    def member(self, name=None):
        name = name or self.name
        reply = self.server.sign_up(name, email=name + "@example.org")
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json

    def admin(self, name):
        """An administrator's access token."""
        self.server.command("user", "add", "--username", name, "--admin", stdin=PASSWORD + "\n")
        return self.server.log_in(name).json["access_token"]

    def with_second_factor(self, name=None):
        """A member with an authenticator app: tokens, the app's secret, recovery codes."""
        member = self.member(name)
        token = member["access_token"]
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=token).json["secret"]
        confirmed = self.server.post("/api/v1/users/me/mfa/totp/confirm",
                                     {"code": totp(secret, step_now())}, token=token)
        self.assertEqual(confirmed.status, 200, confirmed.body)
        return member, secret, confirmed.json["recovery_codes"]

    def mails_to(self, address):
        found = []
        for name in sorted(os.listdir(self.mails.name)):
            if name.endswith(".eml"):
                with open(os.path.join(self.mails.name, name), "rb") as f:
                    mail = email.message_from_bytes(f.read(), policy=email.policy.default)
                if mail["To"] and address in mail["To"]:
                    found.append((os.path.join(self.mails.name, name), mail))
        return found

    def mail(self, address, words):
        """Removes and returns the text of the next mail to the address whose subject contains the
        words."""
        def look():
            for path, mail in self.mails_to(address):
                if words in mail["Subject"].lower():
                    os.unlink(path)
                    return mail.get_body(("plain",)).get_content()
            return None
        return wait_until(look, "a mail about %s to %s" % (words, address))

    def token_in(self, text):
        return re.search(r"token=([A-Za-z0-9_-]{43})\b", text)[1]

    def mailed_token(self, path, words, **body):
        """Requests a mail and returns the token of its link."""
        reply = self.server.post("/api/v1/auth/" + path, body or {"email": self.address})
        self.assertEqual(reply.status, 200, reply.body)
        return self.token_in(self.mail(self.address, words))

    def held_back(self, tries, free, longest=900):
        """Makes the attempts at a credential, one after the other. The server checks only the free
        failures and those that come after the pauses, which double from one second up to the
        `longest` (src/auth/core/limits/attempts.cpp); it refuses the others. If the machine
        stalls, pauses may pass meanwhile."""
        begin = time.monotonic()
        replies = [one() for one in tries]
        left, pause, most = time.monotonic() - begin, 1, free + 1
        while left >= pause:
            left, pause, most = left - pause, min(2 * pause, longest), most + 1
        waiting = [r for r in replies if r.status == 429]
        self.assertTrue(waiting, [r.status for r in replies])
        self.assertLessEqual(len(replies) - len(waiting), most)
        for reply in waiting:
            self.assertLessEqual(int(reply.headers["Retry-After"]), longest)
        return replies

    def exactly_one_wins(self, replies, losers=(401,)):
        """Exactly one reply is a success; the others have a status of `losers`."""
        for reply in replies:
            self.assertFalse(isinstance(reply, Exception), reply)
        won = [r for r in replies if r.status in (200, 201)]
        self.assertEqual(len(won), 1, [r.status for r in replies])
        self.assertLessEqual({r.status for r in replies if r not in won}, set(losers))
        return won[0]

    def serves(self):
        self.assertEqual(self.server.get("/livez").status, 200)
