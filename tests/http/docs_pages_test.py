"""/docs and /redoc in a real browser: they show the document, do not violate their policy, and
contact no other host."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from harness import DEADLINE, Server
from npm import npm_folder

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "browser"))

from chromium import chromium  # noqa: E402


class InABrowser(unittest.TestCase):
    def look_at(self, page):
        """What it showed, and the document that it is to show."""
        folder = npm_folder("playwright-core")
        # public_url differs from the browser's address, as behind a tunnel.
        with Server("--server.public-url", "https://auth.example.org") as server:
            origin = "http://127.0.0.1:%d" % server.port
            document = server.get("/openapi.json").json
            done = subprocess.run(
                ["node", HERE / "docs_pages.mjs", folder, origin, page,
                 os.environ.get("TEST_SCREENSHOTS", "")],
                env=os.environ | {"CHROMIUM": chromium()}, capture_output=True,
                text=True, timeout=4 * DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["complaints"], [])
        self.assertEqual([url for url in found["asked"]
                          if not url.startswith((origin, "data:", "blob:"))], [])
        return found, document

    def test_swagger_ui_shows_every_operation_and_tries_one_out(self):
        page, document = self.look_at("docs")
        tags = [len(o["tags"]) for methods in document["paths"].values()
                for o in methods.values()]
        self.assertEqual(page["operations"], sum(tags))  # once under each
        self.assertEqual(page["tried"], "200")

    def test_redoc_shows_the_operations_and_finds_words(self):
        page, document = self.look_at("redoc")
        self.assertGreaterEqual(page["operations"],
                                sum(len(methods) for methods in document["paths"].values()))
        self.assertGreater(page["hits"], 0)


if __name__ == "__main__":
    unittest.main()
