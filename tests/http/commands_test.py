"""What commands refuse, and what they leave alone."""

import json
import os
import pty
import signal
import subprocess
import tempfile
import termios
import unittest

from harness import (BINARY, DEADLINE, PASSWORD, Server, claims_of, clean_environment, command,
                     wait_until)


class Commands(unittest.TestCase):
    """Each test has its own directory, without a server."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.data = os.path.join(self.directory.name, "data")

    def run_command(self, *arguments, stdin=""):
        environment = {"AUTHD_PASSWORDS_ARGON2_MEMORY": "64KiB",
                       "AUTHD_PASSWORDS_ARGON2_PASSES": "1"}
        return command(*arguments, "--data-dir", self.data, stdin=stdin, check=False,
                       env=environment)

    def add(self, *arguments):
        done = self.run_command("user", "add", *arguments, "--json", stdin=PASSWORD + "\n")
        self.assertEqual(done.returncode, 0, done.err)
        return json.loads(done.out)


class WhichUser(Commands):
    def test_digits_are_an_id_and_never_a_name(self):
        numbers = [self.add("--username", name)["id"] for name in ("ann", "77", "1")]
        self.assertEqual(numbers, [1, 2, 3])

        def shown(who):
            done = self.run_command("user", "show", who, "--json")
            return json.loads(done.out)["id"] if done.returncode == 0 else done.returncode

        self.assertEqual([shown(who)
                          for who in ("1", "id:1", "name:1", "name:77", "name:ann", "ann")],
                         [1, 1, 3, 2, 1, 1])
        for nobody in ("77", "id:77", "id:ann", "id:", "name:2", "name:", "",
                       "99999999999999999999"):
            self.assertEqual(shown(nobody), 3, nobody)
        self.assertIn("name:77", self.run_command("user", "show", "77").err)
        subject = json.loads(self.run_command("user", "show", "2", "--json").out)["subject"]
        self.assertEqual((shown(subject), shown("name:" + subject)), (2, 3))
        # The id of a deleted user cannot become another user's name.
        self.assertEqual(self.run_command("user", "delete", "1").returncode, 0)
        self.assertEqual(self.run_command("user", "disable", "1").returncode, 3)
        self.assertEqual(json.loads(self.run_command("user", "show", "name:1", "--json").out)["id"],
                         3)


class Nothing(Commands):
    def test_is_made_by_a_command_that_does_not_add(self):
        empty = os.path.join(self.directory.name, "empty")
        os.mkdir(empty, 0o700)
        commands = [["user", "list"], ["user", "show", "ann"], ["user", "passwd", "ann"],
                    ["user", "delete", "ann"],
                    ["role", "list"], ["role", "grant", "ann", "admin"], ["session", "list", "ann"],
                    ["session", "revoke", "AAAAAAAAAAAAAAAAAAAAAA"], ["token", "issue", "ann"],
                    ["token", "inspect"],
                    ["token", "revoke"], ["key", "list"], ["key", "rotate"], ["client", "list"],
                    ["client", "delete", "x"], ["db", "stat"], ["db", "check"]]
        for arguments in commands:
            for directory in (self.data, self.data + "/deeper", empty):
                done = command(*arguments, "--data-dir", directory, stdin="x\n", check=False)
                self.assertEqual(done.returncode, 3, (arguments, done.err))
                self.assertIn("no database in " + directory, done.err)
        self.assertEqual((os.listdir(self.directory.name), os.listdir(empty)), (["empty"], []))
        # The remains of an interrupted start are not a database either.
        open(os.path.join(empty, "data.mdb"), "w").close()
        self.assertEqual(command("user", "list", "--data-dir", empty, check=False).returncode, 3)
        self.assertFalse(os.path.exists(os.path.join(empty, "master.key")))


class Wrong(Commands):
    """What is said to a command line that is not right."""

    def test_words_get_the_command_flag_or_value_that_was_meant(self):
        for arguments, parts in (
                (["serv"], ['no command "authd serv"', "did you mean authd serve?"]),
                (["user", "lst"], ["did you mean authd user list?"]),
                (["key", "master", "rotat"], ["did you mean authd key master rotate?"]),
                (["user"], ["authd user needs a command: add, set, list, find",
                            "authd user --help"]),
                ([], ["authd needs a command: serve, user"]),
                (["help", "usr"], ["did you mean authd user?"]),
                (["-v"], ["no flag -v", "--version"]),
                (["--data-dri", "X", "user", "list"], ["no flag --data-dri", "--data-dir?"]),
                (["user", "list", "--listen", ":1"], ["server.listen", "AUTHD_SERVER_LISTEN"]),
                (["user", "list", "bob"], ['does not take the argument "bob"']),
                (["user", "show"], ["USER", "see authd user show --help"]),
                (["user", "list", "--limit"], ["--limit needs a value"]),
                (["user", "list", "--limit", "abc"], ['"abc" is not a whole number']),
                (["audit", "list", "--limit", "0"], ["of at least 1 and at most 1000000"]),
                (["import", "x", "--format", "cvs"], ["is not one of auto", "did you mean csv?"]),
                (["user", "add", "ann", "--username", "ann"], ["give the username once"]),
                (["user", "add"], ["give a username, or an email"])):
            done = command(*arguments, check=False)
            self.assertEqual((done.returncode, done.out), (2, ""), (arguments, done.err))
            for part in parts:
                self.assertIn(part, done.err)
            self.assertLess(max(len(line) for line in done.err.splitlines()), 400)

    def test_names_get_the_one_that_was_meant(self):
        self.add("ann", "--email", "ann@example.org")
        self.run_command("role", "add", "editor")
        client = json.loads(self.run_command("client", "add", "billing", "--json").out)["client_id"]
        kid = json.loads(self.run_command("key", "list", "--json").out)["keys"][0]["kid"]
        for arguments, meant in ((["user", "show", "an"], "ann"),
                                 (["user", "disable", "anna"], "ann"),
                                 (["session", "list", "ann@exmaple.org"], "ann@example.org"),
                                 (["role", "grant", "ann", "editr"], "editor"),
                                 (["role", "delete", "editors"], "editor"),
                                 (["client", "delete", "billing"], client),
                                 (["key", "retire", kid[:-1]], kid)):
            done = self.run_command(*arguments)
            self.assertEqual(done.returncode, 3, done.err)
            self.assertIn("did you mean %s?" % meant, done.err)
        self.assertNotIn("did you mean", self.run_command("user", "show", "somebody").err)

    def test_an_action_that_does_not_exist_is_refused(self):
        self.add("ann")
        done = self.run_command("audit", "list", "--action", "acount_created", "--json")
        self.assertEqual((done.returncode, done.out), (2, ""))
        self.assertIn("did you mean account_created?", done.err)
        done = self.run_command("audit", "list", "--action", "account_created", "--before", "1")
        self.assertEqual((done.returncode, done.err.count("did you mean")), (0, 0))

    def test_a_name_that_cannot_be_is_refused_before_the_password_is_asked_for(self):
        self.add("ann")
        for arguments, code in ((["ann"], 4), (["bob", "--role", "nothing"], 3),
                                (["bob", "--email", "nothing"], 2)):
            done = self.run_command("user", "add", *arguments)
            self.assertEqual(done.returncode, code, done.err)
            self.assertNotIn("password", done.err)

    def test_flags_may_stand_before_the_command(self):
        self.add("ann")
        for arguments in (["--data-dir", self.data, "--json", "user", "list"],
                          ["user", "--data-dir", self.data, "list", "--json"]):
            self.assertEqual(json.loads(command(*arguments).out)["users"][0]["username"], "ann")


class Roles(Commands):
    def test_that_are_deleted_are_taken_from_everybody(self):
        self.run_command("role", "add", "editor", "--permission", "write")
        for name in ("ann", "bob"):
            self.add(name, "--role", "editor")
        self.assertEqual(json.loads(self.run_command("role", "show", "editor",
                                                     "--json").out)["users"], 2)
        self.assertIn("write", self.run_command("role", "show", "editor").out)
        done = self.run_command("role", "delete", "editor", "--json")
        self.assertEqual(json.loads(done.out), {"deleted": "editor", "users": 2})
        self.assertEqual(json.loads(self.run_command("user", "show", "ann", "--json").out)["roles"],
                         ["user"])
        self.assertEqual(self.run_command("role", "show", "editor").returncode, 3)
        self.assertEqual(self.run_command("db", "check").returncode, 0)
        self.assertEqual(self.run_command("audit", "verify").returncode, 0)
        # The next role of that name is another one.
        self.run_command("role", "add", "editor")
        self.assertEqual(json.loads(self.run_command("role", "show", "editor",
                                                     "--json").out)["users"], 0)
        for name in ("user", "admin"):
            self.assertEqual(self.run_command("role", "delete", name).returncode, 1)


class Completion(Commands):
    def offered(self, line, data=True):
        """What bash offers for the line, whose last word is completed."""
        script = command("completion", "bash").out
        flag = " --data-dir " + self.data if data else ""
        words = line.split(" ", 1)
        line = words[0] + flag + " " + words[1]
        done = subprocess.run(
            ["bash", "-c", script + 'COMP_LINE="$1" COMP_POINT=${#1}; _authd; '
                                    'printf "%s\\n" "${COMPREPLY[@]}"', "bash", line],
            capture_output=True, text=True, timeout=DEADLINE, check=True, cwd=self.directory.name,
            env=clean_environment(PATH=self.directory.name + ":" + os.environ["PATH"]))
        return done.stdout.split()

    def setUp(self):
        super().setUp()
        os.symlink(BINARY, os.path.join(self.directory.name, "authd"))

    def test_of_commands_flags_and_words(self):
        self.assertEqual(self.offered("authd user s"), ["set", "show"])
        self.assertEqual(self.offered("authd us", data=False), ["user"])
        self.assertIn("rotate", self.offered("authd key master "))
        self.assertEqual(self.offered("authd restore x --accept"), ["--accept-findings"])
        self.assertEqual(sorted(self.offered("authd import x --format s")),
                         ["sqlite-dump", "supabase"])
        self.assertIn("clock", self.offered("authd doctor --only "))
        self.assertEqual(self.offered("authd serve --log-level w"), ["warn"])
        self.assertIn("role_deleted", self.offered("authd audit list --action role_"))
        self.assertEqual(self.offered("authd help us"), ["user"])
        self.assertEqual(self.offered("authd nothing "), [])
        for shell in ("zsh", "fish"):
            self.assertIn("__complete", command("completion", shell).out)

    def test_of_files(self):
        for line in ("authd restore da", "authd --config da"):
            os.makedirs(self.data, exist_ok=True)
            self.assertEqual(self.offered(line), ["data"])

    def test_of_names_in_the_data_directory(self):
        self.assertEqual(self.offered("authd user show "), [])
        self.assertFalse(os.path.exists(self.data))
        for name in ("ann", "anton", "bob"):
            self.add(name)
        self.run_command("role", "add", "editor")
        client = json.loads(self.run_command("client", "add", "billing", "--json").out)["client_id"]
        kids = [key["kid"] for key in json.loads(self.run_command("key", "list",
                                                                  "--json").out)["keys"]]
        self.assertEqual(self.offered("authd user show a"), ["ann", "anton"])
        self.assertEqual(self.offered("authd role grant ann ed"), ["editor"])
        self.assertEqual(self.offered("authd user add eve --role ed"), ["editor"])
        self.assertEqual(sorted(self.offered("authd key retire ")), sorted(kids))
        self.assertEqual(self.offered("authd client delete "), [client])


class Output(Commands):
    def test_that_gets_lost_is_said(self):
        self.add("--username", "ann")
        for arguments in (["client", "add", "billing", "--data-dir", self.data], ["version"],
                          ["--help"],
                          ["completion", "bash"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([BINARY, *arguments], stdout=full, stderr=subprocess.PIPE,
                                      text=True,
                                      timeout=DEADLINE, env=clean_environment())
            self.assertEqual(done.returncode, 1, (arguments, done.stderr))
            self.assertIn("cannot write the output", done.stderr)


class Question(Commands):
    """Before what cannot be undone, on a terminal alone."""

    def answer(self, answer, *arguments):
        """The exit code of the command, which gets the answer to its question."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen([BINARY, *arguments, "--data-dir", self.data], stdin=theirs,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   start_new_session=True, env=clean_environment())
        os.close(theirs)
        with process, process.stderr:
            asked = b""
            while not asked.endswith(b"[y/N] ") and (one := process.stderr.read(1)):
                asked += one
            if asked.endswith(b"[y/N] "):
                os.write(ours, answer + b"\n")
            code = process.wait(DEADLINE)
        return code, asked.endswith(b"[y/N] ")

    def test_is_asked_before_something_is_deleted(self):
        self.add("ann")
        self.run_command("role", "add", "editor")
        client = json.loads(self.run_command("client", "add", "billing", "--json").out)["client_id"]
        kid = json.loads(self.run_command("key", "list", "--json").out)["keys"][0]["kid"]
        commands = (["role", "delete", "editor"], ["client", "delete", client],
                    ["key", "retire", kid], ["apikey", "revoke", "ann", "--all"],
                    ["user", "reset-mfa", "ann"], ["user", "delete", "ann"])
        before = [self.run_command(*words).out for words in (
            ["user", "list"], ["role", "list"], ["client", "list"], ["key", "list"])]
        for arguments in commands:
            for no in (b"", b"n", b"yess"):
                self.assertEqual(self.answer(no, *arguments), (2, True), arguments)
        self.assertEqual([self.run_command(*words).out for words in (
            ["user", "list"], ["role", "list"], ["client", "list"], ["key", "list"])], before)
        for arguments in commands[:3]:
            self.assertEqual(self.answer(b"y", *arguments), (0, True), arguments)
        for arguments in commands[3:5]:
            self.assertEqual(self.answer(b"", *arguments, "--yes")[1], False, arguments)
        # A script is not asked.
        self.assertEqual(self.run_command("user", "delete", "ann").returncode, 0)

    def test_is_not_asked_about_nothing(self):
        self.add("ann")
        for arguments in (["user", "delete", "bob"], ["client", "delete", "x"],
                          ["role", "delete", "x"]):
            self.assertEqual(self.answer(b"y", *arguments), (3, False))


class Told(Commands):
    def test_a_change_says_what_was_done(self):
        with Server(data_dir=self.data) as server:
            server.sign_up("ann")
            self.assertEqual(server.command("user", "disable", "ann").out,
                             "user 1 (ann) is disabled; 1 session was ended\n")
            self.assertEqual(server.command("user", "enable", "ann").out,
                             "user 1 (ann) is enabled\n")
            self.assertEqual(json.loads(server.command("user", "enable", "ann",
                                                       "--json").out)["username"], "ann")

    def test_health_finds_the_server_of_the_data_directory(self):
        self.assertEqual(self.run_command("health", "--listen", "127.0.0.1:1").returncode, 5)
        for flags in ({}, {"listen": "unix:" + self.directory.name + "/socket"}):
            with Server(data_dir=self.data, **flags):
                self.assertEqual(self.run_command("health").out, "ready\n")
                # Who names an address wants to know about that one.
                self.assertEqual(self.run_command("health", "--listen",
                                                  "127.0.0.1:1").returncode, 5)

    def test_a_request_that_is_refused_says_why(self):
        with Server("--log.requests", "refused") as server:
            server.sign_up("ann")
            server.get("/livez")
            server.me("garbage")
            lines = wait_until(lambda: [line for line in server.log_lines()
                                        if line["message"] == "request"], "a line")
            self.assertEqual([(line["status"], line["error"]) for line in lines],
                             [(401, "invalid_token")])

    def test_the_first_link_stands_out_on_a_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                                    self.data], stdin=subprocess.DEVNULL, stderr=theirs,
                                   env=clean_environment())
        os.close(theirs)
        seen = b""
        try:
            while b"--admin\r\n" not in seen:
                seen += os.read(ours, 4096)
        finally:
            process.terminate()
            process.wait(DEADLINE)
        self.assertRegex(seen.decode(), r"\r\n    http://localhost:\d+/setup\?token=[\w-]+\r\n")
        self.assertNotIn(b"setup_url", seen)


class Prompt(Commands):
    def echoes(self, terminal):
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    def prompt(self):
        """`authd user add` at the prompt, on its own terminal; returns the process and both ends of
        the terminal."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)

        def take_terminal():
            import fcntl
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            # a shell ignores this for us in the background
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)

        process = subprocess.Popen([BINARY, "user", "add", "--username", "ann", "--data-dir",
                                    self.data],
                                   stdin=theirs, stdout=theirs, stderr=theirs,
                                   start_new_session=True,
                                   preexec_fn=take_terminal, env=clean_environment())
        wait_until(lambda: not self.echoes(theirs), "the prompt")
        return process, ours, theirs

    @unittest.skipIf("/tsan/" in BINARY,
                     "ThreadSanitizer holds a signal back that is raised in its handler")
    def test_gives_the_echo_back_when_it_is_interrupted(self):
        for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT),
                            (None, signal.SIGTERM)):
            process, ours, theirs = self.prompt()
            if key:
                os.write(ours, key)
            else:
                process.send_signal(number)
            self.assertEqual(process.wait(DEADLINE), -number)
            self.assertTrue(self.echoes(theirs), number)

    def test_gives_the_echo_back_when_it_is_done(self):
        process, ours, theirs = self.prompt()
        os.write(ours, PASSWORD.encode() + b"\n")
        seen = b""
        while b"again" not in seen:
            seen += os.read(ours, 4096)
        wait_until(lambda: not self.echoes(theirs), "the second prompt")
        os.write(ours, PASSWORD.encode() + b"\n")
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertTrue(self.echoes(theirs))
        self.assertNotIn(PASSWORD.encode(), seen)


class Links(Commands):
    def test_in_the_data_directory_are_not_followed(self):
        self.add("--username", "ann")
        for name in ("data.mdb", "lock.mdb"):
            path = os.path.join(self.data, name)
            target = os.path.join(self.directory.name, "of-somebody-else")
            os.rename(path, path + ".away")
            open(target, "w").close()
            os.symlink(target, path)
            for arguments in (["user", "list"], ["user", "add", "--username", "bob"]):
                done = self.run_command(*arguments, stdin=PASSWORD + "\n")
                self.assertEqual(done.returncode, 5, done.err)
                self.assertIn("symbolic link", done.err)
                self.assertEqual(os.stat(target).st_size, 0)
            os.unlink(path)
            os.rename(path + ".away", path)
        self.assertEqual(self.run_command("db", "check").returncode, 0)


class TokenNames(unittest.TestCase):
    """Commands create and recognize the server's tokens, whatever they know of its
    configuration."""

    def test_are_those_of_the_server(self):
        for flags in ([], ["--server.public-url", "https://auth.example.org"],
                      ["--tokens.issuer", "https://issuer.example.org", "--tokens.audience",
                       "shop"]):
            with Server(*flags) as server:
                token = server.sign_up("ann").json["access_token"]
                inspected = server.command("token", "inspect", "--json", stdin=token)
                self.assertTrue(json.loads(inspected.out)["active"])
                mine = server.command("token", "issue", "ann").out.strip()
                names = [(claims["iss"], claims["aud"])
                         for claims in (claims_of(token), claims_of(mine))]
                self.assertEqual(names[0], names[1])
                self.assertEqual(server.me(mine).status, 200)
                for one in (token, mine):
                    server.command("token", "revoke", stdin=one)
                    self.assertEqual(server.me(one).status, 401)

    def test_of_a_configuration_win(self):
        with Server() as server:
            server.sign_up("ann")
            env = {"AUTHD_TOKENS_ISSUER": "https://other.example.org",
                   "AUTHD_TOKENS_AUDIENCE": "other"}
            claims = claims_of(server.command("token", "issue", "ann", env=env).out.strip())
            self.assertEqual((claims["iss"], claims["aud"]), ("https://other.example.org", "other"))

    def test_revoking_nothing_is_not_found(self):
        with Server() as server:
            tokens = server.sign_up("ann").json
            foreign = {"AUTHD_TOKENS_ISSUER": "https://other.example.org"}
            for stdin, env in (("garbage", {}), ("a.b.c", {}), (tokens["access_token"], foreign)):
                done = server.command("token", "revoke", stdin=stdin, check=False, env=env)
                self.assertEqual((done.returncode, done.out), (3, ""), done.err)
                self.assertIn("nothing was revoked", done.err)
            self.assertEqual(server.me(tokens["access_token"]).status, 200)
            server.command("token", "revoke", stdin=tokens["refresh_token"])
            self.assertEqual(server.me(tokens["access_token"]).status, 401)
            self.assertEqual(server.command("token", "revoke", stdin=tokens["refresh_token"],
                                            check=False).returncode, 3)


if __name__ == "__main__":
    unittest.main()
