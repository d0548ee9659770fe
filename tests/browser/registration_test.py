"""Tokens for programs that register clients, on a server where they may, and on one where they may
not."""
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


class Registration(unittest.TestCase):
    def test_flows_in_a_browser(self):
        port = harness.reserve_port()
        base = "http://localhost:%d" % port
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work, \
             harness.Server("--server.public-url", base, "--branding.name", "Fjord",
                            "--provider.registration", "token",
                            listen="127.0.0.1:%d" % port) as server, \
             harness.Server("--branding.name", "Fjord") as fresh:
            for one in (server, fresh):
                one.command("user", "add", "root", "--admin", stdin=harness.PASSWORD + "\n")
            run_flows(self, {
                "base": base, "fresh": "http://localhost:%d" % fresh.port, "mail": "",
                "packages": packages.folder(), "profile": work,
                "shots": os.environ.get("SCREENSHOTS") or str(ROOT / "build" / "screenshots"),
                "pictures": "SCREENSHOTS" in os.environ, "file": "registration",
            })


if __name__ == "__main__":
    unittest.main()
