"""The administration of initial access tokens (RFC 7591 section 3) by the API: what an
administrator creates, a program uses up."""

import json
import unittest

from harness import PASSWORD, ServerCase

TOKENS = "/api/v1/admin/registration-tokens"
NOTES = {"client_name": "Notes", "redirect_uris": ["https://notes.example.org/callback"]}
SHOWN = {"id", "name", "uses_left", "created_at", "expires_at"}


class TokensCase(ServerCase):
    FLAGS = ("--provider.registration", "token")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
        signed_in = cls.server.log_in("root").json
        cls.root, cls.root_id = signed_in["access_token"], signed_in["user"]["id"]

    def create(self, name="ci", token=None, key=None, **members):
        return self.server.post(TOKENS, {"name": name, **members},
                                token=None if key else token or self.root,
                                headers={"X-API-Key": key} if key else None)

    def created(self, **members):
        reply = self.create(**members)
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json

    def listed(self):
        reply = self.server.get(TOKENS, token=self.root)
        self.assertEqual(reply.status, 200)
        return reply.json["registration_tokens"]

    def register(self, token):
        return self.server.post("/oauth2/register", NOTES, token=token)

    def revoke(self, token_id, token=None):
        return self.server.request("DELETE", TOKENS + "/" + token_id, token=token or self.root)


class Tokens(TokensCase):
    def test_one_is_created_used_up_and_shown_without_its_text(self):
        made = self.created(name=" build server ", uses=2, expires_in="7d")
        self.assertEqual(set(made), SHOWN | {"token"})
        self.assertEqual((made["name"], made["uses_left"]), ("build server", 2))
        self.assertTrue(made["token"].startswith("authd_registration_"))
        listed = self.server.get(TOKENS, token=self.root)
        self.assertNotIn(made["token"].encode(), listed.body)
        shown = {name: value for name, value in made.items() if name != "token"}
        self.assertIn(shown, listed.json["registration_tokens"])
        self.assertEqual(self.register(made["token"]).status, 201)
        self.assertIn({**shown, "uses_left": 1}, self.listed())
        self.assertEqual(self.register(made["token"]).status, 201)
        self.assertNotIn(made["id"], [one["id"] for one in self.listed()])
        self.assertEqual(self.register(made["token"]).status, 401)

    def test_without_more_it_is_for_one_client_and_a_month(self):
        made = self.created()
        self.assertEqual(made["uses_left"], 1)
        [shown] = [one for one in self.cli_list() if one["id"] == made["id"]]
        self.assertEqual(shown, {name: made[name] for name in SHOWN})
        added = json.loads(self.server.command("client", "registration-token", "add", "ci",
                                               "--json").out)
        self.assertEqual(set(added), set(made))
        # A month each, and the second one a moment later.
        self.assertEqual(added["expires_at"][:7], made["expires_at"][:7])

    def cli_list(self):
        done = self.server.command("client", "registration-token", "list", "--json")
        self.assertEqual(json.loads(done.out), {"registration_tokens": self.listed()})
        return json.loads(done.out)["registration_tokens"]

    def test_a_revoked_one_registers_nobody_and_its_clients_stay(self):
        made = self.created(uses=3)
        client = self.register(made["token"]).json["client_id"]
        self.assertEqual(self.revoke(made["id"]).status, 204)
        self.assertEqual(self.register(made["token"]).json["error"], "invalid_token")
        self.assertEqual(self.server.get("/api/v1/admin/clients/" + client,
                                         token=self.root).status, 200)
        self.refused(self.revoke(made["id"]), 404, "not_found")
        self.refused(self.revoke(made["token"]), 404, "not_found")

    def test_what_is_wrong_is_said_at_its_field(self):
        for members, field in (({"name": ""}, "name"), ({"name": "x" * 101}, "name"),
                               ({"uses": 0}, "uses"), ({"uses": -1}, "uses"),
                               ({"uses": 1001}, "uses"), ({"expires_in": "59s"}, "expires_in"),
                               ({"expires_in": "367d"}, "expires_in"),
                               ({"expires_in": "soon"}, "expires_in")):
            with self.subTest(members):
                self.refused(self.create(**members), 422, field=field)
        for body in ({}, {"name": "x", "uses": "2"}, {"name": "x", "uses": 1.5}, {"name": None}):
            with self.subTest(body):
                reply = self.server.post(TOKENS, body, token=self.root)
                self.assertIn(reply.status, (400, 422), reply.body)
        self.refused(self.server.post(TOKENS, {"name": "x", "scope": "x"}, token=self.root), 422,
                     field="scope")

    def test_the_command_says_it_with_its_own_option(self):
        arguments = ("client", "registration-token", "add", "ci", "--valid", "367d")
        done = self.server.command(*arguments, check=False)
        self.assertEqual(done.returncode, 2, done.err)
        self.assertIn("--valid: This must be from 1m to 366d", done.err)
        done = self.server.command(*arguments, "--json", check=False)
        self.assertIn('"field":"valid"', done.err.replace(" ", ""))

    def test_all_of_it_is_in_the_audit_log_without_the_token(self):
        made = self.created(name="audited")
        self.revoke(made["id"])
        for action in ("registration_token_added", "registration_token_revoked"):
            reply = self.server.get("/api/v1/admin/audit?action=" + action, token=self.root)
            newest = reply.json["entries"][0]
            self.assertEqual((newest["target"], newest["outcome"]), ("audited", "ok"))
            self.assertEqual(newest["actor"], self.root_id)
            self.assertNotIn(made["token"].encode(), reply.body)
        self.assertNotIn(made["token"], self.server.log_text())


class Callers(TokensCase):
    def key(self, scope):
        done = self.server.command("apikey", "add", "root", "--name", "ci", "--scope", scope,
                                   "--json")
        return json.loads(done.out)["api_key"]

    def test_a_program_with_the_scope_admin_creates_and_revokes(self):
        key = self.key("admin")
        made = self.create(key=key)
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(self.register(made.json["token"]).status, 201)
        made = self.create(key=key)
        done = self.server.request("DELETE", TOKENS + "/" + made.json["id"],
                                   headers={"X-API-Key": key})
        self.assertEqual(done.status, 204)

    def test_a_program_that_reads_creates_nothing(self):
        key = self.key("admin:read")
        self.assertEqual(self.server.get(TOKENS, headers={"X-API-Key": key}).status, 200)
        self.refused(self.create(key=key), 403)
        self.assertEqual(self.server.get(TOKENS, headers={"X-API-Key": self.key("verify")}).status,
                         403)

    def test_nobody_else(self):
        ann = self.server.sign_up("ann").json["access_token"]
        made = self.created()
        for reply in (self.server.get(TOKENS, token=ann), self.create(token=ann),
                      self.revoke(made["id"], token=ann)):
            self.refused(reply, 403)
        self.refused(self.server.get(TOKENS), 401)
        # The token itself opens nothing but the registration.
        self.refused(self.server.get(TOKENS, token=made["token"]), 401)


class Limit(TokensCase):
    def test_there_are_at_most_a_hundred(self):
        made = [self.created() for _ in range(100)]
        self.refused(self.create(), 409, "too_many_tokens")
        self.assertEqual(len(self.listed()), 100)
        self.revoke(made[0]["id"])
        self.created()


if __name__ == "__main__":
    unittest.main()
