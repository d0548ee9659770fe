"""Shared by the tests of the oauthapp API."""

import re

from compat import CompatCase
from harness import PASSWORD


def confirm_path(text):
    """The path of the link in a mail."""
    return re.search(r"http://[^/]+(/confirm/[A-Za-z0-9_-]{43})\b", text)[1]


def reset_token(text):
    return re.search(r"token=([A-Za-z0-9_-]{43})\b", text)[1]


class OauthappCase(CompatCase):
    def sign_up_here(self, name, password=PASSWORD, **more):
        return self.server.post("/signup",
                                {"username": name, "email": name + "@example.org",
                                 "password": password,
                                 **more})

    def log_in_here(self, name, password=PASSWORD, **more):
        return self.server.post("/login", {"username": name, "password": password, **more})

    def member(self, name):
        """Signs up, confirms and logs in."""
        self.assertEqual(self.sign_up_here(name).status, 200)
        reply = self.server.get(confirm_path(self.mail(name + "@example.org", "confirm")))
        self.assertEqual(reply.status, 200, reply.body)
        return self.log_in_here(name).json

    def profile(self, token):
        return self.server.get("/profile", token=token)

    def verify(self, name, code, password=PASSWORD, **more):
        return self.server.post("/verify-otp",
                                {"email": name + "@example.org", "otp_code": code, "username": name,
                                 "password": password, **more})
