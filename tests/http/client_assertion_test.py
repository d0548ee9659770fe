"""Clients that sign instead of sending a secret (private_key_jwt): at every endpoint where a client
says who it is, with keys that it registered or publishes."""

import contextlib
import http.server
import json
import os
import tempfile
import threading
import time
import unittest
import urllib.parse
import uuid

from harness import basic
from own_key import OwnKey
from provider import Client, RelyingParty, claims_of
from provider_test import ISSUER, ProviderCase

API = "https://api.example.org"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Publisher:
    """The key set of a client at an address of its own."""

    def __init__(self):
        self.keys = []
        self.asked = 0
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                publisher.asked += 1
                body = json.dumps({"keys": publisher.keys}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/jwk-set+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = "http://127.0.0.1:%d/jwks.json" % self.server.server_port

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class SigningCase(ProviderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.key = OwnKey(cls.folder.name)
        cls.server.command("resource", "add", API, "API")

    @classmethod
    def add(cls, name, *flags, check=True):
        return cls.server.command("client", "add", name, "--auth-method", "private_key_jwt",
                                  *flags, "--json", stdin=cls.jwks(cls.key), check=check)

    @classmethod
    def job(cls, *flags):
        """The id of a client that gets tokens for itself."""
        done = cls.add("Job", "--grant", "client_credentials", "--resource", API, *flags)
        made = json.loads(done.out)
        assert not made.get("client_secret"), made
        return made["client_id"]

    @staticmethod
    def jwks(*keys):
        return json.dumps({"keys": [key.jwk(kid=os.path.basename(key.path)) for key in keys]})

    def assertion(self, client, key=None, header=None, **changes):
        key = key or self.key
        now = int(time.time())
        claims = {"iss": client, "sub": client, "aud": ISSUER, "exp": now + 60, "iat": now,
                  "jti": str(uuid.uuid4()), **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return key.sign({"alg": "ES256", "kid": os.path.basename(key.path), **(header or {})},
                        claims)

    def signed(self, client, assertion=None, **form):
        return {"client_assertion_type": TYPE,
                "client_assertion": assertion or self.assertion(client), **form}

    def token(self, client, assertion=None, **more):
        return self.server.post("/oauth2/token", form=self.signed(
            client, assertion, grant_type="client_credentials", resource=API, **more))

    def refused(self, reply, error="invalid_client", status=401):
        self.assertEqual(reply.status, status, reply.body)
        self.assertEqual(reply.json["error"], error)
        return reply.json["error_description"]


class Registered(SigningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.id = cls.job("--jwks", "-")

    def test_a_signed_request_gets_a_token(self):
        reply = self.token(self.id)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(claims_of(reply.json["access_token"])["sub"], self.id)
        self.assertEqual(self.token(self.id, client_id=self.id).status, 200)

    def test_an_assertion_counts_once(self):
        assertion = self.assertion(self.id)
        self.assertEqual(self.token(self.id, assertion).status, 200)
        self.assertIn("jti", self.refused(self.token(self.id, assertion)))

    def test_what_is_wrong_is_told_to_whoever_has_the_key(self):
        now = int(time.time())
        for change, word in (({"aud": "https://other.example"}, "aud"), ({"aud": None}, "aud"),
                             ({"exp": now - 300}, "exp"), ({"exp": None}, "exp"),
                             ({"exp": now + 7200}, "exp"), ({"nbf": now + 120}, "nbf"),
                             ({"iat": now + 120}, "iat"), ({"jti": None}, "jti"),
                             ({"sub": None}, "sub"), ({"sub": "other"}, "sub")):
            with self.subTest(change):
                told = self.refused(self.token(self.id, self.assertion(self.id, **change)))
                self.assertIn(word, told)

    def test_nobody_else_learns_anything(self):
        stranger = OwnKey(self.folder.name, "stranger")
        told = {self.refused(self.token(client, self.assertion(client, key=stranger)))
                for client in (self.id, "authd_client_nobody")}
        unsigned = self.assertion(self.id).rsplit(".", 1)[0] + "."
        told |= {self.refused(self.token(self.id, text)) for text in (unsigned, "x")}
        self.assertEqual(told, {"The client assertion is not accepted."})

    def test_one_way_at_a_time(self):
        form = self.signed(self.id, grant_type="client_credentials", resource=API)
        reply = self.server.post("/oauth2/token", form=form, headers=basic(self.id, "x"))
        self.refused(reply, "invalid_request", 400)
        reply = self.server.post("/oauth2/token", form={**form, "client_secret": "x"})
        self.refused(reply, "invalid_request", 400)
        for name in ("client_assertion", "client_assertion_type"):
            half = {key: value for key, value in form.items() if key != name}
            self.refused(self.server.post("/oauth2/token", form=half), "invalid_request", 400)
        self.refused(self.server.post("/oauth2/token", form={
            **form, "client_assertion_type": "urn:example:other"}))

    def test_an_assertion_is_verified_only_where_a_thread_may_wait(self):
        token = self.token(self.id).json["access_token"]
        for headers in ({"Authorization": "x"}, {"Authorization": "Bearer x"}):
            form = self.signed(self.id, token=token)
            reply = self.server.post("/oauth2/introspect", form=form, headers=headers)
            self.refused(reply, "invalid_request", 400)
            reply = self.server.post("/oauth2/token", headers=headers, form={
                **form, "grant_type": "client_credentials", "resource": API})
            self.refused(reply, "invalid_request", 400)
        text = urllib.parse.urlencode(self.signed(self.id, token=token))
        for name in ("client%5Fassertion", "%63lient_assertion"):
            body = text.replace("client_assertion", name).encode()
            reply = self.server.post("/oauth2/introspect", body, headers={
                "Content-Type": "application/x-www-form-urlencoded"})
            self.refused(reply, "invalid_request", 400)

    def test_a_secret_and_a_key_do_not_stand_for_each_other(self):
        app = RelyingParty(self.server, "Secret", "--set", "jwks=" + self.jwks(self.key))
        self.refused(self.token(app.id))
        done = self.server.command("client", "secret", "add", self.id, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("signs with its keys", done.err)
        reply = self.server.post("/oauth2/token", headers=basic(self.id, "x" * 40), form={
            "grant_type": "client_credentials", "resource": API})
        self.refused(reply)

    def test_every_endpoint_takes_it(self):
        token = self.token(self.id).json["access_token"]
        reply = self.server.post("/oauth2/introspect", form=self.signed(self.id, token=token))
        self.assertIs(reply.json["active"], True, reply.body)
        reply = self.server.post("/oauth2/revoke", form=self.signed(self.id, token=token))
        self.assertEqual(reply.status, 200, reply.body)
        reply = self.server.post("/oauth2/introspect", form=self.signed(self.id, token=token))
        self.assertIs(reply.json["active"], False, reply.body)
        tv = json.loads(self.add("TV", "--grant", "device_code", "--jwks", "-").out)["client_id"]
        reply = self.server.post("/oauth2/device_authorization",
                                 form=self.signed(tv, scope="openid"))
        self.assertEqual(reply.status, 200, reply.body)

    def test_a_person_signs_in_to_such_an_application(self):
        redirect = "https://app.example/callback"
        made = json.loads(self.add("Wiki", "--redirect-uri", redirect, "--jwks", "-").out)
        app = Client(self.server, made["client_id"], "", redirect)
        code = app.answer(self.browser())["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect,
                "code_verifier": app.verifier}
        self.refused(self.server.post("/oauth2/token", form={"client_id": app.id, **form}))
        reply = self.server.post("/oauth2/token", form=self.signed(app.id, **form))
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(claims_of(reply.json["id_token"])["aud"], app.id)

    def test_the_command_refuses_keys_that_would_not_do(self):
        private = {"keys": [{**self.key.jwk(), "d": "AAAA"}]}
        for flags, stdin, word in ((("--jwks", "-"), json.dumps(private), "private"),
                                   (("--jwks", "-"), "{}", "keys"),
                                   ((), "", "jwks_uri"),
                                   (("--jwks-uri", "http://app.example/jwks"), "", "https"),
                                   (("--federated-identity", "https://ci.example repo:*"), "",
                                    "wildcards")):
            with self.subTest(flags):
                done = self.server.command("client", "add", "Bad", "--auth-method",
                                           "private_key_jwt", *flags, stdin=stdin, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(word, done.err)

    def test_discovery_says_so(self):
        document = self.server.get("/.well-known/openid-configuration").json
        for endpoint in ("token", "introspection", "revocation"):
            self.assertIn("private_key_jwt",
                          document[endpoint + "_endpoint_auth_methods_supported"])
            self.assertEqual(
                set(document[endpoint + "_endpoint_auth_signing_alg_values_supported"]),
                {"RS256", "PS256", "ES256", "EdDSA"})


class Published(SigningCase):
    @contextlib.contextmanager
    def publisher(self):
        publisher = Publisher()
        try:
            yield publisher
        finally:
            publisher.stop()

    def test_keys_are_read_at_the_clients_address_and_again_when_they_change(self):
        """oidcc-refresh-token-rp-key-rotation"""
        with self.publisher() as publisher:
            publisher.keys = json.loads(self.jwks(self.key))["keys"]
            client = self.job("--jwks-uri", publisher.url)
            for _ in range(3):
                self.assertEqual(self.token(client).status, 200)
            self.assertEqual(publisher.asked, 1)
            following = OwnKey(self.folder.name, "following")
            publisher.keys = json.loads(self.jwks(following))["keys"]
            reply = self.token(client, self.assertion(client, key=following))
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(publisher.asked, 2)
            # A stranger makes no further request.
            stranger = OwnKey(self.folder.name, "stranger")
            for _ in range(5):
                self.refused(self.token(client, self.assertion(client, key=stranger)))
            self.assertEqual(publisher.asked, 2)

    def test_keys_that_are_not_there_are_no_guess(self):
        with self.publisher() as publisher:
            client = self.job("--jwks-uri", publisher.url)
        reply = self.token(client)
        self.refused(reply, "temporarily_unavailable", 503)
        self.assertTrue(reply.headers["Retry-After"])


if __name__ == "__main__":
    unittest.main()
