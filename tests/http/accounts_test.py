"""Sign-up, login, profile, password: what each account route does with good, bad and hostile
input."""

import unittest

from harness import PASSWORD, ServerCase, claims_of

SUBJECT = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


class SignUp(ServerCase):
    def test_gives_user_and_tokens(self):
        reply = self.server.sign_up("Ann", email="Ann@Example.org", first_name="Änn")
        self.assertEqual(reply.status, 201, reply.body)
        user = reply.json["user"]
        self.assertEqual(user["username"], "Ann")
        self.assertEqual(user["email"], "Ann@Example.org")
        self.assertEqual(user["first_name"], "Änn")
        self.assertEqual(user["roles"], ["user"])
        self.assertIsInstance(user["role_id"], int)
        self.assertFalse(user["email_verified"])
        self.assertTrue(user["is_active"])
        self.assertEqual(reply.json["token_type"], "bearer")
        self.assertEqual(reply.json["expires_in"], 900)
        self.assertNotIn(b"password", reply.body)
        me = self.server.me(reply.json["access_token"])
        self.assertEqual(me.status, 200)
        self.assertEqual(me.json["id"], user["id"])
        self.assertRegex(user["subject"], SUBJECT)
        self.assertEqual(me.json["subject"], user["subject"])

    def test_refuses_a_name_that_differs_only_in_case(self):
        self.assertEqual(self.server.sign_up("bob", email="bob@example.org").status, 201)
        self.refused(self.server.sign_up("BOB"), 409, "username_taken", "username")
        self.refused(self.server.sign_up("bob2", email="BOB@example.ORG"), 409, "email_taken",
                     "email")

    def test_works_with_only_a_username_or_only_an_email(self):
        self.assertEqual(self.server.sign_up("only-name").status, 201)
        reply = self.server.post("/api/v1/auth/signup",
                                 {"email": "only@example.org", "password": PASSWORD})
        self.assertEqual(reply.status, 201)
        self.assertIsNone(reply.json["user"]["username"])
        reply = self.server.post("/api/v1/auth/signup", {"password": PASSWORD})
        self.refused(reply, 422, field="username")

    def test_refuses_bad_values_and_writes_nothing(self):
        before = self.server.command("user", "list", "--json").out
        for fields, field in [
            ({"username": "a b"}, "username"),
            ({"username": "x" * 65}, "username"),
            ({"username": "someone@example.org"}, "username"),
            ({"username": "аnn"}, "username"),  # a Cyrillic а
            ({"username": "ann\u0000"}, "username"),
            ({"username": ""}, "username"),
            ({"username": 7}, "username"),
            ({"email": "no-at"}, "email"),
            ({"email": "a@b"}, "email"),
            ({"email": "a@b..org"}, "email"),
            ({"email": "a@-b.org"}, "email"),
            ({"email": "a\r\nBcc: x@y.org@example.org"}, "email"),
            ({"email": "x" * 250 + "@example.org"}, "email"),
            ({"username": "carl", "first_name": "a\nb"}, "first_name"),
            ({"username": "carl", "phone_number": "call me"}, "phone_number"),
            ({"username": "carl", "phone_number": "030 123456"}, "phone_number"),
            ({"username": "carl", "password": "short"}, "password"),
            ({"username": "carl", "password": "x" * 257}, "password"),
            ({"username": "carlcarl", "password": "CarlCarl"}, "password"),
            ({"username": "carl", "email": "carlo.rossi@example.org", "password": "carlo.rossi"},
             "password"),
            ({"username": "carl", "password": "abc\u0000defghi"}, "password"),
            ({"username": "carl", "password": None}, "password"),
            ({"username": "carl", "password": ["x"]}, "password"),
        ]:
            body = {"password": PASSWORD, **fields}
            with self.subTest(fields=str(fields)[:60]):
                self.refused(self.server.post("/api/v1/auth/signup", body), 422, field=field)
        self.assertEqual(self.server.command("user", "list", "--json").out, before)

    def test_counts_characters_and_not_bytes(self):
        # 7, 14 bytes
        self.assertEqual(self.server.sign_up("umlauts", password="äöüßäöü").status, 422)
        self.assertEqual(self.server.sign_up("umlauts", password="äöüßäöüß").status, 201)

    def test_refuses_what_a_person_may_not_set(self):
        for field, value in {"roles": ["admin"], "role_id": 2, "subject": "x", "id": 1,
                             "is_active": False, "email_verified": True}.items():
            self.refused(self.server.sign_up("mallory", **{field: value}), 422, field=field)


class Bodies(ServerCase):
    def test_are_json_of_the_right_type(self):
        path = "/api/v1/auth/login"
        good = '{"login":"x","password":"y"}'
        for body, content_type, status in [
            (good, "text/plain", 415),
            (good, "application/x-www-form-urlencoded", 415),
            (good, "application/json; charset=latin-1", 415),
            (good, "application/json; charset=utf-8", 401),
            (good, 'Application/JSON;charset="UTF-8"', 401),
            ("", "application/json", 400),
            ("{", "application/json", 400),
            ("[]", "application/json", 400),
            ('"x"', "application/json", 400),
            (good + "x", "application/json", 400),
            ("\ufeff" + good, "application/json", 400),
            ('{"login":"x","login":"y","password":"z"}', "application/json", 400),
            ('{"login":"x","password":"y","a":{"b":1,"b":2}}', "application/json", 400),
            ('{"a":' * 17 + "1" + "}" * 17, "application/json", 400),
            ("[" * 60000, "application/json", 400),
            (b'{"login":"\xff","password":"y"}', "application/json", 400),
            ('{"login":"\\ud800","password":"y"}', "application/json", 400),
            ('{"login":true,"password":"y"}', "application/json", 422),
            ('{"login":"x"}', "application/json", 422),
            ('{"password":"x"}', "application/json", 422),
            (b" " * 70000, "application/json", 413),
        ]:
            with self.subTest(body=str(body)[:50], content_type=content_type):
                reply = self.server.request("POST", path, body,
                                            headers={"Content-Type": content_type})
                self.assertEqual(reply.status, status, reply.body)

    def test_of_a_wrong_type_name_the_field(self):
        reply = self.server.post("/api/v1/auth/login", {"login": "x", "password": 7})
        self.assertIn('"password"', self.refused(reply, 422, field="password")["message"])


class LogIn(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.sign_up("dora", email="dora@example.org")

    def test_by_username_or_email_in_any_case(self):
        for body in [{"username": "dora"}, {"username": "DORA"}, {"email": "Dora@Example.org"},
                     {"login": "dora"},
                     {"login": "dora@example.org"}, {"username": "dora@example.org"}]:
            with self.subTest(body=body):
                reply = self.server.post("/api/v1/auth/login", {**body, "password": PASSWORD})
                self.assertEqual(reply.status, 200, reply.body)

    def test_does_not_tell_unknown_from_wrong(self):
        unknown = self.server.log_in("nobody", PASSWORD)
        wrong = self.server.log_in("dora", "wrong password")
        for reply in (unknown, wrong):
            self.refused(reply, 401, "invalid_credentials")
            self.assertEqual(reply.headers["WWW-Authenticate"], 'Bearer realm="authd"')
        without_id = [{k: v for k, v in r.json.items() if k != "request_id"}
                      for r in (unknown, wrong)]
        self.assertEqual(*without_id)
        self.assertEqual(sorted(h.lower() for h in unknown.headers),
                         sorted(h.lower() for h in wrong.headers))

    def test_refuses_a_password_that_only_begins_right(self):
        for password in [PASSWORD + "\u0000x", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), ""]:
            with self.subTest(password=password):
                self.assertIn(self.server.log_in("dora", password).status, (401, 422))
        self.assertEqual(self.server.log_in("dora", "x" * 50000).status, 401)
        self.assertEqual(self.server.log_in("x" * 50000, PASSWORD).status, 401)

    def test_tells_that_an_account_is_disabled_only_to_its_owner(self):
        self.server.sign_up("erik")
        self.server.command("user", "disable", "erik")
        self.refused(self.server.log_in("erik", "wrong password"), 401, "invalid_credentials")
        self.refused(self.server.log_in("erik"), 403, "account_disabled")
        self.server.command("user", "enable", "erik")
        self.assertEqual(self.server.log_in("erik").status, 200)

    def test_gives_a_token_of_the_profile_rfc_9068(self):
        claims = claims_of(self.server.log_in("dora").json["access_token"])
        for name in ("iss", "sub", "aud", "exp", "iat", "jti", "sid", "scope", "client_id", "roles",
                     "amr", "auth_time"):
            self.assertIn(name, claims)
        self.assertEqual(claims["aud"], "authd")
        self.assertRegex(claims["sub"], SUBJECT)
        self.assertEqual(claims["amr"], ["pwd"])
        self.assertEqual(claims["exp"] - claims["iat"], 900)


class Profile(ServerCase):
    def setUp(self):
        name = "p" + self.id().rsplit("_", 1)[1]
        self.name = name
        self.token = self.server.sign_up(name, email=name + "@example.org").json["access_token"]

    def change(self, method, body):
        return self.server.request(method, "/api/v1/users/me", body, token=self.token)

    def test_changes_what_is_given_and_keeps_the_rest_one(self):
        for method, phone in [("PATCH", "+49 30 123456"), ("PUT", "+49 (30) 12-34-56")]:
            reply = self.change(method, {"first_name": "Fred", "phone_number": phone})
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(reply.json["first_name"], "Fred")
            self.assertEqual(reply.json["username"], self.name)
            reply = self.change(method, {"first_name": None})
            self.assertIsNone(reply.json["first_name"])
            self.assertEqual(reply.json["phone_number"], "+4930123456")

    def test_a_phone_number_has_one_owner(self):
        mine = {"phone_number": "+1 555 010 0001"}
        self.assertEqual(self.change("PATCH", mine).status, 200)
        self.assertEqual(self.change("PATCH", mine).status, 200)
        other = self.server.sign_up("other-" + self.name).json["access_token"]
        reply = self.server.request("PATCH", "/api/v1/users/me",
                                    {"phone_number": "+1 (555) 010-0001"}, token=other)
        self.refused(reply, 409, "phone_number_taken", "phone_number")
        self.refused(self.server.sign_up("third-" + self.name, **mine), 409, "phone_number_taken",
                     "phone_number")
        # Once its owner changes it or is deleted, others may take it.
        self.assertEqual(self.change("PATCH", {"phone_number": ""}).status, 200)
        reply = self.server.request("PATCH", "/api/v1/users/me", mine, token=other)
        self.assertEqual(reply.json["phone_number"], "+15550100001")
        self.assertEqual(self.server.request("DELETE", "/api/v1/users/me", token=other).status, 200)
        self.assertEqual(self.change("PATCH", mine).status, 200)
        self.server.command("db", "check")

    def test_cannot_raise_itself_two(self):
        for field, value in {"roles": ["admin"], "role_id": 2, "subject": "x", "id": 1,
                             "email_verified": True, "is_active": False,
                             "password": "other password"}.items():
            self.refused(self.change("PATCH", {field: value}), 422, field=field)
        user = self.change("PATCH", {}).json
        self.assertEqual((user["roles"], user["email_verified"]), (["user"], False))
        self.assertEqual(self.server.log_in(self.name).status, 200)

    def test_cannot_take_the_name_of_another_three(self):
        self.server.sign_up("taken", email="taken@example.org")
        self.refused(self.change("PATCH", {"username": "Taken"}), 409, field="username")
        # The reply does not tell whether an email is taken: the change waits for a link that is
        # never sent there.
        self.assertEqual(self.change("PATCH", {"email": "TAKEN@example.org"}).status, 200)
        self.assertNotEqual(self.server.me(self.token).json["email"], "TAKEN@example.org")
        self.assertEqual(self.server.me(self.token).json["username"], self.name)

    def test_keeps_at_least_one_name_four(self):
        self.assertEqual(self.change("PATCH", {"username": ""}).status, 200)
        self.refused(self.change("PATCH", {"email": None}), 422, field="email")

    def test_keeps_a_name_that_is_given_up_five(self):
        self.assertEqual(self.change("PATCH", {"username": "new-five"}).status, 200)
        self.refused(self.server.sign_up(self.name), 409, "username_taken")
        self.assertEqual(self.server.log_in("new-five").status, 200)

    def test_is_for_the_caller_alone_six(self):
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            reply = self.server.request(method, "/api/v1/users/me", {} if method != "GET" else None)
            self.refused(reply, 401)

    def test_is_gone_after_delete_seven(self):
        reply = self.server.request("DELETE", "/api/v1/users/me", token=self.token)
        self.assertEqual((reply.status, reply.json),
                         (200, {"message": "Account deleted successfully"}))
        self.refused(self.server.me(self.token), 401, "invalid_token")
        self.refused(self.server.log_in(self.name), 401, "invalid_credentials")
        self.refused(self.server.sign_up(self.name), 409, "username_taken")
        self.assertEqual(self.server.command("db", "check").returncode, 0)


class ChangePassword(ServerCase):
    def test_ends_the_other_sessions_and_keeps_its_own(self):
        here = self.server.sign_up("gwen").json
        there = self.server.log_in("gwen").json
        path = "/api/v1/auth/password/change"
        body = {"current_password": "wrong one", "new_password": "another password"}
        self.refused(self.server.post(path, body, token=here["access_token"]), 403,
                     "wrong_password",
                     "current_password")
        body["current_password"] = PASSWORD
        self.refused(self.server.post(path, {**body, "new_password": "x"},
                                      token=here["access_token"]), 422,
                     "weak_password", "new_password")
        self.refused(self.server.post(path, body), 401)
        self.assertEqual(self.server.me(there["access_token"]).status, 200)
        self.assertEqual(self.server.post(path, body, token=here["access_token"]).status, 200)
        self.assertEqual(self.server.me(here["access_token"]).status, 200)
        self.assertEqual(self.server.refresh(here["refresh_token"]).status, 200)
        self.refused(self.server.me(there["access_token"]), 401)
        self.refused(self.server.refresh(there["refresh_token"]), 401)
        self.refused(self.server.log_in("gwen"), 401)
        self.assertEqual(self.server.log_in("gwen", "another password").status, 200)


class Policy(ServerCase):
    FLAGS = ("--passwords.min-score", "3", "--signup.enabled", "true")

    def test_refuses_what_is_easy_to_guess(self):
        for password in ["password1", "qwertyuiop", "iloveyou2"]:
            self.refused(self.server.sign_up("henry", password=password), 422, "weak_password")
        self.assertEqual(self.server.sign_up("henry", password="tulip-anvil-mosaic-7").status, 201)


class SignUpOff(ServerCase):
    FLAGS = ("--signup.enabled", "false")

    def test_is_said(self):
        self.refused(self.server.sign_up("ivan"), 403, "signup_disabled")


if __name__ == "__main__":
    unittest.main()
