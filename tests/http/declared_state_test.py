"""`authd apply` and `authd state export`: what files declare is made, shown before, and the same
after a kill or beside another run."""

import json
import os
import pty
import subprocess
import tempfile
import unittest

from harness import (BINARY, DEADLINE, PASSWORD, Server, basic, clean_environment, command,
                     wait_until)

CHANGES = 10  # the exit code of --dry-run and of --exit-code

STATE = """
[roles.editor]
permissions = ["articles:write"]

[resources."https://api.example.org"]
name = "Articles"
scopes = ["articles:read"]

[clients.wiki]
redirect_uris = ["https://wiki.example.org/callback"]
roles = ["editor"]

[users.ann]
email = "ann@example.org"
roles = ["editor"]
"""


class Files(unittest.TestCase):
    """Each test has its own directory, without a server."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.data = os.path.join(self.directory, "data")

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_command(self, *arguments, stdin="", data=None, env=None):
        return command(*arguments, "--data-dir", data or self.data, stdin=stdin, check=False,
                       env=env)

    def apply(self, *arguments, code=0, **kwargs):
        done = self.run_command("apply", *arguments, **kwargs)
        self.assertEqual(done.returncode, code, done.out + done.err)
        return done

    def names(self, group, member="name"):
        done = self.run_command(group, "list", "--json")
        self.assertEqual(done.returncode, 0, done.err)
        return {one[member] for one in json.loads(done.out)[group + "s"]}


class Applied(Files):
    def test_a_run_shows_what_it_changes_and_a_second_one_changes_nothing(self):
        self.run_command("role", "add", "first")
        state = self.write("state.toml", STATE)
        planned = self.apply(state, "--dry-run", code=CHANGES)
        self.assertIn('+ role "editor"\n    + permissions: ["articles:write"]\n', planned.out)
        self.assertIn("4 to add, 0 to change, 0 to remove, 0 as declared", planned.out)
        self.assertNotIn("editor", self.names("role"))
        done = json.loads(self.apply(state, "--json").out)
        self.assertEqual([(one["kind"], one["done"]) for one in done["changes"]],
                         [(kind, True) for kind in ("role", "resource", "client", "user")])
        secret = done["changes"][2]["client_secret"]
        self.assertGreater(len(secret), 32)
        again = self.apply(state)
        self.assertIn("nothing to do", again.out)
        self.apply(state, "--dry-run")
        same = json.loads(self.apply(state, "--json").out)
        self.assertEqual((same["changes"], same["unchanged"]), ([], 4))
        self.write("state.toml", STATE.replace("articles:write", "articles:read"))
        changed = self.apply(state)
        self.assertIn('~ role "editor"\n    - permissions: "articles:write"\n'
                      '    + permissions: "articles:read"\n', changed.out)
        actions = self.run_command("audit", "list", "--json", "--action", "role_changed").out
        self.assertEqual(len(json.loads(actions)["entries"]), 1)

    def test_the_exit_code_tells_a_change_only_if_asked_to(self):
        self.run_command("role", "add", "first")
        state = self.write("state.toml", STATE)
        self.apply(state, "--dry-run", "--exit-code", code=CHANGES)
        self.apply(state, "--exit-code", code=CHANGES)
        self.apply(state, "--exit-code")
        self.write("state.toml", STATE.replace("articles:write", "articles:read"))
        self.apply(state)
        self.write("state.toml", STATE + "[users.ann.nothing]\n")
        self.apply(state, "--exit-code", code=1)

    def test_an_export_makes_the_same_state_elsewhere(self):
        self.apply(self.write("state.toml", STATE))
        first = os.path.join(self.directory, "first.toml")
        self.assertEqual(self.run_command("state", "export", first).returncode, 0)
        self.assertEqual(os.stat(first).st_mode & 0o777, 0o600)
        self.assertIn("nothing to do", self.apply(first).out)
        other = os.path.join(self.directory, "other")
        self.apply(first, data=other)
        with open(first, encoding="utf-8") as f:
            self.assertEqual(self.run_command("state", "export", data=other).out, f.read())
        as_json = self.write("state.json", self.run_command("state", "export", "--json").out)
        self.assertIn("nothing to do", self.apply(as_json).out)
        only = self.run_command("state", "export", "--only", "roles,clients").out
        self.assertNotIn("[users", only)
        self.assertEqual(self.run_command("state", "export", "--only", "rols").returncode, 2)

    def test_secrets_of_clients_come_from_files_and_variables(self):
        self.write("secret", "s" * 40 + "\n")
        state = self.write("state.toml", '[clients.one]\nsecret_file = "%s/secret"\n'
                           '[clients.two]\nsecret_env = "TWO"\n' % self.directory)
        refused = self.apply(state, code=1)
        self.assertIn("two", refused.err)
        done = self.apply(state, env={"TWO": "t" * 40})
        self.assertNotIn("ssss", done.out + done.err)
        self.assertNotIn("tttt", done.out + done.err)
        self.assertIn("nothing to do", self.apply(state, env={"TWO": "t" * 40}).out)
        with Server(data_dir=self.data) as server:
            for client, letter in (("one", "s"), ("two", "t")):
                reply = server.request("POST", "/oauth2/introspect", form={"token": "x"},
                                       headers=basic(client, letter * 40))
                self.assertEqual(reply.status, 200, reply.body)

    def test_prune_removes_only_what_files_had(self):
        self.run_command("role", "add", "byhand")
        self.apply(self.write("state.toml", STATE))
        less = self.write("less.toml", "[roles]\n[clients]\n")
        self.assertIn("nothing to do", self.apply(less).out)
        planned = self.apply(less, "--prune", "--dry-run", code=CHANGES)
        self.assertIn('- client "wiki"\n', planned.out)
        self.apply(less, "--prune")
        self.assertEqual(self.names("role"), {"user", "admin", "byhand"})
        self.assertEqual(self.names("user", "username"), {"ann"})

    def test_a_terminal_is_asked(self):
        state = self.write("state.toml", STATE)
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen([BINARY, "apply", state, "--data-dir", self.data], stdin=theirs,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   start_new_session=True, env=clean_environment())
        os.close(theirs)
        with process, process.stderr:
            asked = b""
            while not asked.endswith(b"[y/N] ") and (one := process.stderr.read(1)):
                asked += one
            self.assertIn(b"make 4 changes? [y/N] ", asked)
            os.write(ours, b"n\n")
            self.assertEqual(process.wait(DEADLINE), 2)
        self.assertEqual(self.names("role"), {"user", "admin"})

    def test_it_works_beside_a_server(self):
        with Server(data_dir=self.data) as server:
            server.command("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
            token = server.log_in("root").json["access_token"]
            self.apply(self.write("state.toml", STATE))
            roles = server.get("/api/v1/admin/roles", token=token).json["roles"]
            self.assertIn("editor", [role["name"] for role in roles])
            users = server.get("/api/v1/admin/users?q=ann", token=token).json["users"]
            self.assertEqual(users[0]["roles"], ["user", "editor"])


class Refused(Files):
    def test_nothing_is_changed_if_anything_is_wrong(self):
        for text, part in (
                (STATE + "[webhooks.x]\n", "webhooks are not declared"),
                (STATE + "[hooks.x]\n", "there is no section"),
                (STATE + "[providers.google]\nissuer = 'https://accounts.google.com'\n",
                 '"providers.google" belongs in the configuration: put it into authd.toml'),
                (STATE + "[users.bob]\nemial = 'x'\n", "did you mean email"),
                (STATE + "[users.bob]\nemail = 3\n", "must be a text"),
                (STATE + "[users.bob]\nemail = 'ann@example.org'\n", "has it as well"),
                (STATE + "[users.bob]\nroles = ['nobody']\n", "There is no role"),
                (STATE + "[users.Ann]\n", "is there already"),
                (STATE + "[roles.editor]\n", ""),
                (STATE + "[roles.\"b\\u0007\\u001b[2Jd\"]\n", "A role name has"),
                ("{\"roles\": {\"a\": {}}, \"roles\": {}}", ""),
                ("{\"roles\": [1]}", "must be a text"),
                ("[" * 100000, ""),
                ("{\"roles\":" * 100, ""),
                ("a = 'x", ""),
                ("\x00\x01\x02", ""),
                (STATE + "[clients.xyz]\nredirect_uris = ['javascript:alert(1)']\n",
                 "redirect_uris"),
                (STATE + "[clients.xyz]\nsecret = 'short'\n", "at least 32 characters")):
            with self.subTest(text[-60:]):
                done = self.apply(self.write("bad.toml", text), code=1)
                self.assertIn(part, done.err)
                self.assertNotIn("\x1b", done.err)
                self.assertNotIn("\x07", done.err)
                self.assertFalse(os.path.exists(os.path.join(self.data, "data.mdb"))
                                 and "editor" in self.names("role"))

    def test_a_client_of_the_configuration_is_not_declared_again(self):
        config = self.write("authd.toml", "[clients.grafana]\nredirect_uris = "
                            "['https://g.example.org/']\nsecret = '%s'\n" % ("g" * 32))
        with Server("--config", config, data_dir=self.data):
            pass
        done = self.apply(self.write("state.toml", "[clients.grafana]\n"), code=1)
        self.assertIn("comes from the configuration", done.err)
        self.assertNotIn("grafana", self.run_command("state", "export").out)

    def test_files_that_are_none(self):
        os.mkdir(os.path.join(self.directory, "empty"))
        self.apply(os.path.join(self.directory, "empty"), code=2)
        self.apply(os.path.join(self.directory, "nothing.toml"), code=3)
        self.apply(code=2)
        big = self.write("big.toml", "# " + "x" * (9 << 20))
        self.assertIn("larger than", self.apply(big, code=1).err)
        self.write("dir/a.toml", "[roles.a]\n")
        self.write("dir/.b.toml", "nonsense")
        self.write("dir/c.txt", "nonsense")
        os.symlink(self.write("elsewhere", '{"roles": {"d": {}}}'),
                   os.path.join(self.directory, "dir", "d.json"))
        self.apply(os.path.join(self.directory, "dir"))
        self.assertEqual(self.names("role"), {"user", "admin", "a", "d"})
        os.mkfifo(os.path.join(self.directory, "dir", "e.toml"))
        self.assertIn("is not a file", self.apply(os.path.join(self.directory, "dir"), code=1).err)
        os.remove(os.path.join(self.directory, "dir", "e.toml"))
        os.symlink("/nowhere", os.path.join(self.directory, "dir", "f.toml"))
        self.apply(os.path.join(self.directory, "dir"), code=3)
        self.apply("-", stdin='{"roles": {"s": {}}}')
        self.assertIn("s", self.names("role"))

    def test_a_name_in_two_files_is_told_with_both(self):
        one = self.write("one.toml", "[roles.a]\n")
        two = self.write("two.json", '{"roles": {"a": {"description": "x"}}}')
        done = self.apply(one, two, code=1)
        self.assertIn(two + ': role "a" is there already: ' + one + ":1", done.err)


class Interrupted(Files):
    USERS = 300

    def many(self):
        lines = ["[roles.many]\n", "[clients.app]\n"]
        lines += ["[users.user%d]\nroles = ['many']\n" % i for i in range(self.USERS)]
        return self.write("many.toml", "".join(lines))

    def start(self, state):
        return subprocess.Popen([BINARY, "apply", state, "--json", "--data-dir", self.data],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=clean_environment())

    def check_is_whole(self):
        listed = json.loads(self.run_command("user", "list", "--json").out)["users"]
        self.assertEqual(len(listed), self.USERS)
        self.assertTrue(all(user["roles"] == ["user", "many"] for user in listed))
        self.assertEqual(self.run_command("db", "check").returncode, 0)

    def test_a_run_that_was_killed_is_repeated(self):
        state = self.many()
        self.run_command("role", "add", "first")
        with self.start(state) as process:
            wait_until(lambda: len(self.names("user", "username")) > 3, "the first users")
            process.kill()
        count = len(self.names("user", "username"))
        self.apply(state)
        self.assertLessEqual(count, self.USERS)
        self.check_is_whole()
        self.assertIn("nothing to do", self.apply(state).out)

    def test_two_runs_at_the_same_time_make_one_state(self):
        state = self.many()
        self.run_command("role", "add", "first")
        both = [self.start(state), self.start(state)]
        told = [json.loads(process.communicate(timeout=DEADLINE)[0]) for process in both]
        self.assertEqual([process.returncode for process in both], [0, 0])
        self.check_is_whole()
        secrets = [change["client_secret"] for one in told for change in one["changes"]
                   if "client_secret" in change]
        self.assertEqual(len(secrets), 1)
        self.assertIn("nothing to do", self.apply(state).out)


class Gaps(Files):
    """Commands that complete the others."""

    def setUp(self):
        super().setUp()
        self.apply(self.write("state.toml", STATE))

    def test_a_role_is_changed(self):
        self.run_command("role", "edit", "editor", "--add-permission", "a:b")
        done = self.run_command("role", "set", "editor", "--description", "x", "--json")
        self.assertEqual(json.loads(done.out)["permissions"], ["articles:write", "a:b"])
        self.run_command("role", "set", "editor", "--remove-permission", "articles:write")
        shown = json.loads(self.run_command("role", "show", "editor", "--json").out)["role"]
        self.assertEqual((shown["permissions"], shown["description"]), (["a:b"], "x"))
        near = self.run_command("role", "set", "editor", "--remove-permission", "a:c")
        self.assertEqual(near.returncode, 3)
        self.assertIn("did you mean a:b?", near.err)
        self.assertEqual(self.run_command("role", "set", "editor").returncode, 2)
        self.assertEqual(self.run_command("role", "set", "editor", "--permission", "a",
                                          "--no-permissions").returncode, 2)
        self.assertIn("did you mean editor?", self.run_command("role", "set", "edtor",
                                                               "--no-permissions").err)

    def test_edit_is_another_name_of_set(self):
        self.assertEqual(self.run_command("user", "edit", "ann", "--first-name", "A").returncode, 0)
        self.assertEqual(self.run_command("client", "edit", "wiki", "name=W").returncode, 0)
        self.assertEqual(self.run_command("resource", "edit", "https://api.example.org", "--name",
                                          "R").returncode, 0)
        self.assertIn("authd user set", self.run_command("help", "user", "edit").out)

    def test_secrets_of_a_client_are_rotated(self):
        first = json.loads(self.run_command("client", "secret", "add", "wiki", "--json").out)
        made = json.loads(self.run_command("client", "rotate", "wiki", "--overlap", "1h",
                                           "--json").out)
        shown = json.loads(self.run_command("client", "show", "wiki", "--json").out)["secrets"]
        self.assertEqual(len(shown), 3)
        self.assertEqual([one["id"] for one in shown if one["expires_at"] is None], [made["id"]])
        self.run_command("client", "rotate", "wiki", "--json")
        shown = json.loads(self.run_command("client", "show", "wiki", "--json").out)["secrets"]
        self.assertEqual(len(shown), 1)
        self.assertNotIn(first["id"], [one["id"] for one in shown])
        self.assertEqual(self.run_command("client", "rotate", "wiki", "--overlap",
                                          "31d").returncode, 2)
        self.assertIn("did you mean wiki?", self.run_command("client", "rotate", "wikki").err)

    def test_sessions_of_everybody_are_listed_by_pages(self):
        with Server(data_dir=self.data) as server:
            for name in ("bob", "eve", "kim"):
                server.sign_up(name)
            first = json.loads(server.command("session", "list", "--limit", "2", "--json").out)
            self.assertEqual(len(first["sessions"]), 2)
            rest = json.loads(server.command("session", "list", "--after", first["next"],
                                             "--json").out)
            self.assertIsNone(rest["next"])
            names = {one["user"]["username"] for one in first["sessions"] + rest["sessions"]}
            self.assertEqual(names, {"bob", "eve", "kim"})
            for arguments, count in ((["--user", "bob"], 1), (["bob"], 1),
                                     (["--network", "127.0.0.0/8"], 3),
                                     (["--network", "192.0.2.0/24"], 0),
                                     (["--used-within", "1h"], 3), (["--kind", "issued"], 0)):
                done = json.loads(server.command("session", "list", *arguments, "--json").out)
                self.assertEqual(len(done["sessions"]), count, arguments)
            for arguments in (["--after", "x"], ["bob", "--user", "bob"], ["--network", "x"],
                              ["--used-within", "x"], ["bob", "--network", "127.0.0.1"]):
                self.assertEqual(server.command("session", "list", *arguments,
                                                check=False).returncode, 2, arguments)
            known = rest["sessions"][0]["id"]
            near = server.command("session", "revoke", known[:-2], check=False)
            self.assertEqual(near.returncode, 3)
            self.assertIn("did you mean " + known, near.err)

    def test_quiet_and_near_misses(self):
        self.assertIn("data directory", self.run_command("role", "list").err)
        self.assertEqual(self.run_command("role", "list", "--quiet").err, "")
        self.assertEqual(self.run_command("--quiet", "role", "list").err, "")
        near = self.run_command("resource", "delete", "https://api.example.or")
        self.assertIn("did you mean https://api.example.org?", near.err)
        self.run_command("apikey", "add", "ann", "--name", "ci", "--scope", "verify")
        near = self.run_command("apikey", "revoke", "ann", "7")
        self.assertEqual(near.returncode, 3)
        self.assertIn('1 "ci"', near.err)


if __name__ == "__main__":
    unittest.main()
