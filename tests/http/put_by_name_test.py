"""PUT by name in the administration API: a second request changes nothing."""

import json
import unittest

from harness import PASSWORD, ServerCase, basic

ADMIN = "/api/v1/admin/"
ROLE = ADMIN + "roles/editor"


class PutByName(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("root", "second"):
            cls.server.command("user", "add", name, "--admin", stdin=PASSWORD + "\n")
        cls.token = cls.server.log_in("root").json["access_token"]

    def ask(self, method, path, body=None, status=200, key=None):
        headers = {"X-API-Key": key} if key else None
        reply = self.server.request(method, ADMIN + path, body, headers=headers,
                                    token=None if key else self.token)
        self.assertEqual(reply.status, status, reply.body)
        return reply.json if reply.body else None

    def entries(self, action):
        done = self.server.command("audit", "list", "--action", action, "--json", "--limit", "500")
        return len(json.loads(done.out)["entries"])

    def key(self, name):
        return json.loads(self.server.command("apikey", "add", name, "--name", "ci", "--scope",
                                              "admin", "--json").out)["api_key"]

    def test_a_role(self):
        wanted = {"description": "Writes", "permissions": ["a:b"]}
        made = self.ask("PUT", "roles/writer", wanted, 201)
        self.assertEqual((made["name"], made["permissions"]), ("writer", ["a:b"]))
        before = self.entries("role_changed")
        self.assertEqual(self.ask("PUT", "roles/writer", wanted), made)
        self.assertEqual(self.entries("role_changed"), before)
        changed = self.ask("PUT", "roles/writer", {"permissions": []})
        self.assertEqual((changed["description"], changed["id"]), (None, made["id"]))
        self.assertEqual(self.entries("role_changed"), before + 1)
        self.ask("PUT", "roles/Writer", {}, 422)
        self.ask("PUT", "roles/writer", {"name": "x"}, 422)
        self.ask("PUT", "roles/writer", {"permissions": ["no blanks"]}, 422)
        self.ask("PUT", "roles/" + "x" * 600, {}, 422)
        self.ask("DELETE", "roles/writer", status=204)
        self.ask("DELETE", "roles/writer", status=404)
        self.ask("DELETE", "roles/admin", status=403)

    def test_a_client(self):
        wanted = {"name": "Wiki", "redirect_uris": ["https://wiki.example.org/callback"]}
        made = self.ask("PUT", "clients/wiki", wanted, 201)
        secret = made.pop("client_secret")
        again = self.ask("PUT", "clients/wiki", wanted)
        self.assertEqual(again, made)
        self.server.command("client", "set", "wiki", "disabled=true")
        stopped = self.ask("PUT", "clients/wiki", wanted)
        self.assertTrue(stopped["disabled"])
        self.assertFalse(self.ask("PUT", "clients/wiki", {**wanted, "disabled": False})["disabled"])
        brought = {**wanted, "client_secret": "b" * 32}
        self.assertNotIn("client_secret", self.ask("PUT", "clients/wiki", brought))
        for one in (secret, "b" * 32):
            reply = self.server.request("POST", "/oauth2/introspect", form={"token": "x"},
                                        headers=basic("wiki", one))
            self.assertEqual(reply.status, 200, reply.body)
        self.ask("PUT", "clients/wiki", {**wanted, "client_secret": "short"}, 422)
        self.ask("PUT", "clients/x", wanted, 422)
        self.ask("PUT", "clients/wiki", {**wanted, "roles": ["nobody"]}, 422)
        self.ask("PUT", "clients/wiki", {"client_id": "other"}, 422)

    def test_a_resource(self):
        wanted = {"identifier": "https://put.example.org", "name": "Put", "scopes": ["a"]}
        made = self.ask("PUT", "resources", wanted, 201)
        self.assertEqual(self.ask("PUT", "resources", wanted), made)
        self.assertEqual(self.ask("PUT", "resources", {**wanted, "scopes": []})["scopes"], [])
        self.ask("PUT", "resources", {"identifier": "nothing", "name": "x"}, 422)
        self.ask("PUT", "resources", {"identifier": "https://a.example.org"}, 422)
        self.ask("PUT", "resources", {**wanted, "access_ttl": "soon"}, 422)

    def test_a_user(self):
        wanted = {"email": "ann@example.org", "first_name": "Ann", "roles": ["admin"]}
        made = self.ask("PUT", "users/by-name/ann", wanted, 201)
        self.assertEqual(made["roles"], ["user", "admin"])
        self.assertEqual(self.ask("PUT", "users/by-name/ANN", wanted), made)
        self.assertEqual(self.ask("PUT", "users/by-name/ann@example.org", {}), made)
        changed = self.ask("PUT", "users/by-name/ann", {"roles": [], "is_active": False})
        self.assertEqual((changed["roles"], changed["is_active"], changed["first_name"]),
                         (["user"], False, "Ann"))
        verified = self.ask("PUT", "users/by-name/ann", {"email_verified": True})
        self.assertTrue(verified["email_verified"])
        self.ask("PUT", "users/by-name/bob", {"email": "ANN@example.org"}, 409)
        self.ask("PUT", "users/by-name/bob", {"roles": ["nobody"]}, 404)
        self.ask("PUT", "users/by-name/a%20b", {}, 422)
        self.ask("PUT", "users/by-name/bob", {"username": "eve"}, 422)
        self.ask("PUT", "users/by-name/bob", {"attributes": {"age": 3}}, 422)

    def test_the_last_administrator_stays(self):
        self.ask("PUT", "users/by-name/second", {"roles": []})
        self.addCleanup(self.ask, "PUT", "users/by-name/second", {"roles": ["admin"]})
        self.ask("PUT", "users/by-name/root", {"roles": []}, 409)
        self.ask("PUT", "users/by-name/root", {"is_active": False}, 409)

    def test_an_api_key_reaches_no_further_than_elsewhere(self):
        self.ask("PUT", "roles/keyed", {}, 201)
        self.ask("PUT", "roles/own", {}, 201)
        self.server.command("role", "grant", "root", "own")
        key = self.key("root")
        self.ask("PUT", "roles/keyed", {"permissions": ["a"]}, key=key)
        for name in ("own", "user", "admin"):
            self.ask("PUT", "roles/" + name, {"permissions": ["a"]}, 403, key=key)
        self.ask("PUT", "users/by-name/kim", {"roles": ["keyed"]}, 201, key=key)
        self.ask("PUT", "users/by-name/kim", {"roles": ["admin"]}, 403, key=key)
        self.ask("PUT", "users/by-name/second", {"first_name": "x"}, 403, key=key)
        self.ask("PUT", "users/by-name/root", {"first_name": "x"}, 403, key=key)
        self.ask("PUT", "clients/keyed", {}, 403, key=key)
        self.ask("DELETE", "roles/keyed", status=403, key=key)

    def test_nobody_else_may(self):
        self.server.sign_up("mallory")
        token = self.server.log_in("mallory").json["access_token"]
        for path in ("roles/x", "clients/xyz", "users/by-name/x", "resources"):
            self.assertEqual(self.server.request("PUT", ADMIN + path, {}).status, 401)
            self.assertEqual(self.server.request("PUT", ADMIN + path, {}, token=token).status, 403)


if __name__ == "__main__":
    unittest.main()
