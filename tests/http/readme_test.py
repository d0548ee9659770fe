"""README.md and docs/: every shell block, as it is written there, against a real server; every TOML block as a configuration.

A block that begins with ```sh is run, in the order of the page, in one directory for each page. Words behind `sh` change that:
`no-run` (needs root, another machine or minutes; the package and container tests run some of these) and `offline` (the
server is stopped before the block and started after it)."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import BINARY, CHEAP, DEADLINE, PASSWORD, Server, clean_environment, command

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
MODES = {(), ("no-run",), ("offline",)}


def blocks_of(page, language="sh"):
    """(words behind the language, text) of each block of the page in that language."""
    found = re.findall(r"^```%s\b([^\n]*)\n(.*?)^```$" % language, page.read_text(encoding="utf-8"), re.M | re.S)
    return [(tuple(words.split()), text) for words, text in found]


class Page:
    """A directory and a server for the blocks of one page."""

    def __init__(self, test):
        scratch = tempfile.TemporaryDirectory(prefix="authd-docs-")
        test.addCleanup(scratch.cleanup)
        self.test = test
        self.directory = scratch.name
        os.mkdir(os.path.join(scratch.name, "bin"))
        os.symlink(os.path.abspath(BINARY), os.path.join(scratch.name, "bin", "authd"))
        self.data_dir = os.path.join(scratch.name, "data")
        self.start()

    def start(self):
        self.server = Server(data_dir=self.data_dir)
        self.test.addCleanup(self.server.__exit__, None)

    def run(self, block):
        script = block.replace("http://127.0.0.1:8080", "http://127.0.0.1:%d" % self.server.port)
        script = script.replace("build/authd", os.path.abspath(BINARY)).replace("./authd-data", self.data_dir)
        script = script.replace("/backup", self.directory + "/backup")
        environment = clean_environment(
            PATH=os.path.join(self.directory, "bin") + os.pathsep + os.environ["PATH"], AUTHD_SERVER_DATA_DIR=self.data_dir,
            AUTHD_PASSWORDS_ARGON2_MEMORY=CHEAP[1], AUTHD_PASSWORDS_ARGON2_PASSES=CHEAP[3])
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.directory, env=environment,
                              input=(PASSWORD + "\n") * 4, capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.test.assertEqual(done.returncode, 0, "%s\n%s\n%s" % (block, done.stdout, done.stderr))
        return done.stdout

    def run_mode(self, mode, block):
        if mode != ("offline",):
            return self.run(block)
        self.server.stop()
        said = self.run(block)
        self.start()
        return said


class Blocks(unittest.TestCase):
    def test_say_how_they_are_run(self):
        for page in PAGES:
            for mode, text in blocks_of(page):
                self.assertIn(mode, MODES, "%s: %s" % (page.name, text))

    def test_of_toml_are_configurations(self):
        with tempfile.TemporaryDirectory(prefix="authd-docs-") as directory:
            file = pathlib.Path(directory, "authd.toml")
            count = 0
            for page in PAGES:
                for _, text in blocks_of(page, "toml"):
                    file.write_text(text, encoding="utf-8")
                    with self.subTest(page.name, text=text):
                        command("config", "check", "--config", str(file))
                        count += 1
            self.assertGreater(count, 6)


def add_page_tests():
    """A test for each page with blocks that are run. The first five minutes have a stricter one of their own."""
    for page in PAGES:
        runnable = [(mode, text) for mode, text in blocks_of(page) if mode != ("no-run",)]
        if runnable and page.name != "first-five-minutes.md":
            name = page.relative_to(ROOT).with_suffix("").as_posix()

            def test(self, runnable=runnable):
                started = Page(self)
                for mode, text in runnable:
                    started.run_mode(mode, text)

            setattr(Blocks, "test_of_" + re.sub(r"\W", "_", name), test)


add_page_tests()


def replies_in(said):
    replies, rest = [], said
    while rest.strip():
        value, end = json.JSONDecoder().raw_decode(rest.lstrip())
        replies.append(value)
        rest = rest.lstrip()[end:]
    return replies


class FirstFiveMinutes(unittest.TestCase):
    def test_works_as_written(self):
        session, commands = [text for _, text in blocks_of(DOCS / "first-five-minutes.md")]
        page = Page(self)
        signed_up, me, refreshed, logged_out = replies_in(page.run(session))
        self.assertEqual(signed_up["user"]["username"], "ann")
        self.assertEqual(me["email"], "ann@example.org")
        self.assertIn("refresh_token", refreshed)
        self.assertEqual(logged_out["message"], "Logged out successfully")
        self.assertIn("ann@example.org", page.run(commands))
        self.assertEqual(page.server.log_in("ann", "correct horse 1").status, 403)
        self.assertEqual(page.server.log_in("root").status, 200)

    def test_of_the_readme_end_with_a_refusal(self):
        session, commands = [text for mode, text in blocks_of(README) if not mode]
        page = Page(self)
        signed_up, me, logged_out, refused = replies_in(page.run(session))
        self.assertEqual(signed_up["user"]["username"], "ann")
        self.assertEqual(me["email"], "ann@example.org")
        self.assertEqual(logged_out["message"], "Logged out successfully")
        self.assertEqual(refused["error"], "invalid_token")
        self.assertIn("ann@example.org", page.run(commands))


class Readme(unittest.TestCase):
    def test_is_short(self):
        self.assertLessEqual(len(README.read_text(encoding="utf-8").splitlines()), 150)


class HardeningChecklist(unittest.TestCase):
    def test_names_settings_that_there_are_and_values_that_they_take(self):
        text = (DOCS / "hardening.md").read_text(encoding="utf-8")
        shown = subprocess.run([BINARY, "config", "show", "--json"], env=clean_environment(), capture_output=True, check=True)
        keys = set(json.loads(shown.stdout))
        named = re.findall(r"`([a-z]+\.[a-z_]+)(?: = ([^`]+))?`", text)
        self.assertGreater(len(named), 12)
        for key, value in named:
            with self.subTest(key):
                self.assertIn(key, keys)
                if value:
                    flag = ["--" + key.replace("_", "-"), value.strip("[]")]
                    subprocess.run([BINARY, "config", "check", *flag], env=clean_environment(), capture_output=True, check=True)


if __name__ == "__main__":
    unittest.main()
