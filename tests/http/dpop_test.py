"""Tokens that are bound to a key (DPoP, RFC 9449): for each grant, at userinfo, introspection and
forward auth, and what a thief can do with them."""

import hashlib
import json
import tempfile
import time
import unittest
import uuid

from harness import PASSWORD, Server, basic
from own_key import OwnKey, b64
from provider import Browser, RelyingParty, claims_of, query_of
from provider_test import ISSUER, ProviderCase

API = "https://api.example"
TOKEN = ISSUER + "/oauth2/token"
PAR = ISSUER + "/oauth2/par"
USERINFO = ISSUER + "/oauth2/userinfo"
FLAGS = ("--server.public-url", ISSUER, "--server.trusted-proxies", "127.0.0.0/8")


class Key(OwnKey):
    """A key of a client, and its proofs."""

    def __init__(self, folder, name="key"):
        super().__init__(folder, name)
        self.public = {name: value for name, value in self.jwk().items()
                       if name in ("crv", "kty", "x", "y")}
        text = json.dumps(self.public, sort_keys=True, separators=(",", ":"))
        self.jkt = b64(hashlib.sha256(text.encode()).digest())

    def proof(self, method, address, token=None, header=None, **claims):
        """A right one, with changes; None leaves a claim out."""
        said = {"jti": str(uuid.uuid4()), "htm": method, "htu": address, "iat": int(time.time()),
                **({"ath": b64(hashlib.sha256(token.encode()).digest())} if token else {}),
                **claims}
        return self.sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.public, **(header or {})},
                         {name: value for name, value in said.items() if value is not None})


class Prover(RelyingParty):
    """A client that sends a proof with each request at the token endpoint; `key` None: none."""

    key = None

    def token(self, form, secret=None, proof=None):
        headers = basic(self.id, self.secret) if self.secret else {}
        if not self.secret:
            form = {"client_id": self.id, **form}
        if proof is None and self.key:
            proof = self.key.proof("POST", TOKEN)
        return self.server.post("/oauth2/token", form=form,
                                headers={**headers, **({"DPoP": proof} if proof else {})})


class DpopCase(ProviderCase):
    FLAGS = FLAGS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.key, cls.thief = Key(cls.folder.name, "own"), Key(cls.folder.name, "thief")
        cls.server.command("resource", "add", API, "Orders", "--scope", "orders:read")

    def app(self, *flags, public=False, key=None, **more):
        app = Prover(self.server, "App", "--consent", "skip", *flags, public=public, **more)
        app.key = key
        return app

    def refused(self, reply, status, error):
        self.assertEqual((reply.status, reply.json["error"]), (status, error), reply.body)
        return reply

    def asked(self, path, headers, make_proof, server=None):
        """A request with a proof, and another one with the nonce that the server may ask for."""
        server = server or self.server
        reply = server.get(path, headers={**headers, "DPoP": make_proof({})})
        if reply.status == 401 and reply.json["error"] == "use_dpop_nonce":
            nonce = reply.headers["DPoP-Nonce"]
            self.assertIn('DPoP error="use_dpop_nonce"', reply.headers["WWW-Authenticate"])
            reply = server.get(path, headers={**headers, "DPoP": make_proof({"nonce": nonce})})
        return reply

    def userinfo(self, token, /, key=None, server=None, **claims):
        key = key or self.key
        return self.asked("/oauth2/userinfo", {"Authorization": "DPoP " + token},
                          lambda more: key.proof("GET", USERINFO, **{"token": token, **claims},
                                                 **more), server)


class Issuing(DpopCase):
    def test_a_code_gives_a_token_that_is_good_with_its_key_alone(self):
        app = self.app(key=self.key)
        tokens = app.tokens(self.browser())
        self.assertEqual(tokens["token_type"], "DPoP")
        token = tokens["access_token"]
        self.assertEqual(claims_of(token)["cnf"], {"jkt": self.key.jkt})
        reply = self.userinfo(token)
        self.assertEqual((reply.status, reply.json["sub"]), (200, self.subject))
        alone = self.refused(self.server.get("/oauth2/userinfo", token=token), 401,
                             "invalid_token")
        self.assertEqual(alone.headers["WWW-Authenticate"],
                         'DPoP error="invalid_token", algs="ES256 EdDSA RS256"')
        self.assertEqual(alone.json["reason"], "bound_token")
        in_form = self.server.post("/oauth2/userinfo", form={"access_token": token})
        self.refused(in_form, 401, "invalid_token")
        self.refused(self.userinfo(token, self.thief), 401, "invalid_token")
        bare = self.server.get("/oauth2/userinfo", headers={"Authorization": "DPoP " + token})
        self.refused(bare, 401, "invalid_dpop_proof")
        # It is no token of authd's own API either.
        self.assertEqual(self.server.me(token).status, 401)

    def test_a_bearer_token_is_refused_with_a_proof(self):
        app = self.app()
        tokens = app.tokens(self.browser())
        self.assertEqual(tokens["token_type"], "Bearer")
        self.assertNotIn("cnf", claims_of(tokens["access_token"]))
        self.refused(self.userinfo(tokens["access_token"]), 401, "invalid_token")
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=tokens["access_token"]).status, 200)

    def test_a_code_can_be_for_a_key(self):
        app = self.app()
        browser = self.browser()
        code = app.answer(browser, dpop_jkt=self.key.jkt)["code"]
        self.refused(app.exchange(code), 400, "invalid_grant")
        app.key = self.thief
        self.refused(app.exchange(code), 400, "invalid_grant")
        app.key = self.key
        self.assertEqual(app.exchange(code).status, 200)
        answer = query_of(app.begin(browser, dpop_jkt="short").headers["Location"])
        self.assertEqual(answer["error"], "invalid_request")

    def test_a_pushed_request_is_for_the_key_of_its_proof(self):
        app = self.app()
        browser = self.browser()

        def push(proof=None, **more):
            return self.server.post("/oauth2/par", form=app.parameters(client_id=None, **more),
                                    headers={**basic(app.id, app.secret),
                                             **({"DPoP": proof} if proof else {})})

        self.refused(push(self.key.proof("POST", TOKEN)), 400, "invalid_dpop_proof")
        other = push(self.key.proof("POST", PAR), dpop_jkt=self.thief.jkt)
        self.refused(other, 400, "invalid_request")
        proof = self.key.proof("POST", PAR)
        pushed = push(proof, dpop_jkt=self.key.jkt)
        self.assertEqual(pushed.status, 201, pushed.body)
        verifier = app.verifier
        self.refused(push(proof), 400, "invalid_dpop_proof")
        app.verifier = verifier
        reply = browser.get("/oauth2/authorize?client_id=%s&request_uri=%s" % (
            app.id, pushed.json["request_uri"]))
        code = query_of(reply.headers["Location"])["code"]
        app.key = self.thief
        self.refused(app.exchange(code), 400, "invalid_grant")
        app.key = self.key
        self.assertEqual(app.exchange(code).status, 200)

    def test_the_refresh_token_of_a_public_client_is_bound_to_its_key(self):
        app = self.app(public=True, key=self.key, redirect="https://app.example/callback")
        tokens = app.tokens(self.browser(), scope="openid offline_access")
        refreshed = app.refresh(tokens["refresh_token"])
        self.assertEqual((refreshed.status, refreshed.json["token_type"]), (200, "DPoP"))
        token = refreshed.json["refresh_token"]
        for key in (None, self.thief):
            app.key = key
            self.refused(app.refresh(token), 400, "invalid_grant")
            self.refused(app.refresh(tokens["refresh_token"]), 400, "invalid_grant")
        app.key = self.key  # What the thief tried has ended nothing.
        self.assertEqual(app.refresh(token).status, 200)

    def test_a_client_with_a_secret_may_change_its_key(self):
        app = self.app(key=self.key)
        tokens = app.tokens(self.browser(), scope="openid offline_access")
        app.key = self.thief
        refreshed = app.refresh(tokens["refresh_token"])
        self.assertEqual(refreshed.status, 200, refreshed.body)
        self.assertEqual(claims_of(refreshed.json["access_token"])["cnf"],
                         {"jkt": self.thief.jkt})

    def test_a_token_of_the_client_itself_and_its_introspection(self):
        job = self.app("--grant", "client_credentials", "--resource", API, redirect=None,
                       key=self.key)
        made = job.token({"grant_type": "client_credentials", "resource": API})
        self.assertEqual((made.status, made.json["token_type"]), (200, "DPoP"), made.body)
        told = self.server.post("/oauth2/introspect", form={"token": made.json["access_token"]},
                                headers=basic(job.id, job.secret)).json
        self.assertEqual((told["active"], told["token_type"], told["cnf"]),
                         (True, "DPoP", {"jkt": self.key.jkt}))

    def test_no_signature_is_verified_for_what_a_stranger_makes_up(self):
        app = self.app(public=True)
        for form in ({"grant_type": "authorization_code", "code": "made up"},
                     {"grant_type": "refresh_token", "refresh_token": "made up"}):
            self.refused(app.token(form, proof="x"), 400, "invalid_grant")
        code = app.answer(self.browser())["code"]
        self.refused(app.token({"grant_type": "authorization_code", "code": code}, proof="x"),
                     400, "invalid_dpop_proof")
        self.refused(app.token({"grant_type": "authorization_code"}, proof="x"), 400,
                     "invalid_request")
        self.refused(app.token({"grant_type": "client_credentials"}, proof="x"), 400,
                     "unauthorized_client")

    def test_a_client_that_must_prove_its_key(self):
        app = self.app("--set", "dpop_bound_access_tokens=true")
        code = app.answer(self.browser())["code"]
        self.refused(app.exchange(code), 400, "invalid_dpop_proof")
        app.key = self.key
        self.assertEqual(app.exchange(code).status, 200)

    def test_a_device_gets_tokens_for_its_key(self):
        app = self.app("--grant", "urn:ietf:params:oauth:grant-type:device_code", redirect=None,
                       public=True, key=self.key)
        codes = self.server.post("/oauth2/device_authorization", form={
            "client_id": app.id, "scope": "openid"}).json
        browser = self.browser()
        answered = browser.post("/api/v1/oauth/device/answer", {"user_code": codes["user_code"],
                                                                "decision": "allow"})
        self.assertEqual(answered.status, 204, answered.body)
        made = app.token({"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                          "device_code": codes["device_code"]})
        self.assertEqual((made.status, made.json["token_type"]), (200, "DPoP"), made.body)


class Proofs(DpopCase):
    """What RFC 9449 section 4.3 refuses, at the token endpoint and at a resource."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = Prover(cls.server, "Job", "--grant", "client_credentials", "--resource", API,
                         redirect=None)

    def issue(self, proof):
        return self.job.token({"grant_type": "client_credentials", "resource": API}, proof=proof)

    def wrong(self, **changes):
        return self.refused(self.issue(self.key.proof("POST", TOKEN, **changes)), 400,
                            "invalid_dpop_proof")

    def test_each_part_is_needed_and_is_checked(self):
        for claim in ("jti", "htm", "htu", "iat"):
            self.wrong(**{claim: None})
        for header in ({"typ": None}, {"typ": "jwt"}, {"alg": None}, {"alg": "none"},
                       {"alg": "RS256"}, {"jwk": None}, {"jwk": self.thief.public},
                       {"jwk": {**self.key.public, "d": "AAAA"}}, {"crit": ["exp"]}):
            self.wrong(header=header)
        for changes in ({"htm": "GET"}, {"htu": ISSUER + "/oauth2/userinfo"}, {"htu": "x"},
                        {"iat": int(time.time()) - 3600}, {"iat": int(time.time()) + 3600},
                        {"jti": "j" * 201}):
            self.wrong(**changes)
        for text in ("x", "a.b.c", "e30.e30.e30"):
            self.refused(self.issue(text), 400, "invalid_dpop_proof")
        for changes in ({"htu": TOKEN + "?a=b#c"}, {"iat": int(time.time()) + 10}, {"nbf": 1},
                        {"iat": int(time.time()) - 10}):
            reply = self.issue(self.key.proof("POST", TOKEN, **changes))
            self.assertEqual(reply.status, 200, reply.body)

    def test_a_proof_counts_once(self):
        proof = self.key.proof("POST", TOKEN)
        self.assertEqual(self.issue(proof).status, 200)
        self.refused(self.issue(proof), 400, "invalid_dpop_proof")

    def test_two_headers_are_refused(self):
        form = "grant_type=client_credentials&resource=" + API.replace(":", "%3A")
        proofs = "".join("DPoP: %s\r\n" % self.key.proof("POST", TOKEN) for _ in range(2))
        reply = self.server.raw((
            "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Authorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: %d\r\n%s\r\n%s" % (
                basic(self.job.id, self.job.secret)["Authorization"], len(form), proofs, form)
        ).encode())
        self.assertIn(b" 400 ", reply.split(b"\r\n")[0])
        self.assertIn(b"invalid_dpop_proof", reply)

    def test_a_nonce_that_is_not_ours_gets_a_right_one(self):
        reply = self.issue(self.key.proof("POST", TOKEN, nonce="unknown"))
        self.refused(reply, 400, "use_dpop_nonce")
        nonce = reply.headers["DPoP-Nonce"]
        self.assertEqual(self.issue(self.key.proof("POST", TOKEN, nonce=nonce)).status, 200)

    def test_at_a_resource_the_hash_of_the_token_is_needed_and_a_proof_counts_once(self):
        app = self.app(key=self.key)
        token = app.tokens(self.browser())["access_token"]
        self.assertEqual(self.userinfo(token).status, 200)
        for changes in ({"token": None}, {"ath": "x" * 43}, {"htm": "POST"}, {"htu": TOKEN}):
            reply = self.refused(self.userinfo(token, **changes), 401, "invalid_dpop_proof")
            self.assertIn('DPoP error="invalid_dpop_proof"', reply.headers["WWW-Authenticate"])
        proofs = []
        make = lambda more: proofs.append(self.key.proof("GET", USERINFO, token, **more)) or \
            proofs[-1]
        headers = {"Authorization": "DPoP " + token}
        self.assertEqual(self.asked("/oauth2/userinfo", headers, make).status, 200)
        again = self.server.get("/oauth2/userinfo", headers={**headers, "DPoP": proofs[-1]})
        self.refused(again, 401, "invalid_dpop_proof")
        lower = self.asked("/oauth2/userinfo", {"Authorization": "dpop " + token}, make)
        self.assertEqual(lower.status, 200, lower.body)

    def test_scripts_may_send_proofs_and_see_what_is_asked_for(self):
        asked = self.server.request("OPTIONS", "/oauth2/userinfo", headers={
            "Origin": "https://spa.example", "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,dpop"})
        self.assertIn("DPoP", asked.headers["Access-Control-Allow-Headers"])
        reply = self.server.get("/oauth2/userinfo", headers={"Origin": "https://spa.example"})
        exposed = reply.headers["Access-Control-Expose-Headers"]
        self.assertIn("DPoP-Nonce", exposed)
        self.assertIn("WWW-Authenticate", exposed)

    def test_the_metadata_names_the_algorithms(self):
        document = self.server.get("/.well-known/openid-configuration").json
        self.assertEqual(document["dpop_signing_alg_values_supported"],
                         ["ES256", "EdDSA", "RS256"])


class ForwardAuth(DpopCase):
    """The proof is about the request that the proxy passes on."""

    ORIGINAL = {"X-Forwarded-Method": "PUT", "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "api.example", "X-Forwarded-Uri": "/orders/7?full=1"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        job = Prover(cls.server, "Job", "--grant", "client_credentials", "--resource", API,
                     redirect=None)
        job.key = cls.key
        form = {"grant_type": "client_credentials", "resource": API}
        cls.token = job.token(form).json["access_token"]
        job.key = None
        cls.bearer = job.token(form).json["access_token"]
        cls.job = job

    def ask(self, address=API + "/orders/7", method="PUT", key=None, token=None, server=None,
            **original):
        token = token or self.token
        key = key or self.key
        headers = {name: value for name, value in {**self.ORIGINAL, **{
            name.replace("_", "-"): value for name, value in original.items()}}.items() if value}
        return self.asked("/auth/verify?aud=" + API, {
            **headers, "Authorization": "DPoP " + token},
            lambda more: key.proof(method, address, token, **more), server)

    def test_a_proof_of_the_original_request(self):
        reply = self.ask()
        self.assertEqual((reply.status, reply.headers["X-Auth-Client"]), (200, self.job.id))
        self.assertEqual(self.ask(API + ":443/orders/7?other=query").status, 200)
        for wrong in ({"address": API + "/orders/8"}, {"method": "GET"},
                      {"address": "http://api.example/orders/7"}, {"address": ISSUER},
                      {"address": ISSUER + "/auth/verify", "method": "GET"}):
            self.refused(self.ask(**wrong), 401, "invalid_dpop_proof")
        self.refused(self.ask(key=self.thief), 401, "invalid_token")
        self.refused(self.ask(token=self.bearer), 401, "invalid_token")

    def test_a_bound_token_alone_is_refused(self):
        path = "/auth/verify?aud=" + API
        reply = self.server.get(path, token=self.token, headers=self.ORIGINAL)
        self.refused(reply, 401, "invalid_token")
        self.assertIn("DPoP ", reply.headers["WWW-Authenticate"])
        self.assertEqual(self.server.get(path, token=self.bearer,
                                         headers=self.ORIGINAL).status, 200)

    def test_a_request_that_is_not_known_has_no_proof(self):
        for missing in ("X_Forwarded_Method", "X_Forwarded_Uri"):
            reply = self.refused(self.ask(**{missing: None}), 401, "invalid_dpop_proof")
            self.assertIn("trusted_proxies", reply.json["message"])

    def test_without_a_trusted_proxy_nobody_says_what_the_request_was(self):
        with Server("--server.public-url", ISSUER) as server:
            server.command("resource", "add", API, "Orders")
            job = Prover(server, "Job", "--grant", "client_credentials", "--resource", API,
                         redirect=None)
            job.key = self.key
            made = job.token({"grant_type": "client_credentials", "resource": API})
            reply = self.ask(token=made.json["access_token"], server=server)
            self.refused(reply, 401, "invalid_dpop_proof")


class Restart(DpopCase):
    def test_a_proof_from_before_a_restart_is_not_taken_again(self):
        with tempfile.TemporaryDirectory(prefix="authd-test-") as directory:
            proofs = []
            with Server(*FLAGS, data_dir=directory) as server:
                server.sign_up("ann")
                app = Prover(server, "App", "--consent", "skip")
                app.key = self.key
                browser = Browser(server)
                browser.sign_in("ann", PASSWORD)
                token = app.tokens(browser)["access_token"]
                headers = {"Authorization": "DPoP " + token}
                make = lambda more: proofs.append(
                    self.key.proof("GET", USERINFO, token, **more)) or proofs[-1]
                reply = self.asked("/oauth2/userinfo", headers, make, server)
                self.assertEqual(reply.status, 200, reply.body)
            with Server(*FLAGS, data_dir=directory) as server:
                # With and without the nonce of the process before.
                for proof in proofs:
                    again = server.get("/oauth2/userinfo", headers={**headers, "DPoP": proof})
                    self.refused(again, 401, "use_dpop_nonce")
                self.assertEqual(self.userinfo(token, server=server).status, 200)


if __name__ == "__main__":
    unittest.main()
