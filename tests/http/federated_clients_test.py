"""Workloads as clients: the token that a platform gives to a CI job or a pod counts as assertion of
a client, by issuer and subject (federated_identities). The issuer is an https server here, whose
certificate is from an authority of its own (fetch.ca_file)."""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import os
import ssl
import tempfile
import threading
import time
import unittest

from client_assertion_test import API, TYPE
from harness import make_certificate
from own_key import OwnKey, b64
from provider import claims_of
from provider_test import ISSUER, ProviderCase

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"
SUBJECT = "repo:example/shop:ref:refs/heads/main"
ONE_TEXT = "The client assertion is not accepted."


class Platform:
    """An issuer. `discovery` changes its document, `status` is that of every answer."""

    def __init__(self, folder, certificate):
        self.keys = [OwnKey(folder, "platform-%d" % time.monotonic_ns())]
        self.asked = collections.Counter()
        self.discovery = {}
        self.status = 200
        handler = type("Handler", (Handler,), {"platform": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.server.handle_error = lambda *_: None  # a client that does not trust it
        self.issuer = "https://localhost:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, path):
        self.asked[path] += 1
        if path == DISCOVERY:
            return {"issuer": self.issuer, "jwks_uri": self.issuer + KEYS, **self.discovery}
        return {"keys": [key.jwk(kid=kid_of(key)) for key in self.keys]}

    def token(self, key=None, header=None, **changes):
        """For a job of the branch main."""
        key = key or self.keys[-1]
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": SUBJECT, "aud": ISSUER, "iat": now, "exp": now + 300,
                  **changes}
        return key.sign({"alg": "ES256", "typ": "JWT", "kid": kid_of(key), **(header or {})},
                        {name: value for name, value in claims.items() if value is not None})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    platform = None

    def do_GET(self):
        body = json.dumps(self.platform.answer(self.path)).encode()
        self.send_response(self.platform.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def kid_of(key):
    return os.path.basename(key.path)


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class FederatedCase(ProviderCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="authd-federated-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.certificate = make_certificate(cls.folder.name, "authority")
        cls.FLAGS = (*ProviderCase.FLAGS, "--fetch.ca-file", cls.certificate[0])
        super().setUpClass()
        cls.server.command("resource", "add", API, "API")

    def platform(self, certificate=None):
        """Each test has its own, because what authd knows of it is a part of the test."""
        platform = Platform(self.folder.name, certificate or self.certificate)
        self.addCleanup(platform.stop)
        return platform

    def job(self, *identities):
        """The id of a client that these are."""
        flags = [part for one in identities for part in ("--federated-identity", one)]
        done = self.server.command("client", "add", "Job", "--auth-method", "private_key_jwt",
                                   "--grant", "client_credentials", "--resource", API, *flags,
                                   "--json")
        made = json.loads(done.out)
        self.assertFalse(made.get("client_secret"))
        return made["client_id"]

    def on_main(self, platform):
        return self.job("%s %s" % (platform.issuer, SUBJECT))

    def ask(self, client, assertion, **more):
        form = {"grant_type": "client_credentials", "resource": API, "client_id": client,
                "client_assertion_type": TYPE, "client_assertion": assertion, **more}
        return self.server.post("/oauth2/token", form={
            name: value for name, value in form.items() if value is not None})

    def accepted(self, reply):
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def refused(self, reply, error="invalid_client", status=401):
        self.assertEqual((reply.status, reply.json["error"]), (status, error), reply.body)
        return reply.json["error_description"]


class Jobs(FederatedCase):
    def test_a_job_gets_a_token_and_its_keys_are_asked_once(self):
        platform = self.platform()
        client = self.on_main(platform)
        tokens = self.accepted(self.ask(client, platform.token()))
        self.assertNotIn("refresh_token", tokens)
        claims = claims_of(tokens["access_token"])
        self.assertEqual((claims["sub"], claims["client_id"], claims["aud"]),
                         (client, client, API))
        for aud in (ISSUER, [ISSUER], ISSUER + "/oauth2/token"):
            self.accepted(self.ask(client, platform.token(aud=aud)))
        self.assertEqual(platform.asked, {DISCOVERY: 1, KEYS: 1})

    def test_a_token_may_be_sent_again(self):
        """A job gets only one, and repeats a step that failed."""
        platform = self.platform()
        client = self.on_main(platform)
        token = platform.token(jti="the only one")
        answers = [self.accepted(self.ask(client, token))["access_token"] for _ in range(3)]
        self.assertEqual(len(set(answers)), 3)

    def test_several_jobs_may_be_one_client(self):
        platform = self.platform()
        live = "repo:example/shop:environment:live"
        client = self.job("%s %s" % (platform.issuer, SUBJECT), "%s %s" % (platform.issuer, live))
        self.accepted(self.ask(client, platform.token()))
        self.accepted(self.ask(client, platform.token(sub=live)))

    def test_every_endpoint_takes_it(self):
        platform = self.platform()
        client = self.on_main(platform)
        token = self.accepted(self.ask(client, platform.token()))["access_token"]
        form = {"client_id": client, "client_assertion_type": TYPE, "token": token}
        for path in ("/oauth2/introspect", "/oauth2/revoke"):
            reply = self.server.post(path, form={**form, "client_assertion": platform.token()})
            self.assertEqual(reply.status, 200, reply.body)
        reply = self.server.post("/oauth2/introspect",
                                 form={**form, "client_assertion": platform.token()})
        self.assertIs(reply.json["active"], False)

    def test_the_client_is_named_by_the_request(self):
        platform = self.platform()
        client = self.on_main(platform)
        self.refused(self.ask(None, platform.token()))
        other = self.job(platform.issuer + " repo:example/other:ref:refs/heads/main")
        self.refused(self.ask(other, platform.token()))
        self.accepted(self.ask(client, platform.token()))

    def test_what_an_administrator_takes_away_counts_at_once(self):
        platform = self.platform()
        client = self.job("%s %s" % (platform.issuer, SUBJECT), platform.issuer + " other")
        token = platform.token()
        self.accepted(self.ask(client, token))
        self.server.command("client", "set", client, "disabled=true")
        self.refused(self.ask(client, token))
        self.server.command("client", "set", client, "disabled=false",
                            "federated_identities=%s other" % platform.issuer)
        self.refused(self.ask(client, token))
        self.accepted(self.ask(client, platform.token(sub="other")))


class Refused(FederatedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ci = Platform(cls.folder.name, cls.certificate)
        cls.addClassCleanup(cls.ci.stop)

    def setUp(self):
        self.client = self.on_main(self.ci)

    def test_another_issuer_is_not_even_asked(self):
        stranger = self.platform()
        # It says of itself that it is the other one, and that it is itself.
        for token in (stranger.token(), stranger.token(iss=self.ci.issuer),
                      self.ci.token(iss=stranger.issuer), self.ci.token(iss=self.ci.issuer + "/"),
                      self.ci.token(iss=None), self.ci.token(iss=[self.ci.issuer])):
            self.assertEqual(self.refused(self.ask(self.client, token)), ONE_TEXT)
        self.assertEqual(stranger.asked, {})

    def test_another_subject(self):
        for subject in ("repo:example/shop:ref:refs/heads/main2", "repo:example/shop",
                        SUBJECT.upper(), "*", SUBJECT + " ", "", None, [SUBJECT]):
            with self.subTest(subject):
                self.assertEqual(self.refused(self.ask(self.client, self.ci.token(sub=subject))),
                                 ONE_TEXT)

    def test_what_is_wrong_with_a_token_of_the_platform_is_told(self):
        now = int(time.time())
        for change, word in (({"aud": "https://sigstore.example"}, "aud"), ({"aud": None}, "aud"),
                             ({"aud": [ISSUER, "https://sigstore.example"]}, "aud"),
                             ({"aud": ISSUER + "/"}, "aud"), ({"aud": []}, "aud"),
                             ({"exp": now - 120}, "exp"), ({"exp": None}, "exp"),
                             ({"exp": now + 25 * 3600}, "exp"), ({"nbf": now + 180}, "nbf"),
                             ({"iat": now + 180}, "iat")):
            with self.subTest(change):
                told = self.refused(self.ask(self.client, self.ci.token(**change)))
                self.assertIn(word, told)
        self.accepted(self.ask(self.client, self.ci.token(exp=now + 23 * 3600)))

    def test_a_token_that_nobody_signed(self):
        good = self.ci.token()
        head, payload, signature = good.split(".")
        none = b64(json.dumps({**part(good, 0), "alg": "none"}).encode())
        for token in (head + "." + payload + ".", none + "." + payload + ".",
                      none + "." + payload + "." + signature, head + "." + payload,
                      head + "." + payload + "." + signature[:-4] + "AAAA", "x", ""):
            with self.subTest(token[-20:]):
                reply = self.ask(self.client, token)
                self.assertIn((reply.status, reply.json["error"]),
                              ((401, "invalid_client"), (400, "invalid_request")), reply.body)

    def test_the_public_key_is_no_secret(self):
        """RFC 8725 section 2.1: HS256 with what everybody knows."""
        key = self.ci.keys[0]
        jwk = json.dumps(key.jwk(kid=kid_of(key)))
        with open(key.path, "rb") as private:
            pem = private.read()
        head = b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid_of(key)}).encode())
        text = head + "." + self.ci.token().split(".")[1]
        for secret in (jwk.encode(), pem, key.x + key.y, b"\4" + key.x + key.y):
            signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
            told = self.refused(self.ask(self.client, text + "." + b64(signature)))
            self.assertEqual(told, ONE_TEXT)

    def test_a_key_that_the_platform_does_not_publish(self):
        stranger = OwnKey(self.folder.name, "stranger")
        for header in ({"kid": kid_of(self.ci.keys[0])}, {"kid": None},
                       {"kid": kid_of(self.ci.keys[0]), "jwk": stranger.jwk()},
                       {"kid": kid_of(self.ci.keys[0]), "jku": self.ci.issuer + "/others"}):
            with self.subTest(header):
                told = self.refused(self.ask(self.client, self.ci.token(stranger, header)))
                self.assertEqual(told, ONE_TEXT)
        self.assertNotIn("/others", self.ci.asked)

    def test_a_token_of_another_kind(self):
        for typ in ("at+jwt", "logout+jwt", "dpop+jwt"):
            told = self.refused(self.ask(self.client, self.ci.token(header={"typ": typ})))
            self.assertEqual(told, ONE_TEXT)

    def test_a_client_with_a_secret_is_no_workload(self):
        done = self.server.command("client", "add", "Secret", "--grant", "client_credentials",
                                   "--resource", API, "--federated-identity",
                                   "%s %s" % (self.ci.issuer, SUBJECT), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("private_key_jwt", done.err)


class Keys(FederatedCase):
    def test_an_unknown_key_makes_them_fetched_again_once_in_a_while(self):
        platform = self.platform()
        client = self.on_main(platform)
        self.accepted(self.ask(client, platform.token()))
        platform.keys.append(OwnKey(self.folder.name, "following"))
        self.accepted(self.ask(client, platform.token()))
        self.assertEqual(platform.asked, {DISCOVERY: 2, KEYS: 2})
        # A stranger makes no further request, and a key that is not published is none.
        unknown = OwnKey(self.folder.name, "unknown")
        for _ in range(5):
            self.refused(self.ask(client, platform.token(unknown)))
        self.assertEqual(platform.asked, {DISCOVERY: 2, KEYS: 2})
        self.accepted(self.ask(client, platform.token()))

    def test_an_issuer_that_fails_is_a_fault_and_is_left_alone_for_a_while(self):
        platform = self.platform()
        client = self.on_main(platform)
        platform.status = 500
        for _ in range(4):
            reply = self.ask(client, platform.token())
            self.refused(reply, "temporarily_unavailable", 503)
            self.assertTrue(reply.headers["Retry-After"])
        self.assertEqual(platform.asked, {DISCOVERY: 1})

    def test_an_issuer_that_is_down(self):
        platform = self.platform()
        client = self.on_main(platform)
        token = platform.token()
        known = self.platform()
        other = self.on_main(known)
        self.accepted(self.ask(other, known.token()))
        for one in (platform, known):
            one.server.shutdown()
            one.server.server_close()
        self.refused(self.ask(client, token), "temporarily_unavailable", 503)
        # What is known of it stays good for an hour.
        self.accepted(self.ask(other, known.token()))

    def test_a_discovery_that_lies_is_not_believed(self):
        elsewhere = self.platform()
        for lie in ({"issuer": "https://other.example"}, {"issuer": None}, {"jwks_uri": None},
                    {"jwks_uri": "http://127.0.0.1:%d/keys" % elsewhere.server.server_port},
                    {"jwks_uri": "file:///etc/passwd"}):
            with self.subTest(lie):
                platform = self.platform()
                platform.discovery = lie
                reply = self.ask(self.on_main(platform), platform.token())
                self.refused(reply, "temporarily_unavailable", 503)
                self.assertEqual(platform.asked, {DISCOVERY: 1})

    def test_an_issuer_with_a_certificate_of_somebody_else_is_not_asked(self):
        os.mkdir(os.path.join(self.folder.name, "impostor"))
        impostor = self.platform(make_certificate(self.folder.name + "/impostor", "authority"))
        reply = self.ask(self.on_main(impostor), impostor.token())
        self.refused(reply, "temporarily_unavailable", 503)
        self.assertEqual(impostor.asked, {})
        line = self.server.logged(message="the keys of a client cannot be fetched")
        self.assertTrue(line["cause"])


if __name__ == "__main__":
    unittest.main()
