"""The commands of README.md's first five minutes, as they stand there, against a real server."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import BINARY, DEADLINE, PASSWORD, Server, clean_environment

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def blocks_of(heading):
    """The shell blocks below a heading of the second level."""
    section = re.search(r"^## %s\n(.*?)^## " % re.escape(heading), README.read_text(), re.M | re.S)[1]
    return re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)


class FirstFiveMinutes(unittest.TestCase):
    def run_block(self, server, block, directory):
        script = block.replace("http://127.0.0.1:8080", "http://127.0.0.1:%d" % server.port)
        script = script.replace("build/authd", os.path.abspath(BINARY)).replace("./authd-data", server.data_dir)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=directory, input=PASSWORD + "\n" + PASSWORD + "\n",
                              env=clean_environment(), capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_works_as_written(self):
        blocks = blocks_of("The first five minutes")
        self.assertEqual(len(blocks), 2)
        with tempfile.TemporaryDirectory() as directory, Server() as server:
            said = self.run_block(server, blocks[0], directory)
            replies, rest = [], said
            while rest.strip():
                value, end = json.JSONDecoder().raw_decode(rest.lstrip())
                replies.append(value)
                rest = rest.lstrip()[end:]
            signed_up, me, refreshed, logged_out = replies
            self.assertEqual(signed_up["user"]["username"], "ann")
            self.assertEqual(me["email"], "ann@example.org")
            self.assertIn("refresh_token", refreshed)
            self.assertEqual(logged_out["message"], "Logged out successfully")
            commands = self.run_block(server, blocks[1], directory)
            self.assertIn("ann@example.org", commands)
            self.assertEqual(server.log_in("ann", "correct horse 1").status, 403)
            self.assertEqual(server.log_in("root").status, 200)


class HardeningChecklist(unittest.TestCase):
    def test_names_settings_that_there_are_and_values_that_they_take(self):
        section = README.read_text().split("## Hardening checklist\n", 1)[1].split("\n## ", 1)[0]
        shown = subprocess.run([BINARY, "config", "show", "--json"], env=clean_environment(), capture_output=True, check=True)
        keys = set(json.loads(shown.stdout))
        named = re.findall(r"`([a-z]+\.[a-z_]+)(?: = ([^`]+))?`", section)
        self.assertGreater(len(named), 12)
        for key, value in named:
            with self.subTest(key):
                self.assertIn(key, keys)
                if value:
                    flag = ["--" + key.replace("_", "-"), value.strip("[]")]
                    subprocess.run([BINARY, "config", "check", *flag], env=clean_environment(), capture_output=True, check=True)


if __name__ == "__main__":
    unittest.main()
