"""The audit log of a server and of commands run beside it: one list for readers, a chain for each
writer, and checkpoints."""

import json
import tempfile
import unittest

from harness import PASSWORD, Server, wait_until


class AuditLog(unittest.TestCase):
    def verify(self, server):
        return json.loads(server.command("audit", "verify", "--json").out)

    def chains(self, verdict):
        return {chain["chain"]: chain for chain in verdict["chains"]}

    def entries(self, server, *arguments):
        return json.loads(server.command("audit", "list", "--json", *arguments).out)["entries"]

    def test_server_and_commands_write_beside_each_other(self):
        with Server() as server:
            server.command("user", "add", "--username", "root", "--email", "root@example.org",
                           "--admin", stdin=PASSWORD + "\n")
            for i in range(5):
                self.assertEqual(server.sign_up("user%d" % i).status, 201)
                server.command("role", "add", "role%d" % i)
            verdict = self.verify(server)
            self.assertTrue(verdict["ok"], verdict)
            chains = self.chains(verdict)
            self.assertEqual(sorted(chains), ["cli", "server"])
            self.assertGreaterEqual(chains["cli"]["entries"], 6)
            self.assertGreaterEqual(chains["server"]["entries"], 5)

            # One list in order of time, newest first, without checkpoints.
            entries = self.entries(server)
            self.assertEqual(len(entries), 11, entries)
            self.assertNotIn("checkpoint", [e["action"] for e in entries])
            numbers = [e["number"] for e in entries]
            self.assertEqual(numbers, sorted(set(numbers), reverse=True))
            self.assertLess(numbers[0], 2**53)
            times = [e["at"] for e in entries]
            self.assertEqual(times, sorted(times, reverse=True))
            by = [bool(e["operator"]) for e in entries]
            self.assertEqual(by, [True, False] * 5 + [True])

            # The pages of the API are stable while others write.
            token = server.log_in("root").json["access_token"]
            newest = self.entries(server)[0]["number"]
            seen, before = [], newest + 1
            while before is not None:
                page = server.get("/api/v1/admin/audit?limit=4&before=%s" % before,
                                  token=token).json
                seen += [e["number"] for e in page["entries"]]
                before = page["next"]
                server.command("role", "add", "page%s" % str(before).lower())
            self.assertEqual(seen, [newest] + numbers)

            by_user = server.get("/api/v1/admin/audit?action=login&limit=2", token=token).json
            self.assertEqual([e["action"] for e in by_user["entries"]], ["login"])
            self.assertTrue(self.verify(server)["ok"])

    def test_the_log_says_who_it_was(self):
        with Server("--signup.username-retention", "0s") as server:
            server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
            ann = server.sign_up("ann").json["user"]["id"]
            server.log_in("ann")
            token = server.log_in("root").json["access_token"]
            self.assertEqual(server.request("DELETE", "/api/v1/admin/users/%d" % ann,
                                            token=token).status, 204)
            happened = [("account_deleted", "root", "ann"), ("login", "ann", "ann"),
                        ("signup", "ann", "ann")]

            def told(entries):
                return [(e["action"], e["actor_name"], e["subject_name"]) for e in entries]

            for whom in ("ann", "ANN", str(ann), "id:%d" % ann):
                with self.subTest(whom):
                    self.assertEqual(told(self.entries(server, "--user", whom)), happened)
                    page = server.get("/api/v1/admin/audit?user=" + whom, token=token)
                    self.assertEqual(told(page.json["entries"]), happened)
            text = server.command("audit", "list", "--user", "ann").out
            self.assertRegex(text, r"root \(\d+\) +account_deleted +ok +ann \(%d\)" % ann)
            self.assertRegex(text, r"ann \(%d\) +login +ok +ann \(%d\)" % (ann, ann))

            # Another person with the name is somebody else, and so is a typing error.
            again = server.sign_up("ann").json["user"]["id"]
            self.assertEqual(told(self.entries(server, "--user", "id:%d" % again)),
                             [("signup", "ann", "ann")])
            self.assertEqual(len(self.entries(server, "--user", "ann")), 4)
            for whom in ("anne", "999999"):
                done = server.command("audit", "list", "--user", whom, check=False)
                self.assertEqual(done.returncode, 3, done.err)
                page = server.get("/api/v1/admin/audit?user=" + whom, token=token)
                self.assertEqual(page.json["entries"], [])

    def test_a_filter_that_can_find_nothing_is_refused(self):
        with Server() as server:
            server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
            token = server.log_in("root").json["access_token"]
            done = server.command("audit", "list", "--action", "lgin", check=False)
            self.assertEqual(done.returncode, 2, done.err)
            self.assertIn("lgin", done.err)
            for query, field in (("action=lgin", "action"), ("user=id:x", "user")):
                reply = server.get("/api/v1/admin/audit?" + query, token=token)
                self.assertEqual((reply.status, reply.json["field"]), (422, field))

    def test_a_checkpoint_ties_the_chains_when_the_server_stops(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        with Server(data_dir=directory.name) as server:
            server.command("user", "add", "--username", "ann", "--email", "ann@example.org",
                           stdin=PASSWORD + "\n")
            server.log_in("ann")
            self.assertEqual(server.stop(), 0)
            stopped = self.verify(server)
            self.assertTrue(stopped["ok"], stopped)
            self.assertGreaterEqual(stopped["checkpoints"], 1)
            chains = self.chains(stopped)
            self.assertEqual(chains["server"]["last"], stopped["last_checkpoint"])
        with Server(data_dir=directory.name) as server:
            server.log_in("ann")
            # The server continues its chain, and the commands continue theirs.
            again = self.verify(server)
            self.assertTrue(again["ok"], again)
            self.assertEqual(sorted(self.chains(again)), ["cli", "server"])
            self.assertEqual(self.chains(again)["server"]["first"], chains["server"]["first"])
            text = server.command("audit", "verify").out
            for line in ("the audit log is intact: ", 'chain "cli": ', 'chain "server": ',
                         "the last of "):
                self.assertIn(line, text)

    def test_many_commands_leave_no_more_than_their_entries(self):
        with Server() as server:
            wait_until(
                lambda: "checkpoint_audit" in json.loads(
                    server.command("db", "stat", "--json").out)["jobs"], "the jobs")
            for i in range(12):
                server.command("role", "add", "role%d" % i)
            rows = json.loads(server.command("db", "stat", "--json").out)["tables"]
            self.assertLessEqual(rows["audit_head"]["rows"], 2)
            self.assertEqual(rows["audit_chains"]["rows"], 1)
            # One checkpoint of the commands, and at most one of the server's.
            self.assertLessEqual(rows["audit"]["rows"], 14)


if __name__ == "__main__":
    unittest.main()
