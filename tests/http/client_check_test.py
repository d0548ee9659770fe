"""`authd client test` against a running server behind a proxy: a client that is in order, and each
thing that keeps people out of an application, one at a time. What fails says what to do, and
nothing else fails beside it."""

import http.client
import http.server
import json
import os
import tempfile
import threading
import time
import unittest
from email.utils import formatdate

from documents import AUTHORITIES, Documents
from harness import DEADLINE, Server
from own_key import OwnKey
from pairwise_test import Documents as PlainDocuments
from provider import RelyingParty

API = "https://api.example.org"
NOBODY = "https://localhost:1"
DISCOVERY = "/.well-known/openid-configuration"
PROBLEMS = ("warn", "fail")


class Proxy:
    """Stands between applications and authd, and spoils what a test tells it to."""

    def __init__(self):
        self.upstream = None
        self.reset()
        handler = type("Handler", (ProxyHandler,), {"proxy": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.url = "http://localhost:%d" % self.port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def reset(self):
        self.loses = ()  # headers of requests, in lower case
        self.answers = {}  # status and body by path, instead of authd's
        self.ahead = 0  # seconds of its clock; None: it sends no time

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    proxy = None

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(size) if size else None
        status, body = self.proxy.answers.get(self.path) or self.pass_on(data)
        self.send_response_only(status)
        if self.proxy.ahead is not None:
            self.send_header("Date", formatdate(time.time() + self.proxy.ahead, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def pass_on(self, data):
        upstream = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=DEADLINE)
        try:
            upstream.request(self.command, self.path, data, {
                name: value for name, value in self.headers.items()
                if name.lower() not in ("connection", *self.proxy.loses)})
            reply = upstream.getresponse()
            return reply.status, reply.read()
        finally:
            upstream.close()

    def log_message(self, *_):
        pass


@unittest.skipUnless(os.path.exists(AUTHORITIES), "documents.py adds to the system's authorities")
class CheckCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.proxy = Proxy()
        cls.addClassCleanup(cls.proxy.stop)
        cls.server = cls.serve()
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.proxy.upstream = cls.server.port
        cls.application = Documents()  # over TLS, with an authority of its own
        cls.addClassCleanup(cls.application.stop)
        cls.plain = PlainDocuments()
        cls.addClassCleanup(cls.plain.stop)

    @classmethod
    def serve(cls):
        return Server("--server.public-url", cls.proxy.url)

    def setUp(self):
        self.proxy.reset()
        self.addCleanup(self.proxy.reset)

    def client(self, *flags, redirect=None, **more):
        return RelyingParty(self.server, "App", *flags,
                            redirect=redirect or self.application.url("/callback"), **more)

    def run_check(self, client, *flags, **environment):
        return self.server.command("client", "test", client, *flags, check=False, env={
            "AUTHD_FETCH_CA_FILE": self.application.bundle, **environment})

    def examine(self, client, code, **environment):
        """The findings; the exit code says whether one of them is a failure."""
        done = self.run_check(client, "--json", **environment)
        self.assertEqual(done.returncode, code, done.out + done.err)
        said = json.loads(done.out)
        self.assertEqual(set(said), {"ok", "client_id", "findings"})
        self.assertEqual((said["ok"], said["client_id"]), (code == 0, client))
        for one in said["findings"]:
            self.assertEqual(set(one), {"check", "severity", "text", "advice"})
            self.assertEqual(bool(one["advice"]), one["severity"] in PROBLEMS, one)
        return said["findings"]

    def finds(self, app, check, severity, *words, **environment):
        """This is found with these words, and nothing worse or equally bad elsewhere."""
        findings = self.examine(app.id, int(severity == "fail"), **environment)
        found = [one for one in findings if (one["check"], one["severity"]) == (check, severity)]
        self.assertTrue(found, findings)
        for word in words:
            self.assertIn(word, " ".join(one["text"] + " " + (one["advice"] or "")
                                         for one in found))
        if severity in PROBLEMS:
            self.assertEqual({one["check"] for one in findings if one["severity"] == severity},
                             {check}, findings)
        return findings


class InOrder(CheckCase):
    def test_a_client_that_is_in_order_passes(self):
        app = self.client("--backchannel-logout-uri", self.application.url("/logout"))
        findings = self.examine(app.id, 0)
        self.assertEqual([(one["check"], one["severity"]) for one in findings], [
            (check, "ok") for check in ("members", "discovery", "clock", "redirect_uris",
                                        "backchannel_logout", "token")])
        self.assertIn("401 invalid_client", findings[-1]["text"])
        done = self.run_check(app.id)
        self.assertEqual(done.returncode, 0, done.out)
        self.assertTrue(done.out.rstrip().endswith("0 fail, 0 warn, 6 ok, 0 skipped"), done.out)
        self.assertNotIn(app.secret, done.out)

    def test_the_attempt_is_in_the_audit_log_and_the_secret_still_works(self):
        app = self.client("--grant", "client_credentials", "--grant", "authorization_code")
        before = len(self.refusals(app))
        self.examine(app.id, 0)
        self.assertEqual(len(self.refusals(app)), before + 1)
        reply = app.token({"grant_type": "client_credentials"})
        self.assertNotEqual(reply.json.get("error"), "invalid_client")

    def refusals(self, app):
        done = self.server.command("audit", "list", "--action", "client_refused", "--json")
        return [one for one in json.loads(done.out)["entries"] if one["target"] == app.id]

    def test_a_public_client_is_known_without_a_secret(self):
        app = self.client(public=True)
        self.finds(app, "token", "ok", "400 invalid_grant")

    def test_a_client_that_signs_publishes_its_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = [OwnKey(folder, name).jwk(kid=name) for name in ("one", "two")]
        self.application.serve("/keys", json.dumps({"keys": keys}))
        app = self.client("--auth-method", "private_key_jwt", "--jwks-uri",
                          self.application.url("/keys"))
        findings = self.finds(app, "jwks_uri", "ok", "has 2 keys")
        self.assertEqual({one["severity"] for one in findings}, {"ok"})

    def test_a_client_of_a_sector(self):
        redirect = self.application.url("/callback")
        self.plain.files["/sector"] = (200, json.dumps([redirect]))
        app = self.client("--set", "subject_type=pairwise", "--set",
                          "sector_identifier_uri=" + self.plain.url("/sector"))
        self.finds(app, "sector_identifier_uri", "ok", "lists all")
        self.plain.files["/sector"] = (200, json.dumps([redirect + "2"]))
        self.finds(app, "sector_identifier_uri", "fail", redirect, "subjects depend on it")
        del self.plain.files["/sector"]
        self.finds(app, "sector_identifier_uri", "fail", "404")

    def test_a_client_on_the_devices_of_people(self):
        app = self.client(redirect="http://127.0.0.1/callback")
        self.finds(app, "redirect_uris", "skipped", "own devices")
        service = self.server.command("client", "add", "Job", "--grant", "client_credentials",
                                      "--json")
        findings = self.examine(json.loads(service.out)["client_id"], 0)
        self.assertIn("nobody returns to it", [one["text"] for one in findings])


class Members(CheckCase):
    def test_disabled(self):
        app = self.client("--set", "disabled=true")
        findings = self.finds(app, "members", "fail", "disabled", "set %s disabled=false" % app.id)
        self.assertIn(("token", "skipped"),
                      [(one["check"], one["severity"]) for one in findings])

    def test_an_api_that_is_no_longer_there(self):
        self.server.command("resource", "add", API, "API")
        app = self.client("--resource", API)
        self.examine(app.id, 0)
        self.server.command("resource", "delete", API, "--yes")
        self.finds(app, "members", "fail", "There is no resource", API)

    def test_a_secret_that_ends_soon(self):
        app = self.client()
        self.server.command("client", "secret", "add", app.id, "--expires-in", "5d")
        self.examine(app.id, 0)
        first = self.secrets(app)[0]
        self.server.command("client", "secret", "revoke", app.id, first, "--yes")
        self.finds(app, "members", "warn", "within two weeks", "client secret add " + app.id)
        self.server.command("client", "secret", "add", app.id)
        self.finds(app, "members", "ok")

    def secrets(self, app):
        shown = json.loads(self.server.command("client", "show", app.id, "--json").out)
        return [one["id"] for one in shown["secrets"]]

    def test_what_is_allowed_but_seldom_meant(self):
        for flags, redirect, public, word in (
                (("--pkce", "optional"), None, False, "PKCE is optional"),
                ((), "app.example:/callback", True, "Any program on a person's device"),
                (("--set", "scopes=profile"), None, False, "lack openid"),
                (("--set", "scopes=openid,shop:buy"), None, False, "shop:buy")):
            with self.subTest(word):
                app = self.client(*flags, redirect=redirect, public=public)
                self.finds(app, "members", "warn", word)

    def test_a_server_that_is_no_provider(self):
        self.finds(self.client(), "members", "fail", "provider.enabled",
                   AUTHD_PROVIDER_ENABLED="false")

    def test_a_client_that_there_is_not(self):
        self.server.command("client", "add", "Near", "--id", "nearby")
        for named, word in (("nearb", "did you mean nearby"), ("quite-another", "no such client")):
            done = self.run_check(named, "--json")
            self.assertEqual(done.returncode, 3)
            self.assertIn(word, done.err.lower())
        self.assertEqual(self.server.command("client", "test", check=False).returncode, 2)


class Application(CheckCase):
    def test_a_host_that_does_not_answer_is_a_warning(self):
        self.finds(self.client(redirect=NOBODY + "/callback"), "redirect_uris", "warn", NOBODY,
                   "browsers have to reach it")

    def test_a_certificate_of_an_unknown_authority(self):
        self.finds(self.client(), "redirect_uris", "warn", "ertificate",
                   AUTHD_FETCH_CA_FILE=AUTHORITIES)

    def test_no_more_than_ten_hosts_are_asked(self):
        ports = range(1, 13)
        app = self.client(*(part for port in ports[1:] for part in
                            ("--redirect-uri", "https://localhost:%d/callback" % port)),
                          redirect=NOBODY + "/callback")
        findings = self.finds(app, "redirect_uris", "skipped", "more than 10 hosts")
        self.assertEqual(sum(one["check"] == "redirect_uris" for one in findings), 11)

    def test_an_address_for_sign_outs_that_does_not_answer(self):
        self.finds(self.client("--backchannel-logout-uri", NOBODY + "/logout"),
                   "backchannel_logout", "fail", NOBODY, "sends sign-outs there")
        self.application.serve("/broken", "", status=503)
        self.finds(self.client("--backchannel-logout-uri", self.application.url("/broken")),
                   "backchannel_logout", "warn", "status 503")

    def test_keys_that_are_not_there(self):
        self.application.serve("/none", json.dumps({"keys": []}))
        self.application.serve("/text", "moved")
        for address, word in ((NOBODY + "/keys", "does not answer"),
                              (self.application.url("/missing"), "no key that can be used"),
                              (self.application.url("/none"), "no key that can be used"),
                              (self.application.url("/text"), "no key that can be used")):
            with self.subTest(address):
                app = self.client("--auth-method", "private_key_jwt", "--jwks-uri", address)
                self.finds(app, "jwks_uri", "fail", address, word)


class Way(CheckCase):
    """What is between the application and authd."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.app = RelyingParty(cls.server, "App", redirect=cls.application.url("/callback"))
        cls.known = cls.server.get(DISCOVERY).json

    def answer(self, path, status=200, body=""):
        self.proxy.answers = {path: (status, body.encode())}

    def test_discovery_that_does_not_get_through(self):
        other = {**self.known, "issuer": "https://other.example"}
        away = {**self.known, "jwks_uri": "https://other.example/keys"}
        for status, body, word in ((404, "", "status 404"),
                                   (200, "<html>", "not a discovery document"),
                                   (200, "{}", "not a discovery document"),
                                   (200, json.dumps(other), "names the issuer"),
                                   (200, json.dumps(away), "https://other.example/keys")):
            with self.subTest(word):
                self.answer(DISCOVERY, status, body)
                self.finds(self.app, "discovery", "fail", word)
        keys = "/" + self.known["jwks_uri"].split("/", 3)[3]
        with tempfile.TemporaryDirectory() as folder:
            strange = json.dumps({"keys": [OwnKey(folder).jwk(kid="strange")]})
        for status, body, word in ((502, "", "status 502"), (200, '{"keys": []}', "has no key"),
                                   (200, strange, "another server answers")):
            with self.subTest(word):
                self.answer(keys, status, body)
                self.finds(self.app, "discovery", "fail", word)

    def test_clocks_that_differ(self):
        self.proxy.ahead = 3600
        self.finds(self.app, "clock", "fail", "behind that of", "NTP")
        self.proxy.ahead = -120
        self.finds(self.app, "clock", "warn", "ahead of that of")
        self.proxy.ahead = None
        self.finds(self.app, "clock", "skipped", "no time came")

    def test_a_proxy_that_drops_the_secret(self):
        self.proxy.loses = ("authorization",)
        self.finds(self.app, "token", "fail", "header Authorization")
        # Clients without a secret do not notice.
        self.examine(self.client(public=True).id, 0)

    def test_a_token_endpoint_that_is_somebody_elses(self):
        for status, body, word in ((200, "<html>", "instead of refusing"),
                                   (302, "", "instead of refusing"), (502, "", "answers 502"),
                                   (401, "<html>", "instead of refusing"),
                                   (200, '{"access_token": "x"}', "instead of refusing"),
                                   (400, '{"error": "invalid_grant"}', "header Authorization")):
            with self.subTest(status=status, body=body):
                self.answer("/oauth2/token", status, body)
                self.finds(self.app, "token", "fail", word)
        self.answer("/oauth2/token", 401, '{"error": "invalid_client"}')
        self.finds(self.client(public=True), "token", "fail", "another server answers")
        self.answer("/oauth2/token", 429, '{"error": "temporarily_unavailable"}')
        self.finds(self.app, "token", "warn", "try later")


class Alone(CheckCase):
    def test_without_a_server_it_says_what_it_could_not_ask(self):
        app = self.client()
        self.assertEqual(self.server.stop(), 0)
        findings = {one["check"]: one["severity"] for one in self.examine(app.id, 0)}
        self.assertEqual(findings, {"members": "ok", "discovery": "skipped", "clock": "skipped",
                                    "redirect_uris": "ok", "token": "skipped"})

    def test_a_public_address_that_leads_nowhere(self):
        with Server("--server.public-url", "http://localhost:1") as server:
            app = RelyingParty(server, "App", redirect=self.application.url("/callback"))
            done = server.command("client", "test", app.id, "--json", check=False,
                                  env={"AUTHD_FETCH_CA_FILE": self.application.bundle})
            self.assertEqual(done.returncode, 1, done.err)
            failed = {one["check"] for one in json.loads(done.out)["findings"]
                      if one["severity"] == "fail"}
            self.assertEqual(failed, {"discovery", "token"})


if __name__ == "__main__":
    unittest.main()
