"""Attacks that move an account to a victim's address, or away from it, with the links that confirm
addresses."""

import json
import unittest

from attack import AttackCase, at_once, claims_of


class EmailChanges(AttackCase):
    def ask(self, token, address):
        reply = self.server.post("/api/v1/auth/email/change", {"new_email": address}, token=token)
        self.assertEqual(reply.status, 200, reply.body)
        return self.token_in(self.mail(address, "confirm"))

    def press(self, token, session=None):
        return self.server.post("/api/v1/auth/email/verify", {"token": token}, token=session)

    def test_email_change_as_a_trojan_horse(self):
        """The attacker's verified account, with keys and a second factor, that the victim is asked
        to accept."""
        evil = self.member()
        session = evil["access_token"]
        self.assertEqual(self.press(self.token_in(self.mail(self.address, "confirm")),
                                    session).status, 200)
        self.server.post("/api/v1/users/me/api-keys", {"name": "k", "scopes": ["verify"]},
                         token=session)
        victim = "v" + self.address
        self.server.post("/api/v1/auth/email/change", {"new_email": victim}, token=session)
        text = self.mail(victim, "confirm")
        self.assertIn('the account "%s"' % self.name, text)
        link = self.token_in(text)
        self.assertEqual(self.server.post("/api/v1/auth/email/link", {"token": link}).json,
                         {"kind": "change", "account": self.name, "email": victim,
                          "signed_in": False})
        self.refused(self.press(link), 403, "sign_in_first")
        self.refused(self.server.get("/confirm/" + link), 400)
        # Nor does it happen in the victim's own account.
        self.refused(self.press(link, self.member(self.name + "2")["access_token"]), 403,
                     "sign_in_first")
        self.server.post("/api/v1/auth/password/forgot", {"email": victim})
        self.assertEqual(self.server.me(session).json["email"], self.address)
        self.assertEqual(self.server.sign_up("v" + self.name, email=victim).status, 201)

    def test_email_change_that_outlives_its_session(self):
        """A thief requests the change in a stolen session, which ends before the link is
        followed."""
        admin = self.admin(self.name + "-root")
        def patched(name, stolen, owner):
            user = self.server.me(owner).json["id"]
            return self.server.request("PATCH", "/api/v1/admin/users/%d" % user,
                                       {"email": name + "@right.example"}, token=admin)
        ways = {
            "owner": lambda name, stolen, owner: self.server.request(
                "DELETE", "/api/v1/users/me/sessions/" + claims_of(stolen)["sid"], token=owner),
            "thief": lambda name, stolen, owner: self.server.post("/api/v1/auth/logout",
                                                                  token=stolen),
            "operator": lambda name, stolen, owner: self.server.request(
                "DELETE", "/api/v1/admin/sessions/" + claims_of(stolen)["sid"], token=admin),
            "all": lambda name, stolen, owner: self.server.post("/api/v1/auth/logout/all",
                                                                token=owner),
            "admin": patched,
        }
        for how, way in ways.items():
            with self.subTest(how):
                name = self.name + "-" + how
                owner = self.member(name)["access_token"]
                stolen = self.server.log_in(name).json["access_token"]
                link = self.ask(stolen, name + "@evil.example")
                self.assertIn(way(name, stolen, owner).status, (200, 204))
                for session in (stolen, self.server.log_in(name).json["access_token"], None):
                    self.refused(self.press(link, session), 401, "invalid_code")
                self.refused(self.server.post("/api/v1/auth/email/link", {"token": link}), 401,
                             "invalid_code")

    def test_email_change_that_the_owner_stops(self):
        """It works without a session, but only with the button, not when a page is loaded; whoever
        requested the change is signed out."""
        owner = self.member()["access_token"]
        stolen = self.server.log_in(self.name).json["access_token"]
        link = self.ask(stolen, "thief-" + self.address)
        text = self.mail(self.address, "was requested")
        self.assertIn("thief-" + self.address, text)
        self.assertIn('the account "%s"' % self.name, text)
        stop = self.token_in(text)
        for method in ("GET", "HEAD"):
            self.assertEqual(self.server.request(method, "/stop-email-change?token=" + stop).status,
                             200)
            self.assertEqual(self.server.request(method, "/api/v1/auth/email/stop?token="
                                                 + stop).status, 405)
        self.assertEqual(self.server.post("/api/v1/auth/email/link", {"token": link}).status, 200)
        # The link serves no other purpose.
        self.refused(self.press(stop, owner), 401, "invalid_code")
        self.refused(self.server.post("/api/v1/auth/password/reset",
                                      {"token": stop, "new_password": "a thief's battery"}), 401)
        self.refused(self.server.post("/api/v1/auth/email/stop", {"token": link}), 401,
                     "invalid_code")
        replies = at_once(
            [lambda: self.server.post("/api/v1/auth/email/stop", {"token": stop})] * 6)
        self.assertEqual([r.status for r in replies], [200] * 6)
        self.refused(self.press(link, owner), 401, "invalid_code")
        self.assertEqual(self.server.me(stolen).status, 401)
        self.assertEqual(self.server.me(owner).json["email"], self.address)
        log = json.loads(self.server.command("audit", "list", "--action", "email_change_stopped",
                                             "--json").out)["entries"]
        self.assertEqual([e["outcome"] for e in log].count("ok"), 1)

    def test_email_change_that_is_confirmed_while_its_session_is_ended(self):
        """If the session was alive, the change is made; if not, nothing is; never both."""
        for i in range(6):
            name = "%s-%d" % (self.name, i)
            owner = self.member(name)["access_token"]
            stolen = self.server.log_in(name).json["access_token"]
            new = name + "@evil.example"
            link = self.ask(stolen, new)
            sid = claims_of(stolen)["sid"]
            pressed, ended = at_once([lambda: self.press(link, stolen),
                                      lambda: self.server.request("DELETE",
                                                                  "/api/v1/users/me/sessions/"
                                                                  + sid, token=owner)])
            user = json.loads(self.server.command("user", "show", name, "--json").out)
            if pressed.status == 200:
                self.assertEqual(user["email"], new)
            else:
                self.refused(pressed, 401, "invalid_code")
                self.assertEqual((user["email"], ended.status), (name + "@example.org", 204))


if __name__ == "__main__":
    unittest.main()
