"""What users can export, and what else an administrator can do to an account."""

import base64
import unittest

from compat import totp
from harness import PASSWORD, Server, ServerCase
from pictures import png


class Admin(ServerCase):
    """`ann` is a member with a picture, `root` an administrator."""

    def setUp(self):
        self.ann = self.server.sign_up("ann" + self.id().rsplit("_", 1)[1]).json
        self.token = self.ann["access_token"]
        self.id_of_ann = self.ann["user"]["id"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n",
                           env={"AUTHD_PASSWORDS_ARGON2_MEMORY": "64KiB",
                                "AUTHD_PASSWORDS_ARGON2_PASSES": "1"})
        cls.admin = cls.server.log_in("root").json["access_token"]

    def put_picture(self):
        reply = self.server.request("PUT", "/api/v1/users/me/avatar", png(4, 4), token=self.token,
                                    headers={"Content-Type": "image/png"})
        self.assertEqual(reply.status, 200, reply.body)

    def audited(self, action):
        reply = self.server.get("/api/v1/admin/audit?action=%s&user=%d" % (action, self.id_of_ann),
                                token=self.admin)
        return reply.json["entries"]


class Administrators(Admin):
    def test_remove_a_picture(self):
        self.put_picture()
        path = "/api/v1/admin/users/%d/avatar" % self.id_of_ann
        self.refused(self.server.request("DELETE", path), 401)
        self.refused(self.server.request("DELETE", path, token=self.token), 403, "forbidden")
        self.assertEqual(self.server.get("/api/v1/users/me/avatar", token=self.token).status, 200)
        self.assertEqual(self.server.request("DELETE", path, token=self.admin).status, 204)
        self.refused(self.server.get("/api/v1/users/me/avatar", token=self.token), 404)
        self.assertIsNone(self.server.me(self.token).json["avatar_url"])
        entries = self.audited("avatar_removed")
        self.assertEqual(len(entries), 1)
        self.assertNotEqual(entries[0]["actor"], self.id_of_ann)
        # The second time there is nothing to do, and nothing is recorded.
        self.assertEqual(self.server.request("DELETE", path, token=self.admin).status, 204)
        self.assertEqual(len(self.audited("avatar_removed")), 1)
        for wrong in ("999999", "ann", "-1"):
            self.refused(self.server.request("DELETE", "/api/v1/admin/users/%s/avatar" % wrong,
                                             token=self.admin), 404)

    def test_are_told_that_what_is_no_number_is_not_there(self):
        for method, path in [("GET", "/api/v1/admin/users/x/api-keys"),
                             ("DELETE", "/api/v1/admin/users/x/api-keys/1"),
                             ("DELETE", "/api/v1/admin/users/1/api-keys/x"),
                             ("GET", "/api/v1/admin/users/x"),
                             ("GET", "/api/v1/users/x/avatar"),
                             ("DELETE", "/api/v1/users/me/api-keys/x")]:
            self.refused(self.server.request(method, path, token=self.admin), 404, "not_found")

    def test_are_told_which_number_of_a_list_is_wrong(self):
        for path in ("users", "audit", "mail"):
            for limit in ("x", "0", "501", "-1", ""):
                reply = self.server.get("/api/v1/admin/%s?limit=%s" % (path, limit),
                                        token=self.admin)
                self.refused(reply, 422, "invalid_value", "limit")

    def test_are_told_why_there_are_no_more_keys(self):
        with Server() as server:
            server.command("user", "add", "--username", "root", "--admin", stdin=PASSWORD + "\n",
                           env={"AUTHD_PASSWORDS_ARGON2_MEMORY": "64KiB",
                                "AUTHD_PASSWORDS_ARGON2_PASSES": "1"})
            token = server.log_in("root").json["access_token"]
            for _ in range(18):
                self.assertEqual(server.post("/api/v1/admin/keys/rotate", token=token).status, 200)
            self.refused(server.post("/api/v1/admin/keys/rotate", token=token), 409,
                         "too_many_keys")


class Export(Admin):
    def test_has_all_of_the_person_and_no_secret(self):
        self.put_picture()
        made = self.server.post("/api/v1/users/me/api-keys",
                                {"name": "proxy", "scopes": ["verify"]}, token=self.token).json
        secret = self.server.post("/api/v1/users/me/mfa/totp", token=self.token).json["secret"]
        codes = self.server.post("/api/v1/users/me/mfa/totp/confirm", {"code": totp(secret)},
                                 token=self.token).json
        self.server.request("PATCH", "/api/v1/admin/users/%d" % self.id_of_ann,
                            {"first_name": "Änn"}, token=self.admin)
        reply = self.server.get("/api/v1/users/me/export", token=self.token)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.headers["Content-Disposition"],
                         'attachment; filename="authd-%d.json"' % self.id_of_ann)
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        data = reply.json
        self.assertEqual(data["user"], self.server.me(self.token).json)
        self.assertEqual(data["user"]["first_name"], "Änn")
        self.assertTrue(base64.b64decode(data["avatar"]).startswith(b"\xff\xd8\xff"))
        self.assertEqual(data["second_factors"]["recovery_codes_left"],
                         len(codes["recovery_codes"]))
        self.assertIsNotNone(data["second_factors"]["totp_since"])
        self.assertEqual([(k["name"], k["scopes"]) for k in data["api_keys"]],
                         [("proxy", ["verify"])])
        self.assertEqual([s["current"] for s in data["sessions"]], [True])
        self.assertEqual(data["identities"], [])
        actions = [e["action"] for e in data["audit"]]
        self.assertEqual(actions[0], "personal_data_exported")
        for action in ("totp_added", "avatar_changed", "signup"):
            self.assertIn(action, actions)
        by_others = [e for e in data["audit"] if not e["by_self"] and e["action"]
                     == "profile_changed"]
        self.assertEqual([e["address"] for e in by_others], [None])
        text = reply.body.decode()
        for hidden in [made["api_key"], secret, self.ann["refresh_token"], "argon2",
                       *codes["recovery_codes"]]:
            self.assertNotIn(hidden, text)
        self.assertEqual(len(self.audited("personal_data_exported")), 1)

    def test_is_for_the_caller_alone_and_after_a_fresh_login(self):
        self.refused(self.server.get("/api/v1/users/me/export"), 401)
        other = self.server.sign_up("other").json
        text = self.server.get("/api/v1/users/me/export", token=self.token).body.decode()
        self.assertNotIn('"other"', text)
        key = self.server.post("/api/v1/users/me/api-keys",
                               {"name": "k", "scopes": ["profile:read"]},
                               token=other["access_token"])
        # A program's key does not prove who a person is.
        self.refused(self.server.get("/api/v1/users/me/export", token=key.json["api_key"]), 403)


if __name__ == "__main__":
    unittest.main()
