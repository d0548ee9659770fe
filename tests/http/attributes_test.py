"""Attributes of users: who reads and writes them, what applications get, and what becomes of them
when accounts move or the configuration changes ([attributes.<name>], docs/attributes.md)."""

import json
import pathlib
import tempfile
import unittest

from harness import PASSWORD, Server, ServerCase, basic, command
from provider import Browser, RelyingParty, claims_of, path_of, query_of

DECLARED = {
    "AUTHD_ATTRIBUTES_DEPARTMENT_LABEL": "Department",
    "AUTHD_ATTRIBUTES_DEPARTMENT_CLAIM": "department",
    "AUTHD_ATTRIBUTES_NUMBER_TYPE": "number",
    "AUTHD_ATTRIBUTES_NUMBER_LABEL": "Employee number",
    "AUTHD_ATTRIBUTES_NUMBER_CLAIM": "employee_number",
    "AUTHD_ATTRIBUTES_NUMBER_SCOPE": "employment",
    "AUTHD_ATTRIBUTES_REMOTE_TYPE": "boolean",
    "AUTHD_ATTRIBUTES_REMOTE_CLAIM": "https://example.org/remote",
    "AUTHD_ATTRIBUTES_REMOTE_SCOPE": "groups",
    "AUTHD_ATTRIBUTES_LANGUAGES_TYPE": "texts",
    "AUTHD_ATTRIBUTES_LANGUAGES_WRITE": "owner",
    "AUTHD_ATTRIBUTES_LANGUAGES_CLAIM": "languages",
    "AUTHD_ATTRIBUTES_LANGUAGES_SCOPE": "employment",
    "AUTHD_ATTRIBUTES_NOTE_READ": "admin",
    "AUTHD_PASSWORDS_ARGON2_MEMORY": "64KiB",
    "AUTHD_PASSWORDS_ARGON2_PASSES": "1",
}
VALUES = {"department": "R & \"D\" \u00e4", "number": -4711, "remote": False,
          "languages": ["de", "en"], "note": "hush"}
EMPTY = dict.fromkeys(VALUES)


class Declared(ServerCase):
    """`ann` is a member, `root` an administrator."""

    @staticmethod
    def SERVER(*flags, **more):
        return Server(*flags, environment=DECLARED, **more)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_command("user", "add", "root", "--admin", stdin=PASSWORD + "\n")
        cls.admin = cls.server.log_in("root").json["access_token"]

    @classmethod
    def run_command(cls, *arguments, **more):
        return cls.server.command(*arguments, env=DECLARED, **more)

    def setUp(self):
        self.name = "ann" + str(abs(hash(self.id())))[:12]
        ann = self.server.sign_up(self.name, email=self.name + "@example.org").json
        self.token = ann["access_token"]
        self.user = ann["user"]["id"]
        self.address = "/api/v1/admin/users/%d" % self.user

    def change(self, attributes, token=None):
        if token == self.token:
            return self.server.request("PATCH", "/api/v1/users/me", {"attributes": attributes},
                                       token=token)
        return self.server.request("PATCH", self.address, {"attributes": attributes},
                                   token=token or self.admin)

    def seen_by_admin(self):
        return self.server.get(self.address, token=self.admin).json["attributes"]

    def give_values(self):
        reply = self.change(VALUES)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.json["attributes"], VALUES)


class Accounts(Declared):
    def test_an_administrator_reads_and_writes_all(self):
        self.assertEqual(self.seen_by_admin(), EMPTY)
        self.give_values()
        self.assertEqual(self.seen_by_admin(), VALUES)
        reply = self.change({"department": None, "languages": [], "note": ""})
        self.assertEqual(reply.json["attributes"],
                         {**EMPTY, "number": -4711, "remote": False})
        made = self.server.post("/api/v1/admin/users",
                                {"username": self.name + "-b", "password": PASSWORD,
                                 "attributes": {"number": 7}}, token=self.admin)
        self.assertEqual((made.status, made.json["attributes"]), (201, {**EMPTY, "number": 7}))
        # Lists are short.
        listed = self.server.get("/api/v1/admin/users?q=" + self.name, token=self.admin)
        self.assertNotIn("attributes", listed.json["users"][0])

    def test_a_person_reads_and_writes_what_they_may(self):
        self.give_values()
        mine = {name: value for name, value in VALUES.items() if name != "note"}
        self.assertEqual(self.server.me(self.token).json["attributes"], mine)
        reply = self.change({"languages": ["fr"]}, self.token)
        self.assertEqual((reply.status, reply.json["attributes"]),
                         (200, {**mine, "languages": ["fr"]}))
        self.refused(self.change({"department": "Sales"}, self.token), 403, "attribute_read_only",
                     "attributes.department")
        self.refused(self.change({"department": None}, self.token), 403, "attribute_read_only")
        # One answer for what they do not see and for what is not there.
        hidden = self.refused(self.change({"note": "x"}, self.token), 422, "invalid_value",
                              "attributes.note")
        absent = self.refused(self.change({"nowhere": "x"}, self.token), 422, "invalid_value",
                              "attributes.nowhere")
        self.assertEqual(hidden["message"], absent["message"])
        # All or nothing.
        self.refused(self.change({"languages": ["it"], "department": "x"}, self.token), 403)
        self.assertEqual(self.seen_by_admin(), {**VALUES, "languages": ["fr"]})

    def test_the_declarations_are_there_for_forms(self):
        listed = self.server.get("/api/v1/users/me/attributes", token=self.token).json["attributes"]
        self.assertEqual(sorted(one["name"] for one in listed),
                         ["department", "languages", "number", "remote"])
        self.assertIn({"name": "languages", "label": "languages", "type": "texts",
                       "is_writable": True}, listed)
        listed = self.server.get("/api/v1/admin/attributes", token=self.admin).json["attributes"]
        self.assertEqual(sorted(one["name"] for one in listed), sorted(VALUES))
        self.assertIn({"name": "note", "label": "note", "type": "text", "is_writable": True,
                       "read": "admin", "write": "admin", "claim": None, "scope": None}, listed)
        self.refused(self.server.get("/api/v1/admin/attributes", token=self.token), 403)
        self.refused(self.server.get("/api/v1/users/me/attributes"), 401)

    def test_what_fits_no_attribute_is_refused(self):
        self.give_values()
        for name, value in [("department", 1), ("department", ["x"]), ("department", {}),
                            ("department", "a\nb"), ("department", "x" * 1025),
                            ("department", "a\u0000b"), ("department", "a\u202eb"),
                            ("number", "1"), ("number", 1.5), ("number", 2 ** 53),
                            ("number", True), ("remote", "true"),
                            ("remote", 0), ("languages", "de"), ("languages", [1]),
                            ("languages", [""]), ("languages", ["x" * 257]),
                            ("languages", ["x"] * 51), ("languages", [["x"]]), ("other", "x")]:
            with self.subTest(name, value=value):
                self.refused(self.change({name: value}), 422, "invalid_value",
                             "attributes." + name)
        for name in ("<script>alert(1)</script>", "a.b", "", "x" * 2000, "Department"):
            with self.subTest(name):
                reply = self.change({name: "x"})
                self.refused(reply, 422, "invalid_value", "attributes")
                self.assertNotIn(b"script", reply.body)
        for value in (None, [], "x", 1):
            with self.subTest(value=value):
                self.refused(self.change(value), 422, "invalid_value", "attributes")
        twice = self.server.request(
            "PATCH", self.address, b'{"attributes":{"number":1,"number":2}}', token=self.admin,
            headers={"Content-Type": "application/json"})
        self.refused(twice, 400)
        self.assertEqual(self.seen_by_admin(), VALUES)
        self.refused(self.server.post("/api/v1/auth/signup",
                                      {"username": self.name + "-c", "password": PASSWORD,
                                       "attributes": {"languages": ["de"]}}), 422)

    def test_the_log_has_names_and_no_values(self):
        self.give_values()
        self.change({"languages": ["pssst"]}, self.token)
        entries = self.server.get("/api/v1/admin/audit?action=attributes_changed&user=%d"
                                  % self.user, token=self.admin).json["entries"]
        self.assertEqual([one["detail"] for one in entries],
                         ["languages", ", ".join(VALUES)])
        self.assertEqual(entries[0]["actor"], self.user)
        self.assertNotIn("pssst", json.dumps(entries) + self.server.log_text())

    def test_an_export_of_the_own_data_has_what_the_person_may_read(self):
        self.give_values()
        data = self.server.get("/api/v1/users/me/export", token=self.token).json
        self.assertEqual(data["user"]["attributes"]["department"], VALUES["department"])
        self.assertNotIn("note", data["user"]["attributes"])
        self.assertNotIn("hush", json.dumps(data))

    def test_an_api_key_reads_them_with_the_profile(self):
        self.give_values()
        def key_with(scope):
            made = self.server.post("/api/v1/users/me/api-keys",
                                    {"name": scope, "scopes": [scope], "expires_in": 86400},
                                    token=self.token)
            self.assertEqual(made.status, 201, made.body)
            return made.json["api_key"]

        key = key_with("profile:read")
        self.assertEqual(self.server.me(key).json["attributes"]["number"], -4711)
        self.assertNotIn("note", self.server.me(key).json["attributes"])
        self.assertNotEqual(self.change({"languages": ["x"]}, key).status, 200)
        self.refused(self.server.me(key_with("verify")), 403)

    def test_the_command_line_sets_and_shows_them(self):
        done = self.run_command(
            "user", "set", self.name, "--attribute", "department=A, B=C", "--attribute",
            "number=12", "--attribute", "remote=true", "--attribute", "languages=de, en",
            "--first-name", "Ann", "--json")
        shown = json.loads(done.out)
        self.assertEqual(shown["attributes"], {**EMPTY, "department": "A, B=C", "number": 12,
                                               "remote": True, "languages": ["de", "en"]})
        self.assertEqual(shown["first_name"], "Ann")
        text = self.run_command("user", "show", self.name).out
        self.assertRegex(text, r"(?m)^attributes:\n  department: +A, B=C$")
        self.assertRegex(text, r"(?m)^  languages: +de, en$")
        self.run_command("user", "set", self.name, "--attribute", "department=", "--attribute",
                         'languages=["a,b"]', "--last-name", "")
        self.assertEqual(self.seen_by_admin()["languages"], ["a,b"])
        self.assertIsNone(self.seen_by_admin()["department"])
        for wrong in (["number=x"], ["other=x"], ["number"], ["=x"], ["department=" + "x" * 1025],
                      ["number=1", "--attribute", "number=2"]):
            with self.subTest(wrong):
                done = self.run_command("user", "set", self.name, "--attribute", *wrong,
                                        check=False)
                self.assertEqual(done.returncode, 2, done.err)
        self.assertEqual(self.run_command("user", "set", self.name, check=False).returncode, 2)
        made = self.run_command("user", "add", self.name + "-d", "--attribute", "number=5",
                                "--json", stdin=PASSWORD + "\n")
        self.assertEqual(json.loads(made.out)["attributes"], {**EMPTY, "number": 5})


class Applications(Declared):
    def setUp(self):
        super().setUp()
        self.give_values()
        self.browser = Browser(self.server)
        self.browser.sign_in(self.name)

    def client(self, *flags):
        return RelyingParty(self.server, "App", "--set",
                            "scopes=openid,profile,groups,employment,offline_access", *flags)

    def userinfo(self, tokens):
        reply = self.server.get("/oauth2/userinfo", token=tokens["access_token"])
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def test_claims_come_with_their_scopes_and_types(self):
        app = self.client()
        tokens = app.tokens(self.browser, scope="openid profile employment groups")
        told = self.userinfo(tokens)
        self.assertEqual(told["department"], VALUES["department"])
        self.assertEqual(told["employee_number"], -4711)
        self.assertEqual(told["languages"], ["de", "en"])
        self.assertIs(told["https://example.org/remote"], False)
        self.assertNotIn("hush", json.dumps(told))
        # The ID token has no claims of scopes, and the access token those of groups.
        own = claims_of(tokens["id_token"])
        for claim in ("department", "employee_number", "languages", "https://example.org/remote"):
            self.assertNotIn(claim, own)
        access = claims_of(tokens["access_token"])
        self.assertIs(access["https://example.org/remote"], False)
        self.assertNotIn("department", access)
        state = self.server.post("/oauth2/introspect", form={"token": tokens["access_token"]},
                                 headers=basic(app.id, app.secret)).json
        self.assertIs(state["https://example.org/remote"], False)
        self.assertNotIn("department", state)
        # Only what was granted.
        told = self.userinfo(app.tokens(self.browser, scope="openid profile"))
        self.assertIn("department", told)
        self.assertNotIn("employee_number", told)
        # What changes is seen at once, and what is removed is left out.
        self.change({"department": None, "number": 5})
        told = self.userinfo(tokens)
        self.assertEqual((told["employee_number"], "department" in told), (5, False))

    def test_an_id_token_has_them_if_the_client_wants_its_claims_there(self):
        app = self.client("--set", "id_token_claims=true")
        own = claims_of(app.tokens(self.browser, scope="openid employment")["id_token"])
        self.assertEqual((own["employee_number"], own["languages"]), (-4711, ["de", "en"]))
        self.assertNotIn("department", own)

    def test_what_the_client_may_no_longer_have_is_in_no_new_token(self):
        app = self.client("--set", "id_token_claims=true")
        tokens = app.tokens(self.browser, scope="openid employment offline_access")
        self.assertIn("employee_number", claims_of(tokens["id_token"]))
        self.run_command("client", "set", app.id, "scopes=openid,offline_access")
        again = app.refresh(tokens["refresh_token"]).json
        self.assertNotIn("employee_number", claims_of(again["id_token"]))
        self.assertNotIn("employee_number", self.userinfo(again))

    def test_what_is_long_stays_out_of_tokens(self):
        app = self.client("--set", "id_token_claims=true")
        long = ["%02d" % n + "x" * 250 for n in range(50)]
        self.assertEqual(self.change({"languages": long}).status, 200)
        tokens = app.tokens(self.browser, scope="openid employment")
        own = claims_of(tokens["id_token"])
        self.assertEqual(("languages" in own, own["employee_number"]), (False, -4711))
        self.assertLess(len(tokens["id_token"]), 4096)
        self.assertEqual(self.userinfo(tokens)["languages"], long)

    def test_single_claims_can_be_asked_for(self):
        app = self.client()
        wanted = json.dumps({"id_token": {"employee_number": None},
                             "userinfo": {"department": {"essential": True}, "note": None}})
        tokens = app.tokens(self.browser, scope="openid", claims=wanted)
        own, told = claims_of(tokens["id_token"]), self.userinfo(tokens)
        self.assertEqual((own["employee_number"], told["department"]),
                         (-4711, VALUES["department"]))
        self.assertNotIn("languages", own)
        self.assertNotIn("hush", json.dumps(told))

    def test_a_client_gets_a_new_scope_only_if_it_may(self):
        app = RelyingParty(self.server, "Other")
        tokens = app.tokens(self.browser, scope="openid profile employment")
        self.assertEqual(tokens["scope"].split(), ["openid", "profile"])
        told = self.userinfo(tokens)
        self.assertIn("department", told)
        self.assertNotIn("employee_number", told)

    def test_discovery_lists_scopes_and_claims(self):
        found = self.server.get("/.well-known/openid-configuration").json
        self.assertEqual(found["scopes_supported"].count("employment"), 1)
        for claim in ("department", "employee_number", "languages", "https://example.org/remote"):
            self.assertIn(claim, found["claims_supported"])
        self.assertNotIn("note", found["claims_supported"])

    def test_the_consent_page_names_the_attributes(self):
        app = self.client()
        reply = app.begin(self.browser, scope="openid employment")
        request = query_of(path_of(reply))["request"]
        shown = self.browser.get("/api/v1/oauth/requests/" + request).json
        self.assertEqual({(one["scope"], one["label"]) for one in shown["attributes"]},
                         {("employment", "Employee number"), ("employment", "languages")})
        page = self.browser.get(path_of(reply), Accept="text/html").body.decode()
        self.assertIn("Employee number", page)
        self.assertNotIn("scope.employment", page)
        app.allow(self.browser, reply)
        [consent] = self.browser.get("/api/v1/users/me/consents").json["consents"]
        self.assertIn({"scope": "employment", "label": "Employee number"}, consent["attributes"])

    def test_the_preview_shows_them(self):
        app = self.client("--set", "id_token_claims=true")
        shown = json.loads(self.run_command("client", "preview", app.id, self.name, "--json").out)
        self.assertEqual(shown["userinfo"]["employee_number"], -4711)
        self.assertEqual(shown["id_token"]["languages"], ["de", "en"])
        self.assertIs(shown["access_token"]["https://example.org/remote"], False)

    def test_a_resource_cannot_have_a_scope_of_attributes(self):
        done = self.run_command("resource", "add", "https://api.example.org/" + self.name, "API",
                                "--scope", "employment", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("about people", done.err)

    def test_a_proxy_gets_none(self):
        reply = self.server.get("/auth/verify", token=self.token)
        self.assertEqual(reply.status, 200)
        self.assertNotIn("4711", str(reply.headers))


class Moves(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="authd-attributes-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.here = str(self.folder / "here")
        self.run_command("user", "add", "ann", "--attribute", "department=Research",
                         "--attribute", "number=-7", "--attribute", "languages=de,en",
                         stdin=PASSWORD + "\n")

    def run_command(self, *arguments, directory=None, env=None, **more):
        return command(*arguments, "--data-dir", directory or self.here,
                       env=DECLARED if env is None else env, **more)

    def attributes(self, who="ann", **more):
        return json.loads(self.run_command("user", "show", who, "--json", **more).out).get(
            "attributes")

    def test_an_export_brings_them_elsewhere_declared_or_not(self):
        file, there = str(self.folder / "all.jsonl"), str(self.folder / "there")
        self.run_command("export", "-o", file)
        lines = [json.loads(line) for line in open(file, encoding="utf-8")]
        [user] = [one for one in lines if one["type"] == "user"]
        self.assertEqual(user["attributes"],
                         {"department": "Research", "languages": ["de", "en"], "number": -7})
        self.run_command("import", file, directory=there, env={})
        self.assertIsNone(self.attributes(directory=there, env={}))
        self.assertEqual(self.attributes(directory=there), self.attributes())
        self.assertEqual(self.run_command("db", "check", directory=there).returncode, 0)
        # A file of an older release has none.
        del user["attributes"]
        user.update(id=77, username="old", subject="3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16")
        old = self.folder / "old.jsonl"
        old.write_text(json.dumps(user) + "\n", encoding="utf-8")
        self.run_command("import", str(old), directory=there)
        self.assertEqual(self.attributes("old", directory=there), EMPTY)

    def test_what_no_attribute_can_be_is_not_imported(self):
        for attributes in ({"department": 1.5}, {"department": "x" * 1025}, {"A": "x"}, [], "x",
                           {"department": "a\nb"}, {"number": 2 ** 53}, {"languages": [""]}):
            with self.subTest(attributes=attributes):
                file = self.folder / "bad.jsonl"
                file.write_text(json.dumps({"type": "user", "username": "eve",
                                            "attributes": attributes}) + "\n", encoding="utf-8")
                done = self.run_command("import", str(file), check=False)
                self.assertNotEqual(done.returncode, 0, done.out)
                self.assertEqual(self.run_command("user", "show", "eve", check=False).returncode, 3)

    def test_columns_of_a_table_set_them(self):
        file = self.folder / "people.csv"
        file.write_text("username,attributes.department,Attributes.Number,attributes.languages\n"
                        'bob,Sales,12,"de,en"\neve,,,\n', encoding="utf-8")
        self.run_command("import", str(file))
        self.assertEqual(self.attributes("bob"), {**EMPTY, "department": "Sales", "number": 12,
                                                  "languages": ["de", "en"]})
        self.assertEqual(self.attributes("eve"), EMPTY)
        file.write_text("username,attributes.other\nkim,x\n", encoding="utf-8")
        done = self.run_command("import", str(file), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("attributes.other", done.err + done.out)

    def test_a_value_without_a_declaration_is_kept_and_shown_nowhere(self):
        self.assertIsNone(self.attributes(env={}))
        without = {name: value for name, value in DECLARED.items() if "DEPARTMENT" not in name}
        other = {**without, "AUTHD_ATTRIBUTES_NUMBER_TYPE": "text"}
        self.assertEqual(self.attributes(env=other),
                         {"number": None, "remote": None, "languages": ["de", "en"], "note": None})
        with Server(data_dir=self.here, environment=other) as server:
            token = server.log_in("ann").json["access_token"]
            self.assertEqual(server.me(token).json["attributes"],
                             {"number": None, "remote": None, "languages": ["de", "en"]})
            reply = server.request("PATCH", "/api/v1/users/me",
                                   {"attributes": {"languages": ["fr"]}}, token=token)
            self.assertEqual(reply.status, 200, reply.body)
            app = RelyingParty(server, "App", "--set", "scopes=openid,profile,employment")
            browser = Browser(server)
            browser.sign_in("ann")
            tokens = app.tokens(browser, scope="openid profile employment")
            told = server.get("/oauth2/userinfo", token=tokens["access_token"]).json
            self.assertEqual(told["languages"], ["fr"])
            self.assertNotIn("department", told)
            self.assertNotIn("employee_number", told)
        self.assertEqual(self.attributes(), {**EMPTY, "department": "Research", "number": -7,
                                             "languages": ["fr"]})

    def test_they_end_with_their_user(self):
        def rows():
            found = json.loads(self.run_command("db", "stat", "--json").out)["tables"]
            return found["user_attributes"]["rows"]

        self.assertEqual(rows(), 1)
        self.run_command("user", "delete", "ann", "--yes")
        self.assertEqual(rows(), 0)


class Configuration(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory(prefix="authd-attributes-") as folder:
            file = pathlib.Path(folder, "authd.toml")
            file.write_text(text, encoding="utf-8")
            return command("config", "check", "--without-files", "--config", str(file),
                           check=False)

    def test_what_is_wrong_is_told_with_its_place(self):
        good = "[attributes.department]\nclaim = \"department\"\n"
        self.assertEqual(self.check(good).returncode, 0)
        for text, said in [
                ("[attributes.email]\ntype = \"text\"\n", ":2: attributes.email.type: \"email\""),
                ("[attributes.x]\nclaim = \"aud\"\n", ":2: attributes.x.claim: must not be aud"),
                ("[attributes.x]\ntype = \"date\"\n", ":2: attributes.x.type: must be one of"),
                ("[attributes.x]\nread = \"admin\"\nwrite = \"owner\"\n", "authd.toml:3)"),
                ("[attributes.x]\nreads = \"admin\"\n", ":2: there is no key")]:
            with self.subTest(text):
                done = self.check(text)
                self.assertEqual(done.returncode, 2)
                self.assertIn(said, done.err)

    def test_nothing_is_there_without_a_declaration(self):
        with Server() as server:
            token = server.sign_up("ann").json["access_token"]
            self.assertNotIn("attributes", server.me(token).json)
            self.assertEqual(server.get("/api/v1/users/me/attributes", token=token).json,
                             {"attributes": []})
            refused = server.request("PATCH", "/api/v1/users/me", {"attributes": {"x": 1}},
                                     token=token)
            self.assertEqual((refused.status, refused.json["field"]), (422, "attributes.x"))


if __name__ == "__main__":
    unittest.main()
