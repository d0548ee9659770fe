"""`authd client import`: the clients of other providers, in the forms that those write. Secrets
that they have hashed stay good."""

import json
import os
import tempfile
import unittest

from harness import Server, ServerCase, basic

SECRET = "a secret of the wiki"  # shorter than one may bring along elsewhere
HASHES = {
    "pbkdf2": "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$CjPxjxn9bBlpePCVUncPf/y9hN7OVGYkouMlKPJ"
              "i51lT2dpiFHvCzRhF5Z5TeBLiVSxOmvZ0kyP9Nk1ZtWRuxg",
    "bcrypt": "$2b$04$abcdefghijklmnopqrstuugs1V6EILlMcsR2nAChFsao3cd2pUjeK",
}
API = "https://api.example.org"


def authelia(*clients):
    return {"theme": "auto", "identity_providers": {"oidc": {
        "hmac_secret": "x", "jwks": [{"key": "-----BEGIN…"}], "clients": list(clients)}}}


def client_of_authelia(name, **more):
    return {"client_id": name, "client_name": name.title(), "client_secret": HASHES["pbkdf2"],
            "public": False, "authorization_policy": "one_factor",
            "redirect_uris": ["https://%s.example.org/callback" % name],
            "scopes": ["openid", "profile"], "userinfo_signed_response_alg": "none",
            "token_endpoint_auth_method": "client_secret_basic", **more}


class ClientImport(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("ann")
        cls.server.command("resource", "add", API, "API")

    def run_import(self, provider, document, *flags, code=0):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "clients.json")
            with open(path, "w", encoding="utf-8") as f:
                f.write(document if isinstance(document, str) else json.dumps(document))
            done = self.server.command("client", "import", path, "--from", provider, "--json",
                                       *flags, check=False)
        self.assertEqual(done.returncode, code, done.err)
        if not done.out:
            return done.err
        told = json.loads(done.out)
        return {one["foreign_id"]: one for one in told["clients"]}

    def show(self, name):
        return json.loads(self.server.command("client", "show", name, "--json").out)

    def exists(self, name):
        return self.server.command("client", "show", name, check=False).returncode == 0

    def ask(self, name, secret):
        return self.server.post("/oauth2/token", form={"grant_type": "refresh_token",
                                                       "refresh_token": "none"},
                                headers=basic(name, secret))

    def introspect(self, name, secret):
        return self.server.post("/oauth2/introspect", form={"token": "none"},
                                headers=basic(name, secret)).status

    def hash_of(self, name):
        lines = self.server.command("export").out.splitlines()
        client = next(record for record in map(json.loads, lines)
                      if record.get("type") == "client" and record["id"] == name)
        return bytes.fromhex(client["secrets"][0]["hash"])

    def test_a_hashed_secret_is_good_and_is_replaced(self):
        for form, text in HASHES.items():
            name = "hashed-" + form
            self.run_import("authelia", authelia(client_of_authelia(
                name, client_secret=text, grant_types=["authorization_code", "refresh_token"])))
            self.assertEqual(self.hash_of(name), text.encode())
            self.assertEqual(self.ask(name, "another secret").status, 401)
            # Introspection does not wait for a slow hash.
            self.assertEqual(self.introspect(name, SECRET), 401)
            self.assertEqual(self.hash_of(name), text.encode())
            self.assertEqual(self.ask(name, SECRET).json["error"], "invalid_grant")
            self.assertEqual(len(self.hash_of(name)), 32)
            self.assertEqual(self.introspect(name, SECRET), 200)
            self.assertEqual(self.ask(name, SECRET).json["error"], "invalid_grant")
            self.assertEqual(self.ask(name, text).status, 401)

    def test_an_export_carries_a_hash_that_nobody_has_used(self):
        self.run_import("authelia", authelia(client_of_authelia("carried")))
        exported = self.server.command("export").out
        with Server() as other:
            other.command("import", "-", stdin=exported)
            reply = other.post("/oauth2/token", form={"grant_type": "authorization_code",
                                                      "code": "x"},
                               headers=basic("carried", SECRET))
            self.assertEqual(reply.json["error"], "invalid_grant")

    def test_authelia(self):
        told = self.run_import("authelia", authelia(
            client_of_authelia("wiki", authorization_policy="two_factor", require_pkce=True,
                               consent_mode="implicit", claims_policy="default"),
            client_of_authelia("staff", authorization_policy="staff_only"),
            client_of_authelia("photos", audience=["https://unknown.example.org"])), code=1)
        self.assertEqual([one["state"] for one in told.values()],
                         ["imported", "skipped", "skipped"])
        self.assertIn("staff_only", told["staff"]["reason"])
        self.assertIn("no resource", told["photos"]["reason"])
        self.assertIn("claims_policy", told["wiki"]["notes"][0])
        wiki = self.show("wiki")
        self.assertEqual((wiki["required_acr"], wiki["pkce"], wiki["consent"]),
                         ("mfa", "required", "skip"))
        self.assertFalse(self.exists("staff"))

    def test_keycloak(self):
        told = self.run_import("keycloak", {"realm": "main", "clients": [
            {"clientId": "account-console", "publicClient": True,
             "redirectUris": ["/realms/main/account/*"]},
            {"clientId": "grafana", "name": "Grafana", "secret": "s" * 32, "enabled": True,
             "rootUrl": "https://grafana.example.org", "redirectUris": ["/login/generic_oauth"],
             "clientAuthenticatorType": "client-secret", "serviceAccountsEnabled": True,
             "attributes": {"post.logout.redirect.uris": "https://grafana.example.org/a##"
                                                         "https://grafana.example.org/b"}},
            {"clientId": "spa", "publicClient": True, "redirectUris": ["https://spa.example/*"]},
            {"clientId": "https://sp.example/saml", "protocol": "saml"},
            {"clientId": "masked", "secret": "**********",
             "redirectUris": ["https://masked.example.org/cb"]}]}, code=1)
        self.assertEqual({name: one["state"] for name, one in told.items()},
                         {"account-console": "built_in", "grafana": "imported", "spa": "skipped",
                          "https://sp.example/saml": "skipped", "masked": "imported"})
        self.assertIn("wildcard", told["spa"]["reason"])
        grafana = self.show("grafana")
        self.assertEqual(grafana["redirect_uris"],
                         ["https://grafana.example.org/login/generic_oauth"])
        self.assertEqual(len(grafana["post_logout_redirect_uris"]), 2)
        self.assertEqual(self.ask("grafana", "s" * 32).json["error"], "invalid_grant")
        secret = told["masked"]["client_secret"]
        self.assertEqual(self.ask("masked", secret).json["error"], "invalid_grant")

    def test_hydra_and_ids_that_are_not_allowed(self):
        uuid = "8f14e45f-ceea-467f-a830-5b4f2d6c1b21"
        hydra = {"items": [
            {"client_id": uuid, "client_name": "Night Job", "grant_types": ["client_credentials"],
             "scope": "", "audience": [API], "token_endpoint_auth_method": "client_secret_post"},
            {"client_id": "app", "client_name": "", "redirect_uris": ["https://app.example/cb"],
             "grant_types": ["authorization_code"], "scope": "openid offline",
             "token_endpoint_auth_method": "none"}], "is_last_page": True, "next_page_token": ""}
        told = self.run_import("hydra", hydra, code=1)
        self.assertIn("--map-ids", told[uuid]["reason"])
        self.assertTrue(self.show("app")["public"])
        told = self.run_import("hydra", hydra, "--map-ids", code=1)
        self.assertEqual(told[uuid]["id"], "night-job")
        self.assertIn("already", told["app"]["reason"])
        self.assertEqual(self.show("night-job")["resources"], [API])

    def test_pocket_id(self):
        told = self.run_import("pocket-id", {"provider": "sqlite", "version": 20260101, "tables": {
            "oidc_clients": [
                {"id": "immich", "name": "Immich", "is_public": False, "pkce_enabled": False,
                 "callback_urls": "WyJodHRwczovL25jLmV4YW1wbGUub3JnL2NiIl0=",
                 "logout_callback_urls": "bnVsbA==", "credentials": "e30=",
                 "is_group_restricted": False, "secret": HASHES["bcrypt"], "image_type": "png"},
                {"id": "closed", "name": "Closed", "callback_urls": "[\"https://c.example/cb\"]",
                 "is_group_restricted": True}],
            "oidc_clients_allowed_user_groups": [
                {"oidc_client_id": "closed", "user_group_id": "1"}],
            "user_groups": [{"id": "1", "name": "developers"}]}}, code=1)
        self.assertEqual(self.show("immich")["redirect_uris"], ["https://nc.example.org/cb"])
        self.assertEqual(self.ask("immich", SECRET).json["error"], "invalid_grant")
        self.assertIn("developers", told["closed"]["reason"])

    def test_a_dry_run_changes_nothing(self):
        document = authelia(client_of_authelia("dry"))
        told = self.run_import("authelia", document, "--dry-run")
        self.assertEqual(told["dry"]["state"], "imported")
        self.assertFalse(self.exists("dry"))
        self.run_import("authelia", document)
        self.assertTrue(self.exists("dry"))
        entries = json.loads(self.server.command("audit", "list", "--action", "client_added",
                                                 "--json").out)["entries"]
        self.assertIn(("dry", "authelia"), [(one["target"], one["detail"]) for one in entries])

    def test_what_is_no_such_file(self):
        self.assertIn("yq", self.run_import("authelia", "identity_providers:\n  oidc: {}\n",
                                            code=1))
        self.run_import("hydra", "[]", code=1)
        self.run_import("keycloak", "{\"clients\": [", code=1)
        done = self.server.command("client", "import", "-", "--from", "hydra", check=False,
                                   stdin=json.dumps([{"client_id": "piped", "redirect_uris":
                                                      ["https://piped.example/cb"]}]))
        self.assertEqual(done.returncode, 0, done.err)
        self.assertIn("imported 1 client;", done.out)
        self.assertIn("client_secret: ", done.out)


if __name__ == "__main__":
    unittest.main()
