"""Signing up and in where there are terms, and where a new password is wanted: a server of its own,
since every other flow would meet them."""
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "http")]

import harness  # noqa: E402
import packages  # noqa: E402
from chromium import run_flows  # noqa: E402


class Steps(unittest.TestCase):
    def test_flows_in_a_browser(self):
        port = harness.reserve_port()
        base = "http://localhost:%d" % port
        terms = "https://example.org/terms"
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work, \
             harness.Server("--server.public-url", base, "--branding.name", "Fjord",
                            "--terms.version", "2026-1", "--terms.url", terms,
                            listen="127.0.0.1:%d" % port) as server:
            for name, flags in (("root", ["--admin"]), ("tess", ["--must-change-password"]),
                                ("tilda", []), ("stella", []),
                                ("plain", ["--must-change-password"])):
                server.command("user", "add", name, *flags, stdin=harness.PASSWORD + "\n")
            run_flows(self, {
                "base": base, "fresh": base, "terms": terms, "mail": work + "/mail",
                "packages": packages.folder(), "profile": work,
                "shots": os.environ.get("SCREENSHOTS") or str(ROOT / "build" / "screenshots"),
                "pictures": "SCREENSHOTS" in os.environ, "file": "steps",
            })


if __name__ == "__main__":
    unittest.main()
