"""The OpenID Connect provider before oidc-client-ts in Chromium: people sign in to an application
that runs in their browser, and walk through the real pages.

ONLY=WORD runs the flows with WORD in their names."""

import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "http")]

import harness  # noqa: E402
from chromium import run_flows  # noqa: E402
from npm import npm_folder  # noqa: E402
from provider import RelyingParty  # noqa: E402

PEOPLE = ("ann", "ben", "cleo", "dora", "emil", "fritz", "gerda", "hans", "ida", "jule", "kuno")


def clients(server, app, elsewhere):
    """Those of the flows: an application without a secret, and an address that asks by form_post
    for another."""
    returns = [origin + path for origin in (app, elsewhere)
               for path in ("/callback", "/popup", "/silent")]
    flags = [flag for uri in returns[1:] for flag in ("--redirect-uri", uri)]
    for origin in (app, elsewhere):
        flags += ["--post-logout-redirect-uri", origin + "/bye"]
    notes = RelyingParty(server, "Notes", *flags, redirect=returns[0], public=True)
    forms = RelyingParty(server, "Forms", redirect=app + "/form")
    return {"client": notes.id,
            "formAddress": forms.address(response_mode="form_post", state='"><script>&')}


class OidcClient(unittest.TestCase):
    def test_people_use_an_application_in_their_browser(self):
        port = harness.reserve_port()
        app_port = harness.reserve_port()
        base = "https://auth.example.org:%d" % port
        app = "https://notes.example.org:%d" % app_port
        elsewhere = "https://notes.example.net:%d" % app_port  # another site, same application
        with tempfile.TemporaryDirectory(prefix="authd-browser-") as work:
            certificate, key = harness.make_certificate(work, "of-the-test")
            with harness.Server("--server.public-url", base, "--branding.name", "Fjord",
                                "--server.tls-cert", certificate, "--server.tls-key", key,
                                listen="127.0.0.1:%d" % port) as server:
                for name in PEOPLE:
                    server.command("user", "add", "--username", name, "--email",
                                   name + "@example.org", "--first-name", name.title(),
                                   "--last-name", "Lee", stdin=harness.PASSWORD + "\n")
                self.goes_well({
                    "base": base, "app": app, "elsewhere": elsewhere, "certificate": certificate,
                    "key": key, **clients(server, app, elsewhere), "profile": work, "shots": work})

    def goes_well(self, world):
        run_flows(self, {
            **world, "hosts": "*", "origins": world["base"], "fresh": world["base"],
            "packages": npm_folder("playwright-core", "axe-core", "oidc-client-ts"),
            "file": "oidc_client"})


if __name__ == "__main__":
    unittest.main()
