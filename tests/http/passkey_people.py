"""People with passkeys of an authenticator in software."""

import json
import os
import re

from account_names_test import WithMail
from authenticator import Authenticator, decode

ORIGIN = "https://id.example.org"
MINE = "/api/v1/users/me/passkeys"
LOGIN = "/api/v1/auth/passkey/"
PROVE = "/api/v1/auth/reauthenticate"


def claims_of(token):
    return json.loads(decode(token.split(".")[1]))


class WithPasskeys(WithMail):
    FLAGS = ("--server.public-url", ORIGIN)

    def setUp(self):
        super().setUp()
        self.name = "u" + os.urandom(6).hex()
        self.address = self.name + "@example.org"
        made = self.server.sign_up(self.name, email=self.address)
        self.assertEqual(made.status, 201, made.body)
        self.token = made.json["access_token"]
        self.id = made.json["user"]["id"]

    def options(self, token=None):
        reply = self.server.post(MINE + "/options", token=token or self.token)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def add(self, authenticator, name="phone", token=None):
        response = authenticator.create(self.options(token))
        return self.server.post(MINE, {"name": name, "response": response},
                                token=token or self.token)

    def added(self, name="phone", **more):
        authenticator = Authenticator(ORIGIN, **more)
        reply = self.add(authenticator, name)
        self.assertEqual(reply.status, 201, reply.body)
        authenticator.listed = reply.json
        return authenticator

    def question(self):
        reply = self.server.post(LOGIN + "options")
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def verify(self, response):
        return self.server.post(LOGIN + "verify", {"response": response})

    def log_in_with(self, authenticator, **more):
        return self.verify(authenticator.get(self.question(), **more))

    def confirm_address(self):
        link = self.told(self.address, "confirm")
        token = re.search(r"token=([A-Za-z0-9_-]{43})", link)[1]
        done = self.server.post("/api/v1/auth/email/verify", {"token": token}, token=self.token)
        self.assertEqual(done.status, 200, done.body)

    def passkeys(self, token=None):
        return self.server.get(MINE, token=token or self.token).json["passkeys"]

    def is_refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.json["error"]), (status, code), reply.body)

    def last_entry(self):
        """What the audit log says last: action and detail."""
        found = self.server.command("audit", "list", "--json", "--limit", "1").out
        entry = json.loads(found)["entries"][0]
        return entry["action"], entry["detail"]
