"""Ready-made applications: one command or one form connects each of them, and what is printed is
what the application needs. And `authd client test`, which looks for what keeps people out."""

import http.server
import json
import pathlib
import re
import threading
import unittest

from harness import PASSWORD, Server, reserve_port
from provider import Client, RelyingParty
from provider_test import ISSUER, ProviderCase

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "src/auth/oauth/clients/templates"


class Templates(ProviderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        cls.commands = 0

    def run_json(self, *arguments):
        type(self).commands += 1
        return json.loads(self.server.command(*arguments, "--json").out)

    def templates(self):
        return self.run_json("client", "templates")["templates"]

    def fails(self, *arguments, code=2):
        done = self.server.command(*arguments, check=False)
        self.assertEqual(done.returncode, code, done.err)
        return done.err

    def test_the_list_is_the_list_of_files_and_of_the_documentation(self):
        listed = [one["template"] for one in self.templates()]
        self.assertEqual(listed, sorted(path.stem for path in FILES.glob("*.json")))
        page = (ROOT / "docs/oidc.md").read_text(encoding="utf-8")
        section = page.split("\n## Connect an application in a minute\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.M)
        self.assertEqual(sorted(rows), listed)
        root = self.browser("root")
        self.assertEqual(root.get("/api/v1/admin/client-templates").json["templates"],
                         self.templates())
        self.assertEqual(self.browser().get("/api/v1/admin/client-templates").status, 403)

    def test_one_command_connects_each_application(self):
        for one in self.templates():
            with self.subTest(one["template"]):
                before = self.commands
                address = ["--url", one["url"]] if one["url"] else []
                made = self.run_json("client", "add", "--template", one["template"], *address)
                self.assertEqual(self.commands - before, 1)
                self.check(made, one)

    def test_one_form_connects_each_application(self):
        root = self.browser("root")
        for one in self.templates():
            with self.subTest(one["template"]):
                form = {"template": one["template"]}
                if one["url"]:
                    form["url"] = one["url"] + "/"
                reply = root.post("/api/v1/admin/clients", form)
                self.assertEqual(reply.status, 201, reply.body)
                self.check(reply.json, one)

    def check(self, made, one):
        application = made["application"]
        self.assertEqual((application["template"], made["name"]), (one["template"], one["name"]))
        self.assertEqual(made["configured"], False)
        text = "\n".join(settings["text"] for settings in application["settings"])
        self.assertIn(made["client_id"], text)
        self.assertIn(ISSUER, text)
        self.assertEqual(made["public"], "client_secret" not in made)
        if not made["public"]:
            self.assertIn(made["client_secret"], text)
        if one["url"]:
            home = one["url"].split("//")[1]
            self.assertTrue(any(home in uri for uri in made["redirect_uris"]), made)

    def test_the_addresses_in_the_settings_are_those_of_discovery(self):
        found = self.server.get("/.well-known/openid-configuration").json
        made = self.run_json("client", "add", "--template", "audiobookshelf", "--url",
                             "https://books.example.org")
        text = made["application"]["settings"][0]["text"]
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint",
                     "jwks_uri", "end_session_endpoint"):
            self.assertRegex(text, re.compile(re.escape(": " + found[name]) + r"( |$)", re.M))

    def test_people_sign_in_with_nothing_but_the_printed_settings(self):
        made = self.server.command("client", "add", "Graphs", "--template", "grafana", "--url",
                                   "https://graphs.example.org/", "--id", "graphs")
        self.assertIn("shown only this once", made.out)
        self.assertIn("# Good to know", made.out)
        printed = dict(re.findall(r"^GF_AUTH_GENERIC_OAUTH_(\w+)=(.*)$", made.out, re.M))
        self.assertEqual(printed["CLIENT_ID"], "graphs")
        self.assertEqual(printed["TOKEN_URL"], ISSUER + "/oauth2/token")
        app = Client(self.server, printed["CLIENT_ID"], printed["CLIENT_SECRET"],
                     "https://graphs.example.org/login/generic_oauth")
        answer = app.answer(self.browser(), scope=printed["SCOPES"])
        tokens = app.exchange(answer["code"]).json
        claims = self.server.get("/oauth2/userinfo", token=tokens["access_token"]).json
        self.assertEqual((claims["sub"], claims["email"], claims["groups"]),
                         (self.subject, "ann@example.org", ["user"]))
        self.assertEqual(claims[printed["LOGIN_ATTRIBUTE_PATH"]], "ann")

    def test_options_win_over_the_template(self):
        made = self.run_json("client", "add", "Own", "--template", "gitea", "--url",
                             "https://git.example.org", "--consent", "ask", "--set",
                             "redirect_uris=https://git.example.org/user/oauth2/own/callback")
        self.assertEqual((made["name"], made["consent"], made["pkce"]), ("Own", "ask", "optional"))
        self.assertEqual(made["redirect_uris"],
                         ["https://git.example.org/user/oauth2/own/callback"])

    def test_what_is_wrong_is_said_and_nothing_is_made(self):
        before = self.run_json("client", "list")
        add = ("client", "add", "X")
        self.assertIn("did you mean grafana", self.fails(*add, "--template", "grafanna", "--url",
                                                         "https://g.example.org"))
        self.assertIn("is needed", self.fails(*add, "--template", "grafana"))
        self.assertIn("no address", self.fails(*add, "--template", "native", "--url",
                                               "https://g.example.org"))
        self.assertIn("--template", self.fails(*add, "--url", "https://g.example.org"))
        for url in ("http://g.example.org", "g.example.org", "https://g.example.org/?a=b"):
            self.assertIn("address of the application",
                          self.fails(*add, "--template", "grafana", "--url", url))
        self.assertIn("did you mean grafana", self.fails("client", "templates", "grafan"))
        root = self.browser("root")
        for form, field in (({"template": "none", "url": "https://g.example.org"}, "template"),
                            ({"template": "grafana"}, "url"),
                            ({"template": "grafana", "url": "ftp://g.example.org"}, "url"),
                            ({"name": "X", "url": "https://g.example.org"}, "url"),
                            ({}, "name")):
            reply = root.post("/api/v1/admin/clients", form)
            self.assertEqual((reply.status, reply.json["field"]), (422, field), reply.body)
        self.assertEqual(self.run_json("client", "list"), before)

    def test_one_template_is_shown_without_a_database(self):
        shown = self.server.command("client", "templates", "miniflux").out
        self.assertIn("{url}/oauth2/oidc/callback", shown)
        self.assertIn("OAUTH2_CLIENT_ID={client_id}", shown)


class Application(http.server.BaseHTTPRequestHandler):
    """Is there, whatever is asked."""

    def do_GET(self):
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Check(unittest.TestCase):
    """Against a server that is reached at its own public address."""

    @classmethod
    def setUpClass(cls):
        port = reserve_port()
        cls.flags = ("--listen", "127.0.0.1:%d" % port, "--server.public-url",
                     "http://localhost:%d" % port)
        cls.server = Server(*cls.flags, listen=None)
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.application = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
        cls.addClassCleanup(cls.application.server_close)
        thread = threading.Thread(target=cls.application.serve_forever)
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(cls.application.shutdown)

    def examine(self, client, code=0):
        done = self.server.command("client", "test", client, "--json", check=False)
        self.assertEqual(done.returncode, code, done.out + done.err)
        said = json.loads(done.out)
        self.assertEqual((said["ok"], said["client_id"]), (code == 0, client))
        return {(one["check"], one["severity"]): one["text"] for one in said["findings"]}

    def test_a_client_that_works_passes_and_its_secret_was_never_needed(self):
        logout = "http://127.0.0.1:%d/logout" % self.application.server_port
        app = RelyingParty(self.server, "App", "--backchannel-logout-uri", logout,
                           redirect="http://127.0.0.1:1/callback")
        found = self.examine(app.id)
        self.assertIn(("members", "ok"), found)
        self.assertIn(("token", "ok"), found)
        self.assertIn("401 invalid_client", found["token", "ok"])
        self.assertIn(("backchannel_logout", "ok"), found)
        self.assertIn(("clock", "skipped"), found)  # no proxy in front sends Date
        self.assertIn(("redirect_uris", "skipped"), found)
        refused = json.loads(self.server.command("audit", "list", "--action", "client_refused",
                                                 "--json").out)["entries"]
        self.assertTrue(refused)
        text = self.server.command("client", "test", app.id).out
        self.assertIn("0 fail", text)

    def test_what_keeps_people_out_fails_with_the_exit_code_of_the_doctor(self):
        app = RelyingParty(self.server, "Off", "--set", "disabled=true",
                           redirect="http://127.0.0.1:1/callback")
        found = self.examine(app.id, code=1)
        self.assertIn("disabled", found["members", "fail"])
        gone = RelyingParty(self.server, "Gone", "--backchannel-logout-uri",
                            "http://127.0.0.1:1/logout", redirect="http://127.0.0.1:1/callback")
        self.assertIn(("backchannel_logout", "fail"), self.examine(gone.id, code=1))

    def test_a_public_client_is_known_without_a_secret(self):
        app = RelyingParty(self.server, "Public", public=True,
                           redirect="http://127.0.0.1:1/callback")
        self.assertIn("400 invalid", self.examine(app.id)["token", "ok"])

    def test_an_unknown_client_is_told_with_the_nearest(self):
        self.server.command("client", "add", "Near", "--id", "nearby")
        done = self.server.command("client", "test", "nearb", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("did you mean nearby", done.err)


if __name__ == "__main__":
    unittest.main()
