"""Shared by the suites of the replaced APIs. Each acts as a client of that API would, following the
table in the design, and uses the API under /api/v1 only where a test is about both."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import struct
import tempfile
import time

from harness import ServerCase, claims_of, wait_until

# Values that are not strings, where a string is required.
WRONG_TYPES = (7, True, None, [], {}, ["x"], "")


def totp(secret, step=None):
    """RFC 6238, implemented again, so that the server is not checked against itself."""
    step = int(time.time()) // 30 if step is None else step
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


def life_of(token):
    claims = claims_of(token)
    return claims["exp"] - claims["iat"]


def without_dots(token):
    """A token whose signature was tampered with."""
    head, payload, signature = token.split(".")
    return ".".join((head, payload, ("B" if signature[0] != "B" else "C") + signature[1:]))


class CompatCase(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.mails = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.mails.cleanup)
        cls.server = cls.SERVER("--mail.url", "file:" + cls.mails.name, *cls.FLAGS,
                                limits=cls.LIMITS)
        cls.addClassCleanup(cls.server.__exit__, None)

    @classmethod
    def tearDownClass(cls):
        pass  # a cleanup stops the server

    def said(self, reply, message, status=200):
        self.assertEqual(reply.status, status, reply.body)
        self.assertEqual(reply.json["message"], message)
        return reply.json

    def failed(self, reply, status, code=None, field=None):
        """An error in the form of the replaced APIs: a readable text under each of the three
        names."""
        self.assertEqual(reply.status, status, reply.body)
        error = reply.json
        self.assertEqual(error["error"], error["message"])
        self.assertEqual(error["error"], error["detail"])
        self.assertIn(" ", error["error"])
        self.assertEqual(error["request_id"], reply.headers["X-Request-ID"])
        if code:
            self.assertEqual(error["code"], code)
        if field:
            self.assertEqual(error["field"], field)
        if status == 401:
            self.assertIn("WWW-Authenticate", reply.headers)
        return error

    def bad_bodies(self, method, path, good, required, token=None):
        """Every way to get the body of a route wrong: 400, or 415 for another media type."""
        ask = lambda body, **more: self.server.request(method, path, body, token=token, **more)
        for body in ("", "{", "[]", "null", '"x"', "{}x", '{"a": 1, "a": 2}', b"\xff\xfe{}",
                     '{"a": "\\ud800"}',
                     "[" * 1000):
            self.failed(ask(body), 400)
        self.failed(ask("a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415)
        self.failed(ask("{}", headers={"Content-Type": "text/plain"}), 415)
        for field in required:
            left = {k: v for k, v in good.items() if k != field}
            self.failed(ask(left), 400)
            for wrong in WRONG_TYPES:
                self.failed(ask({**good, field: wrong}), 400)

    def bad_tokens(self, ask, good):
        """ask(token) is refused for anything but a valid token."""
        for token in ("x", "a.b.c", without_dots(good), good + "x", good.split(".")[0], "e30.e30."):
            self.failed(ask(token), 401)
        self.failed(ask(None), 401)

    def expired_token(self, user):
        """A token of the user that was valid and has expired."""
        token = self.server.command("token", "issue", user, "--ttl", "1s").out.strip()
        wait_until(lambda: self.server.me(token).status == 401, "the token to expire")
        return token

    def wrong_methods(self, path, methods):
        for method in methods:
            reply = self.server.request(method, path)
            self.assertEqual(reply.status, 405, (method, path, reply.body))
            self.assertIn("OPTIONS", reply.headers["Allow"])

    def mail(self, to, subject):
        """Removes and returns the text of the one new mail to the address whose subject contains
        the words."""
        return wait_until(lambda: self._find_mail(to, subject),
                          "a mail about %s to %s" % (subject, to))

    def no_mail(self, to, subject=""):
        """There is no such mail after every mail requested so far has been sent."""
        wait_until(
            lambda: not json.loads(self.server.command("mail", "list", "--json").out)["mails"],
            "an empty outbox")
        self.assertIsNone(self._find_mail(to, subject))

    def _find_mail(self, to, subject):
        for name in sorted(os.listdir(self.mails.name)):
            if not name.endswith(".eml"):
                continue
            path = os.path.join(self.mails.name, name)
            with open(path, "rb") as f:
                mail = email.message_from_bytes(f.read(), policy=email.policy.default)
            if mail["To"] == to and subject in mail["Subject"].lower():
                os.unlink(path)
                return mail.get_body(("plain",)).get_content()
        return None


def code_in(text):
    return re.search(r"\b(\d{6})\b", text)[1]
