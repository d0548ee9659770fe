"""The names of an account: changing the username or removing the email needs a fresh proof and is
reported to the owner, in every API; a required email stays. And a new password must differ from the
old one."""

import email
import email.policy
import os
import re
import tempfile
import unittest

from clocked import Clocked, needs_clocked
from harness import PASSWORD, ServerCase, basic, wait_until

PROOF = 15 * 60  # seconds (src/auth/sessions/step_up.h)
ME = "/api/v1/users/me"


class WithMail(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.mails = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.mails.cleanup)
        cls.server = cls.SERVER("--mail.url", "file:" + cls.mails.name, *cls.FLAGS)

    def mails_to(self, address):
        found = []
        for name in sorted(os.listdir(self.mails.name)):
            if name.endswith(".eml"):
                with open(os.path.join(self.mails.name, name), "rb") as f:
                    mail = email.message_from_bytes(f.read(), policy=email.policy.default)
                if mail["To"] and address in mail["To"]:
                    found.append(mail)
        return found

    def told(self, address, words):
        """The text of a mail to the address that contains the words."""
        return wait_until(
            lambda: next((text
                          for text in (m.get_body(("plain",)).get_content()
                                       for m in self.mails_to(address))
                          if words in " ".join(text.split())), None),
            "a mail to %s: %s" % (address, words))

    def member(self, name):
        reply = self.server.sign_up(name, email=name + "@example.org")
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json

    def shown(self, tokens):
        user = self.server.me(tokens["access_token"]).json
        return user["username"], user["email"]

    def failed(self, reply, status, code):
        """Any API's refusal."""
        self.assertEqual(reply.status, status, reply.body)
        self.assertEqual(reply.json.get("code", reply.json["error"]), code)
        return reply.json


@needs_clocked
class AnHourAgo(WithMail):
    """With a token from a login too long ago."""

    SERVER = Clocked

    def setUp(self):
        self.server.jump_to(0)
        self.addCleanup(self.server.jump_to, 0)

    def stale(self, name):
        tokens = self.member(name)
        self.server.jump_to(PROOF + 5)
        return {**tokens, **self.server.refresh(tokens["refresh_token"]).json}

    def test_every_api_wants_a_fresh_proof(self):
        tokens = self.stale("vic")
        token = tokens["access_token"]
        for method, path, body in (
                ("PATCH", ME, {"email": None}), ("PATCH", ME, {"email": ""}),
                ("PATCH", ME, {"username": "vic9"}),
                ("PATCH", ME, {"username": None}),
                ("PATCH", ME, {"email": None, "username": "vic9"}),
                ("PATCH", ME, {"username": "VIC"}), ("PUT", ME, {"email": None}),
                ("PUT", ME, {"username": "vic9"}),
                ("PUT", "/profile", {"email": None}), ("PUT", "/profile", {"email": ""}),
                ("PUT", "/profile", {"username": "vic9"}),
                ("PUT", "/user", {"username": "vic9"}),
                ("PATCH", ME, {"email": "vic@new.example"})):
            with self.subTest(method=method, path=path, body=body):
                self.failed(self.server.request(method, path, body, token=token), 403,
                            "reauthentication_required")
        self.assertEqual(self.shown(tokens), ("vic", "vic@example.org"))

    def test_what_is_no_change_needs_none(self):
        token = self.stale("same")["access_token"]
        same = {"username": "same", "email": "same@example.org"}
        for method, path, body in (("PATCH", ME, same), ("PUT", ME, same),
                                   ("PUT", "/profile", same), ("PATCH", ME, {}),
                                   ("PUT", ME, {"first_name": "S", "phone_number": None}),
                                   ("PUT", "/user", {"username": "same"})):
            with self.subTest(method=method, path=path, body=body):
                self.assertEqual(self.server.request(method, path, body, token=token).status, 200)
        self.assertEqual([m for m in self.mails_to("same@example.org")
                          if "changed" in m["Subject"]], [])

    def test_a_proof_makes_it_fresh(self):
        tokens = self.stale("prove")
        token = tokens["access_token"]
        proof = self.server.post("/api/v1/auth/reauthenticate", {"password": PASSWORD}, token=token)
        self.assertEqual(proof.status, 200, proof.body)
        self.assertEqual(self.server.request("PATCH", ME, {"username": "proved"},
                                             token=token).json["username"], "proved")

    def test_facade_takes_the_present_password_instead(self):
        tokens = self.stale("fac")
        ask = lambda **body: self.server.request("PUT", "/user", body, token=tokens["access_token"])
        self.failed(ask(username="fac9", current_password="wrong password"), 403, "wrong_password")
        self.assertEqual(self.shown(tokens)[0], "fac")
        self.assertEqual(ask(username="fac9", current_password=PASSWORD).status, 200)
        self.assertEqual(self.shown(tokens)[0], "fac9")


class Told(WithMail):
    def test_after_a_login_each_api_works_as_documented(self):
        for name, method, path in (("ann", "PATCH", ME), ("ben", "PUT", ME),
                                   ("cat", "PUT", "/profile"), ("dan", "PUT", "/user")):
            with self.subTest(path):
                self.member(name)
                tokens = self.server.log_in(name).json
                reply = self.server.request(method, path, {"username": name + "9"},
                                            token=tokens["access_token"])
                self.assertEqual(reply.status, 200, reply.body)
                self.assertEqual(self.shown(tokens)[0], name + "9")
                self.told(name + "@example.org",
                          "The username was changed from %s to %s9." % (name, name))

    def test_the_address_that_goes_is_told_and_the_other_sessions_end(self):
        for name, method, path, nothing in (("eva", "PATCH", ME, None), ("fin", "PUT", ME, ""),
                                            ("gus", "PUT", "/profile", None)):
            with self.subTest(path):
                other = self.member(name)
                tokens = self.server.log_in(name).json
                reply = self.server.request(method, path, {"email": nothing},
                                            token=tokens["access_token"])
                self.assertEqual(reply.status, 200, reply.body)
                self.assertEqual(self.shown(tokens), (name, None))
                self.assertEqual(self.server.me(other["access_token"]).status, 401)
                self.told(name + "@example.org", "The account has no address now.")
                self.assertEqual(self.server.log_in(name).status, 200)

    def test_names_that_come_and_go_do_not_flood_the_address(self):
        token = self.member("flip")["access_token"]
        replies = [self.server.request("PATCH", ME, {"username": "flip%d" % i}, token=token)
                   for i in range(10)]
        self.refused(replies[-1], 429, "rate_limited")
        done = len([r for r in replies if r.status == 200])
        self.assertLessEqual(
            len([m for m in self.mails_to("flip@example.org") if "settings" in m["Subject"]]), done)
        self.assertIn("Retry-After", replies[-1].headers)

    def test_an_administrator_s_change_is_told(self):
        self.member("ida")
        self.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        token = self.server.log_in("root").json["access_token"]
        path = "/api/v1/admin/users/%d" % self.server.log_in("ida").json["user"]["id"]
        reply = self.server.request("PATCH", path, {"email": "ida@new.example"}, token=token)
        self.assertEqual(reply.json["email"], "ida@new.example")
        self.told("ida@example.org", "The new address is ida@new.example.")


class Names(WithMail):
    def rename(self, tokens, name):
        return self.server.request("PATCH", ME, {"username": name}, token=tokens["access_token"])

    def add(self, name):
        return self.server.command("user", "add", "--username=" + name, stdin=PASSWORD + "\n",
                                   check=False)

    def test_names_that_applications_trust_are_for_administrators_to_give(self):
        tokens = self.member("kim")
        for name in ("admin", "ROOT", "postmaster"):
            self.refused(self.server.sign_up(name), 409, "username_reserved", field="username")
            self.refused(self.rename(tokens, name), 409, "username_reserved", field="username")
            self.failed(self.server.post("/user", {"username": name, "password": PASSWORD}), 409,
                        "username_reserved")
            self.failed(self.server.request("PUT", "/user", {"username": name},
                                            token=tokens["access_token"]), 409, "username_reserved")
        self.assertEqual(self.add("postmaster").returncode, 0)

    def test_a_name_that_was_given_up_stays_with_its_last_holder(self):
        tokens = self.member("alice")
        self.assertEqual(self.rename(tokens, "alice2").status, 200)
        self.refused(self.server.sign_up("Alice"), 409, "username_taken")
        self.refused(self.rename(self.member("mallory"), "alice"), 409, "username_taken")
        self.assertEqual(self.rename(tokens, "alice").status, 200)
        self.assertEqual(self.server.request("DELETE", ME, token=tokens["access_token"]).status,
                         200)
        for name in ("alice", "alice2"):
            self.refused(self.server.sign_up(name), 409, "username_taken")
        self.assertEqual(self.add("alice").returncode, 0)

    def test_a_name_does_not_look_like_an_option(self):
        for name in ("-h", "--json"):
            self.refused(self.server.sign_up(name), 422, field="username")
            self.refused(self.rename(self.member("opt" + name.strip("-")), name), 422,
                         field="username")
            self.assertNotEqual(self.add(name).returncode, 0)

    def test_blanks_around_a_name_are_not_part_of_it(self):
        self.assertEqual(self.server.sign_up("sp", email="sp@example.org").status, 201)
        for login in ("sp", "sp ", "\tsp", " sp@example.org"):
            self.assertEqual(self.server.log_in(login).json["user"]["username"], "sp", login)
        self.server.post("/api/v1/auth/password/forgot", {"email": "sp@example.org "})
        self.told("sp@example.org", "asked for a new password")


class CodeIsRequired(WithMail):
    FLAGS = ("--mfa.email-otp", "required")

    def test_the_email_stays_and_nobody_gets_around_the_code(self):
        tokens = self.member("vic")
        for path in (ME, "/profile"):
            error = self.failed(self.server.request("PUT", path,
                                                    {"email": None, "username": "vic9"},
                                                    token=tokens["access_token"]), 409,
                                "email_needed")
            self.assertEqual(error["field"], "email")
        self.assertEqual(self.shown(tokens), ("vic", "vic@example.org"))
        self.assertEqual(self.server.log_in("vic").json["methods"], ["email"])

    def test_without_an_email_there_is_no_login_by_the_password_alone(self):
        self.refused(self.server.sign_up("bare"), 422, field="email")
        self.failed(self.server.post("/user", {"username": "bare", "password": PASSWORD}), 400,
                    "invalid_value")
        self.server.command("user", "add", "--username", "bare", stdin=PASSWORD + "\n")
        self.refused(self.server.log_in("bare"), 403, "second_factor_missing")
        self.refused(self.server.log_in("bare", "wrong password"), 401, "invalid_credentials")
        self.refused(self.server.get("/auth/verify", headers=basic("bare", PASSWORD)), 403,
                     "second_factor_missing")
        body = {"username": "bare", "password": PASSWORD}
        self.failed(self.server.post("/authenticate_user", body), 403, "second_factor_missing")
        self.failed(self.server.post("/login", body), 403, "second_factor_missing")
        told = self.server.command("explain", "login", "bare", *self.FLAGS, check=False)
        self.assertIn("the account has no email", told.out)


class VerifiedEmailIsRequired(WithMail):
    FLAGS = ("--signup.require-verified-email", "true")

    def test_the_email_stays(self):
        self.server.sign_up("vic", email="vic@example.org")
        link = re.search(r"token=([\w-]{43})", self.told("vic@example.org", "Please confirm"))[1]
        self.assertEqual(self.server.post("/api/v1/auth/email/verify", {"token": link}).status, 200)
        tokens = self.server.log_in("vic").json
        self.failed(self.server.request("PATCH", ME, {"email": None}, token=tokens["access_token"]),
                    409, "email_needed")
        self.assertEqual(self.server.log_in("vic").status, 200)

    def test_sign_up_and_login_do_not_show_who_has_an_account(self):
        self.server.sign_up("own", email="taken@example.org")
        seen = []
        for name, address in (("probe", "free@example.org"), ("prove", "taken@example.org")):
            mine = "another battery"
            replies = [self.server.sign_up(name, mine, email=address),
                       self.server.sign_up(name, "a", email="other@example.org"),
                       self.server.sign_up(name, mine, email="no email"),
                       self.server.log_in(name, mine), self.server.log_in(address, mine),
                       self.server.sign_up(name, mine, email=address),
                       self.server.log_in(name, mine)]
            seen.append([(reply.status, reply.json.get("error"), reply.json["message"])
                         for reply in replies])
        self.assertEqual(seen[0], seen[1])
        self.assertEqual([status for status, _, _ in seen[0]], [201, 422, 422, 401, 401, 409, 401])

    def test_failures_do_not_show_that_an_account_is_disabled(self):
        for name in ("lively", "silent"):
            self.server.sign_up(name, email=name + "@example.org")
        self.server.command("user", "disable", "silent")
        seen = []
        for name in ("lively", "silent", "nobody"):
            login = name + "@example.org"
            replies = [self.server.log_in(login, "wrong battery") for _ in range(7)]
            replies.append(self.server.post("/api/v1/auth/otp/verify",
                                            {"email": login, "code": "123456"}))
            seen.append([(reply.status, reply.json["error"]) for reply in replies])
        self.assertEqual(seen[0], seen[2])
        self.assertEqual(seen[1], seen[2])
        self.assertEqual(seen[2][-1][0], 429)


class SamePassword(WithMail):
    def link(self, name):
        before = len(self.mails_to(name + "@example.org"))
        self.assertEqual(self.server.post("/api/v1/auth/password/forgot",
                                          {"email": name + "@example.org"}).status, 200)
        wait_until(lambda: len(self.mails_to(name + "@example.org")) > before,
                   "the mail with the link")
        return re.search(r"token=([\w-]{43})",
                         self.told(name + "@example.org", "asked for a new password"))[1]

    def unchanged(self, reply, status, field):
        self.assertEqual(self.failed(reply, status, "password_unchanged")["field"], field)

    def test_by_the_session(self):
        token = self.member("ann")["access_token"]
        body = {"current_password": PASSWORD, "new_password": PASSWORD}
        self.unchanged(self.server.post("/api/v1/auth/password/change", body, token=token), 422,
                       "new_password")
        wrong = {"current_password": "wrong password", "new_password": PASSWORD}
        self.refused(self.server.post("/api/v1/auth/password/change", wrong, token=token), 403,
                     "wrong_password")
        for more in ({}, {"current_password": PASSWORD}):
            reply = self.server.request("PUT", "/user", {"password": PASSWORD, **more}, token=token)
            self.unchanged(reply, 400, "password")
        self.assertEqual(self.server.log_in("ann").status, 200)

    def test_by_a_link_which_stays_good(self):
        self.member("ben")
        link = self.link("ben")
        reset = lambda password: self.server.post("/api/v1/auth/password/reset",
                                                  {"token": link, "new_password": password})
        self.unchanged(reset(PASSWORD), 422, "new_password")
        self.unchanged(self.server.post("/reset-password/" + link, {"password": PASSWORD}), 400,
                       "password")
        self.assertEqual(reset("another battery").status, 200)
        self.refused(reset("another battery"), 401, "invalid_code")
        # A stranger learns nothing.
        reply = self.server.post("/api/v1/auth/password/reset",
                                 {"token": "a" * 43, "new_password": "another battery"})
        self.refused(reply, 401, "invalid_code")

    def test_the_operator_may(self):
        tokens = self.member("cat")
        self.server.command("user", "passwd", "cat", stdin=PASSWORD + "\n")
        self.assertEqual(self.server.me(tokens["access_token"]).status, 401)
        self.assertEqual(self.server.log_in("cat").status, 200)


if __name__ == "__main__":
    unittest.main()
