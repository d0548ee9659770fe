"""A request of /api/v1 with an unknown member or parameter is refused, and the refusal names it."""

import unittest
import urllib.parse

from documented import Document
from harness import PASSWORD, ServerCase

UNKNOWN = "emial"  # similar to a known name, like a typing error


class UnknownMembers(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        cls.token = cls.server.log_in("root").json["access_token"]
        cls.document = Document(cls.server.get("/openapi.json").json)

    def operations(self, is_wanted):
        for method, path, operation in self.document.operations():
            if not is_wanted(path):
                continue
            for parameter in operation.get("parameters", []):
                parameter = self.document.resolve(parameter)
                if parameter["in"] == "path":
                    path = path.replace("{%s}" % parameter["name"], "1")
            yield method, path, operation

    def strict(self):
        # Those of replicas are for programs; replica_life_test.py asks them.
        return self.operations(lambda path: path.startswith("/api/v1/")
                               and not path.startswith("/api/v1/replica/")
                               and not path.endswith("/callback"))

    def assert_refused(self, reply, name):
        self.assertEqual(reply.status, 422, reply.body)
        self.assertEqual(reply.json["field"], name)
        self.assertIn('"%s"' % name, reply.json["message"])

    def test_every_operation_refuses_an_unknown_parameter(self):
        tried = 0
        for method, path, _ in self.strict():
            with self.subTest(method + " " + path):
                self.assert_refused(self.server.request(method, path + "?%s=1" % UNKNOWN,
                                                        token=self.token), UNKNOWN)
                tried += 1
        self.assertGreater(tried, 60)

    def test_every_operation_refuses_an_unknown_member(self):
        tried = 0
        for method, path, operation in self.strict():
            if method == "GET":
                continue
            with self.subTest(method + " " + path):
                media = operation.get("requestBody", {}).get("content", {}).get("application/json")
                body = dict(next(iter(media["examples"].values()))["value"]) if media else {}
                body[UNKNOWN] = "x"
                self.assert_refused(self.server.request(method, path, body, token=self.token),
                                    UNKNOWN)
                tried += 1
        self.assertGreater(tried, 35)

    def test_a_parameter_given_twice_is_refused(self):
        self.assert_refused(self.server.get("/api/v1/admin/users?limit=1&limit=500",
                                            token=self.token), "limit")

    def test_nothing_was_done(self):
        """The requests above included deletions of the account that sent them."""
        for method, path, _ in self.strict():
            if method == "DELETE":
                self.server.request(method, path + "?%s=1" % UNKNOWN, token=self.token)
        self.assertEqual(self.server.get("/api/v1/users/me", token=self.token).status, 200)

    def test_a_stranger_learns_nothing_of_guarded_operations(self):
        self.assertEqual(self.server.get("/api/v1/admin/users?%s=1" % UNKNOWN).status, 401)

    def test_an_empty_body_and_an_empty_object_are_no_members(self):
        for body in (None, {}, "null"):
            token = self.server.log_in("root").json["access_token"]
            with self.subTest(str(body)):
                self.assertEqual(self.server.post("/api/v1/auth/logout/all", body,
                                                  token=token).status, 200)
        type(self).token = self.server.log_in("root").json["access_token"]

    def test_the_replaced_apis_keep_their_tolerance(self):
        reply = self.server.post("/users?x=1",
                                 {"email": "old@example.org", "password": PASSWORD, UNKNOWN: 1})
        self.assertLess(reply.status, 300, reply.body)

    def test_what_others_compose_is_taken(self):
        for path in ("/livez", "/readyz", "/health", "/.well-known/jwks.json", "/metrics",
                     "/openapi.json"):
            with self.subTest(path):
                self.assertEqual(self.server.get(path + "?_=1").status, 200)
        # RFC 6749 section 4.1.2: the client must ignore unrecognised parameters of the response.
        sent = urllib.parse.urlencode({"state": "x", "code": "y", "session_state": "z",
                                       "authuser": "0"})
        self.assertNotEqual(self.server.get("/api/v1/auth/providers/none/callback?" + sent).status,
                            422)


if __name__ == "__main__":
    unittest.main()
