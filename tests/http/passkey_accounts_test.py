"""Accounts that live by passkeys: signing up with one, the first administrator, links that make
one, recovery codes, and roles that must have one."""

import concurrent.futures
import json
import re
import unittest

from authenticator import USER_PRESENT, Authenticator
from harness import PASSWORD, Server, basic, wait_until
from passkey_people import ORIGIN, WithPasskeys, claims_of

SIGN_UP = "/api/v1/auth/signup"
ENROLL = "/api/v1/auth/passkey/enroll"
RECOVER = "/api/v1/auth/passkey/recover"


# What the operator's configuration says, as the server's.
OPERATOR = {"AUTHD_SERVER_PUBLIC_URL": ORIGIN, "AUTHD_PASSKEYS_REQUIRED_FOR": "admin,staff"}


class WithLinks(WithPasskeys):
    def signed_up(self, name, key=None, status=201):
        key = key or Authenticator(ORIGIN)
        names = {"username": name, "email": name + "@example.org"}
        options = self.server.post(SIGN_UP + "/passkey/options", names)
        self.assertEqual(options.status, 200, options.body)
        reply = self.server.post(SIGN_UP, {**names, "passkey": key.create(options.json)})
        self.assertEqual(reply.status, status, reply.body)
        return key, reply

    def enroll(self, token, key, name="new"):
        options = self.server.post(ENROLL + "/options", {"token": token})
        if options.status != 200:
            return options
        return self.server.post(ENROLL, {"token": token, "name": name,
                                         "response": key.create(options.json)})

    def link(self, *flags):
        out = self.operate("user", "enroll-link", self.name, *flags).out
        return re.fullmatch(r"https://id\.example\.org/enroll\?token=([A-Za-z0-9_-]{43})\n", out)[1]

    def operate(self, *arguments, check=True):
        return self.server.command(*arguments, check=check, env=OPERATOR)

    def another_name(self):
        return self.name + "b"


class SigningUp(WithLinks):
    def test_one_prompt_and_the_person_is_in(self):
        key, reply = self.signed_up(self.another_name())
        self.assertEqual(claims_of(reply.json["access_token"])["amr"], ["hwk", "user", "mfa"])
        self.assertEqual(len(reply.json["recovery_codes"]), 10)
        self.assertEqual(self.server.me(reply.json["access_token"]).json["mfa_enabled"], False)
        [listed] = self.passkeys(reply.json["access_token"])
        self.assertEqual((listed["name"], listed["kind"]), ("Passkey", "passkey"))
        self.assertEqual(self.log_in_with(key).status, 200)
        # There is no password, not even an empty one.
        self.is_refused(self.server.log_in(self.another_name(), ""), 401, "invalid_credentials")

    def test_the_options_ask_for_a_whole_login(self):
        options = self.server.post(SIGN_UP + "/passkey/options", {"username": "kim"}).json
        self.assertEqual(options["authenticatorSelection"],
                         {"residentKey": "required", "requireResidentKey": True,
                          "userVerification": "required"})
        self.assertEqual((options["user"]["name"], options["excludeCredentials"]), ("kim", []))

    def test_a_key_that_lets_nobody_in_makes_no_account(self):
        for key in (Authenticator(ORIGIN, discoverable=False),
                    Authenticator(ORIGIN, flags=USER_PRESENT)):
            reply = self.signed_up(self.another_name(), key, status=422)[1]
            self.assertEqual(reply.json["error"], "passkey_too_weak")
        self.signed_up(self.another_name())

    def test_names_are_refused_before_the_browser_asks(self):
        options = SIGN_UP + "/passkey/options"
        self.is_refused(self.server.post(options, {"username": self.name}), 409, "username_taken")
        self.is_refused(self.server.post(options, {"username": "admin"}), 409, "username_reserved")
        self.is_refused(self.server.post(options, {"username": "a b"}), 422, "invalid_value")
        self.is_refused(self.server.post(options, {}), 422, "invalid_value")

    def test_not_with_a_password_as_well(self):
        options = self.server.post(SIGN_UP + "/passkey/options", {"username": "kim"}).json
        reply = self.server.post(SIGN_UP, {"username": "kim", "password": PASSWORD,
                                           "passkey": Authenticator(ORIGIN).create(options)})
        self.assertEqual((reply.status, reply.json["field"]), (422, "password"))

    def test_an_address_to_be_confirmed_first(self):
        with Server(*self.FLAGS, "--mail.url", "file:" + self.mails.name,
                    "--signup.require-verified-email", "true") as server:
            self.server, outer = server, self.server
            try:
                name = self.another_name()
                key, reply = self.signed_up(name)
                self.assertTrue(reply.json["verification_required"])
                # As a passkey that nobody has: whether the address had an account stays hidden.
                self.is_refused(self.log_in_with(key), 401, "invalid_passkey")
                # A second one with the address gets the same reply, and no account.
                names = {"username": name + "c", "email": name + "@example.org"}
                options = server.post(SIGN_UP + "/passkey/options", names).json
                twin = server.post(SIGN_UP, {**names,
                                             "passkey": Authenticator(ORIGIN).create(options)})
                self.assertEqual((twin.status, twin.json), (201, reply.json))
                link = self.told(name + "@example.org", "confirm")
                token = re.search(r"token=([A-Za-z0-9_-]{43})", link)[1]
                done = server.post("/api/v1/auth/email/verify", {"token": token})
                self.assertEqual(done.status, 200, done.body)
                self.assertEqual(self.log_in_with(key).status, 200)
            finally:
                self.server = outer


class FirstAdministrator(unittest.TestCase):
    def test_with_a_passkey_alone(self):
        with Server("--server.public-url", ORIGIN) as server:
            token = re.search(r"token=([A-Za-z0-9_-]{43})", wait_until(
                lambda: "token=" in server.log_text() and server.log_text(),
                "the link of the first administrator"))[1]
            names = {"token": token, "username": "eve"}
            wrong = server.post("/api/v1/setup/passkey/options", {**names, "token": "x" * 43})
            self.assertEqual((wrong.status, wrong.json["error"]), (401, "invalid_code"))
            key = Authenticator(ORIGIN)
            # A sign-up's question is another one.
            other = server.post(SIGN_UP + "/passkey/options", {"username": "eve"}).json
            refused = server.post("/api/v1/setup", {**names, "passkey": key.create(other)})
            self.assertEqual((refused.status, refused.json["error"]), (422, "passkey_refused"))
            options = server.post("/api/v1/setup/passkey/options", names).json
            made = server.post("/api/v1/setup", {**names, "passkey": key.create(options)})
            self.assertEqual(made.status, 201, made.body)
            self.assertEqual(sorted(made.json["user"]["roles"]), ["admin", "user"])
            self.assertEqual(len(made.json["recovery_codes"]), 10)
            users = server.get("/api/v1/admin/users", token=made.json["access_token"])
            self.assertEqual(users.status, 200)


class Links(WithLinks):
    def test_of_the_command_line(self):
        token = self.link()
        shown = self.server.post("/api/v1/auth/email/link", {"token": token}).json
        self.assertEqual((shown["kind"], shown["account"], shown["makes_passkey"]),
                         ("enroll", self.name, True))
        key = Authenticator(ORIGIN)
        reply = self.enroll(token, key)
        self.assertEqual(reply.status, 201, reply.body)
        self.assertEqual(reply.json["user"]["username"], self.name)
        self.assertEqual(len(reply.json["recovery_codes"]), 10)
        self.assertEqual(self.last_entry(), ("passkey_added", "enrolment link"))
        self.assertEqual(self.log_in_with(key).status, 200)
        self.assertEqual(self.server.me(self.token).status, 401)  # the session from before
        self.is_refused(self.enroll(token, Authenticator(ORIGIN)), 401, "invalid_code")
        self.assertIn("passkey", self.told(self.address, "login settings"))

    def test_lifetimes(self):
        for wrong in ("0h", "59m", "169h", "soon"):
            done = self.operate("user", "enroll-link", self.name, "--expires-in", wrong,
                                check=False)
            self.assertEqual(done.returncode, 2, done.err)
        self.link("--expires-in", "168h")

    def test_of_an_administrator(self):
        self.server.command("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
        root = self.server.log_in("root").json["access_token"]
        path = "/api/v1/admin/users/%d/enroll-link"
        made = self.server.post(path % self.id, {"hours": 2}, token=root)
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(made.json["url"], ORIGIN + "/enroll?token=" + made.json["token"])
        for hours in (0, -1, 169, 10 ** 15):
            reply = self.server.post(path % self.id, {"hours": hours}, token=root)
            self.assertEqual((reply.status, reply.json["field"]), (422, "hours"))
        self.is_refused(self.server.post(path % 999999, token=root), 404, "not_found")
        self.is_refused(self.server.post(path % self.id, token=self.token), 403, "forbidden")
        self.assertEqual(self.enroll(made.json["token"], Authenticator(ORIGIN)).status, 201)

    def test_of_twenty_who_follow_it_at_once_one_is_in(self):
        with Server(*self.FLAGS) as self.server:
            self.server.sign_up(self.name)
            token = self.link()
            keys = [Authenticator(ORIGIN) for _ in range(20)]
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                statuses = [reply.status
                            for reply in pool.map(lambda key: self.enroll(token, key), keys)]
            self.assertEqual(statuses.count(201), 1, statuses)
            self.assertLessEqual(set(statuses), {201, 401, 429})
            shown = self.operate("user", "passkey", "list", self.name, "--json").out
            self.assertEqual(len(json.loads(shown)["passkeys"]), 1)
        self.server = type(self).server

    def test_nobody_else_answers_for_the_person(self):
        token = self.link()
        options = self.server.post(ENROLL + "/options", {"token": token}).json
        evil = Authenticator("https://evil.example", "id.example.org")
        reply = self.server.post(ENROLL, {"token": token, "response": evil.create(options)})
        self.is_refused(reply, 422, "passkey_refused")
        # The question of a link answers no other one, and no login.
        other = self.link()
        key = Authenticator(ORIGIN)
        reply = self.server.post(ENROLL, {"token": other, "response": key.create(options)})
        self.is_refused(reply, 422, "passkey_refused")
        self.assertEqual(self.enroll(token, key).status, 201)

    def test_what_was_acknowledged_survives_a_kill(self):
        outer = self.server
        self.server = killed = Server(*self.FLAGS)
        self.addCleanup(killed.kill)
        self.server.sign_up(self.name)
        key = Authenticator(ORIGIN)
        token = self.link()
        self.assertEqual(self.enroll(token, key).status, 201)
        killed.kill()
        with Server(*self.FLAGS, data_dir=killed.data_dir) as self.server:
            self.assertEqual(self.log_in_with(key).status, 200)
            self.is_refused(self.enroll(token, Authenticator(ORIGIN)), 401, "invalid_code")
        self.server = outer


class Recovery(WithLinks):
    def test_a_code_makes_a_new_passkey(self):
        name = self.another_name()
        _, made = self.signed_up(name)
        code = made.json["recovery_codes"][0]
        found = self.server.post(RECOVER, {"login": name, "code": code.lower()})
        self.assertEqual(found.status, 200, found.body)
        self.assertEqual(found.json["expires_in"], 600)
        key = Authenticator(ORIGIN)
        reply = self.enroll(found.json["token"], key)
        self.assertEqual(reply.status, 201, reply.body)
        self.assertNotIn("recovery_codes", reply.json)
        self.assertEqual(self.log_in_with(key).status, 200)
        self.told(name + "@example.org", "A recovery code was used")
        for wrong in ({"login": name, "code": code}, {"login": "nobody", "code": code},
                      {"login": name, "code": "x"}, {"login": self.name, "code": code}):
            self.is_refused(self.server.post(RECOVER, wrong), 401, "invalid_code")

    def test_codes_are_renewed_in_the_account(self):
        name = self.another_name()
        _, made = self.signed_up(name)
        renewed = self.server.post("/api/v1/users/me/mfa/recovery-codes",
                                   token=made.json["access_token"])
        self.assertEqual(renewed.status, 200, renewed.body)
        old, new = made.json["recovery_codes"][0], renewed.json["recovery_codes"][0]
        self.is_refused(self.server.post(RECOVER, {"login": name, "code": old}), 401,
                        "invalid_code")
        self.assertEqual(self.server.post(RECOVER, {"login": name, "code": new}).status, 200)
        # Without a passkey and an app there is nothing to recover.
        self.is_refused(self.server.post("/api/v1/users/me/mfa/recovery-codes", token=self.token),
                        404, "not_found")

    def test_a_code_stands_in_for_a_security_key(self):
        key = Authenticator(ORIGIN, discoverable=False)
        codes = self.add(key).json["recovery_codes"]
        needed = self.server.log_in(self.name).json
        self.assertEqual(needed["methods"], ["passkey", "recovery_code"])
        reply = self.server.post("/api/v1/auth/mfa",
                                 {"mfa_token": needed["mfa_token"], "code": codes[0]})
        self.assertEqual(reply.status, 200, reply.body)

    def test_the_mailed_link(self):
        name = self.another_name()
        self.signed_up(name)
        self.server.post("/api/v1/auth/password/forgot", {"email": name + "@example.org"})
        mail = self.told(name + "@example.org", "you create a new passkey")
        token = re.search(r"token=([A-Za-z0-9_-]{43})", mail)[1]
        shown = self.server.post("/api/v1/auth/email/link", {"token": token}).json
        self.assertEqual((shown["kind"], shown["has_password"], shown["makes_passkey"]),
                         ("reset", False, True))
        key = Authenticator(ORIGIN)
        self.assertEqual(self.enroll(token, key).status, 201)
        self.assertEqual(self.last_entry(), ("passkey_added", "mailed link"))
        # It worked once, for the password as well.
        reset = {"token": token, "new_password": "another horse 42"}
        self.is_refused(self.server.post("/api/v1/auth/password/reset", reset), 401,
                        "invalid_code")

    def test_by_an_administrator_alone(self):
        with Server(*self.FLAGS, "--mail.url", "file:" + self.mails.name, "--passkeys.recovery",
                    "admin") as server:
            self.server, outer = server, self.server
            try:
                name = self.another_name()
                _, made = self.signed_up(name)
                code = made.json["recovery_codes"][0]
                self.is_refused(server.post(RECOVER, {"login": name, "code": code}), 403,
                                "recovery_by_admin")
                # While nobody has proved the address, its owner must be able to take over.
                self.address, self.token = name + "@example.org", made.json["access_token"]
                self.confirm_address()
                server.post("/api/v1/auth/password/forgot", {"username": name})
                mail = self.told(name + "@example.org", "You sign in to it with a passkey")
                self.assertNotIn("token=", mail)
            finally:
                self.server = outer


class Required(WithLinks):
    FLAGS = (*WithLinks.FLAGS, "--passkeys.required-for", "admin,staff")

    def test_a_password_is_not_enough_any_more(self):
        self.server.command("role", "add", "staff")
        self.server.command("role", "grant", self.name, "staff")
        self.is_refused(self.server.log_in(self.name), 403, "passkey_required")
        self.is_refused(self.server.log_in(self.name, "wrong"), 401, "invalid_credentials")
        key = Authenticator(ORIGIN)
        made = self.enroll(self.link(), key)
        self.assertEqual(made.status, 201, made.body)
        needed = self.server.log_in(self.name).json
        self.assertEqual(needed["methods"], ["passkey", "recovery_code"])
        question = self.server.post("/api/v1/auth/mfa/passkey/options",
                                    {"mfa_token": needed["mfa_token"]})
        self.assertEqual(question.status, 200, question.body)
        answer = {"mfa_token": needed["mfa_token"], "passkey": key.get(question.json)}
        self.assertEqual(self.server.post("/api/v1/auth/mfa", answer).status, 200)
        # Without the key, a recovery code is the second step, once, and never the only one.
        code = made.json["recovery_codes"][0]
        self.is_refused(self.server.post(RECOVER, {"login": self.name, "code": code}), 401,
                        "invalid_code")
        for status in 200, 401:
            needed = self.server.log_in(self.name).json
            answer = {"mfa_token": needed["mfa_token"], "code": code}
            self.assertEqual(self.server.post("/api/v1/auth/mfa", answer).status, status)
        self.assertEqual(self.log_in_with(key).status, 200)
        [listed] = self.passkeys(made.json["access_token"])
        self.is_refused(self.server.request("DELETE", "/api/v1/users/me/passkeys/" + listed["id"],
                                            token=made.json["access_token"]), 409, "last_passkey")

    def test_the_replaced_apis_and_basic_let_nobody_past_it(self):
        self.server.command("user", "add", "root", "--admin", "--email", "root@example.org",
                            stdin=PASSWORD + "\n")
        reply = self.server.post("/auth/login", {"email": "root@example.org",
                                                 "password": PASSWORD})
        self.assertEqual(reply.status, 403, reply.body)
        reply = self.server.get("/auth/verify", headers=basic("root", PASSWORD))
        self.assertEqual(reply.status, 403, reply.body)
        out = self.operate("explain", "login", "root").out
        self.assertIn("a passkey is required", out)


if __name__ == "__main__":
    unittest.main()
