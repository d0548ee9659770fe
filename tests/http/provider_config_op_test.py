"""The plan oidcc-config-certification of the OpenID conformance suite: discovery, point by
point. The server has the public URL of a real one, with https."""

import json
import re
import unittest
import urllib.parse

from conformance import unb64
from harness import Server, ServerCase, wait_until
from provider import Browser, RelyingParty, query_of

ISSUER = "https://auth.test"
PRIVATE_PARTS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")  # canonical RFC 5646


class DiscoveryEndpointVerification(ServerCase):
    FLAGS = ("--server.public-url", ISSUER)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reply = cls.server.get("/.well-known/openid-configuration")
        cls.document = cls.reply.json

    def keys(self):
        path = urllib.parse.urlsplit(self.document["jwks_uri"]).path
        reply = self.server.get(path)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json["keys"]

    def words(self, name):
        """A list of distinct, non-empty words."""
        found = self.document[name]
        self.assertIs(type(found), list)
        self.assertTrue(found and all(type(one) is str and one for one in found), found)
        self.assertEqual(len(set(found)), len(found))
        return found

    def test_the_answer_is_200_and_json(self):
        self.assertEqual(self.reply.status, 200)
        self.assertEqual(self.reply.headers["Content-Type"].split(";")[0], "application/json")
        self.assertIs(type(self.document), dict)

    def test_no_member_is_there_twice_or_null(self):
        pairs = json.loads(self.reply.body, object_pairs_hook=list)
        self.assertEqual(len(pairs), len(dict(pairs)))
        self.assertNotIn(None, self.document.values())
        self.assertNotIn([], self.document.values())

    def test_the_issuer_is_the_stem_of_the_address(self):
        self.assertEqual(self.document["issuer"], ISSUER)

    def test_the_issuer_does_not_come_from_the_request(self):
        for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"},
                        {"X-Forwarded-Proto": "http"},
                        {"Forwarded": "host=evil.example;proto=http"}):
            with self.subTest(headers):
                reply = self.server.get("/.well-known/openid-configuration", headers=headers)
                self.assertNotIn(b"evil.example", reply.body)
                if reply.status == 200:
                    self.assertEqual(reply.json, self.document)

    def test_every_address_is_https_and_has_no_fragment(self):
        seen = 0
        for name, value in self.document.items():
            if not (name.endswith(("_endpoint", "_uri")) or name == "issuer"):
                continue
            with self.subTest(name):
                parts = urllib.parse.urlsplit(value)
                self.assertEqual((parts.scheme, parts.netloc), ("https", "auth.test"))
                self.assertEqual((parts.query, parts.fragment), ("", ""))
                seen += 1
        self.assertGreaterEqual(seen, 6)

    def test_the_required_members_are_there(self):
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint",
                     "jwks_uri", "response_types_supported", "subject_types_supported",
                     "id_token_signing_alg_values_supported"):
            with self.subTest(name):
                self.assertTrue(self.document[name])

    def test_response_types(self):
        self.assertIn("code", self.words("response_types_supported"))

    def test_response_modes(self):
        self.assertLessEqual({"query", "form_post"}, set(self.words("response_modes_supported")))

    def test_subject_types(self):
        found = self.words("subject_types_supported")
        self.assertTrue(set(found) <= {"public", "pairwise"}, found)

    def test_id_token_algorithms_have_rs256_and_not_none(self):
        found = self.words("id_token_signing_alg_values_supported")
        self.assertIn("RS256", found)
        self.assertNotIn("none", found)
        self.assertFalse([one for one in found if one.startswith("HS")])

    def test_scopes_have_openid(self):
        self.assertIn("openid", self.words("scopes_supported"))

    def test_grant_types(self):
        found = self.words("grant_types_supported")
        self.assertIn("authorization_code", found)
        self.assertFalse({"implicit", "password"} & set(found))

    def test_claims(self):
        found = self.words("claims_supported")
        self.assertLessEqual({"sub", "iss", "aud", "exp", "iat", "name", "email"}, set(found))

    def test_every_claim_of_a_token_is_announced(self):
        with Server() as plain:  # its cookies go over http
            plain.sign_up("ann", email="ann@example.org", first_name="Ann", last_name="Lee")
            browser = Browser(plain)
            browser.sign_in("ann")
            app = RelyingParty(plain, "App", "--consent", "skip")
            tokens = app.tokens(browser, scope="openid profile email phone groups")
            names = set(json.loads(unb64(tokens["id_token"].split(".")[1])))
            names |= set(plain.get("/oauth2/userinfo", token=tokens["access_token"]).json)
        self.assertEqual(names - set(self.document["claims_supported"]), set())

    def test_claim_types(self):
        self.assertEqual(self.words("claim_types_supported"), ["normal"])

    def test_the_claims_parameter_is_announced_as_it_is(self):
        self.assertIs(self.document["claims_parameter_supported"], True)  # oidcc-claims-essential

    def refusal(self, **parameters):
        app = RelyingParty(self.server)
        reply = app.begin(Browser(self.server), **parameters)
        self.assertEqual(reply.status, 303, reply.body)
        return query_of(reply.headers["Location"])["error"]

    def test_the_request_parameter_is_announced_as_it_is(self):
        self.assertIs(self.document["request_parameter_supported"], True)
        self.assertNotIn("none", self.words("request_object_signing_alg_values_supported"))
        # This client has no keys.
        self.assertEqual(self.refusal(request="e30.e30."), "request_not_supported")

    def test_request_uri_is_announced_as_it_is(self):
        # Without the member it would be true (Discovery section 3).
        self.assertIs(self.document["request_uri_parameter_supported"], False)
        self.assertEqual(self.refusal(request_uri="https://app.example/r"),
                         "request_uri_not_supported")
        self.assertFalse(self.document.get("require_request_uri_registration", False))

    def test_pkce_methods_are_a_list(self):
        self.assertEqual(self.words("code_challenge_methods_supported"), ["S256"])

    def test_prompts(self):
        self.assertLessEqual({"none", "login", "consent"},
                             set(self.words("prompt_values_supported")))

    def test_authentication_methods(self):
        for endpoint in ("token", "introspection", "revocation"):
            found = set(self.words(endpoint + "_endpoint_auth_methods_supported"))
            self.assertTrue(found <= {"client_secret_basic", "client_secret_post",
                                      "private_key_jwt", "none"}, found)
            self.assertIn("client_secret_basic", found)
            algorithms = set(self.words(endpoint + "_endpoint_auth_signing_alg_values_supported"))
            self.assertTrue(algorithms <= {"RS256", "PS256", "ES256", "EdDSA"}, algorithms)
        self.assertNotIn("none", self.document["introspection_endpoint_auth_methods_supported"])

    def test_locales_are_canonical(self):
        for name in self.document:
            if name.endswith("_locales_supported"):
                for one in self.words(name):
                    self.assertRegex(one, r"\A%s\Z" % LOCALE.pattern)

    def test_what_is_announced_and_absent_is_not_there(self):
        for name in ("check_session_iframe", "registration_endpoint", "device_endpoint"):
            self.assertNotIn(name, self.document)

    def test_each_key_has_a_kid_of_its_own_and_a_use(self):
        keys = self.keys()
        self.assertTrue(keys)
        kids = [key["kid"] for key in keys]
        self.assertEqual(len(set(kids)), len(kids))
        for key in keys:
            self.assertEqual(key["use"], "sig")
            self.assertTrue(key["alg"])

    def test_no_key_has_a_private_part(self):
        for key in self.keys():
            self.assertEqual(PRIVATE_PARTS & set(key), set())
            self.assertIn(key["kty"], ("RSA", "EC", "OKP"))

    def test_keys_are_well_formed(self):
        for key in self.keys():
            for name in {"n", "e", "x", "y"} & set(key):
                self.assertNotIn("=", key[name])
                self.assertTrue(unb64(key[name]))
            if key["kty"] == "RSA":
                self.assertGreaterEqual(len(unb64(key["n"])), 256)

    def test_each_announced_algorithm_has_a_key_before_anything_is_signed(self):
        """Clients keep the key set. A job makes the keys right after the start."""
        wanted = set(self.document["id_token_signing_alg_values_supported"])
        wait_until(lambda: wanted <= {key["alg"] for key in self.keys()}, "a key per algorithm")

    def test_the_metadata_of_rfc_8414_are_the_same(self):
        reply = self.server.get("/.well-known/oauth-authorization-server")
        self.assertEqual(reply.json, self.document)


if __name__ == "__main__":
    unittest.main()
