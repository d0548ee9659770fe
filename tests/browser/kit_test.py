"""The client kit in pages of other origins: Chromium runs /authd.js of a real server in pages of an
application on the same site, and in those of another site."""

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
from proxies_test import AUTH_HOST, certificate  # noqa: E402


class Kit(unittest.TestCase):
    def test_works_in_pages_of_other_origins(self):
        base = "https://%s:%d" % (AUTH_HOST, harness.reserve_port())
        port = harness.reserve_port()  # the flows answer for all of these names
        app, shop, elsewhere = ("https://%s:%d" % (name, port) for name in (
            "app.example.org", "shop.example.org", "app.elsewhere.test"))
        chain = certificate().chain
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work, harness.Server(
                "--public-url", base, "--server.tls-cert", chain, "--server.tls-key",
                chain + ".key", "--cookies.domain", "example.org",
                "--pages.return-origins", app, "--passkeys.rp-id", "example.org",
                "--passkeys.origins", app, "--cors.allowed-origins", app + "," + elsewhere,
                listen="127.0.0.1:" + base.rsplit(":", 1)[1]) as server:
            for name in ("ann", "bea"):
                server.command("user", "add", "--username", name, stdin=harness.PASSWORD + "\n")
            run_flows(self, {
                "base": base, "fresh": base, "hosts": "*", "origins": base, "app": app,
                "shop": shop, "elsewhere": elsewhere, "certificate": chain,
                "packages": packages.folder(), "profile": work, "shots": work, "file": "kit"})


if __name__ == "__main__":
    unittest.main()
