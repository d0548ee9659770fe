"""No password or refresh token stays in the server's memory after its request is answered: someone
who reads the memory later, from a core dump, a swapped page or as root, does not find what people
typed last week."""

import base64
import http.client
import json
import os
import re
import ssl
import tempfile
import unittest

from harness import (CAPABILITIES, DEADLINE, LAX, SYS_PTRACE, Server, basic, make_certificate, send,
                     wait_until)

# One short enough to be stored in the string object itself, and one that is not.
SHORT, LONG = "kX9.wQz4-pLm", "gravel-Violet-7-harbour-anthem-93-lantern"
NEXT = "tundra-Copper-5-meadow-violin-28-saddle"


def private_memory(pid):
    """Each mapping without a file: heap, stacks, what threads allocate."""
    with open("/proc/%d/maps" % pid,
              encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
        for line in maps:
            first, last, rights, inode, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ (\d+) *(.*)",
                                                        line).groups()
            if inode != "0" or "r" not in rights or name in ("[vvar]", "[vsyscall]", "[vdso]",
                                                             "[vvar_vclock]"):
                continue
            first, last = int(first, 16), int(last, 16)
            while first < last:  # Part of a mapping may not be accessible.
                try:
                    piece = os.pread(memory.fileno(), min(last - first, 16 << 20), first)
                except OSError:
                    break
                if not piece:
                    break
                yield piece
                first += len(piece)


def found(server, secrets):
    """How often each secret occurs. A text that was moved may lack its first letter."""
    counts = {name: 0 for name in secrets}
    for piece in private_memory(server.process.pid):
        for name, text in secrets.items():
            counts[name] += piece.count(text[1:].encode())
    return {name: count for name, count in counts.items() if count}


@unittest.skipUnless(CAPABILITIES & SYS_PTRACE,
                     "the memory of another process may not be read here (CAP_SYS_PTRACE)")
@unittest.skipIf(LAX > 1, "a sanitizer and valgrind keep what is freed, to find later uses of it")
class Memory(unittest.TestCase):
    def forgets(self, server, secrets):
        """The reply may arrive a moment before the last buffer is wiped."""
        left = {}

        def is_clean():
            left.clear()
            left.update(found(server, secrets))
            return not left

        try:
            wait_until(is_clean, "the memory to be clean")
        except AssertionError:
            self.fail("still in the memory: %s" % left)

    def test_of_a_server_can_be_searched(self):
        """Checks that the search works: it finds the configured host name in memory."""
        with Server("--server.allowed-hosts", "127.0.0.1,%s.example" % LONG.lower()) as server:
            self.assertIn("host", found(server, {"host": LONG.lower()}))

    def test_after_sign_up_login_and_refresh(self):
        for password, *flags in ((SHORT,), (LONG,), (LONG, "--passwords.min-score", "2")):
            with Server(*flags) as server:
                secrets = {"password": password}
                secrets["first"] = server.sign_up("ann", password).json["refresh_token"]
                for i in range(3):
                    tokens = server.log_in("ann", password).json
                    secrets["login %d" % i] = tokens["refresh_token"]
                    secrets["refreshed %d"
                            % i] = server.refresh(tokens["refresh_token"]).json["refresh_token"]
                    secrets["wrong %d" % i] = password + "-not-%d" % i
                    self.assertEqual(server.log_in("ann", secrets["wrong %d" % i]).status, 401)
                    self.assertEqual(server.log_in("nobody", password).status, 401)
                self.forgets(server, secrets)

    def test_after_a_change_and_a_logout(self):
        with Server() as server:
            tokens = server.sign_up("ann", LONG).json
            changed = server.post("/api/v1/auth/password/change",
                                  {"current_password": LONG, "new_password": NEXT},
                                  token=tokens["access_token"])
            self.assertIn(changed.status, (200, 204), changed.body)
            tokens = server.log_in("ann", NEXT).json
            self.assertIn(server.post("/api/v1/auth/logout",
                                      {"refresh_token": tokens["refresh_token"]}).status,
                          (200, 204))
            self.forgets(server, {"old": LONG, "new": NEXT, "token": tokens["refresh_token"]})

    def test_after_requests_that_are_refused(self):
        """Secrets that no route reads: malformed, too long, for another address, truncated."""
        with Server("--server.body-timeout", "1s") as server:
            server.sign_up("ann", NEXT)
            for body in ('{"login": "ann", "password": "%s"' % LONG,
                         '{"login": "ann", "password": "%s", "password": "x"}' % LONG,
                         '{"login": "ann", "password": "%s", "more": 1}' % LONG, '["%s"]' % LONG,
                         LONG):
                self.assertIn(server.post("/api/v1/auth/login", body).status, (400, 401, 422))
            for path in ("/api/v1/auth/nothing", "/livez"):
                self.assertIn(server.post(path, {"password": LONG}).status, (404, 405))
            self.assertEqual(server.post("/api/v1/auth/login",
                                         {"password": LONG, "x": "y" * 70000}).status, 413)
            head = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    b"application/json\r\n")
            self.assertIn(b" 408 ",
                          server.raw(head + b"Content-Length: 999\r\n\r\n{\"password\": \""
                                     + LONG.encode())[:20])
            self.forgets(server, {"password": LONG, "of the account": NEXT})

    def test_however_the_request_came(self):
        """In chunks, in pieces, after another request on the same connection, as Basic, in a form
        of another API."""
        with Server() as server:
            server.sign_up("ann", LONG)
            body = json.dumps({"login": "ann", "password": LONG}).encode()
            head = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    b"application/json\r\n")
            chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
                b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                for i in range(0, len(body), 7)) + b"0\r\n\r\n"
            plain = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
            last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            answer = server.raw(chunked + plain + chunked + last)
            self.assertEqual(answer.count(b"HTTP/1.1 200"), 4)
            secrets = {"token %d" % i: token.decode() for i,
                       token in enumerate(re.findall(rb'"refresh_token":"([^"]+)"', answer))}
            self.assertEqual(len(secrets), 3)
            self.assertEqual(server.get("/auth/verify", headers=basic("ann", LONG)).status, 200)
            self.assertEqual(server.get("/auth/verify", headers=basic("ann", NEXT)).status, 401)
            kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
            self.addCleanup(kept.close)
            self.assertEqual(send(kept, "POST", "/api/v1/auth/login",
                                  {"login": "ann", "password": LONG}).status, 200)
            secrets.update({"password": LONG, "wrong": NEXT,
                            "basic": base64.b64encode(("ann:" + LONG).encode()).decode()})
            self.forgets(server, secrets)

    def test_behind_tls(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = make_certificate(directory, "localhost")
            with Server("--server.tls-cert", cert, "--server.tls-key", key) as server:
                context = ssl.create_default_context(cafile=cert)
                kept = http.client.HTTPSConnection("localhost", server.port, timeout=DEADLINE,
                                                   context=context)
                self.addCleanup(kept.close)
                sign_up = {"username": "ann", "password": LONG}
                token = send(kept, "POST", "/api/v1/auth/signup", sign_up).json["refresh_token"]
                self.assertEqual(send(kept, "POST", "/api/v1/auth/login",
                                      {"login": "ann", "password": LONG}).status, 200)
                self.assertEqual(send(kept, "GET", "/livez").status, 200)
                self.forgets(server, {"password": LONG, "token": token})


if __name__ == "__main__":
    unittest.main()
