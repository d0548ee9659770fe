"""Clients and resources by command: what people type, what they see, and that nothing is half
done."""

import json
import os
import tempfile
import unittest

from harness import Server, ServerCase, command
from provider import RelyingParty


class Commands(ServerCase):
    def run_json(self, *arguments, **more):
        return json.loads(self.server.command(*arguments, "--json", **more).out)

    def fails(self, *arguments, code=2):
        done = self.server.command(*arguments, check=False)
        self.assertEqual(done.returncode, code, done.err)
        return done.err

    def test_members_are_set_added_and_taken_away(self):
        app = RelyingParty(self.server, "Wiki")
        shown = self.run_json("client", "set", app.id, "redirect_uris+=https://b.example/cb",
                              "pkce=optional", "scopes=openid,email", "access_ttl=5m")
        self.assertEqual(shown["redirect_uris"], [app.redirect, "https://b.example/cb"])
        self.assertEqual((shown["pkce"], shown["scopes"], shown["access_ttl"]),
                         ("optional", ["openid", "email"], "5m"))
        shown = self.run_json("client", "set", app.id, "redirect_uris-=https://b.example/cb")
        self.assertEqual(shown["redirect_uris"], [app.redirect])
        self.assertIn("not in redirect_uris", self.fails("client", "set", app.id,
                                                         "redirect_uris-=https://c.example"))
        self.assertIn("did you mean redirect_uris", self.fails("client", "set", app.id,
                                                               "redirect_uri=x"))
        self.assertIn("not a list", self.fails("client", "set", app.id, "pkce+=x"))
        self.run_json("client", "set", app.id, "groups+=a", "groups+=b")
        self.assertEqual(self.run_json("client", "set", app.id, "groups-=a", "groups+=c")["groups"],
                         ["b", "c"])
        self.assertIn("NAME=VALUE", self.fails("client", "set", app.id, "pkce"))
        text = self.server.command("client", "show", app.id)
        self.assertIn("PKCE is optional", text.err)
        self.assertIn("redirect_uris", text.out)

    def test_an_unknown_client_is_told_with_the_nearest(self):
        self.run_json("client", "add", "Near", "--id", "grafana")
        self.assertIn("did you mean grafana", self.fails("client", "show", "grafan", code=3))

    def test_secrets_change_over(self):
        app = RelyingParty(self.server, "Secrets")
        made = self.run_json("client", "secret", "add", app.id, "--expires-in", "90d")
        self.assertTrue(made["expires_at"])
        first = [one["id"] for one in self.run_json("client", "show", app.id)["secrets"]
                 if one["id"] != made["id"]]
        self.run_json("client", "secret", "revoke", app.id, first[0])
        self.assertEqual(app.token({"grant_type": "x"}).status, 401)
        self.assertEqual(app.token({"grant_type": "x"}, secret=made["client_secret"]).status, 400)
        self.assertIn("only secret", self.fails("client", "secret", "revoke", app.id, made["id"],
                                                code=4))

    def test_metadata_is_added_whole_or_not_at_all(self):
        good = {"client_name": "Meta", "redirect_uris": ["https://meta.example/cb"]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "clients.json")

            def write(value):
                with open(path, "w", encoding="utf-8") as f:
                    json.dump(value, f)
            write([good, {**good, "client_name": "Bad", "response_types": ["token"]}])
            before = self.run_json("client", "list")["clients"]
            error = self.fails("client", "add", "--metadata", path, code=1)
            self.assertIn("client 2", error)
            self.assertIn("response_types", error)
            self.assertEqual(self.run_json("client", "list")["clients"], before)
            write([good, {**good, "client_id": "second"}])
            made = self.run_json("client", "add", "--metadata", path)["clients"]
            self.assertEqual([one["name"] for one in made], ["Meta", "Meta"])
            self.assertEqual(made[1]["client_id"], "second")
            write([{**good, "client_id": "twice"}, {**good, "client_id": "twice"}])
            self.fails("client", "add", "--metadata", path, code=4)
            self.fails("client", "show", "twice", code=3)
            self.fails("client", "add", "--metadata", path, "--public")
            write(good)
            self.assertTrue(self.run_json("client", "add", "--metadata", path)["clients"])

    def test_a_preview_shows_what_an_application_gets(self):
        app = RelyingParty(self.server, "Preview", "--set", "id_token_claims=true")
        self.server.sign_up("ann", email="ann@example.org")
        seen = self.run_json("client", "preview", app.id, "ann")
        self.assertEqual(seen["id_token"]["aud"], app.id)
        self.assertEqual(seen["id_token"]["email"], "ann@example.org")
        self.assertEqual(seen["userinfo"]["groups"], ["user"])
        self.assertEqual(seen["access_token"]["client_id"], app.id)
        few = self.run_json("client", "preview", app.id, "ann", "--scope", "openid")
        self.assertNotIn("email", few["userinfo"])
        self.assertIn("userinfo", self.server.command("client", "preview", app.id, "ann").out)

    def test_explain_tells_what_a_sign_in_leads_to(self):
        self.server.sign_up("bob")
        app = RelyingParty(self.server, "Explained", "--role", "admin")
        told = self.run_json("explain", "authorize", "bob", "--client", app.id)
        self.assertFalse(told["accepted"])
        self.assertEqual(told["checks"][-1]["check"], "roles")
        self.server.command("client", "set", app.id, "roles=")
        told = self.run_json("explain", "authorize", "bob", "--client", app.id)
        self.assertTrue(told["accepted"])
        self.assertIn("consent page", told["verdict"])
        address = "http://localhost:8080" + app.address(redirect_uri="https://evil.example/")
        told = self.run_json("explain", "authorize", "bob", "--request", address)
        self.assertFalse(told["accepted"])
        self.assertIn("not registered", told["verdict"])
        self.fails("explain", "authorize", "bob")

    def test_explain_reads_a_token_of_an_application(self):
        api = "https://explain.example.org"
        self.server.command("resource", "add", api, "Explain")
        job = RelyingParty(self.server, "Job", "--grant", "client_credentials", "--resource", api,
                           redirect=None)
        token = job.token({"grant_type": "client_credentials", "resource": api}).json
        told = self.run_json("explain", "token", stdin=token["access_token"])
        self.assertTrue(told["accepted"])
        self.assertIn(job.id, told["what"])

    def test_resources_are_added_changed_and_deleted(self):
        api = "https://api.example.org"
        self.run_json("resource", "add", api, "Orders", "--scope", "read", "--access-ttl", "5m")
        changed = self.run_json("resource", "set", api, "--scope", "read", "--scope", "write",
                                "--name", "Shop")["resources"][0]
        self.assertEqual((changed["name"], changed["scopes"], changed["access_ttl"]),
                         ("Shop", ["read", "write"], "5m"))
        self.assertIn(api, self.server.command("resource", "list").out)
        self.fails("resource", "add", "no address", "x")
        self.fails("resource", "set", api, "--access-ttl", "soon")
        self.server.command("resource", "delete", api, "--yes")
        self.fails("resource", "delete", api, "--yes", code=3)

    def test_rotation_names_the_clients_that_may_not_know_the_key(self):
        app = RelyingParty(self.server, "Cached", "--set", "id_token_signed_response_alg=EdDSA")
        done = self.server.command("key", "rotate", "--algorithm", "EdDSA")
        self.assertIn("EdDSA", done.err)
        self.assertIn(app.id, done.err)
        self.assertNotIn("RS256 key", done.err)
        self.fails("key", "rotate", "--algorithm", "none")


class Exports(unittest.TestCase):
    def test_clients_and_resources_move_to_another_server(self):
        with tempfile.TemporaryDirectory() as folder, Server() as old, Server() as new:
            path = os.path.join(folder, "export.jsonl")
            api = "https://api.example.org"
            old.command("role", "add", "staff")
            old.command("resource", "add", api, "Orders", "--scope", "read")
            app = RelyingParty(old, "Wiki", "--role", "staff", "--resource", api, "--set",
                               "access_ttl=5m", "--pkce", "optional")
            old.command("client", "secret", "add", app.id, "--expires-in", "90d")
            with open(path, "w", encoding="utf-8") as f:
                f.write(old.command("export").out)
            command("import", path, "--format", "jsonl", "--data-dir", new.data_dir)
            kept = json.loads(old.command("client", "show", app.id, "--json").out)
            moved = json.loads(new.command("client", "show", app.id, "--json").out)
            for one in (kept, moved):
                for name in ("updated_at", "last_used"):
                    del one[name]
            self.assertEqual(moved, kept)
            app.server = new
            self.assertEqual(app.token({"grant_type": "x"}).json["error"],
                             "unsupported_grant_type")
            self.assertEqual(json.loads(new.command("resource", "list", "--json").out)
                             ["resources"][0]["scopes"], ["read"])


if __name__ == "__main__":
    unittest.main()
