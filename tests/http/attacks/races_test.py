"""Races: many requests at the same moment. One-time credentials work once, and what was ended stays
ended."""

import json
import re
import unittest

from attack import PASSWORD, AttackCase, at_once, step_now, totp, wait_until


class Races(AttackCase):
    # even the slowest of a hundred counts as simultaneous
    FLAGS = ("--tokens.refresh-grace", "10m")

    def post(self, path, body, token=None):
        return self.server.post("/api/v1/auth/" + path, body, token=token)

    def checked(self, replies):
        for reply in replies:
            self.assertFalse(isinstance(reply, Exception), reply)
        return replies

    def test_refresh_by_a_hundred(self):
        """All get the same successor, and the session lives; then a copy of the first token ends it
        for everybody."""
        tokens = self.member()
        first = tokens["refresh_token"]
        replies = self.checked(at_once([lambda: self.server.refresh(first)] * 100))
        self.assertEqual({r.status for r in replies}, {200})
        successors = {r.json["refresh_token"] for r in replies}
        self.assertEqual(len(successors), 1)
        third = self.server.refresh(successors.pop()).json["refresh_token"]
        stolen = self.checked(at_once([lambda: self.server.refresh(first)] * 10
                                      + [lambda: self.server.refresh(third)] * 10))
        self.assertEqual({r.status for r in stolen[:10]}, {401})
        self.assertEqual(self.server.refresh(third).status, 401)
        for reply in stolen[10:]:
            if reply.status == 200:  # Even this one, which was faster than the copy, has ended.
                self.assertEqual(self.server.me(reply.json["access_token"]).status, 401)

    def test_administrators_remove_each_other(self):
        """The only two administrators remove each other at the same moment: one of them is left."""
        ways = (("DELETE", "/roles/admin"), ("POST", "/disable"), ("DELETE", ""))
        left = []
        for i in range(12):
            method, way = ways[i % 3]
            tokens = [self.admin("%s-%d-%d" % (self.name, i, j)) for j in range(2)]
            users = [self.server.me(token).json["id"] for token in tokens]
            for user in left:
                self.server.command("role", "revoke", str(user), "admin")
            paths = ["/api/v1/admin/users/%d%s" % (user, way) for user in reversed(users)]
            replies = self.checked(
                at_once([lambda by=token, path=path: self.server.request(method, path, token=by)
                         for token, path in zip(tokens, paths)] * 4))
            self.assertLessEqual({r.status for r in replies}, {200, 204, 401, 403, 404, 409},
                                 [r.body for r in replies])
            left = [user for user, token in zip(users, tokens)
                    if self.server.get("/api/v1/admin/roles", token=token).status == 200]
            self.assertEqual(len(left), 1, [(r.status, r.body) for r in replies])

    def test_refresh_against_logout(self):
        """Even if a refresh wins the race, nothing of the session works after the logout."""
        for i in range(5):
            tokens = self.member("%s-%d" % (self.name, i))
            replies = self.checked(at_once(
                [lambda: self.server.refresh(tokens["refresh_token"])] * 8 +
                [lambda: self.post("logout", {"refresh_token": tokens["refresh_token"]})] * 2))
            for reply in replies[:8]:
                if reply.status == 200:
                    self.assertEqual(self.server.me(reply.json["access_token"]).status, 401)
                    self.assertEqual(self.server.refresh(reply.json["refresh_token"]).status, 401)

    def test_refresh_against_password_change(self):
        """A thief who refreshes while the owner changes the password is signed out."""
        thief = self.member()
        owner = self.server.log_in(self.name).json
        body = {"current_password": PASSWORD, "new_password": "another battery"}
        replies = self.checked(at_once([lambda: self.server.refresh(thief["refresh_token"])] * 10 +
                                       [lambda: self.post("password/change", body,
                                                          token=owner["access_token"])]))
        self.assertEqual(replies[-1].status, 200)
        for reply in replies[:-1]:
            if reply.status == 200:
                self.assertEqual(self.server.me(reply.json["access_token"]).status, 401)
                self.assertEqual(self.server.refresh(reply.json["refresh_token"]).status, 401)
        self.assertEqual(self.server.me(owner["access_token"]).status, 200)

    def test_login_against_password_change(self):
        """A login with the old password that was under way is refused, or its session has ended."""
        owner = self.member()
        body = {"current_password": PASSWORD, "new_password": "another battery"}
        replies = self.checked(at_once([lambda: self.server.log_in(self.name)] * 5 +
                                       [lambda: self.post("password/change", body,
                                                          token=owner["access_token"])]))
        self.assertEqual(replies[-1].status, 200)
        for reply in replies[:-1]:
            self.assertIn(reply.status, (200, 401, 429))
            if reply.status == 200:
                self.assertEqual(self.server.me(reply.json["access_token"]).status, 401)

    def test_password_changed_by_two_sessions(self):
        """Each ends the other's session, so one of them is too late."""
        for i in range(4):
            name = "%s-%d" % (self.name, i)
            self.member(name)
            sessions = [self.server.log_in(name).json["access_token"] for _ in range(4)]
            bodies = [{"current_password": PASSWORD, "new_password": "another battery %d" % n}
                      for n in range(4)]
            replies = self.checked(
                at_once([lambda t=t, b=b: self.post("password/change", b, token=t)
                         for t, b in zip(sessions, bodies)]))
            won = [n for n, reply in enumerate(replies) if reply.status == 200]
            self.assertEqual(len(won), 1, [reply.status for reply in replies])
            alive = [n for n, token in enumerate(sessions) if self.server.me(token).status == 200]
            self.assertEqual(alive, won)
            self.assertLessEqual({reply.status for reply in replies}, {200, 401, 403, 429})
            self.assertEqual(self.server.log_in(name, "another battery %d" % won[0]).status, 200)

    def test_second_factor_added_by_two_sessions(self):
        token = self.member()["access_token"]
        sessions = [token] + [self.server.log_in(self.name).json["access_token"] for _ in range(4)]
        secret = self.server.post("/api/v1/users/me/mfa/totp", {}, token=token).json["secret"]
        code = {"code": totp(secret, step_now())}
        replies = self.checked(
            at_once(
                [lambda t=t: self.server.post("/api/v1/users/me/mfa/totp/confirm", code, token=t)
                 for t in sessions]))
        won = [n for n, reply in enumerate(replies) if reply.status == 200]
        self.assertEqual(len(won), 1, [reply.status for reply in replies])
        self.assertEqual({reply.status for n, reply in enumerate(replies) if n not in won}, {401})
        self.assertEqual([n for n, t in enumerate(sessions) if self.server.me(t).status == 200],
                         won)

    def test_login_against_disable(self):
        self.member()
        replies = self.checked(at_once([lambda: self.server.log_in(self.name)] * 5 +
                                       [lambda: self.server.command("user", "disable", self.name)]))
        for reply in replies[:-1]:
            if reply.status == 200:
                self.assertEqual(self.server.me(reply.json["access_token"]).status, 401)
        self.assertEqual(self.server.log_in(self.name).status, 403)

    def test_sign_up_with_one_name(self):
        fields = lambda i: {"username": self.name.upper() if i % 2 else self.name,
                            "password": PASSWORD}
        replies = at_once([lambda i=i: self.post("signup", fields(i)) for i in range(15)])
        self.exactly_one_wins(replies, losers=(409,))
        spelled = at_once(
            [lambda i=i: self.post("signup",
                                   {"email": ("A" if i % 2 else "a") + self.address,
                                    "password": PASSWORD})
             for i in range(15)])
        self.exactly_one_wins(spelled, losers=(409,))
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_change_to_one_name(self):
        """Two members rename themselves to the same third name."""
        tokens = [self.member("%s-%d" % (self.name, i))["access_token"] for i in range(6)]
        replies = at_once([lambda t=t: self.server.request("PATCH", "/api/v1/users/me",
                                                           {"username": self.name}, token=t)
                           for t in tokens])
        self.exactly_one_wins(replies, losers=(409,))
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_reset_link(self):
        self.member()
        token = self.mailed_token("password/forgot", "password")
        body = lambda i: {"token": token, "new_password": "another battery %d" % i}
        replies = at_once([lambda i=i: self.post("password/reset", body(i)) for i in range(12)])
        won = replies.index(self.exactly_one_wins(replies))
        self.assertEqual(self.server.log_in(self.name, "another battery %d" % won).status, 200)

    def test_confirmation_link(self):
        self.member()
        token = self.token_in(self.mail(self.address, "confirm"))
        self.exactly_one_wins(at_once([lambda: self.post("email/verify", {"token": token})] * 15))

    def test_magic_link(self):
        self.member()
        binding = self.post("magic-link", {"email": self.address}).json["binding"]
        body = {"token": self.token_in(self.mail(self.address, "login link")), "binding": binding}
        self.exactly_one_wins(at_once([lambda: self.post("magic-link/verify", body)] * 15),
                              losers=(401, 429))

    def test_login_code(self):
        self.member()
        self.post("otp/send", {"email": self.address})
        code = re.search(r"\b(\d{6})\b", self.mail(self.address, "code"))[1]
        body = {"email": self.address, "code": code}
        self.exactly_one_wins(at_once([lambda: self.post("otp/verify", body)] * 5),
                              losers=(401, 429))

    def test_login_code_guessed_in_parallel(self):
        """Two hundred simultaneous guesses from forty addresses get five tries in all; then even
        the right code is void."""
        self.member()
        asked = self.post("otp/send", {"email": self.address})
        browser = {"Cookie": asked.headers["Set-Cookie"].split(";")[0]}
        code = int(re.search(r"\b(\d{6})\b", self.mail(self.address, "code"))[1])
        use = lambda number: self.server.post("/api/v1/auth/otp/verify",
                                              {"email": self.address, "code": "%06d" % number},
                                              headers=browser)
        guess = lambda i: use((code + 1 + i) % 1000000)
        replies = self.checked(at_once([lambda i=i: guess(i) for i in range(60)]))
        self.assertLessEqual({r.status for r in replies}, {401, 429})
        looked_at = sum(r.status == 401 for r in replies)
        self.assertLessEqual(looked_at, 20)
        self.server.command("user", "unlock", self.name)
        self.server.source = "127.77.0.1"
        if looked_at >= 5:
            self.refused(use(code), 401, "invalid_code")

    def test_second_factor_guessed_in_parallel(self):
        """A challenge accepts five answers, however many arrive at once."""
        _, secret, _ = self.with_second_factor()
        challenge = self.server.log_in(self.name).json["mfa_token"]
        good = {totp(secret, step_now() + d) for d in range(-2, 4)}
        wrong = [c for c in ("%06d" % i for i in range(100)) if c not in good][:50]
        replies = self.checked(
            at_once([lambda c=c: self.post("mfa", {"mfa_token": challenge, "code": c})
                     for c in wrong]))
        self.assertLessEqual({r.status for r in replies}, {401, 429})
        self.assertLessEqual(sum(r.status == 401 and r.json["error"] == "invalid_code"
                                 for r in replies), 5)

    def test_code_of_the_app(self):
        """One code, many logins: it is accepted once."""
        _, secret, _ = self.with_second_factor()
        body = {"login": self.name, "password": PASSWORD, "mfa_code": totp(secret, step_now() + 1)}
        self.exactly_one_wins(at_once([lambda: self.post("login", body)] * 5), losers=(401, 429))

    def test_recovery_code(self):
        _, _, recovery = self.with_second_factor()
        body = {"login": self.name, "password": PASSWORD, "mfa_code": recovery[0]}
        self.exactly_one_wins(at_once([lambda: self.post("login", body)] * 5), losers=(401, 429))

    def test_challenge(self):
        """One challenge and two valid recovery codes: one session."""
        _, _, recovery = self.with_second_factor()
        challenge = self.server.log_in(self.name).json["mfa_token"]
        replies = at_once([lambda c=c: self.post("mfa", {"mfa_token": challenge, "code": c})
                           for c in recovery[:5]])
        self.exactly_one_wins(replies, losers=(401, 429))

    def test_api_keys_made_side_by_side(self):
        """Every request reads before it writes; the limit of 50 keys still holds."""
        token = self.member()["access_token"]
        make = lambda: self.server.post("/api/v1/users/me/api-keys",
                                        {"name": "k", "scopes": ["verify"]}, token=token)
        for _ in range(42):
            self.assertEqual(make().status, 201)
        replies = at_once([make] * 40)
        self.assertEqual(sorted(r.status for r in replies), [201] * 8 + [409] * 32)
        for reply in replies:
            if reply.status != 201:
                self.refused(reply, 409, "too_many_api_keys")
        self.assertEqual(
            len(self.server.get("/api/v1/users/me/api-keys", token=token).json["api_keys"]), 50)
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_api_keys_made_while_the_address_is_proved(self):
        """No key from before the proof works after it, nor one created at the same moment."""
        token = self.member()["access_token"]
        make = lambda: self.server.post("/api/v1/users/me/api-keys",
                                        {"name": "k", "scopes": ["verify"]}, token=token)
        keys = [make()]
        binding = self.server.post("/api/v1/auth/magic-link",
                                   {"email": self.address}).json["binding"]
        link = {"token": self.token_in(self.mail(self.address, "login link")), "binding": binding}
        proved, *made = at_once([lambda: self.server.post("/api/v1/auth/magic-link/verify", link)]
                                + [make] * 20)
        self.assertEqual(proved.status, 200, proved.body)
        for reply in keys + made:
            if reply.status == 201:
                self.assertEqual(self.server.get("/auth/verify",
                                                 headers={
                                                     "X-API-Key": reply.json["api_key"]}).status,
                                 401)
            else:
                self.refused(reply, 401)
        owner = proved.json["access_token"]
        self.assertEqual(self.server.get("/api/v1/users/me/api-keys", token=owner).json["api_keys"],
                         [])
        self.assertEqual(self.server.command("db", "check").returncode, 0)

    def test_delete_against_everything(self):
        """While an account is being deleted, nothing re-creates it or one of its sessions."""
        token = self.member()["access_token"]
        me = "/api/v1/users/me"
        replies = self.checked(at_once(
            [lambda: self.server.request("PATCH", me, {"first_name": "x"}, token=token)] * 4 +
            [lambda: self.server.log_in(self.name)] * 4
            + [lambda: self.server.request("DELETE", me, token=token)]))
        self.assertEqual(replies[-1].status, 200)
        self.assertEqual(self.server.me(token).status, 401)
        for reply in replies[4:8]:
            if reply.status == 200:
                self.assertEqual(self.server.me(reply.json["access_token"]).status, 401)
        self.assertEqual(self.server.command("user", "show", self.name, check=False).returncode, 3)
        self.assertEqual(self.server.command("db", "check").returncode, 0)


class SetUpRace(AttackCase):
    def test_first_administrator(self):
        """The set-up link creates one administrator, not one for each tab."""
        url = wait_until(
            lambda: next((l["setup_url"] for l in self.server.log_lines() if "setup_url" in l),
                         None), "the link")
        token = url.split("token=")[1]
        body = lambda i: {"token": token, "username": "root%d" % i, "password": PASSWORD}
        self.exactly_one_wins(
            at_once([lambda i=i: self.server.post("/api/v1/setup", body(i)) for i in range(10)]))
        users = json.loads(self.server.command("user", "list", "--json").out)["users"]
        self.assertEqual(len(users), 1)


if __name__ == "__main__":
    unittest.main()
