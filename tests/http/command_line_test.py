"""The command line: exit codes, secrets, help, and the manual pages beside it."""

import json
import os
import re
import stat
import subprocess
import sys
import unittest

from commands_test import Commands
from harness import BINARY, DEADLINE, PASSWORD, clean_environment, command, uncounted


def all_commands(path=()):
    """Every command with its help, groups included."""
    told = command(*path, "--help").out
    yield path, told
    below = told.partition("\nExamples:\n")[0].split("\nCommands:\n")
    for name in re.findall(r"^  ([a-z-]+)(?: |$)", below[1], re.M) if len(below) > 1 else ():
        yield from all_commands((*path, name))


class CommandLine(Commands):
    def add(self, *arguments, password=PASSWORD):
        return self.run_command("user", "add", *arguments, stdin=password + "\n")

    def test_works_without_a_server_and_says_where(self):
        made = self.add("--username", "ann", "--email", "ann@example.org", "--admin", "--json")
        self.assertEqual(made.returncode, 0, made.err)
        self.assertIn("data directory: " + self.data, made.err)
        user = json.loads(made.out)
        self.assertEqual(user["roles"], ["user", "admin"])
        for who in ("ann", "ANN", "ann@example.org", str(user["id"])):
            self.assertEqual(json.loads(self.run_command("user", "show", who, "--json").out)["id"],
                             user["id"])
        self.assertEqual([u["username"]
                          for u in json.loads(self.run_command("user", "list", "--json").out)[
                              "users"]], ["ann"])
        self.assertIn("ann@example.org", self.run_command("user", "list").out)

    def test_keeps_secrets_private(self):
        self.add("--username", "ann")
        self.assertEqual(stat.S_IMODE(os.stat(self.data).st_mode), 0o700)
        for name in os.listdir(self.data):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.data, name)).st_mode) & 0o077,
                             0, name)
        os.chmod(os.path.join(self.data, "master.key"), 0o644)
        refused = self.run_command("user", "list")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("chmod 600", refused.err)

    def test_exit_codes_are_the_documented_ones(self):
        self.add("--username", "ann")
        for expected, arguments, stdin in [
            (0, ["version"], ""), (0, ["user", "show", "ann"], ""),
            (2, ["user", "add", "--username", "bad name"], PASSWORD),
            (2, ["user", "add", "--username", "b"], "short"),
            (2, ["user", "add"], PASSWORD), (2, ["role", "add", "a b"], ""),
            (2, ["client", "add", ""], ""),
            (2, ["user", "list", "--limit", "-1"], ""), (2, ["user", "list", "--limit=-1"], ""),
            (2, ["token", "issue", "ann", "--ttl", "25h"], ""),
            (2, ["token", "issue", "ann", "--scope", "a  b"], ""),
            (2, [], ""), (2, ["nonsense"], ""), (2, ["user"], ""), (2, ["user", "show"], ""),
            (2, ["user", "list", "--nonsense"], ""), (2, ["user", "passwd", "ann"], ""),
            (2, ["token", "issue", "ann", "--ttl", "soon"], ""),
            (3, ["user", "show", "nobody"], ""), (3, ["role", "grant", "ann", "nothing"], ""),
            (3, ["session", "revoke", "AAAAAAAAAAAAAAAAAAAAAA"], ""),
            (3, ["key", "retire", "nothing"], ""),
            (3, ["client", "delete", "nothing"], ""),
            (4, ["user", "add", "--username", "Ann"], PASSWORD), (4, ["role", "add", "admin"], ""),
        ]:
            with self.subTest(arguments=arguments):
                if arguments[:1] in ([], ["nonsense"]):
                    done = command(*arguments, check=False)
                else:
                    done = self.run_command(*arguments, stdin=stdin)
                self.assertEqual(done.returncode, expected, done.err)
                if expected:
                    self.assertEqual(done.out, "")
                    self.assertTrue(done.err.splitlines()[-1].startswith("authd: "), done.err)

    def test_says_that_the_store_is_unavailable(self):
        blocked = os.path.join(self.directory.name, "file")
        open(blocked, "w").close()
        done = command("user", "list", "--data-dir", blocked, check=False)
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn(blocked, done.err)
        os.mkdir(self.data, 0o700)
        with open(os.path.join(self.data, "data.mdb"), "wb") as f:
            f.write(b"this is no database" * 1000)
        done = self.run_command("user", "list")
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn(self.data, done.err)

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_tells_another_user_who_may_and_loosens_nothing(self):
        self.add("--username", "ann")
        os.chmod(self.directory.name, 0o755)
        # By the file that is open here: another user may not reach the path of the executable.
        program = ("import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); "
                   "os.execve(int(sys.argv[1]), ['authd', *sys.argv[2:]], os.environ)")
        with open(BINARY, "rb") as binary:
            for path in (self.data, os.path.join(self.data, "within")):
                done = subprocess.run(
                    [sys.executable, "-c", program, str(binary.fileno()), "user", "list",
                     "--data-dir", path], pass_fds=[binary.fileno()], stdin=subprocess.DEVNULL,
                    capture_output=True, timeout=DEADLINE, cwd="/",
                    env=uncounted(clean_environment()))
                text = done.stderr.decode()
                self.assertEqual(done.returncode, 5, text)
                self.assertIn("Permission denied; run this as the user that the server runs as, or "
                              "as root", text)
                self.assertNotIn("chmod", text)

    def test_refuses_another_master_key_and_makes_none_beside_data(self):
        self.add("--username", "ann")
        key = os.path.join(self.data, "master.key")
        os.rename(key, key + ".old")
        before = sorted(os.listdir(self.data))
        for arguments in (["user", "list"], ["user", "add", "--username", "bob"],
                          ["serve", "--listen", "127.0.0.1:0"]):
            done = self.run_command(*arguments, stdin=PASSWORD)
            self.assertEqual(done.returncode, 5, done.err)
            self.assertIn(key + " is missing", done.err)
            self.assertIn("secrets.master_key_file", done.err)
            self.assertEqual(sorted(set(os.listdir(self.data)) - {"server.lock"}), before)
        command("user", "add", "--username", "x", "--data-dir", self.data + "2", stdin=PASSWORD)
        os.rename(os.path.join(self.data + "2", "master.key"), key)
        done = self.run_command("user", "list")
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn("does not open this data", done.err)
        with open(key, "w") as f:
            f.write("garbage")
        done = self.run_command("user", "list")
        self.assertEqual(done.returncode, 5, done.err)
        self.assertIn("is not a master key", done.err)

    def test_manages_roles_keys_clients_and_tokens(self):
        self.add("--username", "ann")
        self.assertEqual(self.run_command("role", "add", "editor", "--permission",
                                          "articles:write").returncode, 0)
        self.assertEqual(json.loads(self.run_command("role", "grant", "ann", "editor",
                                                     "--json").out)["changed"], True)
        self.assertEqual(json.loads(self.run_command("role", "grant", "ann", "editor",
                                                     "--json").out)["changed"], False)
        self.assertEqual([r["name"]
                          for r in json.loads(self.run_command("role", "list", "--json").out)[
                              "roles"]],
                         ["user", "admin", "editor"])
        before = json.loads(self.run_command("key", "list", "--json").out)["keys"]
        after = json.loads(self.run_command("key", "rotate", "--algorithm", "ES256",
                                            "--json").out)["keys"]
        self.assertEqual([k["state"] for k in after], ["retired", "active", "next"])
        self.assertEqual(after[1]["kid"], before[1]["kid"])
        token = self.run_command("token", "issue", "ann").out.strip()
        self.assertEqual(json.loads(self.run_command("token", "inspect", "--json",
                                                     stdin=token).out)["active"], True)
        self.run_command("token", "revoke", stdin=token)
        self.assertEqual(json.loads(self.run_command("token", "inspect", "--json",
                                                     stdin=token).out)["active"], False)
        client = json.loads(self.run_command("client", "add", "billing", "--json").out)
        listed = self.run_command("client", "list", "--json").out
        self.assertIn(client["client_id"], listed)
        self.assertNotIn(client["client_secret"], listed)
        self.assertEqual(self.run_command("db", "check").returncode, 0)
        sizes = json.loads(self.run_command("db", "stat", "--json").out)["tables"]
        self.assertEqual((sizes["users"]["rows"], sizes["roles"]["rows"], sizes["clients"]["rows"]),
                         (1, 3, 1))

    def test_has_help_for_every_command(self):
        self.assertGreater(len(list(all_commands())), 50)
        for path, told in all_commands():
            self.assertIn("Usage: authd " + " ".join(path), told)
            self.assertLessEqual(max(len(line) for line in told.splitlines()
                                     if not line.startswith("  authd")), 80, path)
            if "\nCommands:\n" not in told:
                self.assertEqual(len(told.split("Examples:\n")[1].splitlines()), 2, path)
        self.assertEqual(command("help", "user", "add").out, command("user", "add", "--help").out)
        brief, whole = command("health", "--help").out, command("health", "--help-all").out
        self.assertNotIn("--server.max-header", brief)
        self.assertRegex(whole, r"--server\.max-body TEXT +Longest request body\. "
                                r"\[default: 64KiB\]")


class Manual(unittest.TestCase):
    """The pages describe exactly what the program does."""

    def page(self, name):
        path = os.path.join(os.path.dirname(__file__), "..", "..", "man", name)
        with open(path) as f:
            return f.read().replace("\\-", "-")

    def test_has_every_key_with_its_default(self):
        page = self.page("authd.toml.5")
        shown = json.loads(command("config", "show", "--json").out)
        documented = dict(
            re.findall(r"^\.B ([a-z0-9_]+\.[a-z0-9_]+) .fR\(default: (.*?)\)(?: \(reload\))?$",
                       page, re.M))
        self.assertEqual(list(documented), list(shown))
        computed = {"server.data_dir", "server.public_url", "server.workers", "fetch.proxy",
                    "secrets.master_key_file", "tokens.issuer", "passkeys.rp_id",
                    "log.format", "store.url", "cluster.node",
                    "replica.client_secret_file", "cookies.domain",
                    "pages.sign_in_url", "mail.hello_name"}
        for key, default in documented.items():
            value = shown[key]["value"]
            if isinstance(value, list):
                text = ", ".join(value)
            else:
                text = value if isinstance(value, str) else json.dumps(value)
            if key not in computed:
                self.assertEqual(default, text or "empty", key)

    def test_has_every_command_and_flag(self):
        page = self.page("authd.1")
        text = re.sub(r"\\f[A-Z]", "", page)
        examples = page.split(".SH EXAMPLES")[1]
        for path, told in all_commands():
            if "\nCommands:\n" not in told and path[:1] != ("completion",):
                self.assertIn("authd " + " ".join(path), text)
            for flag in command("__complete", *path, "--").out.split():
                if "." not in flag:
                    self.assertIn(flag, text, path)
            for example in told.split("Examples:\n")[1].splitlines() if "Examples:" in told else ():
                self.assertIn("\n" + example.strip() + "\n", examples, path)


if __name__ == "__main__":
    unittest.main()
