"""A body with a Content-Encoding is refused, also where its bytes could be read as they are: what
was packed elsewhere, or was not, would otherwise be taken for what it is not."""

import gzip
import json
import unittest

from documented import Document
from harness import PASSWORD, ServerCase


class ContentEncoding(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        cls.token = cls.server.log_in("root").json["access_token"]

    def assert_unread(self, reply, code="unsupported"):
        self.assertEqual(reply.status, 415, reply.body)
        self.assertEqual(reply.json["error"], code)
        self.assertIn(b"Content-Encoding", reply.body)
        self.assertEqual(reply.headers["Accept-Encoding"], "identity")

    def test_every_operation_with_a_body_refuses_it(self):
        document = Document(self.server.get("/openapi.json").json)
        tried = 0
        for method, path, operation in document.operations():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if media is None or not path.startswith("/api/v1/"):
                continue
            for parameter in operation.get("parameters", []):
                parameter = document.resolve(parameter)
                if parameter["in"] == "path":
                    path = path.replace("{%s}" % parameter["name"], "1")
            with self.subTest(method + " " + path):
                body = next(iter(media["examples"].values()))["value"]
                self.assert_unread(self.server.request(method, path, body, token=self.token,
                                                       headers={"Content-Encoding": "gzip"}))
                tried += 1
        self.assertGreater(tried, 35)

    def test_packed_or_not(self):
        path = "/api/v1/auth/login"
        plain = json.dumps({"login": "root", "password": PASSWORD}).encode()
        typed = {"Content-Type": "application/json"}
        for body, coding, status in ((gzip.compress(plain), "gzip", 415), (plain, "br", 415),
                                     (plain, "identity", 200), (gzip.compress(plain), None, 400)):
            with self.subTest(coding):
                headers = {**typed, "Content-Encoding": coding} if coding else typed
                self.assertEqual(self.server.post(path, body, headers=headers).status, status)

    def test_forms_and_pictures(self):
        packed = {"Content-Encoding": "gzip"}
        form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
        self.assert_unread(self.server.request("POST", "/oauth2/token", form=form, headers=packed),
                           "invalid_request")
        self.assert_unread(self.server.request(
            "PUT", "/api/v1/users/me/avatar", b"\x89PNG", token=self.token,
            headers={**packed, "Content-Type": "image/png"}))

    def test_where_no_body_is_read_the_header_is_not_ours(self):
        # A proxy asks with the headers of the request that it asks about.
        token = self.server.log_in("root").json["access_token"]
        self.assertEqual(self.server.get("/auth/verify", token=token,
                                         headers={"Content-Encoding": "gzip"}).status, 200)


if __name__ == "__main__":
    unittest.main()
