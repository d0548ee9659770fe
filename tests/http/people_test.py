"""The search for people, over HTTP and on the command line: words, filters, order, totals, pages,
and what is refused."""

import json
import unittest
import urllib.parse

from harness import PASSWORD, Server

PEOPLE = (("anna", "Anna", "Schmidt", "anna@example.org"),
          ("ben", "Benoît", "Müller", "ben@firma.example"),
          ("carla", "Carla", "Schmidt", "carla@example.org"))


class People(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        for username, first, last, email in PEOPLE:
            cls.server.command("user", "add", username, "--email", email, "--first-name", first,
                               "--last-name", last, stdin=PASSWORD + "\n")
        cls.server.command("user", "disable", "ben")
        cls.token = cls.server.log_in("root").json["access_token"]

    def get(self, **asked):
        return self.server.get("/api/v1/admin/users?" + urllib.parse.urlencode(asked),
                               token=self.token)

    def names(self, **asked):
        reply = self.get(**asked)
        self.assertEqual(reply.status, 200, reply.body)
        return [one["username"] for one in reply.json["users"]]

    def test_words_find_people(self):
        self.assertEqual(self.names(search="schmidt"), ["anna", "carla"])
        self.assertEqual(self.names(search="SCHMIDT anna"), ["anna"])
        self.assertEqual(self.names(search="example.org"), ["anna", "carla"])
        self.assertEqual(self.names(search="muller"), ["ben"])
        self.assertEqual(self.names(search="chmidt"), [])
        self.assertEqual(self.names(q="anna"), ["anna"])

    def test_filters_narrow(self):
        self.assertEqual(self.names(state="disabled"), ["ben"])
        self.assertEqual(self.names(role="admin"), ["root"])
        self.assertEqual(self.names(search="schmidt", state="disabled"), [])
        self.assertEqual(self.names(mfa="true"), [])
        self.assertEqual(self.names(active_after="2099-01-01"), [])
        self.assertEqual(len(self.names(active_before="2099-01-01")), 4)

    def test_totals_count_everybody_on_every_page(self):
        first = self.get(sort="-name", limit=2).json
        self.assertEqual((first["total"], len(first["users"])), (4, 2))
        second = self.get(sort="-name", limit=2, cursor=first["next"]).json
        self.assertEqual((second["total"], second["next"]), (4, None))
        self.assertEqual([one["username"] for one in first["users"] + second["users"]],
                         ["carla", "anna", "root", "ben"])

    def test_what_there_is_not_is_refused(self):
        for field, value, known in (("state", "on", "disabled"), ("verified", "1", "true"),
                                    ("mfa", "yes", "false"), ("role", "admn", "admin"),
                                    ("provider", "x", "There is none"), ("sort", "age", "created"),
                                    ("active_before", "soon", "2026-11-30"),
                                    ("active_after", "2026-02-31", "2026-11-30"),
                                    ("cursor", "!!", "next"), ("search", "a " * 9, "8 words"),
                                    ("status", "disabled", "state"), ("limit", "0", "500")):
            with self.subTest(field):
                reply = self.get(**{field: value})
                self.assertEqual(reply.status, 422, reply.body)
                self.assertEqual(reply.json["field"], field)
                self.assertIn(known, reply.json["message"])
        self.assertEqual(self.get(q="a", search="b").json["field"], "q")

    def test_hostile_text_finds_nobody(self):
        for text in ("%", "\x00", "' OR 1=1 --", "\ud800".encode("utf-8", "surrogatepass"),
                     "a" * 200, "(" * 50, "日本"):
            reply = self.get(search=text)
            self.assertIn(reply.status, (200, 400, 422), reply.body)
            if reply.status == 200:
                self.assertEqual(reply.json["users"], [])

    def test_only_administrators_search(self):
        self.assertEqual(self.server.get("/api/v1/admin/users?search=a").status, 401)
        token = self.server.log_in("anna").json["access_token"]
        self.assertEqual(self.server.get("/api/v1/admin/users?search=a", token=token).status, 403)

    def test_the_command_line_says_the_same(self):
        for arguments, asked in ((("find", "schmidt"), {"search": "schmidt"}),
                                 (("list", "--role", "admin"), {"role": "admin"}),
                                 (("list", "--sort=-name"), {"sort": "-name"}),
                                 (("find", "example.org", "--state", "active"),
                                  {"search": "example.org", "state": "active"})):
            with self.subTest(arguments):
                run = self.server.command("user", *arguments, "--json")
                self.assertEqual(json.loads(run.out), self.get(**asked).json)

    def test_the_command_line_refuses_too(self):
        for arguments in (("--state", "on"), ("--role", "admn"), ("--active-before", "soon"),
                          ("--sort", "age"), ("--after", "!!")):
            with self.subTest(arguments):
                run = self.server.command("user", "list", *arguments, check=False)
                self.assertEqual(run.returncode, 2)
                self.assertNotEqual(run.err, "")


if __name__ == "__main__":
    unittest.main()
