"""Passkeys over HTTP, with an authenticator in software that tells the truth or lies: added, used
to sign in, as a second factor and as a proof, and everything about them that must be refused."""

import base64
import concurrent.futures
import json
import os
import re
import unittest

from authenticator import (BACKED_UP, ELIGIBLE, USER_PRESENT, USER_VERIFIED, Authenticator, decode,
                           encode)
from compat import totp
from harness import PASSWORD, Server, command
from passkey_people import LOGIN, MINE, ORIGIN, PROVE, WithPasskeys, claims_of


class Options(WithPasskeys):
    """By the names of the FIDO Alliance's server tests."""

    def test_server_public_key_credential_creation_options_req_1(self):
        first, second = self.options(), self.options()
        self.assertEqual(first["rp"]["id"], "id.example.org")
        self.assertEqual((first["user"]["name"], first["user"]["displayName"]),
                         (self.name, self.name))
        self.assertEqual(len(decode(first["user"]["id"])), 32)
        self.assertEqual(first["user"]["id"], second["user"]["id"])
        self.assertNotEqual(first["challenge"], second["challenge"])
        self.assertGreaterEqual(len(decode(first["challenge"])), 16)
        self.assertEqual([one["alg"] for one in first["pubKeyCredParams"]], [-7, -8, -257])
        self.assertEqual({one["type"] for one in first["pubKeyCredParams"]}, {"public-key"})
        self.assertEqual((first["timeout"], first["attestation"]), (300000, "none"))
        self.assertEqual(first["authenticatorSelection"],
                         {"residentKey": "preferred", "requireResidentKey": False,
                          "userVerification": "preferred"})
        self.assertEqual((first["extensions"], first["excludeCredentials"]),
                         ({"credProps": True}, []))
        phone = self.added()
        self.assertEqual(self.options()["excludeCredentials"],
                         [{"type": "public-key", "id": encode(phone.id),
                           "transports": ["internal"]}])

    def test_server_public_key_credential_get_options_response_req_1(self):
        first, second = self.question(), self.question()
        self.assertNotEqual(first["challenge"], second["challenge"])
        self.assertGreaterEqual(len(decode(first["challenge"])), 16)
        self.assertEqual((first["rpId"], first["timeout"], first["userVerification"],
                          first["allowCredentials"]), ("id.example.org", 300000, "required", []))


class SigningIn(WithPasskeys):
    def test_a_passkey_is_a_whole_login(self):
        phone = self.added()
        self.assertEqual(phone.listed["kind"], "passkey")
        question = self.question()
        self.assertEqual((question["rpId"], question["userVerification"],
                          question["allowCredentials"]), ("id.example.org", "required", []))
        reply = self.verify(phone.get(question))
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json["user"]["username"], self.name)
        self.assertEqual(claims_of(reply.json["access_token"])["amr"], ["hwk", "user", "mfa"])
        synced = self.added("synced", flags=USER_PRESENT | USER_VERIFIED | ELIGIBLE | BACKED_UP)
        self.assertTrue(synced.listed["is_synced"])
        reply = self.log_in_with(synced)
        self.assertEqual(claims_of(reply.json["access_token"])["amr"], ["swk", "user", "mfa"])

    def test_it_does_not_change_what_a_password_needs(self):
        self.added()
        self.assertIn("access_token", self.server.log_in(self.name).json)
        self.assertFalse(self.server.me(self.token).json["mfa_enabled"])

    def test_no_code_of_an_app_is_asked_for_after_it(self):
        phone = self.added()
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=self.token).json["secret"]
        done = self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret)},
                                token=self.token)
        self.assertEqual(done.status, 200, done.body)
        needed = self.server.log_in(self.name).json
        self.assertEqual(needed["methods"], ["passkey", "totp", "recovery_code"])
        self.assertIn("access_token", self.log_in_with(phone).json)

    def test_a_browser_gets_a_session_in_a_cookie(self):
        phone = self.added()
        reply = self.server.post(LOGIN + "verify", {"response": phone.get(self.question())},
                                 headers={"X-Authd-Session": "cookie"})
        self.assertEqual(reply.status, 200, reply.body)
        self.assertIn("csrf_token", reply.json)
        self.assertIn("HttpOnly", reply.headers["Set-Cookie"])

    def test_a_challenge_works_once(self):
        phone = self.added()
        response = phone.get(self.question())
        self.assertEqual(self.verify(response).status, 200)
        self.is_refused(self.verify(response), 401, "invalid_passkey")
        # Neither does another signature over the same challenge.
        question = self.question()
        self.assertEqual(self.verify(phone.get(question)).status, 200)
        self.is_refused(self.verify(phone.get(question)), 401, "invalid_passkey")

    def test_of_fifty_answers_at_once_one_wins(self):
        # Its own server: the losers are failures of this address, and some of them one too many.
        with Server(*self.FLAGS) as self.server:
            self.token = self.server.sign_up("ann").json["access_token"]
            response = self.added().get(self.question())
            with concurrent.futures.ThreadPoolExecutor(50) as pool:
                statuses = [r.status for r in pool.map(self.verify, [response] * 50)]
        self.assertEqual(statuses.count(200), 1, statuses)
        self.assertLessEqual(set(statuses), {200, 401, 429})

    def test_a_disabled_account_stays_out(self):
        phone = self.added()
        self.server.command("user", "disable", self.name)
        self.is_refused(self.log_in_with(phone), 403, "account_disabled")

    def test_what_was_acknowledged_survives_a_kill(self):
        self.server = killed = Server(*self.FLAGS)
        self.addCleanup(killed.kill)
        self.token = self.server.sign_up("ann").json["access_token"]
        phone, gone = self.added(), self.added("gone")
        reply = self.server.request("DELETE", MINE + "/" + gone.listed["id"], token=self.token)
        self.assertEqual(reply.status, 204, reply.body)
        killed.kill()
        with Server(*self.FLAGS, data_dir=killed.data_dir) as self.server:
            self.assertEqual(self.log_in_with(phone).status, 200)
            self.is_refused(self.log_in_with(gone), 401, "unknown_passkey")


class Lies(WithPasskeys):
    """Each breaks one rule of Web Authentication Level 3."""

    def setUp(self):
        super().setUp()
        self.phone = self.added()

    # A wrong signature is refused as an unknown passkey is, so that neither tells which exist. Only
    # then the page lets the browser forget the passkey.
    UNKNOWN = ("wrong_signature", "unknown_credential")

    def same_refusal(self, reply, why):
        self.is_refused(reply, 401, "unknown_passkey" if why in self.UNKNOWN else "invalid_passkey")
        self.assertEqual(self.last_entry(), ("login_by_passkey", why))

    def test_at_a_login(self):
        phone = self.phone
        for why, more in (("foreign_origin", {"origin": "https://evil.example"}),
                          ("foreign_origin", {"origin": ORIGIN + ":8443"}),
                          ("foreign_origin", {"origin": "http://id.example.org"}),
                          ("framed", {"crossOrigin": True}),
                          ("framed", {"topOrigin": ORIGIN}),
                          ("wrong_ceremony", {"type": "webauthn.create"}),
                          ("foreign_challenge", {"challenge": encode(os.urandom(57))}),
                          ("user_absent", {"flags": USER_VERIFIED}),
                          ("user_not_verified", {"flags": USER_PRESENT}),
                          ("backed_up_ineligible",
                           {"flags": USER_PRESENT | USER_VERIFIED | BACKED_UP}),
                          ("eligibility_changed",
                           {"flags": USER_PRESENT | USER_VERIFIED | ELIGIBLE})):
            with self.subTest(why, **more):
                self.same_refusal(self.log_in_with(phone, **more), why)
        for why, change in (("wrong_signature", self.with_other_signature),
                            ("unknown_credential", self.with_other_id),
                            ("user_handle_missing", lambda r: r["response"].pop("userHandle")),
                            ("user_handle_differs", lambda r: r["response"].update(
                                userHandle=encode(b"someone else")))):
            with self.subTest(why):
                response = phone.get(self.question())
                change(response)
                self.same_refusal(self.verify(response), why)
        other = Authenticator(ORIGIN, rp_id="example.org")
        other.key, other.id, other.handle = phone.key, phone.id, phone.handle
        other.count = phone.count
        self.same_refusal(self.log_in_with(other), "foreign_rp_id")
        phone.count = 0
        phone.count = max(phone.count, other.count)
        self.assertEqual(self.log_in_with(phone).status, 200)

    def with_other_signature(self, response):
        signature = bytearray(decode(response["response"]["signature"]))
        signature[-1] ^= 1
        response["response"]["signature"] = encode(bytes(signature))

    def with_other_id(self, response):
        response["id"] = response["rawId"] = encode(os.urandom(32))

    def test_challenges_of_other_purposes_and_sessions_open_nothing(self):
        mine = self.options()["challenge"]
        self.same_refusal(self.log_in_with(self.phone, challenge=mine), "foreign_challenge")
        proof = self.server.post(PROVE + "/options", token=self.token).json["challenge"]
        self.same_refusal(self.log_in_with(self.phone, challenge=proof), "foreign_challenge")
        elsewhere = self.server.log_in(self.name).json["access_token"]
        answer = self.phone.get({"challenge": proof})
        self.is_refused(self.server.post(PROVE, {"passkey": answer}, token=elsewhere), 403,
                        "wrong_credentials")

    def test_at_a_registration(self):
        honest = USER_PRESENT | USER_VERIFIED
        for why, more in (("foreign_origin", {"origin": "https://evil.example"}),
                          ("foreign_rp_id", {"rp_id": "evil.example"}),
                          ("user_absent", {"flags": USER_VERIFIED}),
                          ("backed_up_ineligible", {"flags": honest | BACKED_UP})):
            with self.subTest(why):
                liar = Authenticator(more.get("origin", ORIGIN), rp_id=more.get(
                    "rp_id", "id.example.org"), flags=more.get("flags", honest))
                self.is_refused(self.add(liar), 422, "passkey_refused")
        short = Authenticator(ORIGIN)
        short.id = b"x" * 15
        self.is_refused(self.add(short), 422, "passkey_refused")
        self.assertEqual(len(self.passkeys()), 1)
        self.assertEqual(self.last_entry(), ("passkey_added", "credential_id_size"))

    def test_a_credential_belongs_to_one_account(self):
        other = self.server.sign_up(self.name + "-2").json["access_token"]
        self.is_refused(self.add(self.phone, token=other), 409, "passkey_exists")
        self.assertEqual(self.log_in_with(self.phone).status, 401)  # of the other handle

    def test_a_counter_that_goes_back(self):
        self.confirm_address()
        self.phone.count = 7
        self.assertEqual(self.log_in_with(self.phone).status, 200)
        self.phone.count = 3
        response = self.phone.get(self.question())
        self.same_refusal(self.verify(response), "clone_suspected")
        self.told(self.address, "may have been copied")
        # The same request again is no further sign.
        self.same_refusal(self.verify(response), "stale_challenge")
        suspected = json.loads(self.server.command(
            "audit", "list", "--json", "--user", self.name, "--action",
            "passkey_clone_suspected").out)["entries"]
        self.assertEqual(len(suspected), 1)
        synced = self.added("synced", flags=USER_PRESENT | USER_VERIFIED | ELIGIBLE)
        synced.count = 7
        self.assertEqual(self.log_in_with(synced).status, 200)
        synced.count = 3
        self.assertEqual(self.log_in_with(synced).status, 200)

    def test_a_malformed_answer_is_a_wrong_one(self):
        for response in ({}, {"id": "x"}, {"id": 1, "rawId": "", "type": "public-key",
                                           "response": {}}):
            self.is_refused(self.verify(response), 401, "invalid_passkey")
        self.assertEqual(self.server.post(LOGIN + "verify", {}).status, 422)


class SecurityKeys(WithPasskeys):
    """What cannot be found by itself, or does not verify the person, is a second factor alone."""

    def answer(self, key, needed):
        asked = self.server.post("/api/v1/auth/mfa/passkey/options",
                                 {"mfa_token": needed["mfa_token"]})
        self.assertEqual(asked.status, 200, asked.body)
        self.assertEqual([c["id"] for c in asked.json["allowCredentials"]], [encode(key.id)])
        return self.server.post("/api/v1/auth/mfa", {"mfa_token": needed["mfa_token"],
                                                     "passkey": key.get(asked.json)})

    def test_one_is_asked_for_after_the_password(self):
        elsewhere = self.server.log_in(self.name).json["access_token"]
        key = self.added("key", discoverable=False, flags=USER_PRESENT)
        self.assertEqual(key.listed["kind"], "security_key")
        self.assertEqual(self.server.me(elsewhere).status, 401)
        self.assertTrue(self.server.me(self.token).json["mfa_enabled"])
        self.is_refused(self.log_in_with(key), 401, "invalid_passkey")  # nobody was verified
        needed = self.server.log_in(self.name).json
        self.assertEqual((needed["mfa_required"], needed["methods"]),
                         (True, ["passkey", "recovery_code"]))
        reply = self.answer(key, needed)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(claims_of(reply.json["access_token"])["amr"], ["pwd", "hwk", "mfa"])

    def test_a_verified_person_does_not_promote_it(self):
        key = self.added("key", discoverable=False)
        self.assertEqual(key.listed["kind"], "security_key")
        self.is_refused(self.log_in_with(key), 401, "second_factor_only")
        self.assertEqual(self.last_entry(), ("login_by_passkey", "second_factor_only"))

    def test_wrong_answers_end_the_login(self):
        key = self.added("key", discoverable=False, flags=USER_PRESENT)
        needed = self.server.log_in(self.name).json
        for _ in range(5):
            asked = self.server.post("/api/v1/auth/mfa/passkey/options",
                                     {"mfa_token": needed["mfa_token"]}).json
            reply = self.server.post(
                "/api/v1/auth/mfa", {"mfa_token": needed["mfa_token"],
                                     "passkey": key.get(asked, origin="https://evil.example")})
            self.is_refused(reply, 401, "invalid_passkey")
        self.is_refused(self.server.post("/api/v1/auth/mfa/passkey/options",
                                         {"mfa_token": needed["mfa_token"]}), 401,
                        "invalid_mfa_token")

    def test_the_replaced_apis_and_basic_never_pass_it(self):
        self.added("key", discoverable=False, flags=USER_PRESENT)
        pair = base64.b64encode(("%s:%s" % (self.name, PASSWORD)).encode()).decode()
        reply = self.server.get("/auth/verify", headers={"Authorization": "Basic " + pair})
        self.is_refused(reply, 403, "mfa_required")
        for path, body in (("/auth/login", {"email": self.address, "password": PASSWORD}),
                           ("/login", {"username": self.name, "password": PASSWORD}),
                           ("/api/auth/login", {"username": self.name, "password": PASSWORD})):
            reply = self.server.post(path, body)
            self.assertNotIn("access_token", reply.body.decode(), path)

    def test_the_last_one_gone_a_password_is_enough(self):
        key = self.added("key", discoverable=False, flags=USER_PRESENT)
        reply = self.server.request("DELETE", MINE + "/" + key.listed["id"], token=self.token)
        self.assertEqual(reply.status, 204, reply.body)
        self.assertIn("access_token", self.server.log_in(self.name).json)

    def test_a_reset_ends_them(self):
        phone = self.added()
        self.added("key", discoverable=False, flags=USER_PRESENT)
        self.server.command("user", "reset-mfa", self.name, "--yes")
        self.is_refused(self.log_in_with(phone), 401, "unknown_passkey")
        reply = self.server.log_in(self.name)
        self.assertEqual(self.passkeys(reply.json["access_token"]), [])
        report = json.loads(self.server.command("db", "check", "--json").out)
        self.assertEqual(report["findings"], [])


class Managing(WithPasskeys):
    def test_names(self):
        phone = self.added()
        path = MINE + "/" + phone.listed["id"]
        self.assertEqual(self.server.request("PATCH", path, {"name": "Old phone"},
                                             token=self.token).status, 200)
        self.assertEqual(self.passkeys()[0]["name"], "Old phone")
        self.is_refused(self.server.request("PATCH", path, {"name": ""}, token=self.token), 422,
                        "invalid_value")
        for wrong in (MINE + "/x", MINE + "/" + encode(os.urandom(32))):
            self.is_refused(self.server.request("PATCH", wrong, {"name": "x"}, token=self.token),
                            404, "not_found")

    def test_a_second_one_of_the_same_authenticator_is_excluded(self):
        phone = self.added()
        self.assertEqual([c["id"] for c in self.options()["excludeCredentials"]],
                         [encode(phone.id)])

    def test_the_owner_is_told(self):
        self.confirm_address()
        phone = self.added()
        self.told(self.address, "passkey was added")
        self.server.request("DELETE", MINE + "/" + phone.listed["id"], token=self.token)
        self.told(self.address, "passkey was removed")

    def test_keys_and_other_tokens_add_none(self):
        key = self.server.post("/api/v1/users/me/api-keys",
                               {"name": "k", "scopes": ["verify", "profile:read"]},
                               token=self.token).json["api_key"]
        narrow = json.loads(self.server.command("token", "issue", self.name, "--scope", "verify",
                                                "--json").out)["access_token"]
        for headers in ({"X-API-Key": key}, {"Authorization": "Bearer " + narrow}):
            for path in (MINE + "/options", MINE):
                self.assertIn(self.server.post(path, {}, headers=headers).status, (401, 403))

    def test_a_passkey_is_a_proof(self):
        phone = self.added()
        question = self.server.post(PROVE + "/options", token=self.token).json
        self.assertEqual(question["userVerification"], "required")
        reply = self.server.post(PROVE, {"passkey": phone.get(question)}, token=self.token)
        self.assertEqual(reply.status, 200, reply.body)
        # Alone it must verify the person.
        question = self.server.post(PROVE + "/options", token=self.token).json
        reply = self.server.post(PROVE, {"passkey": phone.get(question, flags=USER_PRESENT)},
                                 token=self.token)
        self.is_refused(reply, 403, "wrong_credentials")
        none = self.server.sign_up(self.name + "-2").json["access_token"]
        self.is_refused(self.server.post(PROVE + "/options", token=none), 404, "no_passkey")

    def test_an_app_makes_that_proof_no_weaker(self):
        phone = self.added()
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=self.token).json["secret"]
        self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret)},
                         token=self.token)
        question = self.server.post(PROVE + "/options", token=self.token).json
        self.assertEqual(question["userVerification"], "required")
        reply = self.server.post(PROVE, {"passkey": phone.get(question, flags=USER_PRESENT)},
                                 token=self.token)
        self.is_refused(reply, 403, "wrong_credentials")

    def test_the_proof_of_an_address_ends_what_an_earlier_owner_made(self):
        """Somebody has the first password of an account, and adds a passkey; then the owner of its
        address proves it."""
        name = self.name + "-new"
        self.address = name + "@example.org"
        self.server.command("user", "add", "--username", name, "--email", self.address,
                            stdin=PASSWORD + "\n")
        self.token = self.server.log_in(name).json["access_token"]
        early = self.added()
        self.server.post("/api/v1/auth/password/forgot", {"email": self.address})
        link = self.told(self.address, "password")
        token = re.search(r"token=([A-Za-z0-9_-]{43})", link)[1]
        reply = self.server.post("/api/v1/auth/password/reset",
                                 {"token": token, "new_password": "another horse 1"})
        self.assertEqual(reply.status, 200, reply.body)
        self.is_refused(self.log_in_with(early), 401, "unknown_passkey")
        mine = self.server.log_in(name, "another horse 1").json["access_token"]
        self.assertEqual(self.passkeys(mine), [])

    def test_administrators_list_and_remove(self):
        self.server.command("user", "add", "--username", self.name + "-root", "--admin",
                            stdin=PASSWORD + "\n")
        root = self.server.log_in(self.name + "-root").json["access_token"]
        phone = self.added()
        path = "/api/v1/admin/users/%d/passkeys" % self.id
        self.assertEqual([p["id"] for p in self.server.get(path, token=root).json["passkeys"]],
                         [phone.listed["id"]])
        self.assertEqual(self.server.get(path, token=self.token).status, 403)
        reply = self.server.request("DELETE", path + "/" + phone.listed["id"], token=root)
        self.assertEqual(reply.status, 204, reply.body)
        self.assertEqual(self.server.me(self.token).status, 401)
        self.is_refused(self.log_in_with(phone), 401, "unknown_passkey")

    def test_the_command_line(self):
        phone = self.added()
        run = lambda *words: self.server.command("user", "passkey", *words)
        self.assertIn(phone.listed["id"], run("list", self.name).out)
        run("rename", self.name, phone.listed["id"], "Old phone")
        listed = json.loads(run("list", self.name, "--json").out)["passkeys"]
        self.assertEqual([p["name"] for p in listed], ["Old phone"])
        missing = self.server.command("user", "passkey", "remove", self.name, "nothing", "--yes",
                                      check=False)
        self.assertEqual(missing.returncode, 3)
        run("remove", self.name, phone.listed["id"], "--yes")
        self.is_refused(self.log_in_with(phone), 401, "unknown_passkey")

    def test_twenty_are_enough(self):
        for i in range(20):
            self.added("p%d" % i)
        self.is_refused(self.server.post(MINE + "/options", token=self.token), 409,
                        "too_many_passkeys")

    def test_what_the_person_may_see_of_themselves(self):
        self.added("my phone")
        data = self.server.get("/api/v1/users/me/export", token=self.token)
        self.assertEqual([p["name"] for p in data.json["passkeys"]], ["my phone"])

    def test_the_pages_of_password_managers(self):
        self.assertEqual(self.server.get("/.well-known/webauthn").json, {"origins": [ORIGIN]})
        self.assertEqual(self.server.get("/.well-known/passkey-endpoints").json["manage"],
                         ORIGIN + "/account/security")


class Addresses(unittest.TestCase):
    """Where no browser makes passkeys, the server says why."""

    def test_why_not(self):
        for url, more, word in (("https://192.0.2.1", (), "IP address"),
                                ("https://[2001:db8::1]", (), "IP address"),
                                ("http://id.example.org", (), "https"),
                                (ORIGIN, ("--passkeys.enabled", "false"), "passkeys.enabled")):
            with self.subTest(url), Server("--server.public-url", url, *more) as server:
                reply = server.post(LOGIN + "options")
                self.assertEqual((reply.status, reply.json["error"]),
                                 (404, "passkeys_unavailable"))
                self.assertIn(word, reply.json["message"])
                self.assertEqual(server.get("/.well-known/webauthn").status, 404)

    def test_a_domain_above_and_other_origins(self):
        with Server("--server.public-url", ORIGIN, "--passkeys.rp-id", "example.org",
                    "--passkeys.origins", "https://app.example.net") as server:
            token = server.sign_up("ann").json["access_token"]
            options = server.post(MINE + "/options", token=token).json
            self.assertEqual(options["rp"]["id"], "example.org")
            app = Authenticator("https://app.example.net", rp_id="example.org")
            reply = server.post(MINE, {"name": "x", "response": app.create(options)}, token=token)
            self.assertEqual(reply.status, 201, reply.body)
            reply = server.post(LOGIN + "verify",
                                {"response": app.get(server.post(LOGIN + "options").json)})
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(server.get("/.well-known/webauthn").json,
                             {"origins": [ORIGIN, "https://app.example.net"]})

    def test_another_host_is_refused_while_there_are_passkeys(self):
        with Server("--server.public-url", ORIGIN) as first:
            token = first.sign_up("ann").json["access_token"]
            first.stop()
            moved = ("--server.public-url", "https://other.example")
            # Without passkeys nothing is lost.
            with Server(*moved, data_dir=first.data_dir) as second:
                token = second.log_in("ann").json["access_token"]
                options = second.post(MINE + "/options", token=token).json
                made = Authenticator("https://other.example").create(options)
                reply = second.post(MINE, {"name": "x", "response": made}, token=token)
                self.assertEqual(reply.status, 201, reply.body)
            with self.assertRaisesRegex(AssertionError, "passkeys here are for other.example"):
                Server("--server.public-url", ORIGIN, data_dir=first.data_dir)
            # An address that can have no passkeys is no reason.
            with Server("--server.public-url", "https://192.0.2.1", data_dir=first.data_dir):
                pass
            with Server("--server.public-url", ORIGIN, "--rp-id-change", data_dir=first.data_dir):
                pass
            with Server("--server.public-url", ORIGIN, data_dir=first.data_dir):
                pass

    def test_wrong_settings_are_named(self):
        for flag, value in (("--passkeys.rp-id", "example.net"), ("--passkeys.rp-id", "192.0.2.1"),
                            ("--passkeys.origins", "http://app.example.org"),
                            ("--passkeys.origins", "*")):
            done = command("config", "check", "--server.public-url", ORIGIN, flag, value,
                           check=False)
            self.assertEqual(done.returncode, 2, done.out)
            self.assertIn(flag[2:].replace("-", "_"), done.err)

    def test_passkeys_are_not_required_where_they_cannot_work(self):
        required = ("--server.public-url", "http://192.0.2.1:8080", "--passkeys.required-for",
                    "admin")
        for words in ("config", "check"), ("serve",):
            done = command(*words, *required, check=False)
            self.assertEqual(done.returncode, 2, done.out)
            self.assertIn("nobody with the roles of passkeys.required_for could sign in", done.err)


if __name__ == "__main__":
    unittest.main()
