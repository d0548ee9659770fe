"""Where things stand on the pages: a server of its own, with providers whose names are long."""
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "http")]

import harness  # noqa: E402
import openid  # noqa: E402
import packages  # noqa: E402
from chromium import run_flows  # noqa: E402
from pictures import png  # noqa: E402

LONG = "Example Corporation International Single Sign-On of the Northern Region"
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


class Layout(unittest.TestCase):
    def test_flows_in_a_browser(self):
        port = harness.reserve_port()
        base = "http://localhost:%d" % port
        openid.PUBLIC_URL = base
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work:
            logo = os.path.join(work, "logo.png")
            with open(logo, "wb") as out:
                out.write(png(300, 200))
            environment = openid.settings("acme", "https://acme.example", "id", label=LONG,
                                          logo_file=logo)
            environment.update(openid.settings("word", "https://word.example", "id", label=WORD))
            environment.update(openid.settings("brief", "https://brief.example", "id",
                                               label="Brief"))
            with harness.Server("--branding.name", "Fjord", "--branding.links",
                                "Privacy https://example.org/privacy,Imprint "
                                "https://example.org/imprint,Help mailto:help@example.org",
                                listen="127.0.0.1:%d" % port, environment=environment) as server:
                server.command("user", "add", "--username", "root", "--email", "root@example.org",
                               "--admin", stdin=harness.PASSWORD + "\n")
                run_flows(self, {
                    "base": base, "fresh": base, "mail": work + "/mail",
                    "packages": packages.folder(), "profile": work,
                    "shots": os.environ.get("SCREENSHOTS") or str(ROOT / "build" / "screenshots"),
                    "pictures": "SCREENSHOTS" in os.environ, "file": "layout",
                })


if __name__ == "__main__":
    unittest.main()
