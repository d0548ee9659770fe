"""The FAPI 2.0 Security Profile: a client whose member `profile` is "fapi2". One test for each line
of the certification plan of an authorization server, named after what its module looks for."""

import json
import tempfile
import time
import unittest
import urllib.parse
import uuid

from client_assertion_test import TYPE
from dpop_test import TOKEN, USERINFO, Key
from harness import Server
from provider import Browser, Client, claims_of, path_of, query_of
from provider_test import ISSUER, ProviderCase

PAR = ISSUER + "/oauth2/par"
CALLBACK = "https://bank.example/callback"
API = "https://accounts.example"


class Bank(Client):
    """A client that signs with its own key, proves another one, and pushes its requests."""

    def __init__(self, server, folder, name, redirect=CALLBACK):
        self.key = Key(folder, name)
        self.proving = Key(folder, name + "-proof")
        made = server.command(
            "client", "add", name, "--redirect-uri", redirect, "--consent", "skip",
            "--auth-method", "private_key_jwt", "--jwks", "-", "--resource", API,
            "--set", "profile=fapi2", "--set", "id_token_signed_response_alg=ES256", "--json",
            stdin=json.dumps({"keys": [self.key.jwk(kid=name)]}))
        super().__init__(server, json.loads(made.out)["client_id"], "", redirect)
        self.kid = name

    def assertion(self, **changes):
        """A right one, with changes; None leaves a claim out."""
        now = int(time.time())
        said = {"iss": self.id, "sub": self.id, "aud": ISSUER, "exp": now + 60, "iat": now,
                "jti": str(uuid.uuid4()), **changes}
        return self.key.sign({"alg": "ES256", "kid": self.kid},
                             {name: value for name, value in said.items() if value is not None})

    def signed(self, form, assertion=None):
        return {"client_assertion_type": TYPE, "client_assertion": assertion or self.assertion(),
                **form}

    def push(self, assertion=None, proof=None, **changes):
        form = self.signed(self.parameters(client_id=None, **changes), assertion)
        return self.server.post("/oauth2/par", form=form,
                                headers={"DPoP": proof} if proof else {})

    def reference(self, **changes):
        reply = self.push(**changes)
        assert reply.status == 201, reply.body
        return reply.json["request_uri"]

    def go(self, browser, reference, **more):
        query = {"client_id": self.id, "request_uri": reference, **more}
        return browser.get("/oauth2/authorize?" + urllib.parse.urlencode(query))

    def answer_to(self, browser, reference):
        reply = self.go(browser, reference)
        assert reply.status == 303, (reply.status, reply.body)
        assert reply.headers["Location"].startswith(self.redirect), reply.headers["Location"]
        return query_of(reply.headers["Location"])

    def code(self, browser, **changes):
        return self.answer_to(browser, self.reference(**changes))["code"]

    def token(self, form, assertion=None, proof=None):
        proof = self.proving.proof("POST", TOKEN) if proof is None else proof
        return self.server.post("/oauth2/token", form=self.signed(form, assertion),
                                headers={"DPoP": proof} if proof else {})

    def redeem(self, code, **more):
        changes = {key: more.pop(key) for key in ("assertion", "proof") if key in more}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
                "code_verifier": self.verifier, **more}
        return self.token({name: value for name, value in form.items() if value is not None},
                          **changes)

    def refresh(self, token):
        return self.token({"grant_type": "refresh_token", "refresh_token": token})


class FapiCase(ProviderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server.command("resource", "add", API, "Accounts")
        cls.bank = Bank(cls.server, cls.folder.name, "first")
        cls.other = Bank(cls.server, cls.folder.name, "second")
        cls.ann = Browser(cls.server)
        cls.ann.sign_in("ann")

    def refused(self, reply, error, status=400):
        self.assertEqual((reply.status, reply.json["error"]), (status, error), reply.body)

    def tokens(self, bank=None, **changes):
        bank = bank or self.bank
        reply = bank.redeem(bank.code(self.ann, **changes))
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def userinfo(self, token, scheme="DPoP"):
        headers = {"Authorization": scheme + " " + token,
                   "DPoP": self.bank.proving.proof("GET", USERINFO, token)}
        reply = self.server.get("/oauth2/userinfo", headers=headers)
        if reply.status == 401 and reply.json["error"] == "use_dpop_nonce":
            headers["DPoP"] = self.bank.proving.proof("GET", USERINFO, token,
                                                      nonce=reply.headers["DPoP-Nonce"])
            reply = self.server.get("/oauth2/userinfo", headers=headers)
        return reply


class Flows(FapiCase):
    def test_discovery_end_point_verification(self):
        told = self.server.get("/.well-known/openid-configuration").json
        self.assertTrue(told["authorization_response_iss_parameter_supported"])
        self.assertEqual(told["pushed_authorization_request_endpoint"], PAR)
        self.assertIn("private_key_jwt", told["token_endpoint_auth_methods_supported"])
        self.assertIn("ES256", told["token_endpoint_auth_signing_alg_values_supported"])
        self.assertIn("ES256", told["dpop_signing_alg_values_supported"])
        self.assertEqual(told["code_challenge_methods_supported"], ["S256"])

    def test_happy_flow_with_two_clients(self):
        for bank in (self.bank, self.other):
            reference = bank.reference()
            answer = bank.answer_to(self.ann, reference)
            self.assertEqual((answer["iss"], answer["state"]), (ISSUER, bank.state))
            reply = bank.redeem(answer["code"])
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(reply.json["token_type"], "DPoP")
            claims = claims_of(reply.json["id_token"])
            self.assertEqual((claims["aud"], claims["nonce"]), (bank.id, bank.nonce))
        self.assertEqual(self.userinfo(self.tokens()["access_token"]).status, 200)

    def test_user_rejects_authentication(self):
        self.server.command("client", "set", self.other.id, "consent=ask")
        reply = self.other.go(self.ann, self.other.reference())
        self.assertTrue(path_of(reply).startswith("/consent?"), path_of(reply))
        reply = self.other.allow(self.ann, reply, "deny")
        self.assertEqual(query_of(reply.headers["Location"])["error"], "access_denied")
        self.server.command("client", "set", self.other.id, "consent=skip")

    def test_ensure_request_without_state_succeeds(self):
        self.assertNotIn("state", self.bank.answer_to(self.ann, self.bank.reference(state=None)))

    def test_ensure_request_without_nonce_succeeds(self):
        self.assertNotIn("nonce", claims_of(self.tokens(nonce=None)["id_token"]))

    def test_ensure_request_with_long_nonce(self):
        for nonce in ("n" * 64, "n" * 384):
            self.assertEqual(claims_of(self.tokens(nonce=nonce)["id_token"])["nonce"], nonce)

    def test_ensure_request_with_long_state(self):
        state = "s" * 1000
        self.assertEqual(self.bank.answer_to(self.ann, self.bank.reference(state=state))["state"],
                         state)

    def test_ensure_other_scope_order_succeeds(self):
        self.assertIn("id_token", self.tokens(scope="email profile openid"))

    def test_access_token_type_header_case_sensitivity(self):
        token = self.tokens()["access_token"]
        for scheme in ("DPoP", "dpop", "DPOP"):
            self.assertEqual(self.userinfo(token, scheme).status, 200, scheme)

    def test_ensure_holder_of_key_required(self):
        code = self.bank.code(self.ann)
        self.refused(self.bank.redeem(code, proof=""), "invalid_dpop_proof")
        self.assertEqual(self.server.get("/oauth2/userinfo",
                                         token=self.tokens()["access_token"]).status, 401)


class Codes(FapiCase):
    def test_ensure_authorization_code_is_bound_to_client(self):
        code = self.bank.code(self.ann)
        self.other.verifier = self.bank.verifier
        self.refused(self.other.redeem(code), "invalid_grant")

    def test_attempt_reuse_authorization_code_after_one_second(self):
        code = self.bank.code(self.ann)
        issued = self.bank.redeem(code)
        self.assertEqual(issued.status, 200, issued.body)
        self.refused(self.bank.redeem(code), "invalid_grant")
        self.assertEqual(self.userinfo(issued.json["access_token"]).status, 401)

    def test_ensure_token_endpoint_fails_with_mismatched_client_id(self):
        code = self.bank.code(self.ann)
        self.refused(self.bank.redeem(code, client_id=self.other.id), "invalid_client", 401)

    def test_pkce_verifier_missing_or_wrong(self):
        for verifier in (None, "w" * 43):
            code = self.bank.code(self.ann)
            self.refused(self.bank.redeem(code, code_verifier=verifier), "invalid_grant")

    def test_refresh_token_is_bound_to_the_client_and_stays(self):
        tokens = self.tokens(scope="openid offline_access")
        again = self.bank.refresh(tokens["refresh_token"])
        self.assertEqual(again.status, 200, again.body)
        self.assertEqual(again.json["refresh_token"], tokens["refresh_token"])
        self.assertNotEqual(again.json["access_token"], tokens["access_token"])
        self.refused(self.other.refresh(tokens["refresh_token"]), "invalid_grant")
        self.assertEqual(self.bank.refresh(tokens["refresh_token"]).status, 200)


class Assertions(FapiCase):
    def token(self, **changes):
        return self.bank.token({"grant_type": "refresh_token", "refresh_token": "x"},
                               self.bank.assertion(**changes))

    def test_client_assertion_in_its_time(self):
        now = int(time.time())
        for changes in ({}, {"nbf": now + 8}, {"iat": now + 8}):
            self.refused(self.token(**changes), "invalid_grant")  # the client was known

    def test_client_assertion_that_is_refused(self):
        now = int(time.time())
        for changes in ({"exp": now - 300}, {"nbf": now + 90}, {"aud": "https://other.example"},
                        {"aud": [ISSUER]}, {"aud": [ISSUER, TOKEN]}, {"aud": TOKEN}, {"aud": PAR},
                        {"sub": None}, {"iss": None}, {"jti": None}, {"exp": None},
                        {"sub": self.other.id}, {"iss": self.other.id}):
            with self.subTest(changes):
                self.refused(self.token(**changes), "invalid_client", 401)

    def test_client_without_assertion_or_with_a_secret(self):
        form = {"client_id": self.bank.id, "grant_type": "refresh_token", "refresh_token": "x"}
        proof = {"DPoP": self.bank.proving.proof("POST", TOKEN)}
        for more in ({}, {"client_secret": "s" * 43}):
            reply = self.server.post("/oauth2/token", form={**form, **more}, headers=proof)
            self.refused(reply, "invalid_client", 401)


class Proofs(FapiCase):
    def redeem(self, **proof):
        return self.bank.redeem(self.bank.code(self.ann),
                                proof=self.bank.proving.proof("POST", TOKEN, **proof))

    def test_proof_in_its_time(self):
        now = int(time.time())
        for iat in (now - 10, now + 8):
            self.assertEqual(self.redeem(iat=iat).status, 200, iat)
        for iat in (now - 3600, now + 3600):
            self.refused(self.redeem(iat=iat), "invalid_dpop_proof")

    def test_proof_for_another_request(self):
        for changes in ({"htm": "GET"}, {"htu": USERINFO}, {"jti": None}, {"htm": None},
                        {"htu": None}, {"iat": None}):
            with self.subTest(changes):
                self.refused(self.redeem(**changes), "invalid_dpop_proof")

    def test_the_key_of_the_code_is_the_one_that_was_named(self):
        wrong = self.bank.key.jkt
        code = self.bank.code(self.ann, dpop_jkt=wrong)
        self.assertEqual(self.bank.redeem(code).status, 400)
        code = self.bank.code(self.ann, dpop_jkt=self.bank.proving.jkt)
        self.assertEqual(self.bank.redeem(code).status, 200)
        pushed = self.bank.push(proof=self.bank.proving.proof("POST", PAR), dpop_jkt=wrong)
        self.assertEqual(pushed.status, 400, pushed.body)


class Requests(FapiCase):
    def test_par_without_pushing_fails(self):
        reply = self.ann.get(self.bank.address())
        self.assertEqual(query_of(reply.headers["Location"])["error"], "invalid_request")

    def test_par_unregistered_redirect_uri(self):
        self.refused(self.bank.push(redirect_uri="https://bank.example/other"), "invalid_request")

    def test_par_without_redirect_uri(self):
        # Though the client has one only (section 5.3.2.2).
        self.refused(self.bank.push(redirect_uri=None), "invalid_request")

    def test_par_other_response_types(self):
        for kind in ("code id_token", "token", "id_token"):
            self.refused(self.bank.push(response_type=kind), "unsupported_response_type")

    def test_par_pkce_required_and_plain_refused(self):
        self.refused(self.bank.push(code_challenge=None, code_challenge_method=None),
                     "invalid_request")
        self.refused(self.bank.push(code_challenge_method="plain"), "invalid_request")

    def test_par_with_request_uri_inside(self):
        self.assertEqual(self.bank.push(request_uri=self.bank.reference()).status, 400)

    def test_par_wrong_method(self):
        for method in ("GET", "PUT"):
            self.assertEqual(self.server.request(method, "/oauth2/par").status, 405)

    def test_par_request_uri_again_until_the_answer_and_not_after(self):
        stranger = Browser(self.server)
        reference = self.bank.reference()
        for _ in range(2):
            reply = self.bank.go(stranger, reference)
            self.assertTrue(path_of(reply).startswith("/signin?"), path_of(reply))
        self.assertIn("code", self.bank.answer_to(self.ann, reference))
        reply = self.bank.go(self.ann, reference)
        self.assertEqual(reply.status, 400, reply.body)
        self.assertNotIn("Location", reply.headers)

    def test_par_request_uri_of_another_client(self):
        reply = self.other.go(self.ann, self.bank.reference())
        self.assertEqual(reply.status, 400, reply.body)
        self.assertNotIn("Location", reply.headers)

    def test_par_counts_alone(self):
        reference = self.bank.reference(scope="openid")
        reply = self.bank.go(self.ann, reference, scope="openid email", state="other",
                             redirect_uri="https://evil.example")
        answer = query_of(reply.headers["Location"])
        self.assertEqual(answer["state"], self.bank.state)
        self.assertEqual(self.bank.redeem(answer["code"]).json["scope"], "openid")


class Members(unittest.TestCase):
    def test_the_profile_is_refused_to_a_client_that_cannot_follow_it(self):
        with Server() as server:
            done = server.command("client", "add", "App", "--redirect-uri", CALLBACK, "--set",
                                  "profile=fapi2", check=False)
            self.assertEqual(done.returncode, 2, done.err)
            self.assertIn("private_key_jwt", done.err)


if __name__ == "__main__":
    unittest.main()
