"""Getting into the accounts of others, or blocking them: guessing, finding out who has an account,
look-alike names, sign-ups before the owner."""

import json
import os
import re
import select
import socket
import statistics
import time
import unittest

from attack import (PASSWORD, AttackCase, Server, basic, claims_of, metrics, next_source,
                    post_bytes, step_now, totp, wait_until)

SIGN_UP = "/api/v1/auth/signup"


class Names(AttackCase):
    def sign_up(self, **fields):
        return self.server.post(SIGN_UP, {"password": PASSWORD, **fields})

    def test_username_of_another_case(self):
        self.member()
        for name in (self.name.upper(), self.name.title(), self.name.swapcase()):
            self.refused(self.sign_up(username=name), 409, "username_taken")

    def test_email_of_another_case(self):
        self.member()
        for address in (self.address.upper(), self.address.replace("example", "EXAMPLE"),
                        self.address.title()):
            self.refused(self.sign_up(email=address), 409, "email_taken")

    def test_username_that_looks_like_another(self):
        """Homoglyphs, full-width letters, combining marks, joiners, direction marks, dotless i,
        Kelvin sign."""
        for name in ("аdmin", "ａdmin", "admi\u0301n", "ad\u200dmin", "\u202enimda", "adm\u0131n",
                     "\u212aate", "admin\u00a0", "ad\u00admin",
                     "admin\ufeff", "\u0430\u0501\u043c\u0456\u043f", "admin ", " admin", "admin\t",
                     "ad min", "admin\u0000", "admin\n"):
            with self.subTest(name=name):
                self.refused(self.sign_up(username=name), 422, field="username")

    def test_username_that_is_an_email_or_an_id(self):
        """Nobody can choose another person's address or number as a name."""
        self.member()
        for name in (self.address, "a@b.example", "@", "x@", "root@localhost", "/etc/passwd",
                     "../admin", "a/b", "a\\b", "<b>", "a'b", 'a"b',
                     "${x}", "{{7*7}}", "a;b", "a,b", "a:b", "%00", "a%2e", "~", "a|b", "a=b",
                     "a&b", "*", "."):
            with self.subTest(name=name):
                self.refused(self.sign_up(username=name), 422, field="username")

    def test_mail_for_an_address_that_folds_to_another(self):
        """Case folding that merges different mailboxes would send the link to the attacker's
        (GitHub, 2019)."""
        self.sign_up(email="mike-k@example.org")
        for address in ("m\u0131ke-k@example.org", "M\u0130KE-K@example.org",
                        "mike-\u212a@example.org", "mike-k@example.org\u0000",
                        "mike-k@exa\u00admple.org", "mike-k@ex\uff41mple.org",
                        "mike-k@example\u3002org", "mike-k@example.org."):
            self.server.post("/api/v1/auth/password/forgot", {"email": address})
            self.server.post("/api/v1/auth/otp/send", {"email": address})
        # The account's own mail would arrive after all of them.
        self.server.post("/api/v1/auth/password/forgot", {"email": "MIKE-K@example.org"})
        self.mail("mike-k@example.org", "new password")
        for name in os.listdir(self.mails.name):
            if not name.endswith(".eml"):
                continue  # being written
            with open(os.path.join(self.mails.name, name), "rb") as f:
                content = f.read()
            self.assertNotIn(b"new password", content)
            self.assertNotIn(b"login code", content)

    def test_two_addresses_in_one(self):
        """A list instead of one address would mail the token to both; so would an injected
        header."""
        self.member()
        both = [[self.address, "evil@evil.example"], self.address + ",evil@evil.example",
                self.address + " evil@evil.example",
                self.address + "\r\nBcc: evil@evil.example",
                self.address + "%0aBcc: evil@evil.example", {"$ne": ""},
                "<%s>" % self.address, "x <%s>" % self.address, self.address + ";evil@evil.example",
                None, True]
        for path in ("password/forgot", "otp/send", "magic-link", "email/resend"):
            for value in both:
                reply = self.server.post("/api/v1/auth/" + path, {"email": value})
                self.assertIn(reply.status, (200, 422), (path, value))
        self.server.post("/api/v1/auth/password/forgot", {"email": self.address})
        self.mail(self.address, "new password")
        self.assertEqual(self.mails_to("evil"), [])
        for address in both[1:7]:
            if isinstance(address, str):
                self.refused(self.sign_up(email=address), 422, field="email")

    def test_password_with_nul(self):
        """Code that reads passwords as C strings would see only their beginning."""
        self.refused(self.sign_up(username=self.name, password="longenough\u0000x"), 422,
                     field="password")
        self.member()
        for password in (PASSWORD + "\u0000", PASSWORD + "\u0000x", "\u0000" + PASSWORD,
                         PASSWORD[:5] + "\u0000"):
            self.assertIn(self.server.log_in(self.name, password).status, (401, 422))

    def test_password_that_is_cut_off(self):
        """The password does not end after 72 bytes (bcrypt), nor after 64, 128 or 255."""
        long = "".join("abcdefgh"[i % 8] for i in range(256))
        self.assertEqual(self.sign_up(username=self.name, password=long).status, 201)
        for length in (8, 55, 64, 72, 127, 128, 255):
            self.server.source = next_source()
            self.assertEqual(self.server.log_in(self.name, long[:length]
                                                + ("x" if length == 72 else "")).status, 401)
        self.assertEqual(self.server.log_in(self.name, long).status, 200)

    def test_mass_assignment_at_sign_up(self):
        evil = {"roles": ["admin"], "role": "admin", "role_id": 2, "is_admin": True, "admin": True,
                "permissions": ["*"], "id": 1,
                "user_id": 1, "email_verified": True, "is_active": False, "disabled": False,
                "mfa_enabled": True, "created_at": "1970-01-01",
                "password_hash": "x", "session_epoch": 99, "__proto__": {"roles": ["admin"]},
                "user": {"roles": ["admin"]}}
        for name, value in evil.items():
            reply = self.sign_up(username=self.name, email=self.address, **{name: value})
            self.assertEqual((reply.status, reply.json["field"]), (422, name))
        user = self.sign_up(username=self.name, email=self.address).json["user"]
        self.assertEqual((user["roles"], user["email_verified"], user["is_active"],
                          user["mfa_enabled"]), (["user"], False, True, False))
        self.assertGreater(
            len(json.loads(self.server.command("user", "show", self.name, "--json").out)), 0)
        self.assertEqual(self.server.command("user", "show", self.name,
                                             "--json").out.count("admin"), 0)

    def test_mass_assignment_in_the_profile(self):
        member = self.member()
        before = json.loads(self.server.command("user", "show", self.name, "--json").out)
        evil = {"roles": ["admin"], "role": "admin", "role_id": 2, "is_admin": True, "id": 1,
                "email_verified": True, "is_active": False,
                "disabled": True, "mfa_enabled": True, "created_at": "1970-01-01T00:00:00Z",
                "password": "x", "password_hash": "x",
                "permissions": ["*"], "user": {"roles": ["admin"]},
                "last_activity": "2099-01-01T00:00:00Z"}
        for method in ("PATCH", "PUT"):
            reply = self.server.request(method, "/api/v1/users/me", evil,
                                        token=member["access_token"])
            self.assertIn(reply.status, (200, 422))
        after = json.loads(self.server.command("user", "show", self.name, "--json").out)
        for moving in ("updated_at", "last_activity"):
            before.pop(moving, None), after.pop(moving, None)
        self.assertEqual(after, before)

    def test_json_with_a_name_twice(self):
        """A filter in front may read the first, a server the last: duplicates are refused."""
        self.member()
        for body in ('{"login":"%s","password":"wrong password","password":"%s"}',
                     '{"login":"x","login":"%s","password":"%s"}',
                     '{"login":"%s","\\u0070assword":"x","password":"%s"}'):
            reply = self.server.request("POST", "/api/v1/auth/login", body % (self.name, PASSWORD))
            self.refused(reply, 400)

    def test_browser_name_that_is_no_text(self):
        """The client's name for itself is stored, and shown to its owner and to administrators:
        always as text."""
        self.member()
        for agent in (b"\xff\xfe\x80", b"a" * 255 + "\u00e9".encode(), b"\xed\xa0\x80", b"<script>",
                      b"\xe2\x80\xae" * 100, b"x" * 5000):
            data = b'{"login":"%s","password":"%s"}' % (self.name.encode(), PASSWORD.encode())
            answer = self.server.raw(post_bytes("/api/v1/auth/login", data, b"User-Agent: " + agent
                                                + b"\r\nConnection: close\r\n"))
            self.assertIn(b" 200 ", answer[:20])
        token = self.server.log_in(self.name).json["access_token"]
        reply = self.server.get("/api/v1/users/me/sessions", token=token)
        sessions = json.loads(reply.body.decode("utf-8"))["sessions"]
        self.assertEqual(len(sessions), 8)
        self.assertTrue(all(len((s["user_agent"] or "").encode()) <= 1024 for s in sessions))
        json.loads(self.server.command("session", "list", self.name, "--json").out)["sessions"]

    def test_json_types_as_operators(self):
        """NoSQL operators, arrays, booleans and numbers where a string is expected."""
        self.member()
        for value in ({"$ne": None}, {"$gt": ""}, ["x"], [PASSWORD], True, 0, None, {"": ""}):
            self.assertEqual(self.server.post("/api/v1/auth/login",
                                              {"login": self.name, "password": value}).status, 422)
            self.assertEqual(self.server.post("/api/v1/auth/login",
                                              {"login": value, "password": PASSWORD}).status, 422)
            self.assertIn(self.server.post("/api/v1/auth/refresh", {"refresh_token": value}).status,
                          (401, 422))

    def test_path_traversal(self):
        for path in ("/../../etc/passwd", "/api/v1/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/..%2f..%2fetc/passwd", "/..%5c..%5cetc",
                     "/.git/config", "/static/../../master.key", "/....//....//master.key",
                     "//etc/passwd", "/api/v1/users/../admin/users",
                     "/api/v1/admin/users/..%2f..", "/%c0%ae%c0%ae/", "/..;/admin",
                     "/api/v1/users/me/..;/../admin/users", "/master.key",
                     "/data.mdb", "/api/v1//admin/users", "/API/V1/ADMIN/USERS",
                     "/api/v1/admin/users/", "/api/v1/admin/users%20", "/api/v1/admin%2Fusers"):
            reply = self.server.get(path)
            self.assertIn(reply.status, (400, 401, 404), path)
            self.assertNotIn(b"root:", reply.body)


class Guesses(AttackCase):
    FLAGS = ("--server.trusted-proxies", "127.0.0.0/8")

    def from_address(self, i, path, body):
        return self.server.post("/api/v1/auth/" + path, body,
                                headers={"X-Forwarded-For": "198.51.%d.%d" % (i // 250, i % 250)})

    def test_password_guessed_from_one_address(self):
        self.member()
        self.held_back(
            [lambda i=i: self.from_address(1, "login",
                                           {"login": self.name, "password": "guess number %d" % i})
             for i in range(15)], free=5)

    def test_password_guessed_from_many_addresses(self):
        """A botnet gets a few tries at one account before it has to wait, and the pauses lock
        nobody out for long."""
        self.member()
        self.held_back(
            [lambda i=i: self.from_address(i, "login",
                                           {"login": self.name, "password": "guess number %d" % i})
             for i in range(40)],
            free=20, longest=30)

    def test_one_password_for_many_accounts(self):
        """Password spraying from one address."""
        self.held_back(
            [lambda i=i: self.from_address(1000, "login",
                                           {"login": "sprayed-%d" % i, "password": "Winter2026!"})
             for i in range(70)], free=50)

    def test_second_factor_guessed_with_fresh_challenges(self):
        """An attacker who knows the password keeps restarting. The right password must not clear
        the wrong codes."""
        _, secret, _ = self.with_second_factor()
        good = {totp(secret, step_now() + d) for d in range(-2, 10)}
        challenges = {}

        def guess(i, n):
            """A guess after the password, with a new address for every five."""
            if i not in challenges:
                # Proving the password elsewhere clears nothing either.
                self.server.get("/auth/verify",
                                headers={**basic(self.name, PASSWORD),
                                         "X-Forwarded-For": "198.51.8.%d" % i})
                first = self.from_address(2000 + i, "login",
                                          {"login": self.name, "password": PASSWORD})
                if first.status == 429:
                    return first
                challenges[i] = first.json["mfa_token"]
            code = next(c for c in ("%06d" % (i * 1000 + n * 10 + k) for k in range(10))
                        if c not in good)
            return self.from_address(2000 + i, "mfa", {"mfa_token": challenges[i], "code": code})

        replies = self.held_back([lambda i=i, n=n: guess(i, n) for i in range(14)
                                  for n in range(5)], free=10, longest=30)
        self.assertLessEqual({r.status for r in replies}, {401, 429})

    def test_second_factor_guessed_with_fresh_login_codes(self):
        """The same with mfa_code in the login itself."""
        _, secret, _ = self.with_second_factor()
        good = {totp(secret, step_now() + d) for d in range(-2, 10)}
        wrong = [c for c in ("%06d" % i for i in range(60)) if c not in good]
        guess = lambda i: self.from_address(4000 + i, "login",
                                            {"login": self.name, "password": PASSWORD,
                                             "mfa_code": wrong[i]})
        self.held_back([lambda i=i: guess(i) for i in range(40)], free=10, longest=30)

    def test_address_that_is_made_up(self):
        """X-Forwarded-For from a client that is not a proxy gives it no new tries; here only the
        last hop counts."""
        guess = lambda i: self.server.post("/api/v1/auth/login",
                                           {"login": "nobody", "password": "x" * 8},
                                           headers={"X-Forwarded-For": "1.2.3.%d, 198.51.99.1" % i})
        self.held_back([lambda i=i: guess(i) for i in range(12)], free=5)

    def test_stolen_session_guesses_the_password(self):
        """A live token is no way around the limits on guesses of the password."""
        self.member()
        for path, field, more in (("password/change", "current_password",
                                   {"new_password": "another battery"}),
                                  ("reauthenticate", "password", {})):
            token = self.server.log_in(self.name).json["access_token"]
            guess = lambda i: self.server.post("/api/v1/auth/" + path,
                                               {field: "guess %d" % i, **more}, token=token)
            self.held_back([lambda i=i: guess(i) for i in range(12)], free=5)

    def test_mail_bomb(self):
        """A stranger cannot have the same address mailed repeatedly, from however many addresses
        the requests come."""
        self.member()
        self.mail(self.address, "confirm")
        for path in ("password/forgot", "magic-link", "otp/send", "email/resend"):
            for i in range(10):
                reply = self.from_address(5000 + i, path, {"email": self.address})
                self.assertIn(reply.status, (200, 429))
        # A mail to somebody else is written after all of these.
        other = self.name + "-2"
        self.member(other)
        self.mail(other + "@example.org", "confirm")
        subjects = [mail["Subject"] for _, mail in self.mails_to(self.address)]
        self.assertLessEqual(len(subjects), 11, subjects)

    def test_mail_that_says_what_a_stranger_wrote(self):
        """Signing up with somebody's address and an advertisement as the name would make authd send
        spam."""
        lure = "You won! http://evil.example/prize"
        self.assertEqual(self.server.sign_up(self.name, email=self.address, first_name=lure,
                                             last_name=lure).status, 201)
        self.mail_of_nobodys_words("confirm")
        self.server.post("/api/v1/auth/password/forgot", {"email": self.address},
                         headers={"User-Agent": lure, "Referer": lure})
        self.mail_of_nobodys_words("new password")

    def mail_of_nobodys_words(self, words):
        found = self.mails_to(self.address)
        text = self.mail(self.address, words) + "".join(mail.as_string() for _, mail in found)
        self.assertNotIn("evil.example", text)
        self.assertNotIn("You won", text)


class WhoIsHere(AttackCase):
    """Finding out whether an account exists: from the reply, from the work, and from the time."""

    # Enough to make the hash most of a login.
    FLAGS = ("--passwords.argon2-memory", "19MiB", "--passwords.argon2-passes", "2")

    def setUp(self):
        super().setUp()
        self.member()

    def same(self, path, known, unknown):
        replies = [self.server.post("/api/v1/auth/" + path, body) for body in (known, unknown)]
        said = [{k: v for k, v in r.json.items() if k not in ("request_id", "binding")}
                for r in replies]
        self.assertEqual(said[0], said[1], path)
        self.assertEqual(replies[0].status, replies[1].status)
        self.assertEqual(sorted(h.lower() for h in replies[0].headers),
                         sorted(h.lower() for h in replies[1].headers))
        lengths = [int(r.headers["Content-Length"]) for r in replies]
        self.assertEqual(lengths[0], lengths[1])

    def test_by_what_is_said(self):
        self.same("login", {"login": self.name, "password": "wrong password"},
                  {"login": "nobody", "password": "wrong password"})
        for path in ("password/forgot", "otp/send", "magic-link", "email/resend"):
            self.same(path, {"email": self.address},
                      {"email": "nobody-%s@example.org" % path.replace("/", "-")})
        self.same("otp/verify", {"email": self.address, "code": "000000"},
                  {"email": "nobody2@example.org", "code": "000000"})

    def test_by_the_second_mail(self):
        """The pause between mails also applies to addresses without an account."""
        for path in ("otp/send", "password/forgot", "magic-link", "email/resend"):
            ask = lambda address: [self.server.post("/api/v1/auth/" + path,
                                                    {"email": address}).status for _ in range(5)]
            known, unknown = ask(self.address), ask("nobody3@example.org")
            self.assertEqual(known, unknown, path)
            self.assertEqual(known[-1], 429, path)

    def test_by_the_work(self):
        """According to the counters, both cost the same: one hash and the same number of writes."""
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            # The mail server never answers, so no write for a delivered mail is counted among ours.
            with Server("--mail.url", "smtp://127.0.0.1:%d" % deaf.getsockname()[1],
                        "--mail.timeout", "10m") as server:
                for i in range(3):
                    server.sign_up("known%d" % i, email="known%d@example.org" % i)
                server.sign_up("off")
                server.command("user", "disable", "off")
                wait_until(lambda: select.select([deaf], [], [], 0)[0],
                           "the mail server to be asked")

                def cost(path, body):
                    """The minimum of three: the server's own jobs also write occasionally."""
                    costs = []
                    for i in range(3):
                        before = metrics(server)
                        server.post("/api/v1/auth/" + path, body(i))
                        after = metrics(server)
                        costs.append([after[name] - before[name]
                                      for name in ("authd_password_hashes_total",
                                                   "authd_store_writes_total")])
                    return min(costs)

                for login in ("known0", "off", "nobody", "x" * 60000, "\u0000"):
                    self.assertEqual(cost("login",
                                          lambda _: {"login": login, "password": "wrong password"}),
                                     [1.0, 1.0], login[:9])
                for path in ("password/forgot", "otp/send", "magic-link", "email/resend"):
                    for name in ("known", "nobody"):
                        self.assertEqual(cost(path,
                                              lambda i: {"email": "%s%d@example.org" % (name, i)}),
                                         [0.0, 1.0], (path, name))

    def not_slower(self, ask, pairs):
        """Asks for known and unknown in turns, so that noise affects both. A leak shows as medians
        that differ a lot, nearly always in the same direction; noise has no direction."""
        times = [[], []]
        for i, pair in enumerate(pairs):
            for which in ((0, 1), (1, 0))[i % 2]:
                self.server.source = next_source()
                begin = time.perf_counter()
                ask(pair[which])
                times[which].append(time.perf_counter() - begin)
        ratio = statistics.median(times[0]) / statistics.median(times[1])
        slower = sum(known > unknown for known, unknown in zip(*times)) / len(pairs)
        self.assertFalse((ratio > 1.25 and slower > 0.8) or (ratio < 0.8 and slower < 0.2),
                         "known accounts take %.2f times as long, and longer in %.0f %% of the "
                         "pairs" % (ratio, 100 * slower))

    def test_by_the_time_of_a_login(self):
        names = [self.name + suffix for suffix in "abc"]
        for name in names:
            self.member(name)
        def ask(name):
            self.assertEqual(self.server.log_in(name, "wrong password").status, 401)
        # An account waits after twenty failures, there or not.
        self.not_slower(ask, [(name, name + "-nobody") for name in names for _ in range(18)])

    def test_by_the_time_of_a_mail(self):
        names = [self.name + "-%d" % i for i in range(36)]
        for name in names:
            self.member(name)
        pairs = [(name + "@example.org", "no" + name + "@example.org") for name in names]
        def ask(address):
            self.assertEqual(self.server.post("/api/v1/auth/password/forgot",
                                              {"email": address}).status, 200)
        self.not_slower(ask, pairs)


class Squatters(AttackCase):
    def test_account_made_before_its_owner_comes(self):
        """Pre-hijacking: the attacker signs up with the victim's address, and waits. The owner's
        first proof ends that."""
        evil = self.member()
        self.server.post("/api/v1/auth/otp/send", {"email": self.address})
        code = re.search(r"\b(\d{6})\b", self.mail(self.address, "code"))[1]
        owner = self.server.post("/api/v1/auth/otp/verify", {"email": self.address, "code": code})
        self.assertEqual(owner.status, 200, owner.body)
        self.assertEqual(self.server.me(evil["access_token"]).status, 401)
        self.assertEqual(self.server.refresh(evil["refresh_token"]).status, 401)
        self.assertEqual(self.server.log_in(self.name).status, 401)
        self.assertEqual(self.server.me(owner.json["access_token"]).status, 200)

    def test_account_with_a_trojan_second_factor(self):
        """Pre-hijacking with a second factor: the squatter's app on an account whose address the
        squatter never proved. It must not keep the owner out, and the link that confirms the
        address must not make the app the owner's."""
        evil, _, recovery = self.with_second_factor()
        confirm = self.token_in(self.mail(self.address, "confirm"))
        self.refused(self.server.post("/api/v1/auth/email/verify", {"token": confirm}), 403,
                     "sign_in_first")
        token = self.mailed_token("password/forgot", "new password")
        reply = self.server.post("/api/v1/auth/password/reset",
                                 {"token": token, "new_password": "the owner's battery"})
        self.assertEqual(reply.status, 200)
        self.assertEqual(self.server.me(evil["access_token"]).status, 401)
        owner = self.server.log_in(self.name, "the owner's battery")
        self.assertIn("access_token", owner.json)
        self.assertFalse(owner.json["user"]["mfa_enabled"])
        self.mail(self.address, "login settings")
        # The squatter's password and sessions are gone; their codes give no access.
        self.assertEqual(self.server.log_in(self.name).status, 401)
        self.assertEqual(self.server.post("/api/v1/auth/login",
                                          {"login": self.name, "password": PASSWORD,
                                           "mfa_code": recovery[0]}).status, 401)
        log = json.loads(self.server.command("audit", "list", "--action", "factors_reset",
                                             "--json").out)["entries"]
        self.assertIn("email proved", json.dumps(log))

    def test_second_factor_of_who_proved_the_address(self):
        """The mailbox alone does not bypass the second factor once the address was proved in a
        session of the account."""
        mine, _, _ = self.with_second_factor()
        confirm = self.token_in(self.mail(self.address, "confirm"))
        reply = self.server.post("/api/v1/auth/email/verify", {"token": confirm},
                                 token=mine["access_token"])
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.server.me(mine["access_token"]).json["mfa_enabled"], True)
        token = self.mailed_token("password/forgot", "new password")
        reply = self.server.post("/api/v1/auth/password/reset",
                                 {"token": token, "new_password": "a thief's battery"})
        self.assertEqual(reply.status, 200)
        self.assertIn("mfa_token", self.server.log_in(self.name, "a thief's battery").json)

    def test_change_to_the_address_of_another(self):
        """An email change to a taken address reveals nothing, sends mail only to that address's
        owner, and cannot be confirmed."""
        self.member(self.name + "-v")
        self.mail(self.name + "-v@example.org", "confirm")
        evil = self.member()
        reply = self.server.request("PATCH", "/api/v1/users/me",
                                    {"email": self.name + "-V@example.org"},
                                    token=evil["access_token"])
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.json["email"], self.address)
        for _, mail in self.mails_to(self.name + "-v@example.org"):
            self.assertNotIn("token=", mail.get_body(("plain",)).get_content())

    def test_login_never_keeps_a_session(self):
        """Session fixation: nothing that a client supplies becomes its session."""
        first = self.member()
        sid = claims_of(first["access_token"])["sid"]
        login = {"login": self.name, "password": PASSWORD}
        for path, more in (("login?sid=" + sid, {}), ("login", {"sid": sid}),
                           ("login", {"session_id": sid})):
            self.assertEqual(self.server.post("/api/v1/auth/" + path, {**login, **more}).status,
                             422)
        reply = self.server.post("/api/v1/auth/login", login, token=first["access_token"],
                                 headers={"Cookie": "authd_session=%s; sid=%s; session=%s"
                                          % (sid, sid, sid), "X-Session-ID": sid})
        self.assertEqual(reply.status, 200)
        self.assertNotEqual(claims_of(reply.json["access_token"])["sid"], sid)


if __name__ == "__main__":
    unittest.main()
