"""The command line's --json and the HTTP API describe the same thing in the same way."""

import json
import unittest

from harness import PASSWORD, ServerCase

ADMIN = "/api/v1/admin/"


class SameJson(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_json("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        cls.run_json("user", "add", "--username", "ann", "--email", "ann@example.org",
                     stdin=PASSWORD + "\n")
        cls.run_json("role", "add", "editor")
        cls.run_json("apikey", "add", "ann", "--name", "ci", "--scope", "verify")
        cls.run_json("client", "add", "billing")
        cls.root = cls.server.log_in("root").json["access_token"]

    @classmethod
    def run_json(cls, *arguments, stdin=""):
        return json.loads(cls.server.command(*arguments, "--json", stdin=stdin).out)

    def asked(self, path):
        reply = self.server.get(ADMIN + path, token=self.root)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def test_lists_are_the_same(self):
        for arguments, path in ((("role", "list"), "roles"), (("client", "list"), "clients"),
                                (("key", "list"), "keys"),
                                (("apikey", "list", "ann"), "users/2/api-keys"),
                                (("session", "list", "ann"), "users/2/sessions"),
                                (("mail", "list"), "mail"),
                                (("user", "list"), "users"),
                                (("audit", "list"), "audit?limit=100")):
            with self.subTest(path):
                self.assertEqual(self.run_json(*arguments), self.asked(path))

    def test_pages_go_on_where_next_says(self):
        for arguments, flag, path, parameter in ((("user", "list"), "--after", "users", "after"),
                                                 (("audit", "list"), "--before", "audit",
                                                  "before")):
            with self.subTest(path):
                first = self.run_json(*arguments, "--limit", "1")
                self.assertEqual(first, self.asked(path + "?limit=1"))
                self.assertIsInstance(first["next"], str)
                second = self.run_json(*arguments, "--limit", "1", flag, first["next"])
                self.assertEqual(second,
                                 self.asked("%s?limit=1&%s=%s" % (path, parameter, first["next"])))
                self.assertNotEqual(first, second)

    def test_the_last_page_has_no_next(self):
        self.assertIsNone(self.run_json("user", "list")["next"])
        self.assertIsNone(self.run_json("user", "list", "--limit", "1", "--after", "9999")["next"])
        self.assertIsNone(self.asked("users")["next"])

    def test_what_is_absent_is_null(self):
        entries = self.run_json("audit", "list")["entries"]
        self.assertNotIn("", [value for entry in entries for value in entry.values()])
        self.assertNotIn(0, [entry[name] for entry in entries for name in ("actor", "subject")])
        self.assertEqual({(entry["id"], entry["created_at"]) for entry in entries},
                         {(entry["number"], entry["at"]) for entry in entries})
        states = {key["state"]: key for key in self.asked("keys")["keys"]}
        self.assertIsNotNone(states["active"]["activated_at"])
        self.assertIsNone(states["active"]["retired_at"])
        self.assertIsNone(states["next"]["activated_at"])
        self.assertEqual([r["description"] for r in self.asked("roles")["roles"] if r["name"]
                          == "editor"], [None])

    def test_settings_have_types(self):
        over_http = self.asked("settings")
        shown = {key: entry["value"] for key, entry in self.run_json("config", "show").items()}
        self.assertEqual(set(shown), set(over_http))
        for settings in (shown, over_http):
            self.assertIs(type(settings["passwords.min_length"]), int)
            self.assertIs(settings["server.force_https"], False)
            self.assertIsInstance(settings["server.listen"], list)
            self.assertEqual(settings["server.trusted_proxies"], [])
            self.assertEqual(settings["server.max_header"], "16KiB")

    def test_a_failure_is_the_object_of_the_api(self):
        done = self.server.command("user", "show", "nobody", "--json", check=False)
        self.assertEqual((done.returncode, done.out), (3, ""))
        failure = json.loads(done.err.splitlines()[-1])
        self.assertEqual((failure["error"], failure["request_id"]), ("not_found", None))
        self.assertIn("nobody", failure["message"])
        self.assertEqual(set(failure),
                         set(self.server.get(ADMIN + "users/99", token=self.root).json))
        for wrong in (("user", "list", "--nothing", "--json"), ("--json", "nothing")):
            done = self.server.command(*wrong, check=False)
            self.assertEqual((done.returncode, json.loads(done.err.splitlines()[-1])["error"]),
                             (2, "usage"))
        done = self.server.command("user", "add", "--username", "a b", "--json",
                                   stdin=PASSWORD + "\n", check=False)
        self.assertEqual(json.loads(done.err.splitlines()[-1])["field"], "username")

    def test_a_role_that_is_not_there_names_its_field(self):
        reply = self.server.post(ADMIN + "users",
                                 {"username": "eve", "password": PASSWORD, "roles": ["none"]},
                                 token=self.root)
        self.refused(reply, 404, "not_found", "roles")


if __name__ == "__main__":
    unittest.main()
