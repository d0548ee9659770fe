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
