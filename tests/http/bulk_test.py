"""One change to many accounts: over HTTP and on the command line."""

import json
import os
import unittest

from outcomes import Outcomes


class Bulk(Outcomes, unittest.TestCase):
    ROUTE = "/api/v1/admin/users/bulk"

    def setUp(self):
        super().setUp()
        self.ids = {name: self.add(name) for name in ("ann", "ben", "carla")}

    def is_active(self, user):
        return self.server.get("/api/v1/admin/users/%d" % user, token=self.token).json["is_active"]

    def test_each_is_changed_and_the_others_are_not_stopped(self):
        ann, ben = self.ids["ann"], self.ids["ben"]
        self.assertEqual(self.outcomes(action="disable", ids=[ann, 999, self.root, ben, ann]),
                         ["changed", "not_found", "own_account", "changed"])
        self.assertFalse(self.is_active(ann))
        self.assertTrue(self.is_active(self.root))
        reply = self.post(action="disable", ids=[ann, self.ids["carla"]]).json
        self.assertEqual((reply["changed"], reply["unchanged"], reply["refused"]), (1, 1, 0))
        audit = self.server.get("/api/v1/admin/audit?action=account_disabled", token=self.token)
        self.assertEqual(len(audit.json["entries"]), 3)

    def test_a_dry_run_changes_nothing(self):
        self.assertEqual(self.outcomes(action="delete", ids=list(self.ids.values()), dry_run=True),
                         ["changed"] * 3)
        self.assertTrue(self.is_active(self.ids["ann"]))

    def test_roles_are_given_and_taken(self):
        ids = [self.ids["ann"], self.ids["ben"]]
        self.assertEqual(self.outcomes(action="grant_role", role="admin", ids=ids),
                         ["changed", "changed"])
        self.assertEqual(self.outcomes(action="revoke_role", role="admin", ids=ids + [self.root]),
                         ["changed", "changed", "own_account"])

    def test_what_cannot_be_meant_is_refused_whole(self):
        ann = self.ids["ann"]
        for body, field in (({"action": "ban", "ids": [ann]}, "action"),
                            ({"action": "disable", "ids": []}, "ids"),
                            ({"action": "disable"}, "ids"),
                            ({"action": "disable", "ids": [0]}, "ids"),
                            ({"action": "disable", "ids": [-1]}, "ids"),
                            ({"action": "disable", "ids": [str(ann)]}, "ids"),
                            ({"action": "disable", "ids": list(range(1, 102))}, "ids"),
                            ({"action": "disable", "ids": [ann], "role": "admin"}, "role"),
                            ({"action": "grant_role", "ids": [ann]}, "role"),
                            ({"action": "grant_role", "ids": [ann], "role": "x"}, "role"),
                            ({"action": "disable", "ids": [ann], "force": True}, "force"),
                            ({"action": "disable", "ids": [ann], "dry_run": "yes"}, "dry_run")):
            with self.subTest(body):
                reply = self.post(**body)
                self.assertEqual((reply.status, reply.json["field"]), (422, field))
        self.assertTrue(self.is_active(ann))

    def test_it_is_for_administrators(self):
        ids = [self.ids["ben"]]
        reply = self.server.post(self.ROUTE, {"action": "disable", "ids": ids})
        self.assertEqual(reply.status, 401)
        ann = self.server.log_in("ann").json["access_token"]
        self.assertEqual(self.post(token=ann, action="disable", ids=ids).status, 403)

    def test_an_api_key_reaches_no_administrator(self):
        key = json.loads(self.server.command("apikey", "add", "root", "--name", "ci", "--scope",
                                             "admin", "--json").out)["api_key"]
        other = self.add("other", "--admin")
        reply = self.post(headers={"X-API-Key": key}, action="disable",
                          ids=[other, self.ids["ann"]])
        self.assertEqual([one["error"] for one in reply.json["results"]],
                         ["beyond_api_key", None])

    def run_json(self, *arguments, stdin="", code=0):
        run = self.server.command("user", *arguments, "--json", stdin=stdin, check=False)
        self.assertEqual(run.returncode, code, run.err)
        return json.loads(run.out)

    def test_the_command_line_takes_names(self):
        made = self.run_json("disable", "ann", "ben@nowhere", "carla", code=1)
        self.assertEqual([(one["name"], one["outcome"]) for one in made["results"]],
                         [("ann", "changed"), ("ben@nowhere", "refused"), ("carla", "changed")])
        self.assertEqual(made["results"][1]["error"], "not_found")
        self.assertFalse(self.is_active(self.ids["carla"]))
        # One alone is answered as it always was.
        self.assertEqual(self.run_json("enable", "ann")["username"], "ann")

    def test_the_command_line_takes_lists(self):
        made = self.run_json("grant-role", "admin", "--from", "-", stdin="ann\n\nben\r\nann\n")
        self.assertEqual((made["action"], made["changed"]), ("grant_role", 2))
        csv = os.path.join(self.server.data_dir, "list.csv")
        with open(csv, "w", encoding="utf-8") as out:
            out.write("name;email;ID\nAnn;;%d\n\"Be;n\";;%d\n"
                      % (self.ids["ann"], self.ids["ben"]))
        made = self.run_json("revoke-role", "admin", "--from", csv, "--dry-run")
        self.assertEqual((made["dry_run"], made["changed"]), (True, 2))
        made = self.run_json("revoke-role", "admin", "--from", csv)
        self.assertEqual(made["changed"], 2)
        made = self.run_json("delete", "--from", "-", stdin="username\nann\nroot\n", code=1)
        self.assertEqual([one["error"] for one in made["results"]], [None, "last_administrator"])

    def test_the_command_line_refuses_what_names_nobody(self):
        for arguments, stdin in ((("disable",), ""), (("disable", "--from", "-"), ""),
                                 (("disable", "--from", "-"), "id,username\n1\n,ann\n"),
                                 (("grant-role", "admin"), "")):
            with self.subTest(arguments=arguments, stdin=stdin):
                run = self.server.command("user", *arguments, stdin=stdin, check=False)
                self.assertEqual(run.returncode, 2, run.err)
        run = self.server.command("user", "grant-role", "admn", "ann", check=False)
        self.assertEqual(run.returncode, 3)
        self.assertIn("did you mean", run.err)


if __name__ == "__main__":
    unittest.main()
