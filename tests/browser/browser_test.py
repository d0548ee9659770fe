"""The pages in a real browser: starts servers and a real OpenID provider, and lets flows.mjs drive
Chromium through them.

browser_test.py FILE runs the flows of FILE_flows.mjs; ONLY=WORD those with WORD in their names.
SCREENSHOTS=FOLDER keeps pictures of every page there; those of failed flows are in
build/screenshots/ otherwise."""
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


ATTRIBUTES = {
    "AUTHD_ATTRIBUTES_DEPARTMENT_LABEL": "Department",
    "AUTHD_ATTRIBUTES_SHOE_SIZE_TYPE": "number",
    "AUTHD_ATTRIBUTES_SHOE_SIZE_LABEL": "Shoe size",
    "AUTHD_ATTRIBUTES_SHOE_SIZE_WRITE": "owner",
    "AUTHD_ATTRIBUTES_VEGETARIAN_TYPE": "boolean",
    "AUTHD_ATTRIBUTES_VEGETARIAN_LABEL": "Vegetarian",
    "AUTHD_ATTRIBUTES_VEGETARIAN_WRITE": "owner",
    "AUTHD_ATTRIBUTES_DIALECTS_TYPE": "texts",
    "AUTHD_ATTRIBUTES_DIALECTS_LABEL": "Dialects",
    "AUTHD_ATTRIBUTES_DIALECTS_WRITE": "owner",
    "AUTHD_ATTRIBUTES_REMARK_LABEL": "Remark of the office",
    "AUTHD_ATTRIBUTES_REMARK_READ": "admin",
}


def setup_of(server):
    """The query of the link for the first administrator."""
    link = harness.wait_until(
        lambda: next((line["setup_url"] for line in server.log_lines()
                      if "setup_url" in line), None), "the link")
    return link.split("?", 1)[1]


class Pages(unittest.TestCase):
    FILE = ""  # from the command line

    def test_flows_in_a_browser(self):
        port = harness.reserve_port()
        base = "http://localhost:%d" % port
        app = "http://localhost:%d" % harness.reserve_port()  # the flows answer for it
        first_port = harness.reserve_port()
        first = "http://localhost:%d" % first_port
        openid.PUBLIC_URL = base
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work:
            provider = openid.RealProvider(["acme"])
            environment = openid.settings("acme", provider.issuer, "by-rs256", provider.SECRET,
                                          label="Acme")
            environment["AUTHD_SERVER_PUBLIC_URL"] = base
            environment["AUTHD_CLIENTS_DECLARED_REDIRECT_URIS"] = "https://declared.example/cb"
            environment["AUTHD_CLIENTS_DECLARED_SECRET"] = "of-the-environment-" + "0" * 32
            environment["AUTHD_MFA_REMEMBER"] = "30d"
            environment.update(ATTRIBUTES)
            try:
                with harness.Server(
                        "--mail.url", "file:" + work + "/mail", "--branding.name", "Fjord",
                        "--branding.links",
                        "Privacy https://example.org/privacy,Imprint "
                        "https://example.org/imprint,Help mailto:help@example.org",
                        "--pages.return-origins", app,
                        listen="127.0.0.1:%d" % port,
                        environment=environment) as server, \
                     harness.Server("--branding.accent", "#ffd500", "--signup.enabled",
                                    "false", "--passkeys.enabled", "false") as fresh, \
                     harness.Server("--server.public-url", first,
                                    listen="127.0.0.1:%d" % first_port) as first_server:
                    server.command("user", "add", "--username", "root", "--email",
                                   "root@example.org", "--admin",
                                   stdin=harness.PASSWORD + "\n")
                    csv = os.path.join(work, "users.csv")
                    with open(csv, "w", encoding="utf-8") as out:
                        out.write("username,email,first_name,last_name\n")
                        out.writelines("person%03d,person%03d@example.org,Person,Number %d\n"
                                       % (n, n, n) for n in range(120))
                    server.command("import", csv)
                    world = {
                        "base": base, "app": app, "fresh": "http://localhost:%d" % fresh.port,
                        "setup": setup_of(fresh),
                        "first": first, "first_setup": setup_of(first_server),
                        "mail": work + "/mail", "packages": packages.folder(), "profile": work,
                        "shots": os.environ.get("SCREENSHOTS")
                        or str(ROOT / "build" / "screenshots"),
                        "pictures": "SCREENSHOTS" in os.environ,
                        "file": self.FILE,
                    }
                    run_flows(self, world)
            finally:
                provider.stop()


if __name__ == "__main__":
    Pages.FILE = sys.argv[1]
    unittest.main(argv=sys.argv[:1])
