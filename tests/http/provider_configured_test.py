"""Clients that the configuration declares: they are there after the start, only the configuration
changes them, and one that is taken out lets nobody in."""

import json
import os
import tempfile
import unittest

from harness import PASSWORD, Server, command
from provider import Browser, Client

SECRET = "a-secret-of-the-configuration-0123456789"
REDIRECT = "https://grafana.example/login"

DECLARED = """
[clients.grafana]
name = "Grafana"
redirect_uris = ["%s"]
consent = "skip"
id_token_claims = true
access_ttl = "5m"
secret = "%s"
""" % (REDIRECT, SECRET)


class Configured(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "authd.toml")
        self.data = os.path.join(folder.name, "data")
        self.folder = folder.name

    def write(self, text, name="authd.toml"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def server(self, text=DECLARED, **more):
        self.write(text)
        return Server("--config", self.file, data_dir=self.data, **more)

    def client(self, server):
        return json.loads(server.command("client", "show", "grafana", "--json").out)

    def refused(self, text, words):
        """What the check of the configuration says; the server says the same."""
        self.write(text)
        checked = command("config", "check", "--config", self.file, check=False)
        self.assertEqual(checked.returncode, 2, checked.err)
        served = command("serve", "--config", self.file, "--data-dir", self.data,
                         "--listen", "127.0.0.1:0", check=False)
        self.assertNotEqual(served.returncode, 0)
        for said in (checked.err, served.err):
            self.assertIn(words, said)
        return checked.err

    def test_people_sign_in_to_it_from_the_first_start_on(self):
        with self.server() as server:
            shown = self.client(server)
            self.assertTrue(shown["configured"])
            self.assertEqual((shown["name"], shown["redirect_uris"], shown["consent"],
                              shown["id_token_claims"], shown["access_ttl"]),
                             ("Grafana", [REDIRECT], "skip", True, "5m"))
            self.assertEqual(shown["grant_types"], ["authorization_code", "refresh_token"])
            server.sign_up("ann")
            browser = Browser(server)
            browser.sign_in("ann")
            app = Client(server, "grafana", SECRET, REDIRECT)
            tokens = app.tokens(browser, scope="openid offline_access")
            self.assertEqual(tokens["expires_in"], 300)
        # The next start finds it as it is, and what people were given lives on.
        with self.server() as server:
            again = self.client(server)
            self.assertEqual(again, {**shown, "last_used": again["last_used"]})
            app.server = server
            self.assertEqual(app.refresh(tokens["refresh_token"]).status, 200)
            changes = server.command("audit", "list", "--action", "client_added", "--json")
            self.assertEqual(changes.out.count("client_added"), 1)

    def test_nobody_else_changes_it(self):
        with self.server() as server:
            for arguments in (("set", "grafana", "consent=ask"), ("delete", "grafana", "--yes"),
                              ("secret", "revoke", "grafana", "configuration")):
                done = server.command("client", *arguments, check=False)
                self.assertEqual(done.returncode, 4, done.err)
                self.assertIn("clients.grafana", done.err)
            server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
            browser = Browser(server)
            browser.sign_in("root")
            path = "/api/v1/admin/clients/grafana"
            for reply in (browser.request("PATCH", path, {"name": "Mine"}), browser.delete(path),
                          browser.delete(path + "/secrets/configuration")):
                self.assertEqual((reply.status, reply.json["error"]), (409, "configured_client"))
            self.assertEqual(self.client(server)["name"], "Grafana")
            # In an emergency it can be stopped, until the next start.
            server.command("client", "set", "grafana", "disabled=true")
            self.assertTrue(self.client(server)["disabled"])
            done = server.command("client", "set", "grafana", "disabled=false", check=False)
            self.assertEqual(done.returncode, 4, done.err)
            # A secret beside that of the configuration comes and goes as for any client, and stays
            # through a start.
            made = json.loads(server.command("client", "secret", "add", "grafana", "--json").out)
        with self.server() as server:
            self.assertEqual({one["id"] for one in self.client(server)["secrets"]},
                             {"configuration", made["id"]})
            server.command("client", "secret", "revoke", "grafana", made["id"])

    def test_a_change_takes_effect_with_the_next_start(self):
        with self.server() as server:
            created = self.client(server)["created_at"]
        other = "another-secret-of-the-configuration-1234"
        changed = DECLARED.replace(SECRET, other).replace('name = "Grafana"\n', "")
        with self.server(changed) as server:
            shown = self.client(server)
            self.assertEqual((shown["name"], shown["created_at"]), ("grafana", created))
            app = Client(server, "grafana", other, REDIRECT)
            self.assertEqual(app.token({"grant_type": "x"}).status, 400)
            self.assertEqual(app.token({"grant_type": "x"}, secret=SECRET).status, 401)

    def test_one_that_is_taken_out_lets_nobody_in_and_loses_nothing(self):
        with self.server() as server:
            server.sign_up("ann")
            browser = Browser(server)
            browser.sign_in("ann")
            app = Client(server, "grafana", SECRET, REDIRECT)
            refresh = app.tokens(browser, scope="openid offline_access")["refresh_token"]
        with self.server("") as server:
            server.logged(message="a client is no longer in the configuration, so it is disabled: "
                                  "put it back, or delete it (authd client delete)",
                          client="grafana")
            shown = self.client(server)
            self.assertEqual((shown["configured"], shown["disabled"]), (False, True))
            app.server = server
            self.assertEqual(app.refresh(refresh).status, 401)
        with self.server() as server:
            app.server = server
            self.assertEqual(app.refresh(refresh).status, 200)
        with self.server("") as server:
            server.command("client", "delete", "grafana", "--yes")

    def test_a_start_without_a_configuration_ends_nothing(self):
        with self.server() as server:
            server.command("client", "secret", "add", "grafana")
            before = self.client(server)
        with Server(data_dir=self.data) as server:
            server.logged(client="grafana")
            self.assertEqual(self.client(server), before)
        with self.server() as server:
            self.assertEqual(self.client(server), before, "nothing was written")

    def test_an_export_is_taken_by_servers_with_and_without_the_declaration(self):
        text = DECLARED + '[clients.bare]\nredirect_uris = ["https://bare.example/login"]\n'
        with self.server(text) as server:
            path = self.write(server.command("export").out, "all.jsonl")

        def imported(server):
            told = json.loads(server.command("import", path, "--format", "jsonl", "--json").out)
            return told["clients"], told["rejected"]

        other = DECLARED.replace(SECRET, "another-secret-of-the-configuration-1234")
        for name, declared in (("same", text), ("other", other + text[len(DECLARED):])):
            self.write(declared)
            data = os.path.join(self.folder, name)
            with self.subTest(name), Server("--config", self.file, data_dir=data) as server:
                before = self.client(server)
                self.assertEqual(imported(server), (0, 0))
                self.assertEqual(self.client(server), before)
        data = os.path.join(self.folder, "without")
        with Server(data_dir=data) as server:
            self.assertEqual(imported(server), (2, 0))
            self.assertEqual(imported(server), (0, 0))
            self.assertFalse(self.client(server)["configured"])
            bare = json.loads(server.command("client", "show", "bare", "--json").out)
            self.assertEqual(bare["secrets"], [])
            app = Client(server, "grafana", SECRET, REDIRECT)
            self.assertEqual(app.token({"grant_type": "x"}).status, 400)
        # Declared there as well, later.
        self.write(text)
        with Server("--config", self.file, data_dir=data) as server:
            shown = self.client(server)
            self.assertTrue(shown["configured"])
            self.assertEqual([one["id"] for one in shown["secrets"]], ["configuration"])

    def test_a_client_that_was_added_by_hand_is_taken_over(self):
        with self.server("") as server:
            made = json.loads(server.command("client", "add", "By hand", "--id", "grafana",
                                             "--redirect-uri", REDIRECT, "--json").out)
        with self.server() as server:
            shown = self.client(server)
            self.assertEqual((shown["name"], shown["configured"]), ("Grafana", True))
            app = Client(server, "grafana", made["client_secret"], REDIRECT)
            self.assertEqual(app.token({"grant_type": "x"}).status, 400, "its secret stays")

    def test_the_secret_comes_from_a_file_or_the_environment(self):
        by_file = self.write(SECRET + "\n", "secret")
        text = DECLARED.replace('secret = "%s"' % SECRET, 'secret_file = "%s"' % by_file)
        with self.server(text) as server:
            app = Client(server, "grafana", SECRET, REDIRECT)
            self.assertEqual(app.token({"grant_type": "x"}).status, 400)
        other = "of-the-environment-0123456789-0123456789"
        with self.server(DECLARED.replace('secret = "%s"\n' % SECRET, ""),
                         environment={"AUTHD_CLIENTS_GRAFANA_SECRET": other}) as server:
            app = Client(server, "grafana", other, REDIRECT)
            self.assertEqual(app.token({"grant_type": "x"}).status, 400)
            self.assertEqual(app.token({"grant_type": "x"}, secret=SECRET).status, 401)
            shown = command("config", "show", "--config", self.file,
                            env={"AUTHD_CLIENTS_GRAFANA_SECRET": other})
            self.assertNotIn(other, shown.out)
            self.assertNotIn(other, server.log_text())

    def test_a_role_that_does_not_exist_yet_is_logged(self):
        with self.server(DECLARED + 'roles = ["ops"]\n') as server:
            server.logged(client="grafana", role="ops")
            self.assertEqual(self.client(server)["roles"], ["ops"])

    def test_what_is_wrong_is_told_with_its_place(self):
        for text, place, words in (
                (DECLARED.replace(REDIRECT, "http://grafana.example/login"),
                 ":4", "clients.grafana.redirect_uris"),
                (DECLARED.replace("skip", "never"), ":5", "must be ask or skip"),
                (DECLARED.replace("5m", "5s"), ":7", "from 10s"),
                (DECLARED.replace(SECRET, "short"), ":8", "at least 32"),
                (DECLARED + "public = true\n", ":8", "has no secret"),
                (DECLARED + "redirect_uri = []\n", ":9", "redirect_uris"),
                (DECLARED + 'secret_file = "/nowhere"\n', "clients.grafana.secret", "both"),
                (DECLARED.replace("clients.grafana", "clients.gr"), ":3", "a name for a client"),
                (DECLARED.replace("clients.grafana", "clients.authd"), "clients.authd",
                 "name of the server itself")):
            with self.subTest(words):
                self.assertIn(place, self.refused(text, words))


if __name__ == "__main__":
    unittest.main()
