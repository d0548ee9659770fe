"""The last administrator who can sign in is not deleted, disabled or demoted by any API; the
command line does it with --force, and creates another one."""

import json
import unittest

from harness import PASSWORD, Server

LAST = "last_administrator"


class LastAdministrator(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.__exit__, None)
        self.root = self.add_admin("root")

    def add_admin(self, name):
        made = self.server.command("user", "add", "--username", name, "--admin", "--json",
                                   stdin=PASSWORD + "\n")
        return json.loads(made.out)["id"]

    def token(self, name):
        return self.server.log_in(name).json["access_token"]

    def ways(self, user):
        """Each way in which an administrator can remove `user`."""
        path = "/api/v1/admin/users/%d" % user
        return (("DELETE", path + "/roles/admin"), ("POST", path + "/disable"), ("DELETE", path))

    def own_ways(self):
        return (("DELETE", "/api/v1/users/me"), ("DELETE", "/user"))

    def is_admin(self, name="root"):
        return self.server.get("/api/v1/admin/users", token=self.token(name)).status == 200

    def test_no_api_takes_the_last_one_away(self):
        token = self.token("root")
        for method, path in (*self.ways(self.root), *self.own_ways()):
            with self.subTest(method=method, path=path):
                reply = self.server.request(method, path, token=token)
                self.assertEqual(reply.status, 409, reply.body)
                self.assertEqual(reply.json.get("code", reply.json["error"]), LAST)
                self.assertIn("make somebody else an administrator", reply.json["message"])
        self.assertTrue(self.is_admin())

    def test_an_api_key_does_not_either(self):
        key = json.loads(self.server.command("apikey", "add", "root", "--name", "ci", "--scope",
                                             "admin", "--json").out)["api_key"]
        for method, path in self.ways(self.root):
            reply = self.server.request(method, path, headers={"X-API-Key": key})
            self.assertEqual((reply.status, reply.json["error"]), (409, LAST))

    def test_a_disabled_one_is_no_other_one(self):
        other = self.add_admin("other")
        token = self.token("root")
        self.assertEqual(self.server.post("/api/v1/admin/users/%d/disable" % other,
                                          token=token).status, 200)
        for method, path in self.ways(self.root):
            self.assertEqual(self.server.request(method, path, token=token).status, 409)
        # Once enabled again, it counts, and the first may go.
        self.assertEqual(self.server.post("/api/v1/admin/users/%d/enable" % other,
                                          token=token).status, 200)
        self.assertEqual(self.server.request("DELETE", "/api/v1/users/me", token=token).status, 200)
        self.assertEqual(self.server.request("DELETE", "/user", token=self.token("other")).status,
                         409)

    def test_each_way_works_while_there_is_another_one(self):
        for i in range(3):
            other = self.add_admin("other%d" % i)
            method, path = self.ways(other)[i]
            self.assertLess(self.server.request(method, path, token=self.token("root")).status, 300,
                            path)
            self.assertTrue(self.is_admin())

    def test_other_roles_and_accounts_are_not_held(self):
        token = self.token("root")
        self.server.sign_up("ann")
        path = "/api/v1/admin/users/%d" % self.root
        self.assertEqual(self.server.request("DELETE", path + "/roles/user", token=token).status,
                         200)
        ann = self.server.log_in("ann").json["user"]["id"]
        for method, path in self.ways(ann):
            self.assertLess(self.server.request(method, path, token=token).status, 300, path)
        for method, path in self.ways(999):
            self.assertEqual(self.server.request(method, path, token=token).status, 404, path)

    def test_the_command_line_wants_force_and_repairs(self):
        ways = (("role", "revoke", "root", "admin"), ("user", "disable", "root"),
                ("user", "delete", "root"))
        for way in ways:
            with self.subTest(way):
                refused = self.server.command(*way, check=False)
                self.assertEqual(refused.returncode, 4, refused.err)
                self.assertIn("--force", refused.err)
                self.assertEqual(refused.out, "")
        self.assertTrue(self.is_admin())
        self.server.command(*ways[0], "--force")
        self.assertFalse(self.is_admin())
        self.server.command("role", "grant", "root", "admin")
        self.server.command(*ways[1], "--force")
        self.assertEqual(self.server.log_in("root").status, 403)
        self.server.command("user", "enable", "root")
        self.assertTrue(self.is_admin())
        self.server.command(*ways[2], "--force")
        self.add_admin("next")
        self.assertTrue(self.is_admin("next"))
        self.server.command("db", "check")

    def test_where_there_is_none_nobody_is_held(self):
        self.server.command("role", "revoke", "root", "admin", "--force")
        self.server.command("user", "disable", "root")
        self.server.command("user", "delete", "root")


if __name__ == "__main__":
    unittest.main()
