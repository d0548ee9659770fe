"""Forward auth as a person experiences it: Chromium talks to real nginx and Caddy with the files of
packaging/proxies/, and an application behind them reads who signed in."""

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
from proxies_test import AUTH_HOST, App, Proxy  # noqa: E402

HOST = "app.example.org"


class Proxies(unittest.TestCase):
    def test_people_get_in_and_out(self):
        port = harness.reserve_port()
        app = App()
        self.addCleanup(app.server_close)
        self.addCleanup(app.shutdown)
        apps = []
        for kind in ("nginx", "caddy"):
            proxies = [Proxy(kind, port, app.server_address[1], rule)
                       for rule in ("", "&role=admin")]
            for proxy in proxies:
                self.addCleanup(proxy.stop)
            apps.append((kind, *["https://%s:%d" % (HOST, proxy.port) for proxy in proxies]))
        # The site of authd itself is behind the last of them.
        base = "https://%s:%d" % (AUTH_HOST, proxies[0].port)
        origins = ",".join(address for _, *addresses in apps for address in addresses)
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work, harness.Server(
                "--public-url", base, "--cookies.domain", "example.org", "--pages.return-origins",
                origins,
                "--server.trusted-proxies", "127.0.0.0/8", listen="127.0.0.1:%d" % port) as server:
            server.sign_up("ann", email="ann@example.org")
            server.command("user", "add", "--username", "root", "--admin",
                           stdin=harness.PASSWORD + "\n")
            run_flows(self, {
                "base": base, "fresh": base, "hosts": "*.example.org",
                "origins": base + "," + origins, "apps": apps, "packages": packages.folder(),
                "profile": work, "shots": work}, "forward_auth_flows.mjs")


if __name__ == "__main__":
    unittest.main()
