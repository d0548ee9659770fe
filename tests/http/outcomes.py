"""Routes that do something to many at once, and tell the outcome for each."""
import json

from harness import PASSWORD, Server


class Outcomes:
    """For a unittest.TestCase with the ROUTE: a server with the administrator root, signed in."""

    ROUTE = None

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.__exit__, None)
        self.root = self.add("root", "--admin")
        self.token = self.server.log_in("root").json["access_token"]

    def add(self, name, *more):
        made = self.server.command("user", "add", name, *more, "--json", stdin=PASSWORD + "\n")
        return json.loads(made.out)["id"]

    def post(self, token=None, headers=None, **body):
        return self.server.request("POST", self.ROUTE, json.dumps(body),
                                   token=token or (None if headers else self.token),
                                   headers={"Content-Type": "application/json", **(headers or {})})

    def outcomes(self, **body):
        reply = self.post(**body)
        self.assertEqual(reply.status, 200, reply.body)
        return [one["error"] or one["outcome"] for one in reply.json["results"]]
