"""What the pages of an account, of everybody's API keys, of the settings and of one's own activity
ask for: who may ask, how far an API key reaches, what is written, and what is told."""

import json
import os
import signal
import tempfile
import unittest

import openid
from harness import PASSWORD, Server, ServerCase, wait_until
from provider import Browser, RelyingParty

ADMIN = "/api/v1/admin/"
ACTIVITY = "/api/v1/users/me/activity"


class Pages(ServerCase):
    """root is an administrator, who signs in anew for each test; ann and bob are people."""

    @classmethod
    def setUpClass(cls):
        cls.other = openid.HostileProvider()
        cls.addClassCleanup(cls.other.stop)
        cls.server = Server(environment=openid.settings("example", cls.other.issuer, "me",
                                                        "secret"))
        cls.addClassCleanup(cls.server.__exit__, None)
        cls.root_id = cls.add("root", "--admin")
        cls.ann = cls.add("ann")
        cls.bob = cls.add("bob")

    @classmethod
    def tearDownClass(cls):
        pass

    @classmethod
    def add(cls, name, *flags):
        made = cls.server.command("user", "add", "--username", name, "--email",
                                  name + "@example.org", *flags, "--json", stdin=PASSWORD + "\n")
        return json.loads(made.out)["id"]

    def setUp(self):
        self.root = self.token("root")

    def token(self, name):
        reply = self.server.log_in(name)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json["access_token"]

    def key(self, name, scope):
        return json.loads(self.server.command("apikey", "add", name, "--name", "ci", "--scope",
                                              scope, "--json").out)["api_key"]

    def ask(self, method, path, body=None, token=None, key=None):
        headers = {"X-API-Key": key} if key else None
        return self.server.request(method, path, body, token=None if key else token or self.root,
                                   headers=headers)

    def done(self, method, path, body=None, status=200, **who):
        reply = self.ask(method, path, body, **who)
        self.assertEqual(reply.status, status, (path, reply.body))
        return reply.json if reply.body else None

    def actions(self, user):
        found = self.done("GET", ADMIN + "audit?user=%d&limit=100" % user)["entries"]
        return [(entry["action"], entry["actor_name"]) for entry in found]

    def link(self, name):
        """Links an account at the other provider to the account."""
        browser = openid.Browser(self.server)
        reply = browser.get(self.other.come_back(browser.start("example", self.token(name))))
        self.assertIn("linked", reply.json, reply.body)

    def grant(self, name):
        browser = Browser(self.server)
        browser.sign_in(name)
        app = RelyingParty(self.server, "Wiki of " + name)
        return app, app.tokens(browser)


class WhoMayAsk(Pages):
    def routes(self, user):
        below = ADMIN + "users/%d/" % user
        return (("GET", below + "access"), ("GET", below + "identities"),
                ("GET", below + "grants"), ("GET", ADMIN + "api-keys"),
                ("GET", ADMIN + "settings/details"),
                ("DELETE", below + "identities/example"),
                ("DELETE", below + "grants/AZjAsqTwfT6cG1pvjn0sQQ"))

    def test_administrators_and_nobody_else(self):
        ann = self.token("ann")
        profile = self.key("ann", "profile:read")
        for method, path in self.routes(self.bob):
            with self.subTest(method=method, path=path):
                self.refused(self.server.request(method, path), 401)
                self.refused(self.ask(method, path, token=ann), 403, "forbidden")
                self.assertIn(self.ask(method, path, key=profile).status, (401, 403))

    def test_a_key_that_reads_changes_nothing(self):
        reads = self.key("root", "admin:read")
        for method, path in self.routes(self.bob):
            with self.subTest(method=method, path=path):
                status = self.ask(method, path, key=reads).status
                self.assertEqual(status, 200 if method == "GET" else 403)

    def test_unknown_users_and_things_are_not_there(self):
        for user in ("999", "x", "0"):
            for path in ("access", "identities", "grants"):
                self.refused(self.ask("GET", ADMIN + "users/%s/%s" % (user, path)), 404)
            self.refused(self.ask("DELETE", ADMIN + "users/%s/identities/example" % user), 404)
            self.refused(self.ask("DELETE", ADMIN + "users/%s/grants/x" % user), 404)
        below = ADMIN + "users/%d/" % self.bob
        self.refused(self.ask("DELETE", below + "identities/example"), 404, "not_found")
        self.refused(self.ask("DELETE", below + "grants/AZjAsqTwfT6cG1pvjn0sQQ"), 404, "not_found")


class WaysIn(Pages):
    def test_the_ways_into_an_account_are_shown(self):
        access = self.done("GET", ADMIN + "users/%d/access" % self.ann)
        self.assertTrue(access["has_password"])
        self.assertTrue(access["password_changed_at"])
        self.assertEqual((access["totp_enabled"], access["passkeys"], access["security_keys"],
                          access["recovery_codes"]), (False, 0, 0, 0))

    def test_failures_are_shown_and_forgotten(self):
        who = self.add("cleo")
        path = ADMIN + "users/%d/" % who
        for _ in range(3):
            self.assertEqual(self.server.log_in("cleo", "wrong wrong wrong").status, 401)
        lock = self.done("GET", path + "access")["lock"]
        self.assertEqual(lock, {"failures": 3, "wrong_second_factors": 0, "until": None,
                                "is_barred": False})
        self.done("POST", path + "unlock")
        self.assertEqual(self.done("GET", path + "access")["lock"]["failures"], 0)

    def test_an_email_is_verified_by_an_administrator(self):
        who = self.add("dora")
        path = ADMIN + "users/%d" % who
        self.assertFalse(self.done("GET", path)["email_verified"])
        self.assertTrue(self.done("PATCH", path, {"email_verified": True})["email_verified"])
        self.assertFalse(self.done("PATCH", path, {"email_verified": False})["email_verified"])
        actions = self.actions(who)
        self.assertIn(("email_verified", "root"), actions)
        self.assertIn(("email_unverified", "root"), actions)
        self.refused(self.ask("PATCH", path, {"email_verified": "yes"}), 422, "invalid_value",
                     "email_verified")
        by_command = self.server.command("user", "set", str(who), "--email-verified", "true",
                                         "--json")
        self.assertTrue(json.loads(by_command.out)["email_verified"])
        self.assertEqual([name for name, _ in self.actions(who)].count("email_verified"), 2)
        self.server.command("user", "set", "dora", "--email-verified", "false")
        self.assertFalse(self.done("GET", path)["email_verified"])
        wrong = self.server.command("user", "set", "dora", "--email-verified", "yes", check=False)
        self.assertEqual(wrong.returncode, 2)
        # People do not do it for themselves.
        mine = self.server.request("PATCH", "/api/v1/users/me", {"email_verified": True},
                                   token=self.token("dora"))
        self.refused(mine, 422, field="email_verified")

    def test_a_key_verifies_no_administrators_email(self):
        key = self.key("root", "admin")
        for user, status in ((self.root_id, 403), (self.bob, 200)):
            reply = self.ask("PATCH", ADMIN + "users/%d" % user, {"email_verified": True}, key=key)
            self.assertEqual(reply.status, status, reply.body)

    def test_a_provider_is_listed_and_unlinked(self):
        who = self.add("emil")
        path = ADMIN + "users/%d/identities" % who
        self.assertEqual(self.done("GET", path), {"identities": []})
        self.link("emil")
        before = self.token("emil")
        self.assertEqual([one["provider"] for one in self.done("GET", path)["identities"]],
                         ["example"])
        self.done("DELETE", path + "/example", status=204)
        self.assertEqual(self.done("GET", path), {"identities": []})
        self.assertEqual(self.server.me(before).status, 401)
        self.assertIn(("identity_unlinked", "root"), self.actions(who))
        self.refused(self.ask("DELETE", path + "/example"), 404, "not_found")

    def test_a_key_unlinks_nothing_of_an_administrator(self):
        boss = self.add("boss", "--admin")
        self.link("boss")
        path = ADMIN + "users/%d/identities/example" % boss
        self.refused(self.ask("DELETE", path, key=self.key("root", "admin")), 403,
                     "beyond_api_key")
        self.done("DELETE", path, status=204)


class Grants(Pages):
    def userinfo(self, tokens):
        return self.server.get("/oauth2/userinfo", token=tokens["access_token"]).status

    def test_a_grant_is_listed_and_ended(self):
        who = self.add("finn")
        app, tokens = self.grant("finn")
        path = ADMIN + "users/%d/grants" % who
        found = self.done("GET", path)["grants"]
        self.assertEqual([one["client_name"] for one in found], ["Wiki of finn"])
        self.assertEqual(found[0]["client_id"], app.id)
        # It is not another person's.
        elsewhere = ADMIN + "users/%d/grants/%s" % (self.ann, found[0]["id"])
        self.refused(self.ask("DELETE", elsewhere), 404)
        self.assertEqual(self.userinfo(tokens), 200)
        self.done("DELETE", path + "/" + found[0]["id"], status=204)
        self.assertEqual(self.userinfo(tokens), 401)
        self.assertEqual(self.done("GET", path), {"grants": []})
        self.assertIn(("grant_ended", "root"), self.actions(who))

    def test_a_key_ends_none_of_an_administrator(self):
        chef = self.add("chef", "--admin")
        self.grant("chef")
        path = ADMIN + "users/%d/grants" % chef
        found = self.done("GET", path)["grants"]
        one = path + "/" + found[0]["id"]
        self.refused(self.ask("DELETE", one, key=self.key("root", "admin")), 403, "beyond_api_key")
        self.assertEqual(len(self.done("GET", path)["grants"]), 1)


class Keys(Pages):
    def names(self, query=""):
        found, cursor = [], ""
        while cursor is not None:
            more = "&cursor=" + cursor if cursor else ""
            page = self.done("GET", ADMIN + "api-keys?limit=1" + query + more)
            found += page["api_keys"]
            cursor = page["next"]
        return [one["name"] for one in found]

    def test_the_keys_of_everybody_are_listed_without_their_secrets(self):
        text = self.key("ann", "verify")
        reply = self.ask("GET", ADMIN + "api-keys?search=ann")
        self.assertNotIn(text, reply.body.decode())
        one = reply.json["api_keys"][0]
        self.assertTrue(text.startswith(one["prefix"]))
        self.assertEqual((one["name"], one["scopes"], one["roles"]), ("ci", ["verify"], ["user"]))
        self.assertEqual(one["user"], {"id": self.ann, "username": "ann",
                                       "email": "ann@example.org", "is_active": True})
        listed = json.loads(self.server.command("apikey", "list", "--search", "ann", "--json").out)
        self.assertEqual(listed, reply.json)
        self.assertIn("ann", self.server.command("apikey", "list").out)

    def test_they_are_found_sorted_and_revoked(self):
        gus = self.add("gus")
        for name in ("nightly", "weekly"):
            self.server.command("apikey", "add", "gus", "--name", name, "--scope", "verify")
        self.assertEqual(self.names("&search=gus"), ["nightly", "weekly"])
        for sort in ("last_used", "-last_used", "owner"):
            self.assertEqual(sorted(self.names("&search=gus&sort=" + sort)), ["nightly", "weekly"])
        self.assertEqual(self.names("&search=gus+week"), ["weekly"])
        key = self.done("GET", ADMIN + "api-keys?search=weekly")["api_keys"][0]
        self.done("DELETE", ADMIN + "users/%d/api-keys/%d" % (gus, key["id"]), status=204)
        self.assertEqual(self.names("&search=gus"), ["nightly"])

    def test_a_wrong_question_is_refused(self):
        for query, field in (("sort=name", "sort"), ("cursor=x", "cursor"), ("limit=0", "limit"),
                             ("limit=501", "limit"), ("owner=ann", "owner"),
                             ("search=" + "x" * 201, "search")):
            self.refused(self.ask("GET", ADMIN + "api-keys?" + query), 422, field=field)
        done = self.server.command("apikey", "list", "ann", "--search", "x", check=False)
        self.assertEqual(done.returncode, 2, done.err)


class Activity(Pages):
    def events(self, name, query=""):
        return self.done("GET", ACTIVITY + query, token=self.token(name))["events"]

    def test_people_see_what_happened_to_them_and_not_who_administrates(self):
        who = self.add("hana")
        self.assertEqual(self.server.log_in("hana", "wrong wrong wrong").status, 401)
        self.done("PATCH", ADMIN + "users/%d" % who, {"first_name": "Hana"})
        reply = self.ask("GET", ACTIVITY, token=self.token("hana"))
        text = reply.body.decode()
        self.assertNotIn("root", text)
        self.assertNotIn("cli:", text)
        told = {(one["action"], one["outcome"], one["by"]) for one in reply.json["events"]}
        self.assertLessEqual({("login", "refused", "unknown"), ("login", "ok", "owner"),
                              ("profile_changed", "ok", "administrator"),
                              ("account_created", "ok", "operator")}, told)
        for one in reply.json["events"]:
            self.assertEqual(one["address"] is None, one["by"] in ("administrator", "operator"))
        numbers = [one["id"] for one in reply.json["events"]]
        self.assertEqual(numbers, sorted(numbers, reverse=True))

    def test_nobody_sees_what_happened_to_others(self):
        ivo = self.add("ivo")
        self.done("POST", ADMIN + "users/%d/disable" % ivo)
        self.assertNotIn("account_disabled", [one["action"] for one in self.events("root")])
        self.assertNotIn("account_disabled", [one["action"] for one in self.events("ann")])

    def test_it_comes_page_by_page(self):
        self.add("jan")
        token = self.token("jan")
        for _ in range(3):
            self.token("jan")
        whole = self.done("GET", ACTIVITY, token=token)
        found, before = [], ""
        while before is not None:
            more = "&before=" + before if before else ""
            page = self.done("GET", ACTIVITY + "?limit=2" + more, token=token)
            self.assertLessEqual(len(page["events"]), 2)
            found += page["events"]
            before = page["next"]
        self.assertEqual(found, whole["events"])
        self.assertIsNone(whole["next"])

    def test_it_is_for_sessions_only(self):
        self.refused(self.server.get(ACTIVITY), 401)
        self.assertIn(self.ask("GET", ACTIVITY, key=self.key("ann", "profile:read")).status,
                      (401, 403))
        for query, field in (("before=x", "before"), ("limit=0", "limit"), ("user=1", "user")):
            self.refused(self.ask("GET", ACTIVITY + "?" + query), 422, field=field)


class Settings(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="authd-test-")
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "authd.toml")
        self.write("all")
        self.server = Server("--config", self.file, "--passwords.min-length", "9",
                             environment={"AUTHD_MAIL_URL": "smtps://me:hush-hush@mail.example"})
        self.addCleanup(self.server.__exit__, None)
        self.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n")
        self.root = self.server.log_in("root").json["access_token"]

    def write(self, level):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write("[branding]\nname = \"Fjord\"\n[log]\nrequests = \"%s\"\n" % level)

    def details(self):
        reply = self.server.get(ADMIN + "settings/details", token=self.root)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertNotIn(b"hush-hush", reply.body)
        self.assertEqual(reply.json["file"], self.file)
        return {one["key"]: one for one in reply.json["settings"]}

    def test_each_setting_says_where_it_comes_from(self):
        found = self.details()
        name = found["branding.name"]
        self.assertEqual((name["value"], name["source"], name["default"], name["is_changed"]),
                         ("Fjord", self.file + ":2", "authd", True))
        self.assertEqual(found["passwords.min_length"]["source"], "--passwords.min-length")
        self.assertEqual(found["passwords.min_length"]["value"], 9)
        self.assertEqual(found["mail.url"]["source"], "AUTHD_MAIL_URL")
        longest = found["passwords.max_length"]
        self.assertEqual((longest["source"], longest["is_changed"]), ("default", False))
        self.assertTrue(all(one["description"] for one in found.values()))
        shown = json.loads(self.server.command("config", "show", "--config", self.file,
                                               "--json").out)
        self.assertLessEqual(set(shown), set(found))

    def test_a_reload_is_seen_if_it_took_effect(self):
        self.assertTrue(self.details()["log.requests"]["is_reloadable"])
        self.write("none")
        with open(self.file, "a", encoding="utf-8") as f:
            f.write("[passwords]\nmax_length = 100\n")
        self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.details()["log.requests"]["value"] == "none", "the reload")
        self.assertEqual(self.details()["passwords.max_length"]["value"], 256)


if __name__ == "__main__":
    unittest.main()
