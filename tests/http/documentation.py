"""Runs the shell blocks of README.md and docs/ as they are written, against a real server.

Blocks that begin with ```sh run in the order of the page, in one directory for each page. Words
after `sh` change that: `no-run` (needs root, another machine or minutes; the package and container
tests run some of these) and `offline` (the server is stopped before the block and started after
it)."""

import os
import pathlib
import re
import subprocess
import tempfile

from harness import BINARY, CHEAP, DEADLINE, PASSWORD, Server, clean_environment
from npm import npm_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
MODES = {(), ("no-run",), ("offline",)}


def blocks_of(page, language="sh"):
    """(words after the language, text) of each block of the page in that language."""
    found = re.findall(r"^```%s\b([^\n]*)\n(.*?)^```$" % language, page.read_text(encoding="utf-8"),
                       re.M | re.S)
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
        # The provider of the tests needs jose, as do the examples for Node.
        os.symlink(os.path.join(npm_folder("oidc-provider"), "node_modules"),
                   os.path.join(scratch.name, "node_modules"))
        self.data_dir = os.path.join(scratch.name, "data")
        self.start()

    def start(self):
        self.server = Server(data_dir=self.data_dir)
        self.test.addCleanup(self.server.__exit__, None)

    def issuer(self):
        """Of the server's tokens."""
        return next(line["public_url"] for line in self.server.log_lines() if "public_url" in line)

    def run(self, block):
        script = block.replace("http://localhost:8080", "http://127.0.0.1:%d" % self.server.port)
        script = script.replace("build/authd",
                                os.path.abspath(BINARY)).replace("./authd-data", self.data_dir)
        script = script.replace("/backup", self.directory + "/backup")
        environment = clean_environment(
            PATH=os.path.join(self.directory, "bin") + os.pathsep + os.environ["PATH"],
            AUTHD_SERVER_DATA_DIR=self.data_dir, ISSUER=self.issuer(),
            AUTHD_PASSWORDS_ARGON2_MEMORY=CHEAP[1], AUTHD_PASSWORDS_ARGON2_PASSES=CHEAP[3])
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.directory,
                              env=environment,
                              input=(PASSWORD + "\n") * 4, capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.test.assertEqual(done.returncode, 0, "%s\n%s\n%s" % (block, done.stdout, done.stderr))
        return done.stdout

    def run_mode(self, mode, block):
        if mode != ("offline",):
            return self.run(block)
        self.server.stop()
        said = self.run(block)
        self.start()
        return said
