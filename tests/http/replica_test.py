"""A replica beside an application: it checks what the main server made, and can make nothing."""

import base64
import glob
import hmac
import json
import os
import re
import unittest

from harness import PASSWORD, basic
from replica import CLIENT, VERIFY, ReplicaCase, by_port, identity, known, metric, verify


class Checks(ReplicaCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.main.command("role", "add", "editor", "--permission", "wiki:write")
        cls.world.main.command("user", "add", "--username", "ann", "--email", "ann@example.org",
                               "--role", "editor", stdin=PASSWORD + "\n")
        cls.token = cls.world.main.log_in("ann").json["access_token"]

    def test_it_says_the_same_as_the_main_server(self):
        cookie, _ = self.browser("ann")
        for credential in ({"token": self.token}, {"cookie": cookie}):
            known(self.replica, **credential)
            for query, status in (("", 200), ("?role=editor", 200), ("?role=admin", 403),
                                  ("?permission=wiki:write", 200), ("?scope=account", 200)):
                with self.subTest(query=query, **credential):
                    here = verify(self.replica, query=query, **credential)
                    there = verify(self.main, query=query, **credential)
                    self.assertEqual((here.status, there.status), (status, status), here.body)
                    self.assertEqual(identity(here), identity(there))
        by_path = self.replica.get("/auth/ext_authz/role=editor/some/path", token=self.token)
        self.assertEqual(by_path.status, 200)
        self.assertEqual(self.replica.get("/.well-known/jwks.json").json,
                         self.main.get("/.well-known/jwks.json").json)
        for path in ("/livez", "/readyz", "/health", "/metrics"):
            self.assertEqual(self.replica.get(path).status, 200, path)

    def test_an_altered_credential_is_refused(self):
        cookie, _ = self.browser("ann")
        name, value = cookie.split("=", 1)
        raw = bytearray(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        for at in (0, 15, 16, len(raw) // 2, len(raw) - 1):
            changed = bytearray(raw)
            changed[at] ^= 1
            text = base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
            self.assertEqual(verify(self.replica, cookie=name + "=" + text).status, 401, at)
        head, body, signature = self.token.split(".")
        for text in (head + "." + body + "." + signature[:-4] + "AAAA", body, "x",
                     head + "." + body + "."):
            self.assertEqual(verify(self.replica, token=text).status, 401, text)
        known(self.replica, cookie=cookie)

    def test_what_was_made_a_moment_ago_is_known(self):
        for _ in range(20):
            token = self.main.log_in("ann").json["access_token"]
            known(self.replica, token=token)
        for _ in range(10):
            cookie, _ = self.browser("ann")
            known(self.replica, cookie=cookie)
        self.assertGreater(metric(self.replica, "authd_store_second_looks_total"), 0)
        self.assertEqual(metric(self.replica, "authd_store_copies_total"), 1)

    def test_what_ends_at_the_main_server_ends_here(self):
        cookie, csrf = self.browser("ann")
        known(self.replica, cookie=cookie)
        done = self.main.post("/api/v1/auth/logout", headers={"Cookie": cookie,
                                                              "X-CSRF-Token": csrf})
        self.assertLess(done.status, 300, done.body)
        self.becomes(401, lambda: verify(self.replica, cookie=cookie), "the sign-out to arrive")

    def test_what_another_process_changes_arrives_too(self):
        self.main.command("user", "add", "--username", "bob", stdin=PASSWORD + "\n")
        token = self.main.log_in("bob").json["access_token"]
        ask = lambda: verify(self.replica, token=token, query="?role=editor")
        self.assertEqual(ask().status, 403)
        self.main.command("role", "grant", "bob", "editor")
        self.becomes(200, ask, "the role to arrive")
        self.main.command("user", "disable", "bob")
        self.becomes(401, ask, "the account to be disabled here")
        self.main.command("user", "enable", "bob")
        token = self.main.log_in("bob").json["access_token"]
        known(self.replica, token=token)
        self.main.command("user", "delete", "bob", "--yes")
        self.becomes(401, lambda: verify(self.replica, token=token), "the account to be deleted")

    def test_a_key_of_signatures_comes_and_goes(self):
        self.main.command("key", "rotate")
        fresh = self.main.log_in("ann").json["access_token"]
        known(self.replica, token=fresh)
        kid = json.loads(base64.urlsafe_b64decode(fresh.split(".")[0] + "=="))["kid"]
        self.main.command("key", "rotate")
        self.main.command("key", "retire", kid, "--yes")
        self.becomes(401, lambda: verify(self.replica, token=fresh), "the key to be withdrawn")
        again = self.main.log_in("ann").json["access_token"]
        known(self.replica, token=again)
        self.__class__.token = again

    def test_an_api_key_opens_and_is_revoked(self):
        token = self.main.log_in("ann").json["access_token"]
        made = self.main.post("/api/v1/users/me/api-keys",
                              {"name": "ci", "scopes": ["verify"]}, token=token)
        self.assertEqual(made.status, 201, made.body)
        key = made.json["api_key"]
        ask = lambda: self.replica.get(VERIFY, headers={"X-API-Key": key})
        self.becomes(200, ask, "the key to be known")
        self.assertEqual(identity(ask())["X-Auth-User"], "ann")
        self.main.request("DELETE", "/api/v1/users/me/api-keys/%d" % made.json["id"],
                          token=token)
        self.becomes(401, ask, "the key to be revoked")

    def test_introspection_is_for_its_own_client(self):
        fresh = self.main.log_in("ann").json
        form = {"token": fresh["access_token"]}
        known(self.replica, token=fresh["access_token"])
        own = basic(CLIENT, self.world.secret)
        here = self.replica.post("/oauth2/introspect", form=form, headers=own)
        there = self.main.post("/oauth2/introspect", form=form, headers=own)
        self.assertEqual(here.status, 200, here.body)
        self.assertEqual(here.json, there.json)
        self.assertTrue(here.json["active"])
        # A refresh token is nothing that a copy could know.
        refresh = self.replica.post("/oauth2/introspect", form={"token": fresh["refresh_token"]},
                                    headers=own)
        self.assertEqual(refresh.json, {"active": False})
        other = json.loads(self.main.command("client", "add", "Other", "--json").stdout)
        for name, secret in ((CLIENT, "wrong"), (CLIENT, ""), ("x", self.world.secret),
                             (other["client_id"], other["client_secret"])):
            refused = self.replica.post("/oauth2/introspect", form=form,
                                        headers=basic(name, secret))
            self.assertEqual(refused.status, 401, name)

    def test_passwords_are_not_taken(self):
        reply = self.replica.get(VERIFY + "?basic=1",
                                 headers=basic("ann", PASSWORD))
        self.assertEqual(reply.status, 401)
        self.assertNotIn("Basic", reply.headers.get("WWW-Authenticate", ""))
        self.assertEqual(self.main.get(VERIFY + "?basic=1",
                                       headers=basic("ann", PASSWORD)).status, 200)

    def test_nothing_else_is_served(self):
        for method, path in (("POST", "/api/v1/auth/login"), ("GET", "/api/v1/users/me"),
                             ("GET", "/"), ("GET", "/api/v1/admin/users"), ("GET", "/openapi.json"),
                             ("POST", "/oauth2/token"), ("POST", "/oauth2/revoke"),
                             ("GET", "/api/v1/replica/records"), ("GET", "/sign-in")):
            reply = by_port(self.replica.port, method, path)
            self.assertEqual(reply.status, 404, path)

    def test_the_copy_can_be_read(self):
        shown = self.replica.command("replica", "show")
        self.assertIn("sessions", shown.stdout.decode())
        told = json.loads(self.replica.command("replica", "show", "--json").stdout)
        self.assertEqual(set(told["tables"]) - {"revoked_tokens", "grants", "api_keys"},
                         {"users", "sessions", "roles", "keyrings", "signing_keys", "clients"})
        rows = [json.loads(line) for line in
                self.replica.command("replica", "show", "--rows").stdout.splitlines()]
        self.assertEqual(len(rows), sum(told["tables"].values()))
        missing = self.main.command("replica", "show", check=False)
        self.assertEqual(missing.returncode, 3)
        self.assertIn(b"no copy", missing.stderr)


class WhatLiesThere(ReplicaCase):
    """The replica's files have nothing with which anything could be made."""

    def test_no_secret_is_in_its_files(self):
        main = self.main
        main.command("user", "add", "--username", "eve", "--email", "eve@example.org",
                     "--first-name", "Evelyn", "--last-name", "Quartermain",
                     "--phone", "+49 30 12345678", stdin=PASSWORD + "\n")
        agent = "Quux/7.0 (of eve)"
        signed_in = main.post("/api/v1/auth/login", {"login": "eve", "password": PASSWORD},
                              headers={"User-Agent": agent}).json
        cookie, _ = self.browser("eve")
        value = cookie.split("=", 1)[1]
        cookie_bytes = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        totp = main.post("/api/v1/users/me/mfa/totp", token=signed_in["access_token"]).json
        made = json.loads(main.command("client", "add", "App", "--json").stdout)
        key = main.post("/api/v1/users/me/api-keys", {"name": "secret plan", "scopes": ["verify"]},
                        token=signed_in["access_token"]).json["api_key"]
        known(self.replica, token=signed_in["access_token"])
        known(self.replica, cookie=cookie)
        self.becomes(200, lambda: self.replica.get(VERIFY, headers={"X-API-Key": key}),
                     "the key to be known")
        rows = self.replica.command("replica", "show", "--rows").stdout.decode()
        for what in ("password_hash", "sealed_private", "secrets", "phone_number"):
            for found in re.findall(r'"%s":("[^"]*"|\[[^]]*\]|null)' % what, rows):
                self.assertIn(found, ('""', "[]", "null"), what)
        sealed = self.sealed_values(main)
        self.assertGreater(len(sealed), 5)
        texts = {
            "a hash of a password": b"$argon2", "a first name": b"Evelyn",
            "a last name": b"Quartermain", "a phone number": b"4930123456",
            "a user agent": b"Quux/7.0", "a name of an API key": b"secret plan",
            "the text of an API key": key.encode(),
            "a refresh token": signed_in["refresh_token"].encode(),
            "the MAC of a cookie": cookie_bytes[-32:],
            "a secret of a client": made["client_secret"].encode(),
            "the secret of a second factor": base64.b32decode(
                totp["secret"] + "=" * (-len(totp["secret"]) % 8)),
            "the replica's own secret": self.world.secret.encode(),
            "the master key": self.master_key(main),
        }
        texts.update({"sealed value %d" % i: value for i, value in enumerate(sealed)})
        files = [path for path in glob.glob(self.replica.data_dir + "/**", recursive=True)
                 if os.path.isfile(path)]
        self.assertTrue(any(path.endswith("data.mdb") for path in files))
        for path in files:
            with open(path, "rb") as file:
                content = file.read()
            for what, text in texts.items():
                self.assertNotIn(text, content, "%s in %s" % (what, path))
        self.assertFalse(os.path.exists(self.replica.data_dir + "/master.key"))

    @staticmethod
    def master_key(main):
        with open(main.data_dir + "/master.key") as file:
            text = file.read().strip().split(":", 1)[1]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @classmethod
    def sealed_values(cls, main):
        """The beginnings of what the main server has sealed: a version, the name of the key, and a
        nonce (docs/format.md)."""
        name = hmac.digest(cls.master_key(main), b"authd master key id", "sha256")[:4]
        with open(main.data_dir + "/data.mdb", "rb") as file:
            content = file.read()
        return set(re.findall(re.escape(b"\x01" + name) + b".{24}", content, re.S))


if __name__ == "__main__":
    unittest.main()
