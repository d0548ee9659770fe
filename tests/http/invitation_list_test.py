"""Invitations for many addresses: over HTTP and on the command line."""

import json
import os
import re
import unittest

from harness import wait_until
from outcomes import Outcomes

LIST = "/api/v1/admin/invitations"


class Many(Outcomes, unittest.TestCase):
    ROUTE = "/api/v1/admin/invitations/bulk"

    def setUp(self):
        super().setUp()
        self.add("ann", "--email", "ann@example.org")
        self.server.command("role", "add", "editor")

    def invited(self):
        return sorted(one["email"] for one in
                      self.server.get(LIST, token=self.token).json["invitations"])

    def run_json(self, *arguments, stdin="", code=0):
        run = self.server.command("invite", *arguments, "--json", stdin=stdin, check=False)
        self.assertEqual(run.returncode, code, run.err)
        return json.loads(run.out)


class OverHttp(Many):
    def test_each_gets_a_link_and_the_others_are_not_stopped(self):
        reply = self.post(emails=["ben@example.org", "nobody", "ANN@example.org", "Ben@example.org",
                                  "carla@example.org"], roles=["editor"])
        self.assertEqual(reply.status, 200, reply.body)
        results = reply.json["results"]
        self.assertEqual([one["error"] or one["outcome"] for one in results],
                         ["invited", "invalid_value", "email_taken", "unchanged", "invited"])
        self.assertEqual([reply.json[word] for word in ("invited", "unchanged", "refused")],
                         [2, 1, 2])
        token = results[0]["url"].partition("token=")[2]
        made = self.server.sign_up("ben", invitation=token).json["user"]
        self.assertEqual((made["email"], made["roles"]), ("ben@example.org", ["user", "editor"]))

    def test_the_same_list_again_invites_only_whom_it_did_not_reach(self):
        self.assertEqual(self.outcomes(emails=["ben@example.org"]), ["invited"])
        both = ["ben@example.org", "carla@example.org"]
        self.assertEqual(self.outcomes(emails=both), ["unchanged", "invited"])
        [ben] = [one for one in self.server.get(LIST, token=self.token).json["invitations"]
                 if one["email"] == "ben@example.org"]
        self.server.request("DELETE", LIST + "/" + ben["id"], token=self.token)
        self.assertEqual(self.outcomes(emails=both), ["invited", "unchanged"])

    def test_a_dry_run_changes_nothing(self):
        self.assertEqual(self.outcomes(emails=["ben@example.org", "ann@example.org",
                                               "ben@example.org"], dry_run=True),
                         ["invited", "email_taken", "unchanged"])
        self.assertEqual(self.invited(), [])

    def test_the_links_are_mailed_and_shown_to_nobody(self):
        reply = self.post(emails=["ben@example.org", "carla@example.org"], send_mail=True)
        self.assertEqual([one["url"] for one in reply.json["results"]], [None, None])
        links = wait_until(lambda: {*re.findall(r"/invite\?token=([A-Za-z0-9_-]{43})",
                                                self.server.log_text())} if
                           self.server.log_text().count("/invite?token=") >= 2 else None,
                           "both mails")
        self.assertEqual(len(links), 2)

    def test_what_is_wrong_with_all_is_refused_whole(self):
        one = ["ben@example.org"]
        for body, status, field in (({}, 422, "emails"), ({"emails": []}, 422, "emails"),
                                    ({"emails": ["x"] * 101}, 422, "emails"),
                                    ({"emails": [5]}, 422, "emails"),
                                    ({"emails": one, "roles": ["nosuch"]}, 404, "roles"),
                                    ({"emails": one, "expires_in": "59m"}, 422, "expires_in"),
                                    ({"emails": one, "uses": 2}, 422, "uses"),
                                    ({"emails": one, "dry_run": "yes"}, 422, "dry_run")):
            with self.subTest(body):
                reply = self.post(**body)
                self.assertEqual((reply.status, reply.json["field"]), (status, field))
        self.assertEqual(self.invited(), [])

    def test_it_is_for_administrators(self):
        body = {"emails": ["ben@example.org"]}
        self.assertEqual(self.server.post(self.ROUTE, body).status, 401)
        ann = self.server.log_in("ann").json["access_token"]
        self.assertEqual(self.post(token=ann, **body).status, 403)
        key = json.loads(self.server.command("apikey", "add", "root", "--name", "ci", "--scope",
                                             "admin", "--json").out)["api_key"]
        refused = self.post(headers={"X-API-Key": key}, roles=["admin"], **body)
        self.assertEqual((refused.status, refused.json["error"]), (403, "beyond_api_key"))
        self.assertEqual(self.invited(), [])


class OnTheCommandLine(Many):
    def test_a_file_with_columns(self):
        path = os.path.join(self.server.data_dir, "team.csv")
        with open(path, "w", encoding="utf-8") as out:
            out.write("name;Roles;Email\nBen;editor;ben@example.org\n\n"
                      "Carla;;carla@example.org\nDan;nosuch;dan@example.org\n"
                      "Ann;;ann@example.org\n")
        run = self.server.command("invite", "--from", path, "--dry-run", check=False)
        self.assertEqual((run.returncode, run.out, self.invited()), (1, "", []), run.err)
        run = self.server.command("invite", "--from", path, check=False)
        self.assertEqual(run.returncode, 1, run.err)
        head, *links = run.out.splitlines()
        self.assertEqual(head, "email,url")
        self.assertEqual([line.partition(",")[0] for line in links],
                         ["ben@example.org", "carla@example.org"])
        self.assertIn("team.csv, line 5: dan@example.org: ", run.err)
        self.assertIn("team.csv, line 6: ann@example.org: ", run.err)
        self.assertIn("invited: 2, refused: 2", run.err)
        token = links[0].partition("token=")[2]
        self.assertEqual(self.server.sign_up("ben", invitation=token).json["user"]["roles"],
                         ["user", "editor"])

    def test_addresses_alone(self):
        text = "ben@example.org\r\nnobody\ncarla@example.org,editor\nben@example.org\n"
        made = self.run_json("--from", "-", stdin=text, code=1)
        self.assertEqual([(one["line"], one["outcome"]) for one in made["results"]],
                         [(1, "invited"), (2, "refused"), (3, "invited"), (4, "unchanged")])
        self.assertEqual((made["invited"], made["unchanged"], made["refused"]), (2, 1, 1))
        self.assertRegex(made["results"][0]["url"], r"/invite\?token=")
        roles = {one["email"]: one["roles"] for one in
                 self.server.get(LIST, token=self.token).json["invitations"]}
        self.assertEqual(roles, {"ben@example.org": [], "carla@example.org": ["editor"]})

    def test_a_role_of_two_words_never_becomes_two(self):
        made = self.run_json("--from", "-", code=1, stdin="email,roles\n"
                             "ben@example.org,Billing Admin\ncarla@example.org,\"admin,editor\"\n"
                             "dan@example.org,admin ; editor\n")
        self.assertEqual([one["error"] or one["outcome"] for one in made["results"]],
                         ["not_found", "not_found", "invited"])
        [listed] = self.server.get(LIST, token=self.token).json["invitations"]
        self.assertEqual(listed["roles"], ["admin", "editor"])

    def test_roles_for_all_and_mails(self):
        made = self.run_json("--from", "-", "--role", "editor", "--mail", "--yes",
                             stdin="ben@example.org\n")
        self.assertIsNone(made["results"][0]["url"])
        [listed] = self.server.get(LIST, token=self.token).json["invitations"]
        self.assertEqual((listed["roles"], listed["mailed"]), (["editor"], True))

    def test_what_is_wrong_usage(self):
        for arguments, stdin, code in ((("--from", "-"), "", 2), (("--from", "-"), "email\n", 2),
                                       (("--from", "-", "ben@example.org"), "carla@example.org", 2),
                                       (("--from", "-", "--uses", "2"), "ben@example.org", 2),
                                       (("--from", "-", "--expires", "1m"), "ben@example.org", 2),
                                       (("--from", "-", "--role", "nosuch"), "ben@example.org", 3),
                                       (("--from", "nosuch.csv"), "", 3), (("--dry-run",), "", 2)):
            with self.subTest(arguments=arguments, stdin=stdin):
                run = self.server.command("invite", *arguments, stdin=stdin, check=False)
                self.assertEqual(run.returncode, code, run.err)
        self.assertEqual(self.invited(), [])


if __name__ == "__main__":
    unittest.main()
