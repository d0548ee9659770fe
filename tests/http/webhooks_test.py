"""Webhooks: real endpoints get signed events, whatever other endpoints do and whenever the server
dies; and no address leads it where it must not go."""

import json
import pathlib
import subprocess
import threading
import unittest

from harness import DEADLINE, PASSWORD, Server, ServerCase, wait_until
from npm import npm_folder
from webhook_receiver import Endpoints

HERE = pathlib.Path(__file__).resolve().parent
ALLOWED = ("--webhooks.allow-networks", "127.0.0.0/8")
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def judge(messages):
    """What npm's standardwebhooks says of (secret, headers, body)."""
    told = [{"secret": secret, "headers": {name: headers[name] for name in HEADERS}, "body": body}
            for secret, headers, body in messages]
    done = subprocess.run(["node", HERE / "webhook_judge.mjs", npm_folder("standardwebhooks")],
                          input=json.dumps(told), capture_output=True, text=True,
                          timeout=4 * DEADLINE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


class WebhookCase(ServerCase):
    FLAGS = ALLOWED
    ENVIRONMENT = {"AUTHD_WEBHOOKS_ALLOW_NETWORKS": "127.0.0.0/8"}  # of commands

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoints = Endpoints()
        cls.addClassCleanup(cls.endpoints.stop)
        cls.count = 0

    def setUp(self):
        type(self).count += 1
        self.path = "/%s" % self.id().rsplit(".", 1)[-1]

    def webhook(self, *words, path=None, server=None, check=True):
        done = (server or self.server).command("webhook", *words, "--json", check=check,
                                               env=self.ENVIRONMENT)
        return json.loads(done.out) if check else done

    def add(self, *types, path=None, answer=None, server=None):
        """A new endpoint; its row, with the secret."""
        path = path or self.path
        if answer is not None:
            self.endpoints.answers[path] = answer
        flags = [word for one in types for word in ("--type", one)]
        made = self.webhook("add", self.endpoints.url(path), *flags, server=server)
        self.addCleanup((server or self.server).command, "webhook", "remove", made["id"], "--yes",
                        check=False)
        return made

    def row(self, made, server=None):
        rows = self.webhook("list", server=server)["webhooks"]
        return next(row for row in rows if row["id"] == made["id"])

    def deliveries(self, made, *flags):
        return self.webhook("deliveries", made["id"], *flags)["deliveries"]

    def sign_up(self, name):
        return self.server.sign_up(name).json["user"]["id"]

    def wait_for(self, path, count):
        wait_until(lambda: len(self.endpoints.messages(path)) >= count,
                   "%d events at %s" % (count, path))

    def answered(self, made, text):
        """Waits for an answer."""
        return wait_until(lambda: text in (self.row(made)["answer"] or "") and self.row(made),
                          "the answer " + text)


class SendingTest(WebhookCase):
    def test_events_are_thin_and_signed(self):
        made = self.add("user.*")
        user = self.sign_up("ann1")
        self.wait_for(self.path, 1)
        headers, text = self.endpoints.messages(self.path)[0]
        body = json.loads(text)
        self.assertEqual(body["type"], "user.created")
        self.assertEqual(list(body), ["type", "timestamp", "data"])
        self.assertEqual(list(body["data"]), ["number", "user", "actor", "outcome", "address"])
        self.assertEqual(body["data"]["user"],
                         {"id": user, "username": "ann1", "email": None})
        self.assertEqual(body["data"]["address"], "127.0.0.1")
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["webhook-id"],
                         "msg_%s_%d" % (made["id"], body["data"]["number"]))
        self.assertTrue(headers["user-agent"].startswith("authd/"))
        altered = text.replace("ann1", "eve1")
        self.assertEqual(judge([(made["secret"], headers, text)]), ["ok"])
        self.assertNotEqual(judge([(made["secret"], headers, altered)]), ["ok"])
        wait_until(lambda: self.deliveries(made) == [], "an empty list")

    def test_during_a_rotation_either_secret_verifies(self):
        made = self.add("user.*")
        rotated = self.webhook("rotate", made["id"])
        self.assertNotEqual(made["secret"], rotated["secret"])
        self.sign_up("ann2")
        self.wait_for(self.path, 1)
        headers, body = self.endpoints.messages(self.path)[0]
        self.assertEqual(judge([(made["secret"], headers, body),
                                (rotated["secret"], headers, body)]), ["ok", "ok"])

    def test_the_secret_is_shown_once(self):
        made = self.add()
        self.assertRegex(made["secret"], r"^whsec_[A-Za-z0-9+/]{43}=$")
        for words in (("webhook", "list"), ("webhook", "list", "--json"), ("db", "dump")):
            self.assertNotIn(made["secret"][6:], self.server.command(*words, check=False).out)
        self.assertNotIn(made["secret"][6:], self.server.log_text())

    def test_a_test_tells_the_answer(self):
        made = self.add("user.deleted")
        self.assertEqual(self.webhook("test", made["id"])["test_answer"], "HTTP 204")
        self.assertEqual(self.endpoints.types(self.path), ["webhook.test"])
        self.endpoints.answers[self.path] = 500
        done = self.webhook("test", made["id"], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("HTTP 500", done.err)

    def test_a_reset_is_repeated_with_the_same_id(self):
        made = self.add("user.*", answer=Endpoints.RESET)
        self.sign_up("ann3")
        self.wait_for(self.path, 1)
        wait_until(lambda: self.deliveries(made)[0]["attempts"] == 1 and
                   self.deliveries(made)[0]["last_error"], "a failure")
        self.endpoints.answers[self.path] = 200
        self.assertEqual(self.webhook("retry", self.deliveries(made)[0]["id"]), {"retried": 1})
        self.wait_for(self.path, 2)
        self.assertEqual(len(set(self.endpoints.ids(self.path))), 1)
        wait_until(lambda: self.row(made)["failing_since"] is None, "an endpoint that works")

    def test_410_disables_at_once(self):
        made = self.add("user.*", answer=410)
        self.sign_up("ann4")
        row = wait_until(lambda: not self.row(made)["enabled"] and self.row(made), "its end")
        self.assertEqual(row["disabled_by"], "gone")
        wait_until(lambda: self.deliveries(made, "--dead"), "what was given up")
        self.assertEqual(self.webhook("test", made["id"], check=False).returncode, 4)
        self.endpoints.answers[self.path] = 204
        self.assertTrue(self.webhook("enable", made["id"])["enabled"])
        self.assertEqual(self.webhook("retry", made["id"]), {"retried": 1})
        self.wait_for(self.path, 2)

    def test_429_with_retry_after_holds_all_events_back(self):
        made = self.add("user.*", answer=(429, {"Retry-After": "3000"}))
        self.sign_up("ann5")
        self.answered(made, "HTTP 429")
        self.sign_up("bob5")
        other = self.add("user.*", path=self.path + "/other")
        self.sign_up("eve5")
        self.wait_for(self.path + "/other", 1)
        self.assertEqual(len(self.endpoints.messages(self.path)), 1)
        self.assertEqual(self.row(other)["failures"], 0)
        self.endpoints.answers[self.path] = 204
        self.webhook("retry", made["id"])
        self.wait_for(self.path, 4)

    def test_a_redirect_is_not_followed(self):
        made = self.add("user.*", answer=(
            302, {"Location": "http://169.254.169.254/latest/meta-data/"}))
        self.sign_up("ann6")
        self.answered(made, "HTTP 302: redirects are not followed")

    def test_of_a_huge_reply_only_the_status_counts(self):
        made = self.add("user.*", answer=Endpoints.HUGE)
        self.sign_up("ann7")
        self.answered(made, "HTTP 200")
        wait_until(lambda: self.deliveries(made) == [], "an empty list")

    def test_a_500_is_repeated_after_five_seconds(self):
        self.add("user.*", answer=500)
        self.sign_up("ann8")
        self.wait_for(self.path, 2)
        self.assertEqual(len(set(self.endpoints.ids(self.path))), 1)

    def test_dead_endpoints_hold_up_nobody(self):
        hanging = [self.path + "/%d" % i for i in range(10)]
        for i, path in enumerate(hanging):
            self.add("user.*", path=path,
                     answer=Endpoints.HANG if i % 2 == 0 else Endpoints.TRICKLE)
        self.add("user.*")
        self.sign_up("ann9")
        self.wait_for(self.path, 1)
        for path in hanging:
            self.wait_for(path, 1)
        self.sign_up("bob9")
        self.wait_for(self.path, 2)

    def test_a_replay_has_the_same_ids(self):
        made = self.add("user.*")
        for name in ("ann10", "bob10", "eve10"):
            self.sign_up(name)
        self.wait_for(self.path, 3)
        wait_until(lambda: self.deliveries(made) == [], "an empty list")
        first = self.endpoints.ids(self.path)
        self.assertEqual(len(set(first)), 3)
        replayed = self.webhook("replay", made["id"], "--since", made["created_at"])
        self.assertEqual(replayed, {"replayed": 3})
        self.wait_for(self.path, 6)
        self.assertEqual(set(self.endpoints.ids(self.path)), set(first))

    def test_a_user_who_is_gone_is_an_id(self):
        made = self.add("user.*", answer=500)
        user = self.sign_up("ann11")
        self.answered(made, "HTTP 500")
        self.server.command("user", "delete", "ann11", "--yes")
        self.endpoints.answers[self.path] = 204
        self.webhook("retry", made["id"])
        wait_until(lambda: "user.deleted" in self.endpoints.types(self.path), "the deletion")
        wait_until(lambda: self.deliveries(made) == [], "an empty list")
        last = self.endpoints.bodies(self.path)[-1]
        self.assertEqual(last["data"]["user"], {"id": user, "username": None, "email": None})

    def test_wrong_use_and_unknown_ids(self):
        for url in ("https://ann:pw@app.example/", "https://app.example/#part", "ftp://a.example/",
                    "https://app.example/\r\nX-Evil: 1"):
            self.assertEqual(self.webhook("add", url, check=False).returncode, 2, url)
        done = self.webhook("add", "https://a.example/", "--type", "nothing", check=False)
        self.assertEqual(done.returncode, 2)
        unknown = "0" * 16
        for words in (("test", unknown), ("rotate", unknown), ("enable", unknown),
                      ("remove", unknown, "--yes"), ("deliveries", unknown), ("retry", unknown),
                      ("retry", "msg_%s_7" % unknown), ("replay", unknown, "--since", "1h"),
                      ("set", "..", "--all-types")):
            self.assertEqual(self.webhook(*words, check=False).returncode, 3, words)
        self.assertEqual(
            self.webhook("replay", unknown, "--since", "yesterday", check=False).returncode, 2)


class ReachTest(WebhookCase):
    """Without webhooks.allow_networks."""

    FLAGS = ()
    ENVIRONMENT = {}

    def test_no_address_leads_into_this_network(self):
        self.assertEqual(self.webhook("add", self.endpoints.url("/x"), check=False).returncode, 2)
        for host in ("localhost:%d" % self.endpoints.port, "127.0.0.1", "169.254.169.254",
                     "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "10.0.0.1"):
            made = self.webhook("add", "https://%s/events" % host)
            done = self.webhook("test", made["id"], check=False)
            self.assertEqual(done.returncode, 1, host)
            self.assertIn("is not a public address", done.err, host)
            self.webhook("remove", made["id"], "--yes")
        self.assertEqual(self.endpoints.got, {})


class LedgerTest(WebhookCase):
    """A server that is killed again and again."""

    def test_no_event_is_lost_and_none_comes_before_its_commit(self):
        made = self.add("user.created")
        names = []
        for turn in range(6):
            for i in range(12):
                name = "ledger%d.%d" % (turn, i)
                try:
                    if self.server.sign_up(name).status == 201:
                        names.append(name)
                except OSError:
                    break
                if i == 4 + turn:
                    killer = threading.Timer(0.05 * turn, self.server.kill)
                    killer.start()
            killer.join()
            type(self).server = Server(*self.FLAGS, data_dir=self.server.data_dir)
        listed = json.loads(self.server.command("user", "list", "--json").out)["users"]
        there = {user["username"] for user in listed}
        self.assertLessEqual(set(names), there)

        def told():
            return {body["data"]["user"]["username"] for body in self.endpoints.bodies(self.path)}
        # What the killed process had claimed is due after a while.
        wait_until(lambda: told() == there or not self.webhook("retry", made["id"]),
                   "an event of each account")
        ids = ids_of(self.endpoints.messages(self.path))
        self.assertEqual(len(ids), len(there))


def ids_of(messages):
    """Each event has one id."""
    ids = {headers["webhook-id"] for headers, _ in messages}
    numbers = {json.loads(body)["data"]["number"] for _, body in messages}
    assert len(ids) == len(numbers)
    return ids


class ApiTest(WebhookCase):
    def setUp(self):
        super().setUp()
        self.server.command("user", "add", "root%d" % self.count, "--admin",
                            stdin=PASSWORD + "\n")
        self.token = self.server.log_in("root%d" % self.count).json["access_token"]

    def call(self, method, path, body=None, status=200, token=None):
        reply = self.server.request(method, "/api/v1/admin/webhooks" + path, body,
                                    token=token or self.token)
        self.assertEqual(reply.status, status, reply.body)
        return reply.json if reply.body else None

    def test_the_whole_life_of_an_endpoint(self):
        made = self.call("POST", "", {"url": self.endpoints.url(self.path),
                                      "description": "shop", "types": ["user.*"]}, 201)
        at = "/" + made["id"]
        self.assertNotIn("secret", self.call("GET", at))
        self.assertEqual([row["id"] for row in self.call("GET", "")["webhooks"]], [made["id"]])
        self.sign_up("ann-api")
        self.wait_for(self.path, 1)
        headers, body = self.endpoints.messages(self.path)[0]
        self.assertEqual(judge([(made["secret"], headers, body)]), ["ok"])
        self.assertIsNone(self.call("POST", at + "/test", None, 202)["test_answer"])
        wait_until(lambda: self.call("GET", at)["test_answer"] == "HTTP 204", "the answer")
        self.assertNotEqual(self.call("POST", at + "/rotate")["secret"], made["secret"])
        self.assertFalse(self.call("PATCH", at, {"enabled": False})["enabled"])
        self.call("POST", at + "/test", None, 409)
        self.call("POST", at + "/replay", {"since": made["created_at"]}, 409)
        changed = self.call("PATCH", at, {"enabled": True, "types": [], "description": None})
        self.assertEqual((changed["types"], changed["description"]), ([], None))
        self.assertEqual(
            self.call("POST", at + "/replay", {"since": "2020-01-01T00:00:00Z"})["replayed"] > 0,
            True)
        self.assertIn("deliveries", self.call("GET", at + "/deliveries?state=dead"))
        self.assertIn("retried", self.call("POST", at + "/retry", {}))
        self.call("DELETE", at, None, 204)
        self.call("GET", at, None, 404)
        audit = self.server.get("/api/v1/admin/audit?limit=200", token=self.token).json["entries"]
        actions = {entry["action"] for entry in audit if entry["target"] == made["id"]}
        self.assertEqual(actions, {"webhook_added", "webhook_changed", "webhook_disabled",
                                   "webhook_enabled", "webhook_removed", "webhook_retried",
                                   "webhook_rotated", "webhook_tested"})

    def test_what_is_refused(self):
        for body in ({}, {"url": "http://app.example/", "more": 1}, {"url": 7},
                     {"url": "https://a.example/", "types": ["x"]},
                     {"url": "https://a.example/\r\nA: b"}):
            reply = self.server.request("POST", "/api/v1/admin/webhooks", body, token=self.token)
            self.assertIn(reply.status, (400, 422), body)
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/" + "0" * 16)):
            reply = self.server.request(method, "/api/v1/admin/webhooks" + path,
                                        {} if method == "POST" else None)
            self.assertEqual(reply.status, 401)
        self.call("GET", "/zz", None, 404)
        self.call("GET", "/%s/deliveries?state=delivered" % ("0" * 16), None, 422)
        user = self.server.sign_up("nobody-api").json["access_token"]
        self.call("GET", "", None, 403, token=user)


if __name__ == "__main__":
    unittest.main()
